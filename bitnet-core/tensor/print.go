package tensor

import (
	"math"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// How NumPy prints arrays unless told otherwise.
const (
	printPrecision = 8    // digits after the point
	printAll       = 1000 // elements from which only the edges are shown
	printEdge      = 3    // elements at each edge
	printWidth     = 75   // of a line
)

// Sprint returns the elements as NumPy's str prints an array of that type: the
// fewest digits that tell an element from its neighbours, at most eight after the
// point, in columns, and of tensors above 1000 elements three at each edge. BF16,
// which NumPy lacks, is printed by the same rules. It panics for block types.
func Sprint(t *Tensor) string {
	if !t.dtype.Plain() {
		panic("tensor: Sprint of a block type")
	}
	switch {
	case len(t.shape) == 0:
		return t.scalarText()
	case t.Len() == 0:
		return "[]"
	}
	p := printer{t: t, short: t.Len() > printAll}
	p.element = p.columns()
	return p.brackets(nil, " ", printWidth)
}

type printer struct {
	t       *Tensor
	short   bool // the edges only
	element func(idx []int) string
}

// along returns the indices to print along a dimension, -1 for what is left out.
func (p *printer) along(n int) []int {
	var out []int
	for i := range n {
		if p.short && n > 2*printEdge && i >= printEdge && i < n-printEdge {
			if i == printEdge {
				out = append(out, -1)
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

// brackets prints the elements whose index begins with idx.
func (p *printer) brackets(idx []int, indent string, width int) string {
	left := len(p.t.shape) - len(idx)
	if left == 0 {
		return p.element(idx)
	}
	var s strings.Builder
	line := indent
	for k, i := range p.along(p.t.shape[len(idx)]) {
		word := "..."
		if i >= 0 {
			word = p.brackets(append(idx[:len(idx):len(idx)], i), indent+" ", width-1)
		}
		if left > 1 {
			if k > 0 {
				s.WriteString(strings.Repeat("\n", left-1))
			}
			s.WriteString(indent + word)
			continue
		}
		if k > 0 {
			line += " "
		}
		if len(line)+len(word) > width-1 && len(line) > len(indent) {
			s.WriteString(strings.TrimRight(line, " ") + "\n")
			line = indent
		}
		line += word
	}
	if left == 1 {
		s.WriteString(line)
	}
	return "[" + s.String()[len(indent):] + "]"
}

// shown calls f for every element that will be printed.
func (p *printer) shown(idx []int, f func(idx []int)) {
	if len(idx) == len(p.t.shape) {
		f(idx)
		return
	}
	for _, i := range p.along(p.t.shape[len(idx)]) {
		if i >= 0 {
			p.shown(append(idx[:len(idx):len(idx)], i), f)
		}
	}
}

// columns returns the function that prints an element as wide as all others.
func (p *printer) columns() func(idx []int) string {
	t := p.t
	if t.dtype == dtype.Bool {
		return func(idx []int) string { return pad(t.integerText(idx), 5) }
	}
	if isFloat(t.dtype) {
		f := p.floats()
		return func(idx []int) string { return f.text(t.At(idx...)) }
	}
	width := 0
	p.shown(nil, func(idx []int) { width = max(width, len(t.integerText(idx))) })
	return func(idx []int) string { return pad(t.integerText(idx), width) }
}

func pad(s string, width int) string { return strings.Repeat(" ", max(0, width-len(s))) + s }

// scalarText is how NumPy prints a single number.
func (t *Tensor) scalarText() string {
	if !isFloat(t.dtype) {
		return t.integerText(nil)
	}
	v := t.At()
	if s, ok := special(v); ok {
		return s
	}
	if a := math.Abs(v); a != 0 && (a < 1e-4 || a >= scalarLimit(t.dtype)) {
		return shortest(v, t.dtype, 'e')
	}
	s := shortest(v, t.dtype, 'f')
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// scalarLimit is the number from which a single one is printed with an exponent.
func scalarLimit(d dtype.DType) float64 {
	if d == dtype.F64 {
		return 1e16
	}
	return arrayLimit(d)
}

// integerText prints an element of an integer type or Bool.
func (t *Tensor) integerText(idx []int) string {
	e := t
	for _, i := range idx {
		e = e.Select(0, i)
	}
	switch e.dtype {
	case dtype.I64:
		return strconv.FormatInt(values[int64](e)[0], 10)
	case dtype.U64:
		return strconv.FormatUint(values[uint64](e)[0], 10)
	case dtype.Bool:
		if e.At() != 0 {
			return "True"
		}
		return "False"
	default:
		return strconv.FormatInt(int64(e.At()), 10)
	}
}
