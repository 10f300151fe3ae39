package tensor

import (
	"math"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// floatColumns are the widths that floats are printed with. The rules are those of
// NumPy's FloatingFormat.
type floatColumns struct {
	d           dtype.DType
	exponent    bool
	left, right int // characters before and after the point
	digits      int // after the point, where an exponent follows
	power       int // digits of the exponent, as many in all elements
}

// floats measures the elements that will be printed.
func (p *printer) floats() floatColumns {
	f := floatColumns{d: p.t.dtype}
	var finite []float64
	var odd []string // what is no number
	small, large := math.Inf(1), 0.0
	p.shown(nil, func(idx []int) {
		v := p.t.At(idx...)
		if s, ok := special(v); ok {
			odd = append(odd, s)
			return
		}
		finite = append(finite, v)
		if a := math.Abs(v); a != 0 {
			small, large = min(small, a), max(large, a)
		}
	})
	f.exponent = large > 0 && (large >= arrayLimit(f.d) || small < f.quotient(1e-4, 1) || f.quotient(large, small) > 1000)
	exp := 0
	for _, v := range finite {
		before, after, power := f.parts(v)
		f.left = max(f.left, len(before))
		f.right = max(f.right, len(after))
		exp = max(exp, len(power))
	}
	if f.exponent {
		f.digits, f.power = f.right, exp-1 // less the sign
		f.right += 1 + exp
	}
	for _, s := range odd {
		f.left = max(f.left, len(s)-f.right-1)
		if s == "inf" || s == "nan" { // NumPy makes room for the longest of both
			f.left = max(f.left, 3-f.right-1)
		}
	}
	return f
}

// arrayLimit is the number from which an array is printed with exponents: what the
// type's decimal digits, but at most eight, can count to.
func arrayLimit(d dtype.DType) float64 {
	switch d {
	case dtype.F64:
		return 1e8
	case dtype.F32:
		return 1e6
	case dtype.F16:
		return 1e3
	default: // BF16
		return 1e2
	}
}

// quotient divides as the type does, which decides what meets a threshold.
func (f *floatColumns) quotient(a, b float64) float64 {
	switch f.d {
	case dtype.F64:
		return a / b
	case dtype.F16:
		return float64(dtype.F16ToF32(dtype.F32ToF16(float32(a / b))))
	case dtype.BF16:
		return float64(dtype.BF16ToF32(dtype.F32ToBF16(float32(a / b))))
	default:
		return float64(float32(a / b))
	}
}

// parts returns what is printed before and after the point of a finite number, and
// its exponent with its sign.
func (f *floatColumns) parts(v float64) (before, after, power string) {
	verb := byte('f')
	if f.exponent {
		verb = 'e'
	}
	s := shortest(v, f.d, verb)
	if _, digits := cutPoint(s); len(digits) > printPrecision {
		s = strconv.FormatFloat(v, verb, printPrecision, 64)
	}
	s, power, _ = strings.Cut(s, "e")
	before, after, _ = strings.Cut(s, ".")
	return before, strings.TrimRight(after, "0"), power
}

// cutPoint returns the digits before and after the point, without the exponent.
func cutPoint(s string) (before, after string) {
	s, _, _ = strings.Cut(s, "e")
	before, after, _ = strings.Cut(s, ".")
	return before, after
}

func (f *floatColumns) text(v float64) string {
	if s, ok := special(v); ok {
		return pad(s, f.left+1+f.right)
	}
	if f.exponent { // as many true digits for all, beyond the fewest too
		s := strconv.FormatFloat(v, 'e', f.digits, 64)
		if f.digits == 0 {
			s = strings.Replace(s, "e", ".e", 1)
		}
		if e := strings.IndexByte(s, 'e') + 2; len(s)-e < f.power {
			s = s[:e] + strings.Repeat("0", f.power-(len(s)-e)) + s[e:]
		}
		return pad(s, f.left+1+f.right)
	}
	before, after, _ := f.parts(v)
	s := pad(before, f.left) + "." + after
	return s + strings.Repeat(" ", f.right-len(after))
}

// special prints what is no finite number.
func special(v float64) (string, bool) {
	switch {
	case math.IsNaN(v):
		return "nan", true
	case math.IsInf(v, 1):
		return "inf", true
	case math.IsInf(v, -1):
		return "-inf", true
	}
	return "", false
}

// shortest returns the fewest digits that tell v from all other numbers of its type.
func shortest(v float64, d dtype.DType, verb byte) string {
	same := func(float32) bool { return true }
	switch d {
	case dtype.F64:
		return strconv.FormatFloat(v, verb, -1, 64)
	case dtype.F16:
		same = func(x float32) bool { return dtype.F32ToF16(x) == dtype.F32ToF16(float32(v)) }
	case dtype.BF16:
		same = func(x float32) bool { return dtype.F32ToBF16(x) == dtype.F32ToBF16(float32(v)) }
	case dtype.F32:
		return strconv.FormatFloat(v, verb, -1, 32)
	}
	for digits := 0; ; digits++ {
		x, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits, 64), 64)
		if err == nil && same(float32(x)) {
			return strconv.FormatFloat(x, verb, -1, 64)
		}
	}
}
