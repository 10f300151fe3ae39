package engine

import (
	"cmp"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/screen"
)

// A position is the logits after one token, computed as far as the sampler asks.
// Where the model's head is screened it answers from that and computes all of them
// only if the screen refuses. It implements [sample.Logits].
type position struct {
	session *Session
	hidden  []float32 // (D), of the state's last pass
	dense   sample.Dense
	all     bool           // dense holds all logits
	search  *screen.Search // nil until a scan was first tried
	found   []screen.Candidate
}

// screenRest is for how many passes all logits are computed at once after the
// screen has refused a question: the scan was in vain, and the next would likely be.
const screenRest = 16

// screened reports whether the screen may be asked.
func (p *position) screened() bool { return !p.all && p.search != nil && p.search.Scanned() }

// refused notes that the screen was asked in vain.
func (p *position) refused() { p.session.rest = screenRest }

// All implements [sample.Logits].
func (p *position) All() []float32 {
	if !p.all {
		p.dense = resize(p.dense, p.session.model.Config().VocabSize)
		p.session.model.Logits(p.dense, p.hidden)
		p.all = true
	}
	return p.dense
}

// whole returns all logits.
func (p *position) whole() *sample.Dense {
	p.All()
	return &p.dense
}

// At implements [sample.Logits].
func (p *position) At(dst []float32, ids []int32) {
	if p.screened() && len(ids) <= p.search.Limit {
		p.search.Logits(dst, ids)
		return
	}
	p.whole().At(dst, ids)
}

// Top implements [sample.Logits].
func (p *position) Top(dst []sample.Candidate, k int) []sample.Candidate {
	if p.screened() {
		var ok bool
		if p.found, ok = p.search.Top(p.found[:0], k); ok {
			return p.append(dst)
		}
		p.refused()
	}
	return p.whole().Top(dst, k)
}

// Above implements [sample.Logits].
func (p *position) Above(dst []sample.Candidate, margin float64) []sample.Candidate {
	if p.screened() {
		var ok bool
		if p.found, ok = p.search.Above(p.found[:0], margin); ok {
			slices.SortFunc(p.found, func(a, b screen.Candidate) int { return cmp.Compare(a.ID, b.ID) })
			return p.append(dst)
		}
		p.refused()
	}
	return p.whole().Above(dst, margin)
}

// Perturbed implements [sample.Logits].
func (p *position) Perturbed(scale float64, noise *sample.Noise) int32 {
	if p.screened() {
		if id, ok := p.search.Perturbed(scale, noise); ok {
			return id
		}
		p.refused()
	}
	return p.whole().Perturbed(scale, noise)
}

func (p *position) append(dst []sample.Candidate) []sample.Candidate {
	for _, c := range p.found {
		dst = append(dst, sample.Candidate(c))
	}
	return dst
}

// compute prepares the logits after the last rows tokens of a pass that left hidden:
// all of them, or the intervals that they are screened by.
func (s *Session) compute(hidden []float32, rows int) {
	d, v := s.model.Config().Dim, s.model.Config().VocabSize
	hidden = hidden[len(hidden)-rows*d:]
	for len(s.positions) < rows {
		s.positions = append(s.positions, &position{session: s})
	}
	full := s.needsAll || s.rest > 0 || s.model.Screen() == nil
	s.rest = max(0, s.rest-1)
	if full {
		s.logits = resize(s.logits, rows*v)
		s.model.Logits(s.logits, hidden)
	}
	s.searches = s.searches[:0]
	for i, p := range s.positions[:rows] {
		p.hidden, p.all = hidden[i*d:(i+1)*d], full
		if full {
			p.dense = s.logits[i*v : (i+1)*v]
			continue
		}
		if p.search == nil {
			p.search = s.model.NewSearch()
		}
		s.searches = append(s.searches, p.search)
	}
	screen.ScanAll(s.searches, hidden)
}

// settleAfter is how many decoding steps a session takes before it has weights packed:
// by then about as much time is lost as that takes.
const settleAfter = 128

// prepare does a part of what makes later steps faster: another part of the screen, if
// the sampler has a use for it, or another layer's weights. Where it fails, for want of
// memory, decoding is slower and the same.
func (s *Session) prepare() {
	if !s.needsAll {
		if grown, _ := s.model.GrowScreen(); grown {
			return
		}
	}
	if s.steps++; s.steps > settleAfter {
		_, _ = s.model.Settle()
	}
}

func resize(v []float32, n int) []float32 {
	if cap(v) < n {
		return make([]float32, n)
	}
	return v[:n]
}
