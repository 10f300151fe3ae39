package report

import (
	"fmt"
	"math"
	"slices"
)

// Histogram shows how many values fall into each bin: activations, losses of tokens.
type Histogram struct {
	Title   string
	X       Axis
	Y       Axis     // of the counts; without a label it is "count"
	Samples []Sample // counted in the same bins, of one width or, on a logarithmic axis, of one ratio
	Series  []Bins   // counted already
	Rules   []Rule   // over X: percentiles, a limit
}

// Sample is values with a name. Those that have no place on the axis are not counted, and
// noted.
type Sample struct {
	Name   string
	Values []float64
}

// Bins are the counts of a histogram: Counts[i] values are in [Edges[i], Edges[i+1]).
type Bins struct {
	Name   string
	Edges  []float64 // increasing, one more than Counts
	Counts []float64
}

// binsOfSamples is into how many samples are counted.
const binsOfSamples = 60

// bin counts the values of samples, all of which were seen, in the same n bins. The
// largest value is in the last one.
func (e *extent) bin(n int, samples []Sample) (all []Bins) {
	if e.n == 0 {
		return nil
	}
	edges := e.edges(n)
	for _, s := range samples {
		b := Bins{Name: s.Name, Edges: edges, Counts: make([]float64, n)}
		for _, v := range s.Values {
			if !e.drawable(v) {
				continue
			}
			i, found := slices.BinarySearch(edges, v)
			if !found {
				i--
			}
			b.Counts[min(max(i, 0), n-1)]++
		}
		all = append(all, b)
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
	for _, s := range h.Samples {
		for _, v := range s.Values {
			x.add(v)
		}
	}
	series := append(x.bin(binsOfSamples, h.Samples), h.Series...)
	for _, s := range series {
		for i := range s.size() {
			if v := s.Counts[i]; !h.Y.Log || v != 0 { // an empty bin is no fault
				y.add(v)
			}
		}
		if n := s.size(); n > 0 {
			for _, edge := range s.Edges[:n+1] {
				x.add(edge)
			}
		}
	}
	if x.n == 0 || y.n == 0 {
		return rendered{Figure: empty(h.Title, x.note(), y.note())}
	}
	low, high := x.lo, x.hi
	rules := x.includeRules(h.Rules)
	y.includeBase()
	f, xs, ys := framed(h.Title, &x, &y, nil, false)
	f.Description = fmt.Sprintf("histogram, %s, from %s to %s", plural(len(series), "series", "series"),
		number(low, 3), number(high, 3))
	classes := classesOf(c, series, func(b *Bins) string { return b.Name })
	shape := "f"
	if len(series) > 1 { // they lie over each other
		shape = "f over"
	}
	for k, s := range series {
		f.Legend = append(f.Legend, entry{s.Name, classes[k], shape})
		for i := range s.size() {
			s.draw(f, i, classes[k]+" "+shape+" flush", xs, ys, &x, &y)
		}
	}
	f.base()
	f.upright(xs, rules)
	f.note(x.note(), y.note())
	f.Values = h.values(series)
	return rendered{Figure: f}
}

// values lists the counts, unless that is too much or the bins of series differ.
func (h *Histogram) values(series []Bins) *grid {
	bins := series[0].size()
	t := Table{Head: []Column{{Name: h.X.String(), Right: true}}}
	for i := range bins {
		t.Rows = append(t.Rows, []string{number(series[0].Edges[i], 4) + " to " + number(series[0].Edges[i+1], 4)})
	}
	for _, s := range series {
		if !slices.Equal(s.Edges, series[0].Edges) || s.size() != bins || bins*len(series) > listed {
			return nil
		}
		t.Head = append(t.Head, Column{Name: s.Name, Right: true})
		for i, n := range s.Counts[:bins] {
			t.Rows[i] = append(t.Rows[i], counted(n))
		}
	}
	return t.grid(h.Y.String())
}

// size is the number of bins that have both edges.
func (b *Bins) size() int { return min(len(b.Counts), max(len(b.Edges)-1, 0)) }

// draw draws bin i if it has a place and a height.
func (b *Bins) draw(f *figure, i int, class string, xs, ys *scale, x, y *extent) {
	lo, hi, count := b.Edges[i], b.Edges[i+1], b.Counts[i]
	if !x.drawable(lo) || !x.drawable(hi) || !y.drawable(count) || count == 0 {
		return
	}
	from, to := xs.at(lo), xs.at(hi)
	zero := f.plot.bottom
	if !ys.log {
		zero = ys.at(0)
	}
	unit := ""
	if x.axis.Unit != "" {
		unit = " " + x.axis.Unit
	}
	f.mark(class, rectangle(from, zero, max(to, from+0.6), ys.at(count)),
		joined(number(lo, 4)+" to "+number(hi, 4)+unit, b.Name, counted(count)))
}
