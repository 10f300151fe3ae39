// Package tokenizer turns text into token ids and back, exactly as the
// reference libraries do and without cgo.
//
// # Loading
//
// A [Tokenizer] comes from one of four kinds of files:
//
//	LoadJSON           Hugging Face tokenizer.json: BPE, WordPiece, WordLevel, Unigram
//	LoadGGUF           the metadata of a GGUF model, "gpt2", "llama" and "t5"
//	LoadTiktoken       tiktoken ranks, such as Llama 3's tokenizer.model
//	LoadSentencePiece  SentencePiece BPE and Unigram, such as Llama 2's tokenizer.model
//	Open               any of them but GGUF, by content
//
// What a file asks for and this package cannot do exactly is an error that
// names it, never an approximation: an unknown pre-tokenizer expression, dropout.
// Files are not trusted: whatever is in one, loading ends in a Tokenizer or an
// error, takes memory in proportion to the file, and the Tokenizer does not panic,
// whatever the text. [AddTokens] makes a Tokenizer
// that has more added tokens than its file.
//
// # Encoding
//
// A text passes these stages (the type pipeline has a field for each):
//
//  1. Added tokens, special ones among them, are found in the text, the
//     leftmost first and the longest where several start. [Options.PlainSpecials]
//     leaves special ones alone.
//  2. The stretches between are normalized: Unicode forms, lower case, tables of
//     characters (package internal/charsmap), replacements.
//  3. Added tokens that ask for it are found in the normalized text.
//  4. Words are cut out, step by step (the type step): spaces become marks and a
//     leading space is added where the model wants so, hand-written scanners
//     stand for the models' regular expressions (package internal/split), and
//     what no word contains is left out.
//  5. Words become ids by the model (the interface model): byte pair encoding
//     (package internal/bpe), the likeliest of all cuts (internal/unigram), the
//     longest tokens that fit (internal/wordpiece), or by look-up.
//  6. Post-processing puts BOS and the like around the ids, unless
//     [Options.NoPostProcess].
//
// An [OffsetEncoder] also says which part of the text each id comes from: normalizers
// and steps then carry an alignment along (the type alignment).
//
// Byte-level models see a text as bytes; their files spell the bytes in an
// alphabet of printable characters (Ġ is a space). SentencePiece models see
// characters, write ▁ for a space, and fall back on tokens for single bytes.
//
// A Unigram model gives the ids of the library that its file is for: of a
// tokenizer.json those of Hugging Face's, of a SentencePiece or GGUF file those of
// SentencePiece. These differ where spaces, user-defined tokens and sequences of
// characters that are replaced meet, and where sums of scores are close.
//
// Go strings may hold bytes that are not UTF-8, which the reference libraries
// never see. Such a byte is a character of its own that is neither letter,
// number nor space. Byte-level models and those with byte fallback encode it as
// it is, so that AppendToken over the ids gives the same bytes back.
//
// Letters, marks and punctuation are those of the Unicode version of the Go
// release that builds the program. The reference libraries have other versions,
// some much older, so characters that Unicode has added or reclassified between
// may be cut or stripped differently.
//
// # Decoding
//
// Decode gives text: what is not valid UTF-8 becomes U+FFFD. AppendToken gives
// the bytes of one token. A [Stream] decodes a running generation and never
// returns half a character.
//
// # Cost
//
// Words that repeat cost a look-up in a table that each running Encode has for
// itself; a word of n bytes costs O(n log n) the first time, so there is no
// input that takes quadratic time. Unigram and WordPiece models take at most as
// many steps for each byte as their longest token has, 1024 at most. What a file
// asks to be done to a text cannot make it more than some thousand times longer.
//
// # Sources
//
// The tokenizer.json format and its semantics: github.com/huggingface/tokenizers.
// GGUF vocabularies: llama.cpp (llama-vocab). SentencePiece: its .proto file and
// Kudo and Richardson, arXiv:1808.06226. Byte-level BPE: Radford et al., "Language
// Models are Unsupervised Multitask Learners", and Sennrich et al., arXiv:1508.07909.
// WordPiece: Wu et al., arXiv:1609.08144. Unigram: Kudo, arXiv:1804.10959.
package tokenizer
