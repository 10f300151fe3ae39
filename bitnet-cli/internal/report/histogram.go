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

// Bin counts values in n bins of the same width, or of the same ratio if log is set.
// Values that have no place (not a number, infinite; with log not positive) are not
// counted. The largest value is in the last bin.
func Bin(name string, values []float64, n int, log bool) Bins {
	e := extent{axis: Axis{Log: log}}
	for _, v := range values {
		e.add(v)
	}
	if e.n == 0 || n < 1 {
		return Bins{Name: name}
	}
	if e.lo == e.hi { // any width around it
		e.lo -= max(math.Abs(e.lo)/100, 1e-280) / 2
		e.hi += max(math.Abs(e.hi)/100, 1e-280) / 2
	}
	lo, hi := e.lo, e.hi
	if log {
		lo, hi = math.Log(lo), math.Log(hi)
	}
	b := Bins{Name: name, Edges: make([]float64, n+1), Counts: make([]float64, n)}
	for i := range b.Edges {
		b.Edges[i] = lo + (hi-lo)*float64(i)/float64(n)
		if log {
			b.Edges[i] = math.Exp(b.Edges[i])
		}
	}
	b.Edges[0], b.Edges[n] = e.lo, e.hi // without rounding
	for _, v := range values {
		if !e.drawable(v) {
			continue
		}
		i, found := slices.BinarySearch(b.Edges, v)
		if !found {
			i--
		}
		b.Counts[min(max(i, 0), n-1)]++
	}
	return b
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
	for _, r := range h.Rules {
		if x.drawable(r.Value) {
			x.include(r.Value)
		}
	}
	if h.Y.Log {
		y.include(y.lo * 0.8)
	} else {
		y.include(0)
	}
	ys, xs := y.scale(5, true), x.scale(8, false)
	f := newFigure(h.Title, width, ys, 2*line+14)
	f.Description = fmt.Sprintf("histogram, %s, from %s to %s", plural(len(h.Series), "series", "series"),
		number(x.lo, 3), number(x.hi, 3))
	xs.from, xs.to = f.plot.left, f.plot.right
	f.vertical(ys, h.Y)
	f.horizontal(xs, h.X)
	fill := " f"
	if len(h.Series) > 1 {
		fill = " f over"
	}
	for _, s := range h.Series {
		class := c.class(s.Name)
		f.Legend = append(f.Legend, entry{s.Name, class, "f"})
		for i := range s.size() {
			s.draw(f, i, class+fill, xs, ys, &x, &y)
		}
	}
	f.base()
	f.upright(xs, h.Rules, &x)
	f.note(x.note(), y.note())
	return rendered{Figure: f}
}

// size is the number of bins that have both edges.
func (b *Bins) size() int { return min(len(b.Counts), max(len(b.Edges)-1, 0)) }

// addBin takes the edges of a bin into the range. A bin that begins at or below zero
// shows on a logarithmic axis from the next edge on.
func (e *extent) addBin(lo, hi float64) {
	if !(lo > 0) && e.axis.Log && e.drawable(hi) {
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
