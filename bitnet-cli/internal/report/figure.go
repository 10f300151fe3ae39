package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// figure is a plot as the template writes it: paths and labels in pixels, from the
// top left corner.
type figure struct {
	Title       string
	Description string // what the plot shows, for those who cannot see it
	Legend      []entry
	Notes       []string // what was left out
	Values      *grid    // in words, if there are not too many
	W, H        int
	Marks       []mark
	Labels      []label

	plot area
}

// area is the part of a figure between the axes.
type area struct{ left, right, top, bottom float64 }

// entry is a line of the legend. Shape is the class of its mark: "f" for an area, "l"
// for a line, "p" for a point, with "band" and "over" as in the plot.
type entry struct{ Name, Class, Shape string }

// mark is a path with a text that is shown when it is pointed at.
type mark struct{ Class, D, Tip string }

// label is a text at a point. Anchor is start, middle or end; Turned reads upwards.
type label struct {
	X, Y, Anchor, Class, Text string
	Turned                    bool
}

const (
	width      = 860 // of a plot that needs no more
	widest     = 2400
	plotHeight = 230
	letter     = 6.8 // the width of an average letter
	line       = 14.0
)

// newFigure returns a figure of the given width with room for the labels of y on its
// left, for the names of rules over y on its right, and below pixels under the plot.
func newFigure(title string, w int, y *scale, rules []Rule, below float64) *figure {
	left := 24.0
	for _, t := range y.ticks {
		left = max(left, textWidth(t.label)+12)
	}
	top := 2*line + 4 // the label of the vertical axis
	f := &figure{Title: title, W: w, H: int(top + plotHeight + below)}
	f.plot = area{left: math.Ceil(left), right: float64(w) - margin(rules), top: top, bottom: top + plotHeight}
	y.from, y.to = f.plot.bottom, f.plot.top
	return f
}

// framed returns a figure with two axes, on which all of x and y was seen, and their
// scales. over are rules over y; x ends at numbers that are written there if round is set.
func framed(title string, x, y *extent, over []Rule, round bool) (f *figure, xs, ys *scale) {
	xs, ys = x.scale(8, round), y.scale(5, true)
	f = newFigure(title, width, ys, over, 2*line+14)
	xs.from, xs.to = f.plot.left, f.plot.right
	f.vertical(ys, y.axis)
	f.horizontal(xs, x.axis)
	return f, xs, ys
}

// empty is the figure of a plot with nothing that can be drawn.
func empty(title string, notes ...string) *figure {
	f := &figure{Title: title, Description: "no data", W: width, H: 80}
	f.text(width/2, 44, "middle", "empty", "no data")
	f.note(notes...)
	return f
}

func (f *figure) note(notes ...string) {
	for _, n := range notes {
		if n != "" {
			f.Notes = append(f.Notes, n)
		}
	}
}

func (f *figure) mark(class, d, tip string) { f.Marks = append(f.Marks, mark{class, d, tip}) }

func (f *figure) text(x, y float64, anchor, class, text string) {
	f.Labels = append(f.Labels, label{X: px(x), Y: px(y), Anchor: anchor, Class: class, Text: text})
}

// turned writes text that reads upwards and ends at the point.
func (f *figure) turned(x, y float64, text string) {
	f.Labels = append(f.Labels, label{X: px(x), Y: px(y), Anchor: "end", Text: text, Turned: true})
}

// vertical draws the lines, numbers and label of the vertical axis.
func (f *figure) vertical(y *scale, axis Axis) {
	for _, t := range y.ticks {
		at := y.at(t.value)
		if t.label == "" {
			f.mark("grid minor", path(f.plot.left, at, f.plot.right, at), "")
			continue
		}
		f.mark("grid", path(f.plot.left, at, f.plot.right, at), "")
		f.text(f.plot.left-6, at+4, "end", "", t.label)
	}
	f.text(2, line, "start", "axis", axis.String())
}

// horizontal draws the same of the horizontal axis.
func (f *figure) horizontal(x *scale, axis Axis) {
	last := math.Inf(-1) // where the number before ends
	for _, t := range x.ticks {
		at := x.at(t.value)
		f.mark("grid", path(at, f.plot.bottom, at, f.plot.bottom+4), "")
		half := textWidth(t.label) / 2
		if t.label == "" || at-half < last+6 || at+half > float64(f.W) {
			continue
		}
		last = at + half
		f.text(at, f.plot.bottom+line+4, "middle", "", t.label)
	}
	f.base()
	f.below(2*line+8, axis)
}

// base draws the line under the plot.
func (f *figure) base() {
	f.mark("base", path(f.plot.left, f.plot.bottom, f.plot.right, f.plot.bottom), "")
}

// below writes the label of the horizontal axis, down pixels under the plot.
func (f *figure) below(down float64, axis Axis) {
	if s := axis.String(); s != "" {
		f.text((f.plot.left+f.plot.right)/2, f.plot.bottom+down, "middle", "axis", s)
	}
}

// textWidth estimates the width of text in pixels.
func textWidth(s string) float64 {
	w := 0.0
	for _, r := range s {
		if r >= 0x1100 { // most of what is this far up is as wide as high
			w += letter
		}
		w += letter
	}
	return w
}

// shortened is s in at most n letters, n > 1: names of tensors differ at both ends.
func shortened(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	head := n * 3 / 5
	return string(r[:head]) + "…" + string(r[len(r)-(n-1-head):])
}

// px writes a coordinate with a tenth of a pixel.
func px(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		v = 0 // not −0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// path is a line through points given as x, y, x, y, …
func path(xy ...float64) string {
	var b strings.Builder
	for i, v := range xy {
		switch {
		case i == 0:
			b.WriteByte('M')
		case i == 2:
			b.WriteByte('L')
		default:
			b.WriteByte(' ')
		}
		b.WriteString(px(v))
	}
	return b.String()
}

// rectangle is the path of one with two opposite corners.
func rectangle(x0, y0, x1, y1 float64) string {
	return fmt.Sprintf("M%s %sH%sV%sH%sZ", px(x0), px(y0), px(x1), px(y1), px(x0))
}

// dot is a path that its round ends make a circle.
func dot(x, y float64) string { return "M" + px(x) + " " + px(y) + "h0" }

// plural is "1 series", "2 lines": names in figures' descriptions.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return counted(float64(n)) + " " + many
}
