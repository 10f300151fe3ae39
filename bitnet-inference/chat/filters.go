package chat

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/exec"
)

// filterNames are the filters a template may use: the engine's that agree with
// Jinja on what prompts are made of, and ours (see filters).
var filterNames = []string{
	"abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "groupby", "indent",
	"int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace",
	"reverse", "round", "safe", "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "unique",
	"upper", "wordcount",
}

func (b *budget) filters() *exec.FilterSet {
	own := map[string]exec.FilterFunction{
		"tojson": b.toJSON,
		"string": func(_ *exec.Evaluator, in *exec.Value, _ *exec.VarArgs) *exec.Value {
			return exec.AsValue(stringOf(in))
		},
		"trim": func(_ *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
			if chars := argument(p, 0, "chars"); chars.IsString() {
				return exec.AsValue(strings.Trim(stringOf(in), stringOf(chars)))
			}
			return exec.AsValue(trim(stringOf(in)))
		},
		"items": func(_ *exec.Evaluator, in *exec.Value, _ *exec.VarArgs) *exec.Value {
			return exec.AsValue(pairs(in))
		},
		"default": substitute,
		"d":       substitute,
		"round":   b.round,
		"dictsort": func(_ *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
			if len(p.Args)+len(p.KwArgs) > 0 {
				return failed(fmt.Errorf("arguments are not supported"))
			}
			return exec.AsValue(sorted(in))
		},
		"replace": func(_ *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
			s, err := b.replace(stringOf(in), argument(p, 0, "s"), argument(p, 1, "replacement"), argument(p, 2, "count"))
			if err != nil {
				return failed(err)
			}
			return exec.AsValue(s)
		},
	}
	set := map[string]exec.FilterFunction{}
	for _, name := range filterNames {
		f, ok := own[name]
		if !ok {
			if f, ok = builtins.Filters.Get(name); !ok {
				panic("chat: template engine without filter " + name)
			}
		}
		set[name] = b.filter(name, f)
	}
	return exec.NewFilterSet(set)
}

// filter charges what a filter reads and writes. Of the engine's filters, join
// and indent can write more than a small multiple of what they read.
func (b *budget) filter(name string, f exec.FilterFunction) exec.FilterFunction {
	return func(e *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
		if in.IsError() {
			return in
		}
		most := 0
		for _, v := range arguments(in, p) {
			if err := b.chargeValue(v); err != nil {
				return failed(err)
			}
			switch {
			case v == in:
			case v.IsString():
				most = max(most, len(stringOf(v)))
			case v.IsInteger():
				most = max(most, v.Integer())
			}
		}
		if name == "join" || name == "indent" {
			if n := in.Len(); times(n, most) > b.value {
				return failed(b.fail(fmt.Errorf("uses the filter %s to write more than %d bytes", name, b.value)))
			}
		}
		out := f(e, in, p)
		if out.IsError() {
			return failed(b.fail(fmt.Errorf("filter %s: %s", name, shorten(out.Error()))))
		}
		if err := b.chargeValue(out); err != nil {
			return failed(err)
		}
		return out
	}
}

func arguments(in *exec.Value, p *exec.VarArgs) []*exec.Value {
	all := append([]*exec.Value{in}, p.Args...)
	for _, v := range p.KwArgs {
		all = append(all, v)
	}
	return all
}

// argument is the i-th argument or the one of that name; nil if not given.
func argument(p *exec.VarArgs, i int, name string) *exec.Value {
	if i < len(p.Args) {
		return p.Args[i]
	}
	if v, ok := p.KwArgs[name]; ok {
		return v
	}
	return exec.AsValue(nil)
}

// pairs lists a mapping's items.
func pairs(v *exec.Value) []any {
	out := []any{}
	if v.IsDict() {
		children(v, func(key, item *exec.Value) bool {
			out = append(out, tuple{key, item})
			return true
		})
	}
	return out
}

// sorted lists a mapping's items in the order of their keys, letters of both
// cases alike.
func sorted(v *exec.Value) []any {
	out := pairs(v)
	key := func(p any) *exec.Value { return p.(tuple)[0].(*exec.Value) }
	slices.SortStableFunc(out, func(a, b any) int {
		if ka, kb := key(a), key(b); ka.IsNumber() && kb.IsNumber() {
			return cmp.Compare(ka.Float(), kb.Float())
		}
		return strings.Compare(strings.ToLower(stringOf(key(a))), strings.ToLower(stringOf(key(b))))
	})
	return out
}

// substitute is default(value [, boolean]): for what is not defined, and with
// boolean for everything that is not true.
func substitute(_ *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
	if isUndefined(in) || argument(p, 1, "boolean").IsTrue() && !in.IsTrue() {
		if v := argument(p, 0, "default_value"); !isUndefined(v) {
			return v
		}
		return exec.AsValue("")
	}
	return in
}

// round is round([precision]), to even at a half as Python's.
func (b *budget) round(_ *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
	digits := argument(p, 0, "precision")
	if !in.IsNumber() || digits.Integer() < 0 || digits.Integer() > 15 || !isUndefined(argument(p, 1, "method")) {
		return failed(fmt.Errorf("takes a number, and 0 to 15 digits"))
	}
	n := 0
	if digits.IsInteger() {
		n = digits.Integer()
	}
	v, err := strconv.ParseFloat(strconv.FormatFloat(in.Float(), 'f', n, 64), 64)
	if err != nil {
		return failed(err)
	}
	return exec.AsValue(v)
}

// toJSON is json.dumps with transformers' defaults: text stays as it is, not
// ASCII, and nothing is escaped for HTML.
func (b *budget) toJSON(_ *exec.Evaluator, in *exec.Value, p *exec.VarArgs) *exec.Value {
	n := notation{null: "null", yes: "true", no: "false", indent: -1}
	n.quote = jsonQuote(argument(p, 0, "ensure_ascii").IsTrue())
	if indent := argument(p, 1, "indent"); indent.IsInteger() {
		n.indent = indent.Integer()
		if n.indent < 0 || n.indent > 16 {
			return failed(b.fail(fmt.Errorf("calls tojson with an indent of %d", n.indent)))
		}
	}
	if !argument(p, 2, "separators").IsNil() || argument(p, 3, "sort_keys").IsTrue() {
		return failed(b.fail(fmt.Errorf("calls tojson with separators or sort_keys, which is not supported")))
	}
	if isUndefined(in) {
		return failed(b.fail(fmt.Errorf("calls tojson on something undefined")))
	}
	var out strings.Builder
	n.write(&out, in, 0)
	return exec.AsValue(out.String())
}

// testNames are the tests a template may use: the engine's and ours. In the
// engine everything that is not a boolean is false, and undefined is none.
var testNames = []string{
	"boolean", "callable", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "greaterthan",
	"gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd",
	"sameas", "sequence", "string", "true", "undefined", "upper", "==", "!=", "<", "<=", ">", ">=",
}

func tests() *exec.TestSet {
	strictly := func(want bool) any {
		return func(_ *exec.Context, in *exec.Value, _ *exec.VarArgs) (bool, error) {
			return in.IsBool() && in.Bool() == want, nil
		}
	}
	about := func(f func(*exec.Value) bool) any {
		return func(_ *exec.Context, in *exec.Value, _ *exec.VarArgs) (bool, error) {
			if in.IsError() {
				return false, in
			}
			return f(in), nil
		}
	}
	set := map[string]exec.TestFunction{
		"true": strictly(true), "false": strictly(false), "none": about(isNone), "undefined": about(isUndefined),
		"defined":  about(func(v *exec.Value) bool { return !isUndefined(v) }),
		"iterable": about(func(v *exec.Value) bool { return v.IsIterable() || isUndefined(v) }),
	}
	for _, name := range testNames {
		if f, ok := builtins.Tests.Get(name); ok && set[name] == nil {
			set[name] = f
		}
	}
	return exec.NewTestSet(set)
}
