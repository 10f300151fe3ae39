// Package lookup guesses how a sequence of tokens goes on from how it went on
// before.
//
// Text repeats itself: an answer quotes the question, a program uses a name
// again, a correction is mostly the original. An [Index] finds the last place
// where the newest tokens already stood in this order, and what followed there is
// the guess. It costs nothing like a model's step, so a model may check several
// guessed tokens in one pass (Saxena, "Prompt Lookup Decoding", 2023; Leviathan et
// al., arXiv:2211.17192, for checking guesses in general).
//
// # What is found
//
// For n from 4 down to 2, the newest n tokens are looked up among all places
// where n tokens stood in a row; the first n found wins, and of its places the
// latest. A guess that reaches the end of the sequence goes on with itself, as a
// copy in LZ77 does, so that a loop of any period is guessed in full.
//
// # Cost
//
// Appending a token and guessing take constant time, whatever the sequence,
// and Truncate takes constant time for each token dropped. Memory is at most some
// 250 bytes a token.
//
// An Index belongs to one goroutine at a time.
package lookup
