// Package jsonpull reads JSON in place, one value at a time.
//
// A tokenizer.json is nine megabytes of two flat collections, the vocabulary
// and the merges. Building a tree of them first would cost ten times the time
// and memory of reading them, so a [Parser] walks the bytes and hands each
// member to a callback:
//
//	p := jsonpull.New(data)
//	err := p.Object(func(key []byte) error {
//		if string(key) == "vocab" {
//			return p.Object(func(token []byte) error { id, err := p.Int(); … })
//		}
//		return p.Skip()
//	})
//
// A callback must consume exactly one value. Small members of free shape are
// read whole with [Parser.Value].
//
// The input is untrusted. Everything is checked as it is passed over, also by
// Skip: grammar (RFC 8259), control characters and UTF-8 in strings, unpaired
// surrogates, nesting deeper than [MaxDepth]. Errors are *[SyntaxError] and
// carry the byte offset. Nothing is allocated but escaped strings and the
// trees of Value. A Parser is not safe for concurrent use.
package jsonpull
