package compare

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

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

// errStopped ends one side's scoring because the other's failed.
var errStopped = errors.New("compare: the other model failed")

// Logits runs a and b on the same sequences, at the same time: they must not share a
// thread pool. Progress, if not nil, is told the number of positions done.
func Logits(ctx context.Context, a, b score.Scorer, sequences [][]int32, progress func(done, total int)) (*Predictions, error) {
	ca, cb := a.Config(), b.Config()
	p := &Predictions{Texts: len(sequences), Vocab: min(ca.VocabSize, cb.VocabSize)}
	total := 0
	for _, ids := range sequences {
		total += len(ids)
	}
	if total == 0 {
		return nil, errors.New("there are no tokens to compare predictions of")
	}
	var kl []float64
	same := 0
	for n, ids := range sequences {
		err := together(ctx, a, b, ids, func(at int, x, y []float64) error {
			x, y = x[:p.Vocab], y[:p.Vocab]
			d, most, err := divergence(x, y)
			if err != nil {
				return fmt.Errorf("text %d, position %d: %w", n+1, at, err)
			}
			kl = append(kl, d)
			p.Most = max(p.Most, most)
			switch i, j := top(x), top(y); {
			case i == j:
				same++
			case p.First == nil:
				p.First = &Parting{n, at, i, j}
			}
			if progress != nil {
				progress(len(kl), total)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	p.Positions = len(kl)
	p.SameTop = float64(same) / float64(len(kl))
	p.KL = distribution(kl)
	return p, nil
}

// together calls visit with both models' logits after each of ids. It runs on the
// goroutine that scores b, while that of a waits.
func together(ctx context.Context, a, b score.Scorer, ids []int32, visit func(at int, x, y []float64) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, seen := make(chan []float64), make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		failed <- a.Score(ctx, ids, func(_ int, logits []float64) error {
			select {
			case rows <- logits:
			case <-ctx.Done():
				return ctx.Err()
			}
			<-seen
			return nil
		})
		close(rows)
	}()
	err := b.Score(ctx, ids, func(at int, logits []float64) error {
		x, ok := <-rows
		if !ok {
			return errStopped
		}
		defer func() { seen <- struct{}{} }()
		return visit(at, x, logits)
	})
	if err != nil {
		cancel()
	}
	errA := <-failed
	if errors.Is(err, errStopped) || err == nil {
		return errA
	}
	return err
}

// divergence returns Σ p_x·ln(p_x/p_y) of the softmax of two rows of logits, and the
// largest difference of a logit.
func divergence(x, y []float64) (kl, most float64, err error) {
	lx, ly := logSum(x), logSum(y)
	for i, v := range x {
		most = max(most, math.Abs(v-y[i]))
		p := v - lx
		kl += math.Exp(p) * (p - (y[i] - ly))
	}
	if kl-kl != 0 || most-most != 0 {
		return 0, 0, errors.New("a model computes logits that are not finite: its weights are damaged, or it needs something that this version does not do")
	}
	return max(kl, 0), most, nil // rounding may leave less than nothing
}

func logSum(x []float64) float64 {
	most := slices.Max(x)
	var sum float64
	for _, v := range x {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}

// top returns the index of the largest, the lowest of several.
func top(x []float64) int32 {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return int32(best)
}

func distribution(v []float64) Distribution {
	var sum float64
	for _, x := range v {
		sum += x
	}
	v = slices.Sorted(slices.Values(v))
	at := func(share float64) float64 { return v[max(0, int(math.Ceil(share*float64(len(v))))-1)] }
	return Distribution{Mean: sum / float64(len(v)), P50: at(0.5), P90: at(0.9), P99: at(0.99), Max: v[len(v)-1]}
}
