package report

import (
	"fmt"
	"math"
)

// Shares shows how a whole is divided in each category, as columns of the same
// height: the weights −1, 0 and +1 of every tensor.
type Shares struct {
	Title      string
	X          Axis     // what the categories are; no scale of its own
	Categories []string // in order
	// Groups has the group of each category, or is empty. Columns of one group that
	// follow each other are set apart and have its name below: with the kind of
	// tensor as the group, each kind shows its layers.
	Groups []string
	Parts  []Part // from the bottom up
}

// Part is the size of one part in each category, in any unit: they are divided by
// their sum.
type Part struct {
	Name   string
	Values []float64
}

func (s Shares) render(c *colours) rendered {
	sums := make([]float64, len(s.Categories))
	e := extent{axis: Axis{Label: "the parts"}}
	negative := 0
	for i := range sums {
		for _, p := range s.Parts {
			v := p.at(i)
			if v < 0 && e.drawable(v) {
				negative++
				v = math.NaN()
			} else {
				e.add(v)
			}
			sums[i] += v
		}
	}
	notes := []string{e.note()}
	if negative > 0 {
		notes = append(notes, plural(negative, "negative part", "negative parts")+" left out, with the column.")
	}
	drawn := 0
	for i, sum := range sums {
		if sum > 0 && sum <= largest {
			drawn++
		} else {
			sums[i] = 0
		}
	}
	if drawn == 0 {
		return rendered{Figure: empty(s.Title, notes...)}
	}
	axis := Axis{Label: "share", Unit: "%"}
	y := extent{axis: axis}
	y.include(0)
	y.include(100)
	ys := y.scale(5, true)
	x := newSlots(s.Categories, s.Groups, s.X, 3)
	f := newFigure(s.Title, x.width(), ys, nil, x.below())
	f.Description = fmt.Sprintf("stacked shares, %s of %s", plural(len(s.Parts), "part", "parts"),
		plural(len(s.Categories), "category", "categories"))
	f.vertical(ys, axis)
	left := x.draw(f)
	gap := 0.0
	if x.step >= 6 { // else columns are seen by their steps
		gap = min(x.step*0.15, 6)
	}
	below := make([]float64, len(sums))
	for k, class := range classesOf(c, s.Parts, func(p *Part) string { return p.Name }) {
		p := &s.Parts[k]
		f.Legend = append(f.Legend, entry{p.Name, class, "f"})
		for i, at := range left {
			if sums[i] == 0 {
				continue
			}
			share := p.at(i) / sums[i] * 100
			f.mark(class+" f flush", rectangle(at+gap/2, ys.at(below[i]), at+x.step-gap/2, ys.at(below[i]+share)),
				joined(s.Categories[i], p.Name, number(share, 4)+" %"))
			below[i] += share
		}
	}
	f.base()
	f.note(notes...)
	if missing := len(sums) - drawn; missing > 0 {
		f.note(plural(missing, "category has", "categories have") + " no shares.")
	}
	return rendered{Figure: f}
}

// at returns the part of a category, 0 if it has none.
func (p *Part) at(i int) float64 {
	if i >= len(p.Values) {
		return 0
	}
	return p.Values[i]
}
