// Package train makes byte-level BPE tokenizers from text.
//
//	w := train.NewWords(train.WordOptions{})
//	err := w.Read(ctx, file)                    // as many files as there are
//	m, err := train.BPE(ctx, w, train.Options{VocabSize: 8192})
//	err = m.WriteJSON(out)                      // a tokenizer.json
//
// # Method
//
// Text is cut into words as an encoder cuts it, and [Words] counts them. [BPE]
// then begins with single bytes and again and again makes a token of the two
// neighbours that occur together most often, until the vocabulary has its size
// or no pair is frequent enough.
//
// # The same merges as the Hugging Face library
//
// With the same settings the tokens, their ids and the merges are those of the
// library tokenizers (BpeTrainer over the pre-tokenizer ByteLevel without prefix
// space), in any order of the text and on any number of threads:
//
//   - Ids go to special tokens, then to the alphabet by code point of its
//     spelling, then to merges in the order in which they are made.
//   - Of pairs that occur equally often the one with the smaller left id is
//     merged first, then the one with the smaller right id.
//   - In a run of one byte every two neighbours count, so "aaa" holds the pair
//     twice.
//
// Two things differ. Counts have 64 bits here and 32 there, where they overflow
// beyond 2^31 occurrences. Which of equally rare bytes [Options.LimitAlphabet]
// removes is left to chance there; here it is the one with the higher code point.
//
// # Memory and time
//
// Texts pass through in pieces of a megabyte; what stays is one copy of each
// distinct word and its count, limited by [WordOptions.MaxMemory]. BPE takes some
// twelve bytes for each byte of distinct words. A merge visits the words that
// hold its pair and no others: the queue of pairs is corrected when a pair comes
// out of it with a count that has changed.
//
// # Sources
//
// Gage, "A New Algorithm for Data Compression", 1994; Sennrich et al.,
// arXiv:1508.07909; Radford et al., "Language Models are Unsupervised Multitask
// Learners". The order of merges: github.com/huggingface/tokenizers, models/bpe.
package train
