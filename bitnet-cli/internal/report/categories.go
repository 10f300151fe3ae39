package report

import "math"

// slots are the places of categories along the horizontal axis of a figure.
type slots struct {
	names  []string
	groups []string // of each name, or none
	labels Axis

	step   float64
	turned bool
}

const (
	turnedLetters = 28 // of a name that reads upwards, or stands in the margin
	roomy         = 90 // pixels for a name that is shortened before it is turned
	groupGap      = 6.0
)

// newSlots places categories of the given width at least.
func newSlots(names, groups []string, axis Axis, narrowest float64) *slots {
	if len(groups) != len(names) {
		groups = nil
	}
	s := &slots{names: names, groups: groups, labels: axis}
	n := float64(len(names))
	s.step = max(min(narrowest, (widest-100)/n), (width-70-s.gaps())/n)
	widestName := 0.0
	for _, name := range names {
		widestName = max(widestName, textWidth(name))
	}
	s.turned = groups == nil && widestName > s.step-4 && widestName > 5*letter && s.step >= 9 && s.step < roomy
	return s
}

// gaps is the room between groups, in all.
func (s *slots) gaps() float64 {
	sum := 0.0
	for i := range s.groups {
		if i > 0 && s.groups[i] != s.groups[i-1] {
			sum += groupGap
		}
	}
	return sum
}

// below is the room needed under the plot.
func (s *slots) below() float64 {
	room := line + 8
	if s.turned {
		room = 8
		for _, name := range s.names {
			room = max(room, textWidth(shortened(name, turnedLetters))*0.92+14)
		}
	}
	if s.labels.String() != "" {
		room += line + 4
	}
	return room + 4
}

// width is the width of a figure with the slots in it.
func (s *slots) width() int {
	return max(width, int(math.Ceil(s.step*float64(len(s.names))+s.gaps()))+70)
}

// draw stretches the slots over the plot, writes their names, and returns the left
// edge of each.
func (s *slots) draw(f *figure) []float64 {
	n := float64(len(s.names))
	s.step = (f.plot.right - f.plot.left - s.gaps()) / n
	left := make([]float64, len(s.names))
	at := f.plot.left
	for i := range left {
		if i > 0 && s.groups != nil && s.groups[i] != s.groups[i-1] {
			at += groupGap
		}
		left[i] = at
		at += s.step
	}
	if s.groups != nil {
		s.nameGroups(f, left)
	} else {
		s.nameSlots(f, left)
	}
	f.base()
	f.below(s.below()-8, s.labels)
	return left
}

// nameSlots writes as many names as there is room for.
func (s *slots) nameSlots(f *figure, left []float64) {
	if s.turned {
		every := int(math.Ceil(12 / s.step))
		for i := 0; i < len(left); i += every {
			f.turned(left[i]+s.step/2+4, f.plot.bottom+7, shortened(s.names[i], turnedLetters))
		}
		return
	}
	letters := turnedLetters
	if s.step >= roomy {
		letters = int(s.step/letter) - 1
	}
	room := 0.0
	for _, name := range s.names {
		room = max(room, textWidth(shortened(name, letters))+6)
	}
	every := thinning(int(math.Ceil(room / s.step)))
	for i := 0; i < len(left); i += every {
		f.text(left[i]+s.step/2, f.plot.bottom+line+2, "middle", "", shortened(s.names[i], letters))
	}
}

// thinning returns a number from n up that is easy to count in.
func thinning(n int) int {
	for base := 1; ; base *= 10 {
		for _, m := range []int{1, 2, 5} {
			if m*base >= n {
				return m * base
			}
		}
	}
}

// nameGroups writes the name of each run of equal groups under it.
func (s *slots) nameGroups(f *figure, left []float64) {
	for i := 0; i < len(left); {
		end := i
		for end < len(left) && s.groups[end] == s.groups[i] {
			end++
		}
		from, to := left[i], left[end-1]+s.step
		letters := int((to - from) / letter)
		f.mark("base", path(from, f.plot.bottom+4, to, f.plot.bottom+4), s.groups[i])
		if letters >= 2 {
			f.text((from+to)/2, f.plot.bottom+line+4, "middle", "", shortened(s.groups[i], letters))
		}
		i = end
	}
}
