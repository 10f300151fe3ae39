package score

import "math"

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

// Add adds what [LogProbs] or [Choices] says of tokens.
func (p *Perplexity) Add(logProbs []float64) {
	for _, l := range logProbs {
		p.add(l)
	}
}

func (p *Perplexity) add(logProb float64) {
	p.Tokens++
	p.NLLSum -= logProb
	p.sumSq += logProb * logProb
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
