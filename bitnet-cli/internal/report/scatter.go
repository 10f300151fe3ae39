package report

import "fmt"

// Scatter shows points, such as the error of each tensor against its size.
type Scatter struct {
	Title  string
	X, Y   Axis
	Series []Points
}

// Points is a series of a scatter plot.
type Points struct {
	Name  string
	X, Y  []float64
	Names []string // of the points, or none
}

func (s Scatter) render(c *colours) rendered {
	x, y := extent{axis: s.X}, extent{axis: s.Y}
	points := 0
	for _, p := range s.Series {
		for i := range p.size() {
			x.add(p.X[i])
			y.add(p.Y[i])
			points++
		}
	}
	if x.n == 0 || y.n == 0 {
		return rendered{Figure: empty(s.Title, x.note(), y.note())}
	}
	f, xs, ys := framed(s.Title, &x, &y, nil, true)
	f.Description = fmt.Sprintf("%s of %s", plural(points, "point", "points"), plural(len(s.Series), "series", "series"))
	for k, class := range classesOf(c, s.Series, func(p *Points) string { return p.Name }) {
		p := &s.Series[k]
		f.Legend = append(f.Legend, entry{p.Name, class, "p"})
		drawn := map[string]bool{} // points on the same pixel are one
		for i := range p.size() {
			if !x.drawable(p.X[i]) || !y.drawable(p.Y[i]) {
				continue
			}
			at := fmt.Sprintf("%.0f %.0f", xs.at(p.X[i]), ys.at(p.Y[i]))
			if drawn[at] {
				continue
			}
			drawn[at] = true
			name := p.Name
			if i < len(p.Names) {
				name = p.Names[i]
			}
			f.mark(class+" p", dot(xs.at(p.X[i]), ys.at(p.Y[i])),
				joined("", name, between(extent{lo: p.X[i], hi: p.X[i]}, s.X.Unit)+", "+
					between(extent{lo: p.Y[i], hi: p.Y[i]}, s.Y.Unit)))
		}
	}
	f.note(x.note(), y.note())
	return rendered{Figure: f}
}

// size is the number of points that have both coordinates.
func (p *Points) size() int { return min(len(p.X), len(p.Y)) }
