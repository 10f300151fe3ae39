package report

import (
	"fmt"
	"math"
)

// Bars shows a value of each category, side by side for each series: the error of
// every layer, one series a kind of tensor.
type Bars struct {
	Title      string
	X          Axis     // what the categories are; no scale of its own
	Categories []string // in order
	Y          Axis
	Series     []Series
	Rules      []Rule // over Y
}

// Series has a value for each category.
type Series struct {
	Name   string
	Values []float64 // one a category; what is missing at the end is left out
	Errors []float64 // ±, or none
}

func (b Bars) render(c *colours) rendered {
	y := extent{axis: b.Y}
	for _, s := range b.Series {
		for i, v := range s.Values[:min(len(s.Values), len(b.Categories))] {
			if y.add(v); y.drawable(v) {
				y.includeSpan(v-s.err(i), v+s.err(i))
			}
		}
	}
	if y.n == 0 {
		return rendered{Figure: empty(b.Title, y.note())}
	}
	low, high := y.lo, y.hi
	rules := y.includeRules(b.Rules)
	y.includeBase()
	ys := y.scale(5, true)
	n := float64(len(b.Series))
	x := newSlots(b.Categories, nil, b.X, n*3+max(3, n*0.6))
	f := newFigure(b.Title, x.width(), ys, rules, x.below())
	f.Description = fmt.Sprintf("bars, %s of %s, from %s to %s", plural(len(b.Series), "series", "series"),
		plural(len(b.Categories), "category", "categories"), number(low, 3), number(high, 3))
	f.vertical(ys, b.Y)
	left := x.draw(f)
	zero := f.plot.bottom
	if !b.Y.Log {
		zero = ys.at(0)
	}
	gap := min(max(3, x.step*0.2), x.step*0.4)
	wide := min((x.step-gap)/n, 48)
	for k, class := range classesOf(c, b.Series, func(s *Series) string { return s.Name }) {
		s := &b.Series[k]
		f.Legend = append(f.Legend, entry{s.Name, class, "f"})
		for i, at := range left {
			from := at + x.step/2 + (float64(k)-n/2)*wide
			s.draw(f, ys, &y, bar{class: class, category: b.Categories[i], from: from, to: from + wide, zero: zero, i: i})
		}
	}
	f.mark("base", path(f.plot.left, zero, f.plot.right, zero), "")
	f.across(ys, rules)
	f.note(y.note())
	f.Values = b.values()
	return rendered{Figure: f}
}

// values lists what the bars show, unless that is too much.
func (b *Bars) values() *grid {
	if len(b.Categories)*len(b.Series) > listed {
		return nil
	}
	t := Table{Head: []Column{{Name: b.X.String()}}}
	for i, category := range b.Categories {
		t.Rows = append(t.Rows, []string{category})
		for k := range b.Series {
			t.Rows[i] = append(t.Rows[i], b.Series[k].text(i))
		}
	}
	for _, s := range b.Series {
		t.Head = append(t.Head, Column{Name: s.Name, Right: true})
	}
	return t.grid(b.Y.String())
}

// bar is the place of a bar.
type bar struct {
	class, category string
	from, to, zero  float64
	i               int // the category
}

func (s *Series) draw(f *figure, y *scale, e *extent, b bar) {
	if b.i >= len(s.Values) {
		return
	}
	v := s.Values[b.i]
	tip := joined(b.category, s.Name, s.text(b.i))
	if e.axis.Unit != "" {
		tip += " " + e.axis.Unit
	}
	middle := (b.from + b.to) / 2
	if !e.drawable(v) { // a cross at the foot
		f.mark("missing", fmt.Sprintf("M%s %sl6 6m0 -6l-6 6", px(middle-3), px(b.zero-9)), tip)
		return
	}
	top := y.at(v)
	edge := min(1, (b.to-b.from)*0.15)
	f.mark(b.class+" f", rectangle(b.from+edge/2, b.zero, b.to-edge/2, top), tip)
	if err := s.err(b.i); err > 0 && e.spans(v-err, v+err) {
		low, high, half := y.at(v-err), y.at(v+err), min(4, (b.to-b.from)/4)
		f.mark("whisker", path(middle, low, middle, high)+path(middle-half, high, middle+half, high)+
			path(middle-half, low, middle+half, low), tip)
	}
}

// text writes a value, "" if there is none.
func (s *Series) text(i int) string {
	if i >= len(s.Values) {
		return ""
	}
	text := number(s.Values[i], 4)
	if err := s.err(i); err > 0 {
		text += " ± " + number(err, 2)
	}
	return text
}

// err returns the error of a value, 0 if it has none.
func (s *Series) err(i int) float64 {
	if i >= len(s.Errors) || math.IsNaN(s.Errors[i]) {
		return 0
	}
	return math.Abs(s.Errors[i])
}

// joined puts the parts of a tip on lines, but the last, which follows a colon.
func joined(category, name, value string) string {
	switch {
	case name == "":
		return category + ": " + value
	case category == "":
		return name + ": " + value
	}
	return category + "\n" + name + ": " + value
}
