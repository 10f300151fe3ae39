package compare

import (
	"context"
	"errors"

	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// Predictions is how the next tokens that two models expect differ.
type Predictions struct {
	Texts     int `json:"texts"`
	Positions int `json:"positions"`
	// Vocab is how many tokens both models have: those that only one has are left out.
	Vocab int `json:"vocab"`
	// KL is the divergence of B from A at each position, in nats.
	KL Distribution `json:"kl"`
	// SameTop is the share of positions at which the likeliest token is the same.
	SameTop float64 `json:"same_top"`
	// Most is the largest difference of two logits of a token.
	Most float64 `json:"most"`
	// First is the first position at which the likeliest token differs; nil if it never
	// does.
	First *Parting `json:"first"`
}

// A Distribution sums up numbers. P99 is the least number that 99 % are not above.
type Distribution struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
}

// A Parting is where greedy decoding goes two ways.
type Parting struct {
	Text     int   `json:"text"`     // from 0
	Position int   `json:"position"` // the number of tokens read, less 1
	A        int32 `json:"a"`
	B        int32 `json:"b"`
}

// Logits runs a and b on the same sequences, in turns. Progress, if not nil, is told the
// number of positions done.
func Logits(ctx context.Context, a, b score.Scorer, sequences [][]int32, progress func(done, total int)) (*Predictions, error) {
	va, vb := a.Config().VocabSize, b.Config().VocabSize
	p := &Predictions{Texts: len(sequences), Vocab: min(va, vb)}
	for _, ids := range sequences {
		p.Positions += len(ids)
	}
	if p.Positions == 0 {
		return nil, errors.New("there are no tokens to compare predictions of")
	}
	block := score.Block(max(va, vb))
	var kl []float64
	same, text, before := 0, 0, 0 // tokens of the texts before
	threads := max(score.Threads(a), score.Threads(b))
	err := score.Diverge(threads, score.Logits(ctx, a, sequences, block), score.Logits(ctx, b, sequences, block), va, vb, nil, func(i int, d *score.Divergence) error {
		for i-before >= len(sequences[text]) {
			before += len(sequences[text])
			text++
		}
		kl = append(kl, d.KL)
		p.Most = max(p.Most, d.Most)
		switch {
		case d.Base == d.Top:
			same++
		case p.First == nil:
			p.First = &Parting{text, i - before, d.Base, d.Top}
		}
		if progress != nil {
			progress(len(kl), p.Positions)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.SameTop = float64(same) / float64(len(kl))
	d := score.NewDistribution(kl)
	p.KL = Distribution{Mean: d.Mean, P50: d.Quantile(0.5), P90: d.Quantile(0.9), P99: d.Quantile(0.99), Max: d.Quantile(1)}
	return p, nil
}
