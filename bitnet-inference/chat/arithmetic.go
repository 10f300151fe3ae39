package chat

import (
	"fmt"
	"math"
	"strings"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// math is Python's + - * / // % ** and Jinja's ~, where the engine's own would
// read text as 0, add none to a string, or repeat a string without limit.
func (b *budget) math(p *exec.VarArgs) *exec.Value {
	op, l, r := stringOf(p.Args[0]), p.Args[1], p.Args[2]
	if err := b.chargeValue(l); err != nil {
		return failed(err)
	}
	if err := b.chargeValue(r); err != nil {
		return failed(err)
	}
	var v any
	switch {
	case op == "~":
		v = stringOf(l) + stringOf(r)
	case op == "+" && l.IsString() && r.IsString():
		v = stringOf(l) + stringOf(r)
	case op == "+" && l.IsList() && r.IsList():
		v = join(l, r)
	case op == "*" && l.IsString() && r.IsInteger():
		if times(len(stringOf(l)), r.Integer()) > b.value {
			return failed(b.fail(fmt.Errorf("repeats a string to more than %d bytes", b.value)))
		}
		v = strings.Repeat(stringOf(l), max(0, r.Integer()))
	case l.IsInteger() && r.IsInteger():
		v = integers(op, l.Integer(), r.Integer())
	case l.IsNumber() && r.IsNumber():
		v = floats(op, l.Float(), r.Float())
	}
	if v == nil {
		return failed(b.fail(fmt.Errorf("calculates %s %s %s, which has no answer", kind(l), op, kind(r))))
	}
	out := exec.AsValue(v)
	if err := b.chargeValue(out); err != nil {
		return failed(err)
	}
	return out
}

func join(lists ...*exec.Value) []any {
	out := []any{}
	for _, list := range lists {
		children(list, func(_, item *exec.Value) bool {
			out = append(out, item)
			return true
		})
	}
	return out
}

// integers returns nil where Python raises. Overflow wraps, where Python's
// integers grow.
func integers(op string, l, r int) any {
	switch op {
	case "+":
		return l + r
	case "-":
		return l - r
	case "*":
		return l * r
	case "**":
		return floats(op, float64(l), float64(r))
	case "/", "//", "%":
		if r == 0 {
			return nil
		}
		if op == "/" {
			return float64(l) / float64(r)
		}
		// Towards minus infinity, the remainder with the divisor's sign.
		q, rest := l/r, l%r
		if rest != 0 && (rest < 0) != (r < 0) {
			q, rest = q-1, rest+r
		}
		if op == "%" {
			return rest
		}
		return q
	}
	return nil
}

func floats(op string, l, r float64) any {
	switch op {
	case "+":
		return l + r
	case "-":
		return l - r
	case "*":
		return l * r
	case "**":
		if v := math.Pow(l, r); v == math.Trunc(v) && math.Abs(v) < 1<<53 && l == math.Trunc(l) && r >= 0 {
			return int(v)
		}
		return math.Pow(l, r)
	}
	if r == 0 {
		return nil
	}
	switch op {
	case "/":
		return l / r
	case "//":
		return math.Floor(l / r)
	case "%":
		return l - r*math.Floor(l/r)
	}
	return nil
}

func kind(v *exec.Value) string {
	switch {
	case isNone(v):
		return "none"
	case v.IsNil():
		return "something undefined"
	case v.IsString():
		return "a string"
	case v.IsNumber():
		return "a number"
	case v.IsList():
		return "a list"
	case v.IsDict():
		return "a mapping"
	case v.IsBool():
		return "a boolean"
	}
	return "a function"
}
