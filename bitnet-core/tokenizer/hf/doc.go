// Package hf is the Hugging Face library tokenizers, written in Rust, behind the
// interface of package tokenizer.
//
// Package tokenizer does the same without cgo and is what programs use. This one
// is for what it refuses, such as a kind of model or a pre-tokenizer that it does
// not know, and for comparison: its tests run both over the same texts and want
// the same ids.
//
// The package is empty without the build tag tokenizers, with which it takes
// cgo and the static library libtokenizers.a. `make tokenizers` builds that
// with cargo and says how to name its folder to the linker:
//
//	CGO_LDFLAGS=-L$(scripts/tokenizers.sh) go build -tags tokenizers ./...
//
// # Use
//
// [LoadJSON] reads a tokenizer.json with any model the library knows. A
// [Tokenizer] owns memory that Go does not see: Close gives it back. Truncation
// and padding that the file asks for are left out, as package tokenizer leaves
// them out.
//
// # What the library cannot do
//
// Strings pass to it and back as C's, and as UTF-8:
//
//   - Bytes of a text that are not UTF-8 are encoded as U+FFFD. Package
//     tokenizer encodes them as they are.
//   - A NUL in a text is encoded as U+FFFD too.
//   - Ids whose text would have a NUL decode to nothing at all.
//   - A text that the library fails on has no ids; it does not say why.
//
// Nor is it made for files from strangers: some that package tokenizer refuses
// with an error end the program, and no Go code can prevent that.
//
// # Sources
//
// github.com/huggingface/tokenizers, through github.com/daulet/tokenizers.
package hf
