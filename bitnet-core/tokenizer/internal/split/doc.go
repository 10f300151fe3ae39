// Package split cuts text into the pieces that byte pair encoding works on.
//
// Tokenizers describe the cut by a regular expression with look-ahead, which
// Go's regexp does not have and which a general engine runs slowly. The
// expressions in use are few, so each is a hand-written [Func] here, found by
// the exact text of its pattern with [Pattern]. Every Func is a function of
// the text and a position: it returns where the piece that starts there ends,
//
//	for i := 0; i < len(text); {
//		end := f(text, i) // i < end <= len(text)
//		piece := text[i:end]
//		i = end
//	}
//
// so pieces cover the text without gaps, and a piece never depends on what was
// cut before it. Several Funcs in sequence each cut the pieces of the one
// before, and see a piece as if it were the whole text.
//
// Letters are \p{L}, numbers \p{N}, white space is the Unicode property
// White_Space, punctuation \p{P}, after the tables of the Go release that
// builds the program. A byte that is not part of valid UTF-8 counts as a
// character of no class and is one character of its own.
package split
