// Package bpe is byte pair encoding: a vocabulary, the merges between its
// tokens, and the greedy merging of a word.
//
// A word begins as a row of symbols, one for each byte (byte-level models) or
// character (SentencePiece models). The pair of neighbours whose merge has the
// lowest rank is replaced by the merged symbol, the leftmost first among
// equals, until no pair can merge. All kinds of models reduce to this:
//
//   - Hugging Face merges: the rank is the position in the list of merges.
//   - tiktoken: any two tokens whose bytes together are a token may merge,
//     ranked by the id of that token ([Model.MergeByRank]).
//   - SentencePiece scores: likewise, ranked by descending score.
//
// Short words are merged by looking for the minimum again and again, long ones
// with a heap, so a word of n symbols costs O(n log n) however long it is. A
// [Scratch] remembers the words it has seen in a table of fixed size.
//
// A Model is read-only once built and may be shared; a Scratch belongs to one
// goroutine at a time.
package bpe
