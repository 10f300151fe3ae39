package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Lines shows values along an axis, each series with a band around it if there is
// one: the divergence by position. Every value is written into the page, so they are to
// be not many more than can be told apart, some hundreds.
type Lines struct {
	Title  string
	X, Y   Axis
	Series []Line
	Rules  []Rule // over Y: percentiles, a mean
}

// Line is a series. A value that cannot be drawn makes a gap.
type Line struct {
	Name      string
	X, Y      []float64 // X not decreasing
	Low, High []float64 // the band, as long as Y, or none
	Band      string    // what the band is, for the legend
}

func (l Lines) render(c *colours) rendered {
	x, y := extent{axis: l.X}, extent{axis: l.Y}
	for _, s := range l.Series {
		for i, v := range s.Y[:s.size()] {
			x.add(s.X[i])
			y.add(v)
			if lo, hi, ok := s.band(i); ok {
				y.includeSpan(lo, hi)
			}
		}
	}
	if x.n == 0 || y.n == 0 {
		return rendered{Figure: empty(l.Title, x.note(), y.note())}
	}
	low, high := y.lo, y.hi
	rules := y.includeRules(l.Rules)
	if !l.Y.Log && y.lo > 0 && y.lo < y.hi/2 {
		y.include(0) // a range that is near zero begins there
	}
	f, xs, ys := framed(l.Title, &x, &y, rules, false)
	f.Description = fmt.Sprintf("lines, %s, from %s to %s", plural(len(l.Series), "series", "series"),
		number(low, 3), number(high, 3))
	classes := classesOf(c, l.Series, func(s *Line) string { return s.Name })
	for k, s := range l.Series { // bands first, under all lines
		if d := s.bandPath(xs, ys, &x, &y); d != "" {
			f.mark(classes[k]+" band", d, "")
		}
	}
	for k, s := range l.Series {
		class := classes[k]
		f.Legend = append(f.Legend, entry{s.Name, class, "l"})
		if s.Band != "" && len(s.Low) > 0 {
			f.Legend = append(f.Legend, entry{s.Band, class, "band"})
		}
		d, dots := s.path(xs, ys, &x, &y)
		if d != "" {
			f.mark(class+" l", d, "")
		}
		if dots != "" {
			f.mark(class+" p", dots, "")
		}
	}
	f.across(ys, rules)
	l.strips(f, xs, &x, &y)
	f.note(x.note(), y.note())
	f.Values = l.values()
	return rendered{Figure: f}
}

// values lists what the lines show, unless that is too much.
func (l *Lines) values() *grid {
	var at []float64 // of the rows
	for _, s := range l.Series {
		at = append(at, s.X[:s.size()]...)
	}
	if len(at) > listed {
		return nil
	}
	at = slices.DeleteFunc(at, math.IsNaN)
	slices.Sort(at)
	at = slices.Compact(at)
	t := Table{Head: []Column{{Name: l.X.String(), Right: true}}}
	for _, x := range at {
		t.Rows = append(t.Rows, []string{number(x, 5)})
	}
	column := func(name string, x []float64, text func(i int) string) {
		t.Head = append(t.Head, Column{Name: name, Right: true})
		for i := range t.Rows {
			t.Rows[i] = append(t.Rows[i], "")
		}
		for i, v := range x {
			if row, found := slices.BinarySearch(at, v); found {
				t.Rows[row][len(t.Head)-1] = text(i)
			}
		}
	}
	for _, s := range l.Series {
		column(s.Name, s.X[:s.size()], func(i int) string { return number(s.Y[i], 5) })
		if len(s.Low) > 0 {
			column(s.Band, s.X[:min(s.size(), len(s.Low), len(s.High))], func(i int) string {
				lo, hi, _ := s.band(i)
				return number(lo, 5) + " to " + number(hi, 5)
			})
		}
	}
	return t.grid(l.Y.String())
}

// size is the number of values that have both coordinates.
func (l *Line) size() int { return min(len(l.X), len(l.Y)) }

// band returns the band at a value, and whether there is one.
func (l *Line) band(i int) (lo, hi float64, ok bool) {
	if i >= len(l.Low) || i >= len(l.High) {
		return 0, 0, false
	}
	return min(l.Low[i], l.High[i]), max(l.Low[i], l.High[i]), true
}

// path returns the line, with gaps, and the points that are alone between two gaps.
func (l *Line) path(xs, ys *scale, x, y *extent) (through, alone string) {
	var d, dots strings.Builder
	var run []float64
	flush := func() {
		if len(run) == 2 {
			dots.WriteString(dot(run[0], run[1]))
		} else {
			d.WriteString(path(run...))
		}
		run = run[:0]
	}
	for i, v := range l.Y[:l.size()] {
		if !x.drawable(l.X[i]) || !y.drawable(v) {
			flush()
			continue
		}
		run = append(run, xs.at(l.X[i]), ys.at(v))
	}
	flush()
	return d.String(), dots.String()
}

// bandPath returns the outline of the band, with gaps.
func (l *Line) bandPath(xs, ys *scale, x, y *extent) string {
	var d strings.Builder
	var around, back []float64
	flush := func() {
		if len(around) > 2 {
			for i := len(back) - 2; i >= 0; i -= 2 {
				around = append(around, back[i], back[i+1])
			}
			d.WriteString(path(around...) + "Z")
		}
		around, back = around[:0], back[:0]
	}
	for i := range l.size() {
		lo, hi, ok := l.band(i)
		if !ok || !x.drawable(l.X[i]) || !y.spans(lo, hi) {
			flush()
			continue
		}
		around = append(around, xs.at(l.X[i]), ys.at(lo))
		back = append(back, xs.at(l.X[i]), ys.at(hi))
	}
	flush()
	return d.String()
}

const strip = 5 // pixels at least that show the same values

// strips lays unseen columns over the plot that tell the values under them.
func (l *Lines) strips(f *figure, xs *scale, x, y *extent) {
	n := int(math.Ceil((f.plot.right - f.plot.left) / strip))
	type seen struct{ x, y extent } // of one series in one column
	columns := make([][]seen, n)
	for k, s := range l.Series {
		for i, v := range s.Y[:s.size()] {
			if !x.drawable(s.X[i]) || !y.drawable(v) {
				continue
			}
			at := min(int((xs.at(s.X[i])-f.plot.left)/strip), n-1)
			if columns[at] == nil {
				columns[at] = make([]seen, len(l.Series))
			}
			columns[at][k].x.include(s.X[i])
			columns[at][k].y.include(v)
		}
	}
	var filled []int
	for i, column := range columns {
		if column != nil {
			filled = append(filled, i)
		}
	}
	for i, at := range filled {
		from, to := f.plot.left, f.plot.right
		if i > 0 { // to the middle between it and its neighbours
			from += strip * float64(filled[i-1]+at+1) / 2
		}
		if i+1 < len(filled) {
			to = f.plot.left + strip*float64(filled[i+1]+at+1)/2
		}
		var all extent
		var values []string
		for k, s := range columns[at] {
			if s.x.n == 0 {
				continue
			}
			all.include(s.x.lo)
			all.include(s.x.hi)
			values = append(values, strings.TrimPrefix(l.Series[k].Name+": "+between(s.y, l.Y.Unit), ": "))
		}
		tip := strings.TrimSpace(l.X.Label+" "+between(all, l.X.Unit)) + "\n" + strings.Join(values, "\n")
		f.mark("strip", rectangle(from, f.plot.top, to, f.plot.bottom), tip)
	}
}

// between writes a range, or the one value in it.
func between(e extent, unit string) string {
	s := number(e.lo, 5)
	if hi := number(e.hi, 5); hi != s {
		s += " to " + hi
	}
	return strings.TrimSpace(s + " " + unit)
}
