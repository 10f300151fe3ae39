package score

import (
	"context"
	"math"
)

// A Perplexity is the sum over predicted tokens, of natural logarithms.
type Perplexity struct {
	Tokens int     // predicted tokens
	NLLSum float64 // Σ -ln p(token | tokens before it)
	sumSq  float64
}

// Value returns exp(NLLSum / Tokens).
func (p *Perplexity) Value() float64 { return math.Exp(p.NLLSum / float64(p.Tokens)) }

// StdErr returns the standard error of Value, taking the tokens' terms for
// independent: value · σ/√n.
func (p *Perplexity) StdErr() float64 {
	n := float64(p.Tokens)
	if n < 2 {
		return math.NaN()
	}
	mean := p.NLLSum / n
	variance := max(p.sumSq/n-mean*mean, 0) * n / (n - 1)
	return p.Value() * math.Sqrt(variance/n)
}

// Add scores one sequence, each token but the first being predicted from those
// before it, and adds it to p. Sequences of fewer than two tokens add nothing.
func (p *Perplexity) Add(ctx context.Context, s Scorer, ids []int32) error {
	if len(ids) < 2 {
		return nil
	}
	return s.Score(ctx, ids, func(t int, logits []float64) error {
		if t+1 < len(ids) {
			nll := logSumExp(logits) - logits[ids[t+1]]
			p.Tokens++
			p.NLLSum += nll
			p.sumSq += nll * nll
		}
		return nil
	})
}

// Windows cuts ids into consecutive windows of at most length tokens, each
// headed by bos if that is not negative. Every token is predicted once, but for
// the first of all where there is no bos.
func Windows(ids []int32, bos int32, length int) [][]int32 {
	var all [][]int32
	for len(ids) > 0 {
		var w []int32
		if bos >= 0 {
			w = append(w, bos)
		}
		n := min(max(length-len(w), 1), len(ids))
		all = append(all, append(w, ids[:n]...))
		ids = ids[n:]
	}
	return all
}

func logSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, v)
	}
	var sum float64
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}
