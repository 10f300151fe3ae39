package chat

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/exec"
)

func failed(err error) *exec.Value { return exec.AsValue(err) }

// functions are the globals of a rendering: what transformers gives a chat
// template, and what the guard calls.
func (b *budget) functions(now func() time.Time) map[string]any {
	m := map[string]any{
		budgetName:        b,
		noneName:          (*none)(nil),
		"none":            (*none)(nil), // the engine knows only None
		emptyName:         emptyDict{},
		fnNot:             func(p *exec.VarArgs) *exec.Value { return exec.AsValue(!p.First().IsTrue()) },
		fnTuple:           b.tuple,
		"dict":            b.dict,
		fnCharge:          b.charged,
		fnMath:            b.math,
		fnItem:            b.item,
		fnIterable:        b.iterable,
		fnMethod:          b.invoker(),
		"range":           b.numbers,
		"raise_exception": b.raise,
		"strftime_now": func(p *exec.VarArgs) *exec.Value {
			s, err := strftime(now(), stringOf(p.First()))
			if err != nil {
				return failed(b.fail(err))
			}
			return exec.AsValue(s)
		},
	}
	m["namespace"], _ = builtins.GlobalFunctions.Get("namespace")
	return m
}

func (b *budget) charged(p *exec.VarArgs) *exec.Value {
	v := p.First()
	if err := b.chargeValue(v); err != nil {
		return failed(err)
	}
	return v
}

// raise is raise_exception(message): how a template refuses a conversation.
func (b *budget) raise(p *exec.VarArgs) *exec.Value {
	return failed(b.fail(fmt.Errorf("refuses the conversation: %s", shorten(stringOf(p.First())))))
}

// numbers is range([start,] stop [, step]).
func (b *budget) numbers(p *exec.VarArgs) *exec.Value {
	start, stop, step := 0, 0, 1
	for _, a := range p.Args {
		if !a.IsInteger() {
			return failed(b.fail(fmt.Errorf("calls range with something that is not an integer")))
		}
	}
	switch len(p.Args) {
	case 1:
		stop = p.Args[0].Integer()
	case 2, 3:
		start, stop = p.Args[0].Integer(), p.Args[1].Integer()
		if len(p.Args) == 3 {
			step = p.Args[2].Integer()
		}
	default:
		return failed(b.fail(fmt.Errorf("calls range with %d arguments", len(p.Args))))
	}
	if step == 0 {
		return failed(b.fail(fmt.Errorf("calls range with step 0")))
	}
	// In float64, where the difference cannot overflow.
	count := math.Ceil((float64(stop) - float64(start)) / float64(step))
	if count > maxRange {
		return failed(b.fail(fmt.Errorf("calls range for more than %d numbers", maxRange)))
	}
	out := make([]int, 0, max(0, int(count)))
	for i := range cap(out) {
		out = append(out, start+i*step)
	}
	if err := b.charge(len(out)); err != nil {
		return failed(err)
	}
	return exec.AsValue(out)
}

func (b *budget) item(p *exec.VarArgs) *exec.Value {
	owner, key := p.Args[0], p.Args[1]
	if owner.IsNil() {
		return failed(b.fail(fmt.Errorf("reads [%s] of %s", shorten(stringOf(key)), kind(owner))))
	}
	if err := b.charge(owner.Len()); err != nil {
		return failed(err)
	}
	v, _ := lookup(owner, key)
	return v
}

func (b *budget) tuple(p *exec.VarArgs) *exec.Value {
	t := make(tuple, len(p.Args))
	for i, v := range p.Args {
		t[i] = v
	}
	return b.charged(&exec.VarArgs{Args: []*exec.Value{exec.AsValue(t)}})
}

// dict is dict(a=1, …). The engine hands over arguments without their order.
func (b *budget) dict(p *exec.VarArgs) *exec.Value {
	switch {
	case len(p.Args) > 0 || len(p.KwArgs) > 1:
		return failed(b.fail(fmt.Errorf("calls dict with more than one named argument, which is not supported: write {…}")))
	case len(p.KwArgs) == 0:
		return exec.AsValue(emptyDict{})
	}
	d := exec.NewDict()
	for name, v := range p.KwArgs {
		d.Pairs = append(d.Pairs, &exec.Pair{Key: exec.AsValue(name), Value: v})
	}
	return exec.AsValue(d)
}

// iterable makes what a for loop may run over; the engine would take a string
// byte by byte and none for empty.
func (b *budget) iterable(p *exec.VarArgs) *exec.Value {
	v := p.First()
	if err := b.chargeValue(v); err != nil {
		return failed(err)
	}
	// The engine makes a scope for each item, twice.
	if err := b.charge(times(v.Len(), 4*stepWork)); err != nil {
		return failed(err)
	}
	switch {
	case isUndefined(v):
		return exec.AsValue([]any{})
	case v.IsString():
		return exec.AsValue(strings.Split(stringOf(v), ""))
	case v.IsList(), v.IsDict():
		return v
	}
	return failed(b.fail(fmt.Errorf("runs a loop over %s", kind(v))))
}

// strftime formats t as C's function of that name does, in the C locale.
func strftime(t time.Time, format string) (string, error) {
	layouts := map[byte]string{
		'Y': "2006", 'm': "01", 'd': "02", 'B': "January", 'b': "Jan", 'A': "Monday", 'a': "Mon",
		'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'y': "06", 'j': "002", 'Z': "MST", 'z': "-0700",
		'e': "_2", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'R': "15:04", 'h': "Jan",
	}
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c != '%' || i+1 == len(format) {
			out.WriteByte(c)
			continue
		}
		i++
		layout := layouts[format[i]]
		if format[i] == '-' && i+1 < len(format) { // without padding
			i++
			layout = map[byte]string{'d': "2", 'm': "1", 'I': "3"}[format[i]]
		}
		switch {
		case format[i] == '%':
			out.WriteByte('%')
		case layout == "":
			return "", fmt.Errorf("asks strftime_now for %q, which is not supported", "%"+format[i:i+1])
		default:
			out.WriteString(t.Format(layout))
		}
	}
	return out.String(), nil
}
