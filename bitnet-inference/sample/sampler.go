package sample

import (
	"math"
	"math/rand/v2"
)

// pcgStream is the second half of the generator's state, the golden ratio's
// bits: any constant does, but it is part of what a seed means.
const pcgStream = 0x9e3779b97f4a7c15

// A Sampler picks the tokens of one sequence.
type Sampler struct {
	o       Options
	vocab   int
	rng     *rand.Rand
	seen    *history    // nil without penalties
	logits  []float32   // (V) penalised copy; nil without penalties
	best    []candidate // what may be drawn; (top-k) or (V)
	weights []float64   // of best
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
	if s.o.penalises() {
		s.seen = &history{window: s.o.PenaltyWindow, counts: make([]int32, vocab)}
		s.logits = make([]float32, vocab)
	}
	if s.o.Temperature == 0 {
		return s
	}
	s.rng = rand.New(rand.NewPCG(o.Seed, pcgStream))
	keep := vocab
	if 0 < o.TopK && o.TopK < vocab {
		keep = o.TopK
	}
	s.best = make([]candidate, keep)
	s.weights = make([]float64, keep)
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

// Next picks a token. logits (V) are not changed. The token counts towards
// penalties only once [Sampler.Accept] is called with it.
func (s *Sampler) Next(logits []float32) int32 {
	if len(logits) != s.vocab {
		panic("sample: Next logits not of the vocabulary's length")
	}
	if s.seen != nil {
		copy(s.logits, logits)
		logits = s.logits
		s.seen.penalise(logits, s.o)
	}
	if s.o.Temperature == 0 {
		return Greedy(logits)
	}
	u := s.rng.Float64()
	kept := s.candidates(logits)
	if len(kept) == 0 {
		return 0
	}
	return s.draw(kept, u)
}

// candidates returns the tokens that top-k, top-p and min-p leave, none of them
// at -Inf.
func (s *Sampler) candidates(logits []float32) []candidate {
	topP, minP := float64(s.o.TopP), float64(s.o.MinP)
	if len(s.best) == s.vocab {
		if topP < 1 {
			return aboveMinP(nucleusOfAll(s.best, logits, topP), minP)
		}
		return aboveMinPOfAll(s.best, logits, minP)
	}
	kept := topK(s.best, logits)
	if topP < 1 {
		kept = nucleus(kept, total(kept), topP)
	}
	return aboveMinP(kept, minP)
}

// draw picks one of the candidates at the sampler's temperature; u is uniform
// in [0, 1).
func (s *Sampler) draw(kept []candidate, u float64) int32 {
	most, t := largest(kept), float64(s.o.Temperature)
	sum := 0.0
	for i, c := range kept {
		s.weights[i] = weight(c.logit, most, t)
		sum += s.weights[i]
	}
	// The same additions in the same order end at sum, which is above u·sum,
	// and a weight of 0 never crosses it.
	mark, upTo := float64(u*sum), 0.0
	for i, c := range kept {
		upTo += s.weights[i]
		if upTo > mark {
			return c.id
		}
	}
	return kept[0].id
}
