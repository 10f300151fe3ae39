package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Axis is what is measured along one side of a plot. The zero value is linear and has
// no label.
type Axis struct {
	Label string
	Unit  string
	Log   bool // logarithmic; values that are not positive are left out
}

func (a Axis) String() string {
	if a.Unit == "" {
		return a.Label
	}
	return strings.TrimSpace(a.Label + " (" + a.Unit + ")")
}

// largest is the largest magnitude that is drawn: differences of two stay finite.
const largest = 1e300

// extent is the range of the values of an axis, and the count of those that cannot
// be drawn on it. The zero value with an axis has seen none.
type extent struct {
	axis   Axis
	lo, hi float64 // lo <= hi if n > 0
	n      int     // values in the range
	broken bool    // some are not whole numbers

	nan, infinite, unsigned int      // values left out; unsigned: not positive on a logarithmic axis
	rules                   []string // that are left out
}

// add takes v into the range, or counts why it is not.
func (e *extent) add(v float64) {
	switch {
	case math.IsNaN(v):
		e.nan++
	case math.Abs(v) > largest:
		e.infinite++
	case e.axis.Log && v <= 0:
		e.unsigned++
	default:
		e.include(v)
	}
}

// include widens the range to v, which is not of the data.
func (e *extent) include(v float64) {
	if e.n == 0 || v < e.lo {
		e.lo = v
	}
	if e.n == 0 || v > e.hi {
		e.hi = v
	}
	e.n++
	e.broken = e.broken || v != math.Trunc(v)
}

// includeBase widens the range to where bars begin: zero, or on a logarithmic axis
// somewhat below the lowest, which is to have a height too.
func (e *extent) includeBase() {
	if e.axis.Log {
		e.include(max(e.lo*0.8, math.SmallestNonzeroFloat64))
	} else {
		e.include(0)
	}
}

// drawable says whether add takes v into the range.
func (e *extent) drawable(v float64) bool {
	return !math.IsNaN(v) && math.Abs(v) <= largest && (!e.axis.Log || v > 0)
}

// below says that v is a number to which a logarithmic axis does not reach down: what
// begins there begins at the foot of the plot.
func (e *extent) below(v float64) bool { return e.axis.Log && v <= 0 && v >= -largest }

// spans says whether what is around a value can be drawn: its lower end may be below.
func (e *extent) spans(lo, hi float64) bool {
	return e.drawable(hi) && (e.drawable(lo) || e.below(lo))
}

// includeSpan widens the range to what can be drawn of that.
func (e *extent) includeSpan(lo, hi float64) {
	if !e.spans(lo, hi) {
		return
	}
	e.include(hi)
	if e.drawable(lo) {
		e.include(lo)
	}
}

// note says what was left out, or nothing.
func (e *extent) note() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{e.nan, "not a number"}, {e.infinite, "infinite or beyond 10³⁰⁰"}, {e.unsigned, "not positive, on a logarithmic axis"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", counted(float64(p.n)), p.what))
		}
	}
	note := ""
	if parts != nil {
		of := ""
		if e.axis.Label != "" {
			of = " of " + e.axis.Label
		}
		note = "Values" + of + " left out: " + strings.Join(parts, "; ") + "."
	}
	if e.rules != nil {
		note += " Not on the axis: " + strings.Join(e.rules, "; ") + "."
	}
	return strings.TrimSpace(note)
}

// scale maps values to pixels.
type scale struct {
	log      bool
	lo, hi   float64 // values at from and to; decades if log
	from, to float64 // pixels
	ticks    []tick
}

type tick struct {
	value float64
	label string // "" for a line without a number
}

// at returns the pixel of v, which is drawable or below the axis.
func (s *scale) at(v float64) float64 {
	if s.log {
		v = math.Log10(max(v, 0)) // of 0 it is at the foot
	}
	p := s.from + (v-s.lo)/(s.hi-s.lo)*(s.to-s.from)
	return min(max(p, min(s.from, s.to)), max(s.from, s.to))
}

// scale returns the scale of the values seen, ending at ticks if round is set. About
// count numbers are written along it.
func (e extent) scale(count int, round bool) *scale {
	lo, hi := e.lo, e.hi
	if e.n == 0 {
		lo, hi = 0, 1
		if e.axis.Log {
			lo, hi = 1, 10
		}
	}
	if e.axis.Log {
		return decades(lo, hi, count, round)
	}
	if hi-lo <= 1e-9*max(math.Abs(lo), math.Abs(hi)) || hi-lo < 1e-290 {
		pad := max(math.Abs(hi)/10, 1e-280)
		if lo == 0 && hi == 0 {
			pad = 1
		}
		lo, hi = lo-pad, hi+pad
	}
	step := roundStep((hi - lo) / float64(count))
	if e.n > 0 && !e.broken { // there is no layer 0.5
		step = max(step, 1)
	}
	if round {
		lo, hi = math.Floor(lo/step+1e-9)*step, math.Ceil(hi/step-1e-9)*step
	}
	s := &scale{lo: lo, hi: hi}
	exponent := int(math.Floor(math.Log10(max(math.Abs(lo), math.Abs(hi)))))
	for i := math.Ceil(lo/step - 1e-9); i <= math.Floor(hi/step+1e-9); i++ {
		t := tick{value: i * step}
		switch { // i*step may carry an error in its last digits, which 12 digits do not show
		case i == 0 || exponent >= smallPower && exponent < largePower:
			t.label = number(t.value, 12)
		default: // all with the same power
			t.label = power(strconv.FormatFloat(t.value/math.Pow10(exponent), 'g', 12, 64), exponent)
		}
		s.ticks = append(s.ticks, t)
	}
	return s
}

// roundStep returns the next 1, 2 or 5 times a power of ten from v > 0 up.
func roundStep(v float64) float64 {
	base := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*base*(1+1e-9) {
			return m * base
		}
	}
	return 10 * base
}

// decades is a logarithmic scale from lo to hi, both positive.
func decades(lo, hi float64, count int, round bool) *scale {
	from, to := math.Log10(lo), math.Log10(hi)
	if to-from < 0.05 {
		from, to = from-0.05, to+0.05
	}
	first, last := math.Floor(from+1e-9), math.Ceil(to-1e-9)
	if round {
		from, to = roundDecade(from, -1), roundDecade(to, 1)
	}
	s := &scale{log: true, lo: from, hi: to}
	every := math.Ceil((to - from) / float64(count))
	for d := first; d <= last; d++ {
		for _, m := range []float64{1, 2, 5} {
			at := d + math.Log10(m)
			named := m == 1 && math.Mod(d, every) == 0 || m > 1 && to-from < 2.5
			if at < from-1e-9 || at > to+1e-9 || m > 1 && to-from > 4 || to-from > 15 && !named {
				continue
			}
			t := tick{value: math.Pow(10, d) * m}
			if named {
				t.label = number(t.value, 3)
			}
			if t.value > 0 {
				s.ticks = append(s.ticks, t)
			}
		}
	}
	if len(s.ticks) < 2 { // less than a decade with no round number inside: steps as on a linear axis
		s.ticks = nil
		a, b := math.Pow(10, from), math.Pow(10, to)
		linear := extent{lo: a, hi: b, n: 1, broken: true}.scale(count, false)
		for _, t := range linear.ticks {
			if t.value >= a && t.value <= b && t.value > 0 {
				s.ticks = append(s.ticks, t)
			}
		}
	}
	return s
}

// roundDecade returns the decimal logarithm of 1, 2 or 5 times a power of ten that is
// next to v in the direction of sign.
func roundDecade(v, sign float64) float64 {
	best := math.Ceil(v*sign-1e-9) * sign // a power of ten
	for _, m := range []float64{2, 5} {
		at := math.Floor(v) + math.Log10(m)
		if sign*(at-v) >= -1e-9 && sign*(best-at) > 0 {
			best = at
		}
	}
	return best
}
