package score

import (
	"math"
	"slices"
)

// A Comparison collects divergences.
type Comparison struct {
	Base, Model Perplexity // of the tokens that follow
	kl          []float64
	same        int
	difference  moments // of the probability of the token that follows
	ratio       moments // of the logarithms of those probabilities, base minus model
}

// moments are sums of numbers and of their squares.
type moments struct{ sum, squares float64 }

func (m *moments) add(v float64) { m.sum, m.squares = m.sum+v, m.squares+v*v }

// of returns the mean of n numbers, its standard error and the root of the mean square.
func (m *moments) of(n int) (mean, stderr, rms float64) {
	mean = m.sum / float64(n)
	return mean, math.Sqrt(max(m.squares/float64(n)-mean*mean, 0) / float64(n-1)), math.Sqrt(m.squares / float64(n))
}

// Add counts a position.
func (c *Comparison) Add(d *Divergence) {
	c.Base.add(d.LogProbBase)
	c.Model.add(d.LogProb)
	c.kl = append(c.kl, d.KL)
	if d.Base == d.Top {
		c.same++
	}
	c.difference.add(math.Exp(d.LogProb) - math.Exp(d.LogProbBase))
	c.ratio.add(d.LogProbBase - d.LogProb)
}

// Positions is how many were added.
func (c *Comparison) Positions() int { return len(c.kl) }

// An Estimate is a mean and its standard error, taking positions for independent; that is
// NaN for a single one.
type Estimate struct{ Mean, StdErr float64 }

// SameTop is the share of positions at which the likeliest token is the same.
func (c *Comparison) SameTop() Estimate {
	n := float64(len(c.kl))
	p := float64(c.same) / n
	return Estimate{p, math.Sqrt(p * (1 - p) / (n - 1))}
}

// Difference is the model's probability of the token that follows less the base's, and
// rms the root of the mean of its square.
func (c *Comparison) Difference() (e Estimate, rms float64) {
	e.Mean, e.StdErr, rms = c.difference.of(len(c.kl))
	return e, rms
}

// LnRatio is the logarithm of the model's perplexity over the base's. Positions are
// compared in pairs, so its error is far below that of either.
func (c *Comparison) LnRatio() Estimate {
	mean, stderr, _ := c.ratio.of(len(c.kl))
	return Estimate{mean, stderr}
}

// KL sums up the divergences.
func (c *Comparison) KL() Distribution { return NewDistribution(c.kl) }

// A Distribution sums up numbers.
type Distribution struct {
	Mean   float64
	StdErr float64 // of Mean; NaN for a single number
	sorted []float64
}

// NewDistribution takes one number at least.
func NewDistribution(values []float64) Distribution {
	var m moments
	for _, v := range values {
		m.add(v)
	}
	d := Distribution{sorted: slices.Sorted(slices.Values(values))}
	d.Mean, d.StdErr, _ = m.of(len(values))
	return d
}

// Quantile returns the least number that a share of 0 to 1 of all are not above: the least
// of all for 0, and the largest for 1.
func (d *Distribution) Quantile(share float64) float64 {
	return d.sorted[max(0, int(math.Ceil(share*float64(len(d.sorted))))-1)]
}
