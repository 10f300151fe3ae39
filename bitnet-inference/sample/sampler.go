package sample

import (
	"math"
	"math/rand/v2"
	"slices"
)

// pcgStream is the second half of the generator's state, the golden ratio's
// bits: any constant does, but it is part of what a seed means.
const pcgStream = 0x9e3779b97f4a7c15

// A Sampler picks the tokens of one sequence.
type Sampler struct {
	o       Options
	vocab   int
	rng     *rand.Rand // nil for temperature 0
	noise   Noise
	best    []Candidate // what may be drawn
	weights []float64   // of best

	seen    *history // nil without penalties
	window  []int32  // distinct tokens of seen
	values  []float32
	changed Dense // (V) penalised copy, made where all logits are needed

	given Dense // of Next
}

// New returns a sampler for a vocabulary of that many tokens. It panics if the
// options are not valid: call [Options.Validate] on what a user gave.
func New(o Options, vocab int) *Sampler {
	if vocab <= 0 || vocab > math.MaxInt32 {
		panic("sample: New vocab out of range")
	}
	if o.Validate() != nil {
		panic("sample: New invalid options")
	}
	s := &Sampler{o: o.withDefaults(), vocab: vocab}
	if s.o.TopK == 0 || s.o.TopK > vocab {
		s.o.TopK = vocab
	}
	if s.o.penalises() {
		s.seen = &history{window: s.o.PenaltyWindow, counts: make([]int32, vocab)}
	}
	if s.o.Temperature == 0 {
		s.o.TopK = 1
		return s
	}
	s.rng = rand.New(rand.NewPCG(o.Seed, pcgStream))
	return s
}

// Accept tells the sampler that a token entered the context, of the prompt as
// well as generated. Ids outside the vocabulary cannot be drawn and are
// ignored.
func (s *Sampler) Accept(id int32) {
	if s.seen != nil && 0 <= id && int(id) < s.vocab {
		s.seen.accept(id)
	}
}

// NeedsAll reports whether [Sampler.Pick] asks for all logits, so that they may as
// well be computed at once.
func (s *Sampler) NeedsAll() bool {
	return s.o.TopK == s.vocab && (s.o.TopP < 1 || s.seen != nil)
}

// Next picks a token. logits (V) are not changed. The token counts towards
// penalties only once [Sampler.Accept] is called with it.
func (s *Sampler) Next(logits []float32) int32 {
	if len(logits) != s.vocab {
		panic("sample: Next logits not of the vocabulary's length")
	}
	s.given = logits
	return s.Pick(&s.given)
}

// Pick is [Sampler.Next] for logits that need not all be computed.
func (s *Sampler) Pick(l Logits) int32 {
	if s.o.Temperature == 0 {
		return s.top(l)[0].ID
	}
	random := s.rng.Uint64()
	if s.onlyTemperature() {
		s.noise.key = random
		return s.penalised(l).Perturbed(1/float64(s.o.Temperature), &s.noise)
	}
	kept := s.candidates(l)
	if len(kept) == 0 {
		return 0
	}
	return s.draw(kept, float64(random<<11>>11)/(1<<53))
}

func (s *Sampler) onlyTemperature() bool {
	return s.o.TopK == s.vocab && s.o.TopP >= 1 && s.o.MinP == 0
}

// candidates returns the tokens that top-k, top-p and min-p leave, none of them
// at -Inf.
func (s *Sampler) candidates(l Logits) []Candidate {
	topP, minP := float64(s.o.TopP), float64(s.o.MinP)
	switch {
	case s.o.TopK < s.vocab:
		kept := s.top(l)
		if topP < 1 {
			kept = nucleus(kept, total(kept), topP)
		}
		return aboveMinP(kept, minP)
	case topP < 1:
		s.best = nucleusOfAll(s.best, s.penalised(l).All(), topP)
	default:
		// More than the line by what rounding may do, so that aboveMinP alone
		// decides.
		s.best = s.penalised(l).Above(s.best[:0], -math.Log(minP)*(1+1e-6)+1e-6)
	}
	return aboveMinP(s.best, minP)
}

// top returns the TopK first candidates after penalties, in order.
func (s *Sampler) top(l Logits) []Candidate {
	k := s.o.TopK
	if s.seen == nil {
		s.best = l.Top(s.best[:0], k)
		return s.best
	}
	// Penalties move the tokens of the window and no others, of which k at least
	// are among the first k + window.
	s.window = s.seen.distinct(s.window[:0])
	n := len(s.window)
	s.values = slices.Grow(s.values[:0], n)[:n]
	l.At(s.values, s.window)
	s.best = l.Top(s.best[:0], k+n)
	kept := s.best[:0]
	for _, c := range s.best {
		if s.seen.counts[c.ID] == 0 {
			kept = append(kept, c)
		}
	}
	for i, id := range s.window {
		kept = append(kept, Candidate{number(s.seen.penalised(id, s.values[i], s.o)), id})
	}
	slices.SortFunc(kept, compare)
	s.best = kept
	return kept[:k]
}

// penalised returns l after penalties.
func (s *Sampler) penalised(l Logits) Logits {
	if s.seen == nil {
		return l
	}
	s.changed = append(s.changed[:0], l.All()...)
	s.window = s.seen.distinct(s.window[:0])
	for _, id := range s.window {
		s.changed[id] = s.seen.penalised(id, s.changed[id], s.o)
	}
	return &s.changed
}

// draw picks one of the candidates at the sampler's temperature; u is uniform
// in [0, 1).
func (s *Sampler) draw(kept []Candidate, u float64) int32 {
	most, t := largest(kept), float64(s.o.Temperature)
	sum := 0.0
	s.weights = s.weights[:0]
	for _, c := range kept {
		w := weight(c.Logit, most, t)
		s.weights = append(s.weights, w)
		sum += w
	}
	// The same additions in the same order end at sum, which is above u·sum,
	// and a weight of 0 never crosses it.
	mark, upTo := float64(u*sum), 0.0
	for i, c := range kept {
		upTo += s.weights[i]
		if upTo > mark {
			return c.ID
		}
	}
	return kept[0].ID
}
