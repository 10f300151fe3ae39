package chat

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// none is the type of Python's None. The engine has one nil for none and for
// what is not defined, and takes a nil pointer of any type for it: so a pointer
// of this type is none, and nil without a type is undefined.
type none struct{}

func isNone(v *exec.Value) bool {
	_, ok := v.Interface().(*none)
	return ok
}

func isUndefined(v *exec.Value) bool { return v.IsNil() && !isNone(v) }

// A tuple is a list that prints with round brackets.
type tuple []any

// emptyDict stands for {}: the engine takes its own for true.
type emptyDict map[string]bool

// stringOf is Python's str(v); what is not defined gives "".
func stringOf(v *exec.Value) string {
	switch {
	case isNone(v):
		return "None"
	case v.IsNil():
		return ""
	case v.IsString():
		return reflect.Indirect(v.Val).String()
	case v.IsList() || v.IsDict():
		var out strings.Builder
		python.write(&out, v, 0)
		return out.String()
	}
	return v.String()
}

// A notation writes values as literals of a language.
type notation struct {
	null, yes, no string
	quote         func(*strings.Builder, string)
	indent        int  // spaces a level; -1 for everything in one line
	tuples        bool // have brackets of their own
}

var python = notation{null: "None", yes: "True", no: "False", quote: quotePython, indent: -1, tuples: true}

func (n notation) write(out *strings.Builder, v *exec.Value, depth int) {
	switch {
	case v.IsNil():
		out.WriteString(n.null)
	case v.IsBool():
		if v.Bool() {
			out.WriteString(n.yes)
		} else {
			out.WriteString(n.no)
		}
	case v.IsString():
		n.quote(out, stringOf(v))
	case v.IsList() || v.IsDict():
		open, end := "[", "]"
		if v.IsDict() {
			open, end = "{", "}"
		} else if t, ok := v.Interface().(tuple); ok && n.tuples {
			if open, end = "(", ")"; len(t) == 1 {
				end = ",)"
			}
		}
		out.WriteString(open)
		count := 0
		children(v, func(key, item *exec.Value) bool {
			if count++; count > 1 {
				out.WriteByte(',')
				if n.indent < 0 {
					out.WriteByte(' ')
				}
			}
			n.newline(out, depth+1)
			if key != nil {
				n.write(out, key, depth+1)
				out.WriteString(": ")
			}
			n.write(out, item, depth+1)
			return true
		})
		if count > 0 {
			n.newline(out, depth)
		}
		out.WriteString(end)
	default:
		out.WriteString(v.String())
	}
}

func (n notation) newline(out *strings.Builder, depth int) {
	if n.indent >= 0 {
		out.WriteByte('\n')
		out.WriteString(strings.Repeat(" ", n.indent*depth))
	}
}

// quotePython writes s as repr does: in single quotes unless only those occur
// in it, what cannot be printed escaped.
func quotePython(out *strings.Builder, s string) {
	quote := '\''
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		quote = '"'
	}
	out.WriteRune(quote)
	for _, r := range s {
		switch {
		case r == quote || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r < 0x20 || 0x7f <= r && r <= 0xff && !unicode.IsPrint(r):
			fmt.Fprintf(out, `\x%02x`, r)
		case !unicode.IsPrint(r) && r <= 0xffff:
			fmt.Fprintf(out, `\u%04x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(out, `\U%08x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteRune(quote)
}

// jsonQuote writes s as Python's json.dumps does.
func jsonQuote(ascii bool) func(*strings.Builder, string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}
	return func(out *strings.Builder, s string) {
		out.WriteByte('"')
		for _, r := range s {
			escaped, ok := short[r]
			switch {
			case ok:
				out.WriteString(escaped)
			case r < 0x20 || ascii && r >= 0x7f && r <= 0xffff && r != 0x7f:
				fmt.Fprintf(out, `\u%04x`, r)
			case ascii && r > 0xffff:
				r -= 0x10000
				fmt.Fprintf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
			default:
				out.WriteRune(r)
			}
		}
		out.WriteByte('"')
	}
}

// lookup returns v[key], as Python's subscript does, and whether it is there.
func lookup(v, key *exec.Value) (*exec.Value, bool) {
	nothing := exec.AsValue(nil)
	if v.IsNil() {
		return nothing, false
	}
	if getter, ok := v.Interface().(exec.AttributeGetter); ok && key.IsString() {
		return getter.GetAttribute(stringOf(key))
	}
	switch {
	case v.IsDict():
		found := nothing
		ok := false
		children(v, func(k, item *exec.Value) bool {
			if ok = k.EqualValueTo(key); ok {
				found = item
			}
			return !ok
		})
		return found, ok
	case !key.IsInteger():
		return nothing, false
	case v.IsString():
		s, i := stringOf(v), key.Integer()
		if i < 0 {
			i += utf8.RuneCountInString(s)
		}
		for _, r := range s {
			if i == 0 {
				return exec.AsValue(string(r)), true
			}
			i--
		}
	case v.IsList():
		i := key.Integer()
		if i < 0 {
			i += v.Len()
		}
		if 0 <= i && i < v.Len() {
			return v.Index(i), true
		}
	}
	return nothing, false
}

// isSpace is what Python's str.strip takes away.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f
}

func trim(s string) string { return strings.TrimFunc(s, isSpace) }
