// Package sequence turns token sequences of different lengths into the rectangles
// that a model is run or trained on: it cuts, pads, groups and packs them, and says
// which tokens may see which. It works on plain slices; there is nothing to set up.
//
// # Shapes
//
// A sequence is a []int32 of token ids. A [Batch] is a rectangle of B rows (Batch.Rows)
// and T columns (Batch.Width), row-major: token t of row r stands at r·T+t of
//
//	IDs        what the model reads; padding has the id that was asked for
//	Segments   0 for padding, and 1, 2, ... for the first, second, ... sequence of the row
//	Positions  0, 1, 2, ... from the first token of each sequence on; 0 for padding
//
// [Pad] puts one sequence in a row, [Pack] several. Since both say by Segments what is
// where, all that follows is the same for both:
//
//	segments        1 1 1 2 2 0        [Pack] of a sequence of 3 and one of 2 tokens
//	positions       0 1 2 0 1 0        [Positions]
//	attention mask  t t t t t f        [AttentionMask]
//	spans           [0,3) [3,5)        [Spans]
//
// A sequence of a row is a run of one segment number other than 0, wherever it stands:
// padding may be on the left, on the right or between.
//
// # Masks
//
// There are two ways to keep a token from seeing what it should not.
//
// An additive mask is a matrix (T, T) of float32: 0 where the query of the row sees
// the key of the column, -Inf where it does not. It is added to the scaled scores
// before softmax. [Causal] gives the mask of a decoder, [Bidirectional] that of an
// encoder; for a packed row both are block-diagonal, as here [Causal]:
//
//	1  0 . . . . .      0 seen
//	1  0 0 . . . .      . -Inf
//	1  0 0 0 . . .
//	2  . . . 0 . .
//	2  . . . 0 0 .
//	0  . . . . . 0
//
// A padding token sees itself and is seen by no other: its row of softmax has a value
// instead of 0/0, and what is computed for it reaches nothing.
//
// Spans need no matrix: attention of a row is attention of each of its sequences alone.
// That is what the package bitnet-core/nn computes: the keys of tokens [Start, End) are
// positions [0, End-Start) of an nn.Head, and nn.Queries with Seen = 1 are causal. For
// long rows it is also the cheaper one; [Estimate] says what masks cost.
//
// # From text to steps of training
//
//	Validate    ids and lengths, before they index anything: errors say where
//	Truncate    what is too long, TruncatePair a question with its context; Split loses nothing
//	Batches     groups of similar length: little padding, order by a seed
//	Pad, Pack   a Batch
//	Targets     what each token is to predict, never across two sequences
//
// [Summarize], [Waste] and [Counts] say whether that went well.
//
// # Padding or packing
//
// Padding keeps one sequence a row, which is simple and what generation needs: on the
// left, so that the last column holds the last token of every sequence. Packing fills
// the rows instead, for training on many short sequences: [FirstFitDecreasing]
// wastes least (its rows are at most 11/9 of the fewest possible, and 6/9 of one more), [InOrder]
// keeps neighbours together and the order of a stream.
//
// # Errors, ownership, concurrency
//
// Data that does not fit is an error with the number of the sequence ([LengthError],
// [InvalidError]); impossible options and slices of wrong length are the caller's mistake and panic.
// A Batch owns its slices. [Truncate], [Split] and [Select] return views of what they are
// given, whose capacity ends where they do: appending to one copies it. Functions keep
// no state, start no goroutines, and may run concurrently. The same input and seed
// give the same result on every machine, but for the last bit of an entropy.
//
// # Sources
//
// Truncation and padding are those of Hugging Face tokenizers and transformers, by
// their names. First-fit decreasing: D. S. Johnson, Near-Optimal Bin Packing
// Algorithms, 1973; its bound: G. Dósa, The Tight Bound of First Fit Decreasing, 2007. Packing with
// block-diagonal masks and positions that restart: Krell et al., Efficient Sequence Packing
// without Cross-contamination, arXiv:2107.02027.
package sequence
