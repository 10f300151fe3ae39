package engine

import (
	"math/bits"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/lookup"
)

const (
	// usualExtra is the share of a step's time that one more token in it is
	// taken to cost before anything was measured: what small models need, which
	// are in the cache, so that the weights are not what a step waits for.
	usualExtra = 0.5
	// A prompt of so many tokens tells what a token costs that shares its pass,
	// but for its logits, for which tellExtra makes up.
	tellingPrompt, tellExtra = 32, 1.25
	// leastGain is what guessing must promise to be done.
	leastGain = 1.05
	// Weights of a new observation in the running means.
	newTime, newOutcome = 1.0 / 8, 1.0 / 16
	// forget brings an extra cost that was measured too high, by a neighbour's
	// doing, back to the usual in some hundred steps.
	forget = 1.0 / 128
)

// A pace knows from what happened lately whether guessing pays. A guess is scored
// also when it was not computed, by what came in its place, so knowing costs
// nothing. All of it is running means: a text may begin to copy, and stop.
type pace struct {
	single  float64 // time of a step of one token in nanoseconds; 0: not known
	further float64 // time of a further token, going by the prompt; 0: not known
	extra   float64 // time of each further token, as a share of single
	// right is the share of guesses that came true, by the power of two up to
	// the length of the match before them.
	right [matchClasses]float64
}

const matchClasses = 4 // matches of 2 to 3, 4 to 7, 8 to 15 and 16 tokens

func newPace() pace {
	return pace{extra: usualExtra, right: [matchClasses]float64{0.3, 0.5, 0.7, 0.8}}
}

// class returns the class of a match of 2 tokens or more.
func class(match int) int { return bits.Len(uint(min(match, lookup.MaxMatch))) - 2 }

// guessed says whether a token guessed after a match came true. Within a guess each
// token that did makes the match of the next one longer.
func (p *pace) guessed(match int, right bool) {
	mean := &p.right[class(match)]
	if right {
		*mean += newOutcome * (1 - *mean)
	} else {
		*mean -= newOutcome * *mean
	}
}

// prefilled says how long a prompt of n tokens took.
func (p *pace) prefilled(n int, d time.Duration) {
	if n >= tellingPrompt {
		p.further = tellExtra * float64(d.Nanoseconds()) / float64(n)
	}
}

// usual is what extra is without measurements of guesses.
func (p *pace) usual() float64 {
	if p.further == 0 || p.single == 0 {
		return usualExtra
	}
	return min(usualExtra, p.further/p.single)
}

// took says how long a step of one token and that many guesses took. Single long
// times are the work of others on the machine and count up to a limit.
func (p *pace) took(drafted int, d time.Duration) {
	t := float64(d.Nanoseconds())
	switch {
	case drafted == 0:
		if p.single == 0 {
			p.single = t
			p.extra = p.usual()
		}
		p.single += newTime * (min(t, 2*p.single) - p.single)
		p.extra -= forget * max(0, p.extra-p.usual())
	case p.single > 0:
		extra := (t/p.single - 1) / float64(drafted)
		p.extra += newTime * (min(max(extra, 0), 1) - p.extra)
	}
}

// length returns how many tokens guessed after a match, of at most most, should be
// computed with the next one: the number that promises the most tokens in the
// time.
func (p *pace) length(match, most int) int {
	if p.single == 0 {
		return 0 // a step alone is what others are measured by
	}
	best, bestGain := 0, leastGain
	tokens, chance := 1.0, 1.0
	for n := 1; n <= most; n++ {
		chance *= p.right[class(match+n-1)]
		tokens += chance
		if gain := tokens / (1 + p.extra*float64(n)); gain > bestGain {
			best, bestGain = n, gain
		}
	}
	return best
}
