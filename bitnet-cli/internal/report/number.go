package report

import (
	"math"
	"strconv"
	"strings"
)

// Numbers from 10^smallPower to 10^largePower are written without a power of ten.
const (
	smallPower = -3
	largePower = 7
)

// number writes v rounded to the given significant digits as people read it: 0.0123,
// 1.2×10⁻⁷. All digits before the point are written, as in 12,346.
func number(v float64, digits int) string {
	switch {
	case math.IsNaN(v):
		return "not a number"
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	case v == 0:
		return "0"
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', digits-1, 64), "e")
	e, _ := strconv.Atoi(exponent)
	if e < smallPower || e >= largePower {
		return power(trimZeros(mantissa), e)
	}
	return grouped(trimZeros(strconv.FormatFloat(v, 'f', max(digits-1-e, 0), 64)))
}

// counted writes a count, all digits of it, or what is no whole number shortly.
func counted(n float64) string {
	if n != math.Trunc(n) || math.Abs(n) >= 1e15 {
		return number(n, 4)
	}
	return grouped(strconv.FormatFloat(n, 'f', 0, 64))
}

// power writes mantissa×10^e.
func power(mantissa string, e int) string {
	base := "10" + superscripts.Replace(strconv.Itoa(e))
	switch mantissa {
	case "1":
		return base
	case "-1":
		return "−" + base
	}
	return strings.Replace(mantissa, "-", "−", 1) + "×" + base
}

var superscripts = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
	"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// grouped puts commas between thousands, and the minus sign of typography first.
func grouped(s string) string {
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	whole, fraction, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + fraction
	}
	return sign + whole
}
