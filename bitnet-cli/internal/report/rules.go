package report

import (
	"cmp"
	"math"
	"slices"
)

// Rule is a value worth a line across a plot: a percentile, a mean, a limit.
type Rule struct {
	Name  string
	Value float64
}

func (r Rule) String() string { return joined("", r.Name, number(r.Value, 3)) }

// includeRules widens the range of an axis to its rules and returns those that can be
// drawn, in increasing order. The note names the others.
func (e *extent) includeRules(rules []Rule) []Rule {
	var kept []Rule
	for _, r := range rules {
		if e.drawable(r.Value) {
			kept = append(kept, r)
		} else {
			e.rules = append(e.rules, r.String())
		}
	}
	slices.SortStableFunc(kept, func(a, b Rule) int { return cmp.Compare(a.Value, b.Value) })
	for _, r := range kept {
		e.include(r.Value)
	}
	return kept
}

// margin is the room that the names of rules need beside a plot.
func margin(rules []Rule) float64 {
	room := 14.0
	for _, r := range rules {
		room = max(room, textWidth(shortened(r.String(), turnedLetters))+10)
	}
	return room
}

// rule draws one, and describes it.
func (f *figure) rule(d string, r Rule) {
	f.mark("rule", d, r.String())
	f.Description += ", " + r.String()
}

// across draws rules over a vertical axis, their names in the margin, not over each
// other.
func (f *figure) across(y *scale, rules []Rule) {
	below := math.Inf(1) // where the name below stands
	for _, r := range rules {
		at := y.at(r.Value)
		f.rule(path(f.plot.left, at, f.plot.right+3, at), r)
		below = min(at+4, below-line)
		f.text(f.plot.right+6, below, "start", "rulename", shortened(r.String(), turnedLetters))
	}
}

// upright draws rules over a horizontal axis, their names at the top, in rows so that
// they are not over each other.
func (f *figure) upright(x *scale, rules []Rule) {
	var ends []float64 // of the names in each row
	for _, r := range rules {
		at := x.at(r.Value)
		f.rule(path(at, f.plot.bottom, at, f.plot.top), r)
		name := shortened(r.String(), turnedLetters)
		anchor, from, to := "start", at+4, at+4+textWidth(name)
		if to > f.plot.right {
			anchor, from, to = "end", at-4-textWidth(name), at-4
		}
		row := slices.IndexFunc(ends, func(end float64) bool { return end+4 < from })
		if row < 0 {
			row = len(ends)
			ends = append(ends, 0)
		}
		ends[row] = to
		near := from
		if anchor == "end" {
			near = to
		}
		f.text(near, f.plot.top+10+line*float64(row), anchor, "rulename", name)
	}
}
