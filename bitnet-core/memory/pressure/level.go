package pressure

import (
	"errors"
	"fmt"
)

// A Level says how scarce memory is.
type Level uint8

// The levels, from plenty to the end.
const (
	None     Level = iota
	Low            // keep no more than needed
	Medium         // give back what is idle
	High           // give back what can be made again
	Critical       // the next request may fail, or the kernel kills
)

var levelNames = [...]string{"none", "low", "medium", "high", "critical"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("Level(%d)", uint8(l))
}

// Thresholds are the shares, of a limit or of time, at which the levels begin. The
// zero Thresholds stand for a default that is said where they are used.
type Thresholds struct {
	Low, Medium, High, Critical float64

	// Hysteresis is by how much the share must fall below where a level began before
	// the level falls, so that use which swings about a threshold changes nothing.
	Hysteresis float64
}

// DefaultThresholds returns those of a limit on memory: levels begin at 60, 75, 85 and
// 95 percent and end 3 percent of the limit below.
func DefaultThresholds() Thresholds {
	return Thresholds{Low: .60, Medium: .75, High: .85, Critical: .95, Hysteresis: .03}
}

// Validate reports everything that is wrong with t: levels begin between 0 and 1, in
// order, and the lowest can be left again.
func (t Thresholds) Validate() error {
	var faults []error
	begin := t.begins()
	for l := Low; l <= Critical; l++ {
		if share := begin[l]; !(share > 0 && share <= 1) { // a NaN is neither
			faults = append(faults, fmt.Errorf("pressure: threshold %s is %v, want more than 0 and at most 1", l, share))
		}
		if l > Low && !(begin[l] > begin[l-1]) {
			faults = append(faults, fmt.Errorf("pressure: threshold %s is %v, want more than %s's %v", l, begin[l], l-1, begin[l-1]))
		}
	}
	if !(t.Hysteresis >= 0 && t.Hysteresis < t.Low) {
		faults = append(faults, fmt.Errorf("pressure: hysteresis is %v, want 0 or more and less than threshold low, %v", t.Hysteresis, t.Low))
	}
	return errors.Join(faults...)
}

// withDefault returns t, or d if t is zero.
func (t Thresholds) withDefault(d Thresholds) Thresholds {
	if t == (Thresholds{}) {
		return d
	}
	return t
}

// begins returns the share at which each level begins.
func (t Thresholds) begins() [Critical + 1]float64 {
	return [...]float64{None: 0, Low: t.Low, Medium: t.Medium, High: t.High, Critical: t.Critical}
}

// A scale is Thresholds ready for use.
type scale struct {
	rise [Critical + 2]float64 // where a level begins; nothing is above Critical
	fall [Critical + 1]float64 // below where it ends
}

func (t Thresholds) scale() scale {
	begin := t.begins()
	var s scale
	for l := Low; l <= Critical; l++ {
		s.rise[l], s.fall[l] = begin[l], begin[l]-t.Hysteresis
	}
	s.rise[Critical+1] = inf
	s.fall[None] = -inf
	return s
}

// next returns the level that follows l when used of limit is in use. No limit,
// which is 0 or less, is no pressure.
func (s *scale) next(l Level, used, limit float64) Level {
	if limit <= 0 {
		return None
	}
	if used < s.rise[l+1]*limit && used >= s.fall[l]*limit {
		return l // mostly
	}
	for used >= s.rise[l+1]*limit {
		l++
	}
	for used < s.fall[l]*limit {
		l--
	}
	return l
}
