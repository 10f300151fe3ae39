package report

import (
	"fmt"
	"math"
	"slices"
)

// Histogram shows how many values fall into each bin: activations, losses of tokens.
type Histogram struct {
	Title  string
	X      Axis
	Y      Axis // of the counts; without a label it is "count"
	Series []Bins
	Rules  []Rule // over X: percentiles, a limit
}

// Bins are the counts of a histogram: Counts[i] values are in [Edges[i], Edges[i+1]).
// [Bin] makes them from values.
type Bins struct {
	Name   string
	Edges  []float64 // increasing, one more than Counts
	Counts []float64
}

// Sample is values to be counted.
type Sample struct {
	Name   string
	Values []float64
}

// Bin counts the values of each sample in the same n bins, of one width or, if log is
// set, of one ratio. Values that have no place (not a number, infinite; with log not
// positive) are not counted. The largest value is in the last bin.
func Bin(n int, log bool, samples ...Sample) []Bins {
	e := extent{axis: Axis{Log: log}}
	for _, s := range samples {
		for _, v := range s.Values {
			e.add(v)
		}
	}
	if e.n == 0 || n < 1 {
		return nil
	}
	edges := e.edges(n)
	all := make([]Bins, len(samples))
	for k, s := range samples {
		all[k] = Bins{Name: s.Name, Edges: edges, Counts: make([]float64, n)}
		for _, v := range s.Values {
			if !e.drawable(v) {
				continue
			}
			i, found := slices.BinarySearch(edges, v)
			if !found {
				i--
			}
			all[k].Counts[min(max(i, 0), n-1)]++
		}
	}
	return all
}

// edges divides the range in n.
func (e extent) edges(n int) []float64 {
	if e.lo == e.hi { // any width around it
		pad := max(math.Abs(e.hi)/200, 1e-280)
		e.hi += pad
		if !e.axis.Log || e.lo > pad {
			e.lo -= pad
		}
	}
	lo, hi := e.lo, e.hi
	if e.axis.Log {
		lo, hi = math.Log(lo), math.Log(hi)
	}
	edges := make([]float64, n+1)
	for i := range edges {
		edges[i] = lo + (hi-lo)*(float64(i)/float64(n))
		if e.axis.Log {
			edges[i] = math.Exp(edges[i])
		}
		edges[i] = min(max(edges[i], e.lo), e.hi) // whatever the rounding
	}
	edges[0], edges[n] = e.lo, e.hi
	return edges
}

func (h Histogram) render(c *colours) rendered {
	if h.Y.Label == "" {
		h.Y.Label = "count"
	}
	x, y := extent{axis: h.X}, extent{axis: h.Y}
	for _, s := range h.Series {
		for i := range s.size() {
			if v := s.Counts[i]; !h.Y.Log || v != 0 { // an empty bin is no fault
				y.add(v)
			}
			x.addBin(s.Edges[i], s.Edges[i+1])
		}
	}
	if x.n == 0 || y.n == 0 {
		return rendered{Figure: empty(h.Title, x.note(), y.note())}
	}
	low, high := x.lo, x.hi
	rules := x.includeRules(h.Rules)
	y.includeBase()
	ys, xs := y.scale(5, true), x.scale(8, false)
	f := newFigure(h.Title, width, ys, nil, 2*line+14)
	f.Description = fmt.Sprintf("histogram, %s, from %s to %s", plural(len(h.Series), "series", "series"),
		number(low, 3), number(high, 3))
	xs.from, xs.to = f.plot.left, f.plot.right
	f.vertical(ys, h.Y)
	f.horizontal(xs, h.X)
	names := make([]string, len(h.Series))
	for k, s := range h.Series {
		names[k] = s.Name
	}
	classes := c.classes(names)
	shape := "f"
	if len(h.Series) > 1 { // they lie over each other
		shape = "f over"
	}
	for k, s := range h.Series {
		f.Legend = append(f.Legend, entry{s.Name, classes[k], shape})
		for i := range s.size() {
			s.draw(f, i, classes[k]+" "+shape+" flush", xs, ys, &x, &y)
		}
	}
	f.base()
	f.upright(xs, rules)
	if h.cut() {
		f.note("The first bin begins at or below zero, where a logarithmic axis does not reach.")
	}
	f.note(x.note(), y.note())
	return rendered{Figure: f}
}

// cut says that a bin with values in it begins where the axis does not reach.
func (h *Histogram) cut() bool {
	for _, s := range h.Series {
		for i := range s.size() {
			if h.X.Log && s.Edges[i] <= 0 && s.Edges[i+1] > 0 && s.Counts[i] > 0 {
				return true
			}
		}
	}
	return false
}

// size is the number of bins that have both edges.
func (b *Bins) size() int { return min(len(b.Counts), max(len(b.Edges)-1, 0)) }

// addBin takes the edges of a bin into the range. Of a bin that begins at or below
// zero a logarithmic axis shows the upper half.
func (e *extent) addBin(lo, hi float64) {
	if lo <= 0 && e.axis.Log && e.drawable(hi) {
		e.include(max(hi/2, math.SmallestNonzeroFloat64))
		e.include(hi)
		return
	}
	if !e.drawable(lo) || !e.drawable(hi) {
		e.add(lo)
		e.add(hi)
		return
	}
	e.include(lo)
	e.include(hi)
}

// draw draws bin i if it has a place and a height.
func (b *Bins) draw(f *figure, i int, class string, xs, ys *scale, x, y *extent) {
	lo, hi, count := b.Edges[i], b.Edges[i+1], b.Counts[i]
	if !x.drawable(hi) || !y.drawable(count) || count == 0 {
		return
	}
	from := f.plot.left
	if x.drawable(lo) {
		from = xs.at(lo)
	}
	to := xs.at(hi)
	zero := f.plot.bottom
	if !ys.log {
		zero = ys.at(0)
	}
	unit := ""
	if x.axis.Unit != "" {
		unit = " " + x.axis.Unit
	}
	f.mark(class, rectangle(from, zero, max(to, from+0.6), ys.at(count)),
		joined(number(lo, 4)+" to "+number(hi, 4)+unit, b.Name, number(count, 15)))
}
