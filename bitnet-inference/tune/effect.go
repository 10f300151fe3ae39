package tune

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// An Effect is what a change does to predictions.
type Effect struct {
	// KL is the divergence from the model as it is at each position, in nats.
	KL compare.Distribution `json:"kl"`
	// SameTop is the share of positions at which the likeliest token stays the same.
	SameTop    float64 `json:"same_top"`
	Perplexity float64 `json:"perplexity"` // afterwards, at most the largest float64
	// Loss is how much less probable tokens have become, the mean of -Δ ln p, and StdErr
	// its standard error, of tokens taken for independent. Below 0 is a gain.
	Loss    float64 `json:"loss"`
	StdErr  float64 `json:"loss_stderr"`
	Verdict Verdict `json:"verdict"`
}

// A Verdict is what a Loss amounts to.
type Verdict string

const (
	Gains   Verdict = "gain" // by more than three standard errors: many changes are tried at once
	Loses   Verdict = "loss"
	Nothing Verdict = "nothing measurable"
	// Ruins says that predictions are no longer finite: all numbers of the Effect are 0.
	Ruins Verdict = "ruined"
)

// FewTokens is how many tokens it takes to say what their differences are like: the standard
// error of fewer is itself too uncertain to count in.
const FewTokens = 30

func verdict(loss, stdErr float64, tokens int) Verdict {
	switch {
	case tokens < FewTokens:
		return Nothing
	case loss < -3*stdErr:
		return Gains
	case loss > 3*stdErr:
		return Loses
	}
	return Nothing
}

func newEffect(c *score.Comparison) *Effect {
	loss := c.LnRatio()
	if c.Positions() < 2 {
		loss.StdErr = math.Abs(loss.Mean) // one token proves nothing
	}
	return &Effect{
		KL: distribution(c), SameTop: c.SameTop().Mean, Perplexity: perplexity(&c.Model),
		Loss: loss.Mean, StdErr: loss.StdErr, Verdict: verdict(loss.Mean, loss.StdErr, c.Positions()),
	}
}

func distribution(c *score.Comparison) compare.Distribution {
	d := c.KL()
	return compare.Distribution{Mean: d.Mean, P50: d.Quantile(0.5), P90: d.Quantile(0.9), P99: d.Quantile(0.99), Max: d.Quantile(1)}
}

// lessKL returns the share of a mean divergence that is gone afterwards; below 0 there is
// more, and of none nothing goes.
func lessKL(before, after compare.Distribution) float64 {
	if before.Mean == 0 {
		return 0
	}
	return 1 - after.Mean/before.Mean
}
