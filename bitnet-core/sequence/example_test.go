package sequence_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/sequence"
)

// From ids to what a step of training reads.
func Example() {
	texts := [][]int32{{3, 4, 5, 6, 7, 8, 9}, {10, 11}, {12, 13, 14}, {15}}
	if err := sequence.Validate(texts, sequence.Limits{Vocab: 16, MinLen: 1}); err != nil {
		fmt.Println(err)
		return
	}
	for i := range texts {
		texts[i] = sequence.Truncate(texts[i], 4, sequence.Right)
	}
	batches, err := sequence.Batches(sequence.Lengths(texts), sequence.BatchOptions{Tokens: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, numbers := range batches {
		b, err := sequence.Pad(sequence.Select(texts, numbers), sequence.PadOptions{})
		if err != nil {
			fmt.Println(err)
			return
		}
		tokens := make([]bool, len(b.Segments))
		sequence.AttentionMask(tokens, b.Segments)
		fmt.Println(b.Rows, "by", b.Width, b.IDs, tokens)
	}
	// Output:
	// 2 by 2 [15 0 10 11] [true false true true]
	// 2 by 4 [12 13 14 0 3 4 5 6] [true true true false true true true true]
}

// Prompts of different lengths, for a model that continues all of them: padding on
// the left puts the last tokens into the last column.
func ExamplePad() {
	prompts := [][]int32{{5, 6, 7}, {8}}
	b, err := sequence.Pad(prompts, sequence.PadOptions{ID: 2, Side: sequence.Left, Multiple: 4})
	if err != nil {
		fmt.Println(err)
		return
	}
	for r := range b.Rows {
		row := b.Row(r)
		fmt.Println(row.IDs, row.Segments, row.Positions)
	}
	// Output:
	// [2 5 6 7] [0 1 1 1] [0 0 1 2]
	// [2 2 2 8] [0 0 0 1] [0 0 0 0]
}

// Short sequences for training, without padding between them.
func ExamplePack() {
	const end = 1
	texts := [][]int32{{10, 11, end}, {20, 21, 22, 23, end}, {30, end}, {40, 41, end}}
	b, plan, err := sequence.Pack(texts, sequence.PackOptions{Width: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	targets := make([]int32, b.Width)
	for r := range b.Rows {
		row := b.Row(r)
		sequence.Targets(targets, row.IDs, row.Segments, -100)
		fmt.Println("sequences", plan[r])
		fmt.Println("ids      ", row.IDs)
		fmt.Println("segments ", row.Segments)
		fmt.Println("positions", row.Positions)
		fmt.Println("targets  ", targets)
	}
	fmt.Printf("%.0f %% padding\n", 100*b.Waste().Share())
	// Output:
	// sequences [1 0]
	// ids       [20 21 22 23 1 10 11 1]
	// segments  [1 1 1 1 1 2 2 2]
	// positions [0 1 2 3 4 0 1 2]
	// targets   [21 22 23 1 -100 11 1 -100]
	// sequences [3 2]
	// ids       [40 41 1 30 1 0 0 0]
	// segments  [1 1 1 2 2 0 0 0]
	// positions [0 1 2 0 1 0 0 0]
	// targets   [41 1 -100 1 -100 -100 -100 -100]
	// 19 % padding
}

// Scores of a packed row get 0 or -Inf added, so that no sequence sees another.
func ExampleCausal() {
	segments := []int32{1, 1, 2, 2, 0}
	mask := make([]float32, len(segments)*len(segments))
	sequence.Causal(mask, segments)
	for q := range segments {
		fmt.Println(mask[q*len(segments) : (q+1)*len(segments)])
	}
	// Output:
	// [0 -Inf -Inf -Inf -Inf]
	// [0 0 -Inf -Inf -Inf]
	// [-Inf -Inf 0 -Inf -Inf]
	// [-Inf -Inf 0 0 -Inf]
	// [-Inf -Inf -Inf -Inf 0]
}

func ExampleSpans() {
	for s := range sequence.Spans([]int32{1, 1, 2, 2, 2, 0}) {
		fmt.Printf("sequence %d: tokens %d to %d\n", s.Segment, s.Start, s.End-1)
	}
	// Output:
	// sequence 1: tokens 0 to 1
	// sequence 2: tokens 2 to 4
}

// An epoch: batches of at most 16 cells from sequences of similar length, in an
// order that depends on the seed alone.
func ExampleBatches() {
	seqs := [][]int32{{1, 1, 1, 1, 1, 1, 1}, {2}, {3, 3, 3, 3, 3, 3, 3, 3}, {4, 4}, {5, 5, 5}}
	lengths := sequence.Lengths(seqs)
	for epoch := range uint64(2) {
		batches, err := sequence.Batches(lengths, sequence.BatchOptions{Tokens: 16, Shuffle: true, Seed: epoch})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, numbers := range batches {
			b, err := sequence.Pad(sequence.Select(seqs, numbers), sequence.PadOptions{})
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println("epoch", epoch, "sequences", numbers, "shape", b.Rows, b.Width)
		}
		fmt.Printf("epoch %d: %.0f %% padding\n", epoch, 100*sequence.PadWaste(lengths, batches, 0).Share())
	}
	// Output:
	// epoch 0 sequences [0 2] shape 2 8
	// epoch 0 sequences [1 3 4] shape 3 3
	// epoch 0: 16 % padding
	// epoch 1 sequences [1 3 4] shape 3 3
	// epoch 1 sequences [0 2] shape 2 8
	// epoch 1: 16 % padding
}

// A question of two tokens with a long context, in six tokens.
func ExampleTruncatePair() {
	question, context := []int32{1, 2}, []int32{10, 11, 12, 13, 14, 15}
	q, c, err := sequence.TruncatePair(question, context, 6, sequence.OnlySecond, sequence.Right)
	fmt.Println(q, c, err)
	q, c, err = sequence.TruncatePair(question, context, 6, sequence.LongestFirst, sequence.Left)
	fmt.Println(q, c, err)
	// Output:
	// [1 2] [10 11 12 13] <nil>
	// [1 2] [12 13 14 15] <nil>
}

// Two tokens too many are no reason to cut, and more are.
func ExampleTruncateIf() {
	fmt.Println(sequence.TruncateIf([]int32{1, 2, 3, 4, 5, 6}, 6, 4, sequence.Right))
	fmt.Println(sequence.TruncateIf([]int32{1, 2, 3, 4, 5, 6, 7}, 6, 4, sequence.Right))
	// Output:
	// [1 2 3 4 5 6]
	// [1 2 3 4]
}

// A document that is longer than the model's context, in parts that overlap.
func ExampleSplit() {
	fmt.Println(sequence.Split([]int32{0, 1, 2, 3, 4, 5, 6}, 4, 1))
	// Output: [[0 1 2 3] [3 4 5 6]]
}

func ExampleValidate() {
	seqs := [][]int32{{1, 5, 3}, {2, 9}}
	fmt.Println(sequence.Validate(seqs, sequence.Limits{Vocab: 8}))
	// Output: sequence: sequence 1, position 1: id 9 is not in the vocabulary of 8: use the tokenizer that belongs to the model
}

func ExampleSummarize() {
	s := sequence.Summarize([]int{12, 3, 7, 7, 30, 1})
	fmt.Printf("%d sequences of %d to %d tokens, mean %.1f, median %.0f, 90 %% up to %.0f\n",
		s.Count, s.Min, s.Max, s.Mean, s.Median, s.P90)
	// Output: 6 sequences of 1 to 30 tokens, mean 10.0, median 7, 90 % up to 21
}

func ExampleCounts() {
	c := make(sequence.Counts)
	c.Add([]int32{7, 7, 3, 7, 9, 7, 3, 7})
	for _, t := range c.Top(2) {
		fmt.Println(t.ID, t.Count)
	}
	fmt.Printf("%d ids, %.2f bits a token\n", len(c), c.Entropy())
	// Output:
	// 7 5
	// 3 2
	// 3 ids, 1.30 bits a token
}

// Masks of long rows cost more than anything else: spans cost nothing.
func ExampleEstimate() {
	m := sequence.Estimate(8, 4096)
	fmt.Println("batch", m.Batch()>>10, "KiB, masks", m.Masks>>20, "MiB")
	// Output: batch 384 KiB, masks 512 MiB
}
