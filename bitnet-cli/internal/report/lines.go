package report

import (
	"fmt"
	"math"
	"strings"
)

// Lines shows values along an axis, each series with a band around it if there is
// one: the divergence at every position. Many values are thinned to the lowest and the
// highest of each pixel, so that no spike is lost.
type Lines struct {
	Title  string
	X, Y   Axis
	Series []Line
	Rules  []Rule // over Y: percentiles, a mean
}

// Line is a series. A value that cannot be drawn makes a gap.
type Line struct {
	Name      string
	X         []float64 // not decreasing; without it 0, 1, 2, …
	Y         []float64
	Low, High []float64 // the band, as long as Y, or none
	Band      string    // what the band is, for the legend
}

func (l Lines) render(c *colours) rendered {
	x, y := extent{axis: l.X}, extent{axis: l.Y}
	for _, s := range l.Series {
		for i, v := range s.Y[:s.size()] {
			x.add(s.x(i))
			y.add(v)
			if lo, hi, ok := s.band(i); ok && y.drawable(lo) && y.drawable(hi) {
				y.include(lo)
				y.include(hi)
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
	ys, xs := y.scale(5, true), x.scale(8, false)
	f := newFigure(l.Title, width, ys, rules, 2*line+14)
	f.Description = fmt.Sprintf("lines, %s, from %s to %s", plural(len(l.Series), "series", "series"),
		number(low, 3), number(high, 3))
	xs.from, xs.to = f.plot.left, f.plot.right
	f.vertical(ys, l.Y)
	f.horizontal(xs, l.X)
	names := make([]string, len(l.Series))
	for k, s := range l.Series {
		names[k] = s.Name
	}
	classes := c.classes(names)
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
	return rendered{Figure: f}
}

// size is the number of values that have both coordinates.
func (l *Line) size() int {
	if l.X == nil {
		return len(l.Y)
	}
	return min(len(l.X), len(l.Y))
}

func (l *Line) x(i int) float64 {
	if l.X == nil {
		return float64(i)
	}
	return l.X[i]
}

// band returns the band at a value, and whether there is one.
func (l *Line) band(i int) (lo, hi float64, ok bool) {
	if i >= len(l.Low) || i >= len(l.High) {
		return 0, 0, false
	}
	return min(l.Low[i], l.High[i]), max(l.Low[i], l.High[i]), true
}

// path returns the line, thinned, with gaps, and the points that are alone between
// two gaps.
func (l *Line) path(xs, ys *scale, x, y *extent) (through, alone string) {
	var d, dots strings.Builder
	var run []point
	flush := func() {
		if len(run) == 1 {
			dots.WriteString(dot(run[0].x, run[0].y))
		} else if len(run) > 1 {
			d.WriteString(polyline(thin(run)))
		}
		run = run[:0]
	}
	for i, v := range l.Y[:l.size()] {
		if !x.drawable(l.x(i)) || !y.drawable(v) {
			flush()
			continue
		}
		run = append(run, point{xs.at(l.x(i)), ys.at(v)})
	}
	flush()
	return d.String(), dots.String()
}

// bandPath returns the outline of the band, thinned, with gaps.
func (l *Line) bandPath(xs, ys *scale, x, y *extent) string {
	var d strings.Builder
	var low, high []point
	flush := func() {
		if len(low) > 1 {
			d.WriteString(outline(low, high))
		}
		low, high = low[:0], high[:0]
	}
	for i := range l.size() {
		lo, hi, ok := l.band(i)
		if !ok || !x.drawable(l.x(i)) || !y.drawable(lo) || !y.drawable(hi) {
			flush()
			continue
		}
		low = append(low, point{xs.at(l.x(i)), ys.at(lo)})
		high = append(high, point{xs.at(l.x(i)), ys.at(hi)})
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
			if !x.drawable(s.x(i)) || !y.drawable(v) {
				continue
			}
			at := min(int((xs.at(s.x(i))-f.plot.left)/strip), n-1)
			if columns[at] == nil {
				columns[at] = make([]seen, len(l.Series))
			}
			columns[at][k].x.include(s.x(i))
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
