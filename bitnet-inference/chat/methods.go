package chat

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// methodNames are the methods of strings and mappings. There are none that
// change a list or mapping: transformers' sandbox forbids them too.
var methodNames = []string{
	"capitalize", "count", "endswith", "find", "format", "get", "isalpha", "isdigit", "items", "join", "keys", "lower",
	"lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "split", "splitlines", "startswith", "strip", "title",
	"upper", "values",
}

// A stringMethod gets the arguments behind the string.
type stringMethod func(s string, p *exec.VarArgs) (any, error)

func (b *budget) stringMethods() map[string]stringMethod {
	return map[string]stringMethod{
		"strip":  func(s string, p *exec.VarArgs) (any, error) { return strip(s, p, strings.TrimFunc), nil },
		"lstrip": func(s string, p *exec.VarArgs) (any, error) { return strip(s, p, strings.TrimLeftFunc), nil },
		"rstrip": func(s string, p *exec.VarArgs) (any, error) { return strip(s, p, strings.TrimRightFunc), nil },
		"lower":  func(s string, _ *exec.VarArgs) (any, error) { return strings.ToLower(s), nil },
		"upper":  func(s string, _ *exec.VarArgs) (any, error) { return strings.ToUpper(s), nil },
		"capitalize": func(s string, _ *exec.VarArgs) (any, error) {
			return capitalize(s), nil
		},
		"title": func(s string, _ *exec.VarArgs) (any, error) { return title(s), nil },
		"isdigit": func(s string, _ *exec.VarArgs) (any, error) {
			return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) }) < 0, nil
		},
		"isalpha": func(s string, _ *exec.VarArgs) (any, error) {
			return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) < 0, nil
		},
		"startswith": func(s string, p *exec.VarArgs) (any, error) { return affix(s, p, strings.HasPrefix) },
		"endswith":   func(s string, p *exec.VarArgs) (any, error) { return affix(s, p, strings.HasSuffix) },
		"removeprefix": func(s string, p *exec.VarArgs) (any, error) {
			return strings.TrimPrefix(s, stringOf(p.First())), nil
		},
		"removesuffix": func(s string, p *exec.VarArgs) (any, error) {
			return strings.TrimSuffix(s, stringOf(p.First())), nil
		},
		"split": split,
		"splitlines": func(s string, _ *exec.VarArgs) (any, error) {
			if s == "" {
				return []string{}, nil
			}
			lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), "\n")
			if lines[len(lines)-1] == "" {
				lines = lines[:len(lines)-1]
			}
			return lines, nil
		},
		"find": func(s string, p *exec.VarArgs) (any, error) {
			i := strings.Index(s, stringOf(p.First()))
			if i > 0 {
				i = len([]rune(s[:i]))
			}
			return i, nil
		},
		"count": func(s string, p *exec.VarArgs) (any, error) { return strings.Count(s, stringOf(p.First())), nil },
		"replace": func(s string, p *exec.VarArgs) (any, error) {
			return b.replace(s, argument(p, 0, "old"), argument(p, 1, "new"), argument(p, 2, "count"))
		},
		"join": func(s string, p *exec.VarArgs) (any, error) {
			list := p.First()
			if times(list.Len(), len(s)) > b.value {
				return nil, fmt.Errorf("would write more than %d bytes", b.value)
			}
			var parts []string
			children(list, func(key, item *exec.Value) bool {
				if key == nil {
					key = item
				}
				parts = append(parts, stringOf(key))
				return true
			})
			return strings.Join(parts, s), nil
		},
		"format": b.format,
	}
}

// dictMethods belong to mappings, whose order they keep.
func dictMethods() map[string]func(v *exec.Value, p *exec.VarArgs) any {
	return map[string]func(v *exec.Value, p *exec.VarArgs) any{
		"items":  func(v *exec.Value, _ *exec.VarArgs) any { return pairs(v) },
		"keys":   func(v *exec.Value, _ *exec.VarArgs) any { return column(v, 0) },
		"values": func(v *exec.Value, _ *exec.VarArgs) any { return column(v, 1) },
		"get": func(v *exec.Value, p *exec.VarArgs) any {
			if item, ok := lookup(v, p.First()); ok {
				return item
			}
			if d := argument(p, 1, "default"); !isUndefined(d) {
				return d
			}
			return (*none)(nil)
		},
	}
}

// invoker returns the function behind every method call: owner, name and the
// arguments. It charges what a method reads and writes.
func (b *budget) invoker() func(p *exec.VarArgs) *exec.Value {
	ofString, ofDict := b.stringMethods(), dictMethods()
	return func(p *exec.VarArgs) *exec.Value {
		owner, name := p.Args[0], stringOf(p.Args[1])
		rest := &exec.VarArgs{Args: p.Args[2:], KwArgs: p.KwArgs}
		for _, v := range arguments(owner, rest) {
			if err := b.chargeValue(v); err != nil {
				return failed(err)
			}
		}
		var out any
		err := fmt.Errorf("%s has none of that name", kind(owner))
		if f, ok := ofString[name]; ok && owner.IsString() {
			out, err = f(stringOf(owner), rest)
		} else if f, ok := ofDict[name]; ok && owner.IsDict() {
			out, err = f(owner, rest), nil
		}
		if err != nil {
			return failed(b.fail(fmt.Errorf("calls the method %s: %w", name, err)))
		}
		v := exec.ToValue(out)
		if err := b.chargeValue(v); err != nil {
			return failed(err)
		}
		return v
	}
}

func column(v *exec.Value, i int) []any {
	out := pairs(v)
	for j, p := range out {
		out[j] = p.(tuple)[i]
	}
	return out
}

func strip(s string, p *exec.VarArgs, cut func(string, func(rune) bool) string) string {
	if chars := argument(p, 0, "chars"); chars.IsString() {
		set := stringOf(chars)
		return cut(s, func(r rune) bool { return strings.ContainsRune(set, r) })
	}
	return cut(s, isSpace)
}

// affix is startswith and endswith: any of a tuple's, or the one.
func affix(s string, p *exec.VarArgs, has func(s, affix string) bool) (any, error) {
	if len(p.Args) != 1 {
		return nil, fmt.Errorf("takes one argument, a start and end are not supported")
	}
	if !p.Args[0].IsList() {
		return has(s, stringOf(p.Args[0])), nil
	}
	found := false
	children(p.Args[0], func(_, item *exec.Value) bool {
		found = has(s, stringOf(item))
		return !found
	})
	return found, nil
}

// split is str.split([sep [, maxsplit]]).
func split(s string, p *exec.VarArgs) (any, error) {
	sep, most := argument(p, 0, "sep"), -1
	if n := argument(p, 1, "maxsplit"); n.IsInteger() {
		most = n.Integer()
	}
	if !sep.IsString() {
		if most >= 0 {
			return nil, fmt.Errorf("maxsplit without a separator is not supported")
		}
		return strings.FieldsFunc(s, isSpace), nil
	}
	if stringOf(sep) == "" {
		return nil, fmt.Errorf("the separator is empty")
	}
	if most < 0 || most > len(s) {
		return strings.Split(s, stringOf(sep)), nil
	}
	return strings.SplitN(s, stringOf(sep), most+1), nil
}

func capitalize(s string) string {
	r := []rune(strings.ToLower(s))
	if len(r) > 0 {
		r[0] = unicode.ToTitle(r[0])
	}
	return string(r)
}

func title(s string) string {
	inside := false
	return strings.Map(func(r rune) rune {
		before := inside
		inside = unicode.IsLetter(r)
		if before {
			return unicode.ToLower(r)
		}
		return unicode.ToTitle(r)
	}, s)
}

// replace is str.replace(old, new [, count]); the size of the answer is known
// before it is made.
func (b *budget) replace(s string, old, with, count *exec.Value) (string, error) {
	if !old.IsString() || !with.IsString() {
		return "", b.fail(fmt.Errorf("replaces %s by %s, both must be strings", kind(old), kind(with)))
	}
	n := -1
	if count.IsInteger() {
		n = count.Integer()
	}
	if times(strings.Count(s, stringOf(old)), len(stringOf(with))) > b.value {
		return "", b.fail(fmt.Errorf("replaces text by more than %d bytes", b.value))
	}
	return strings.Replace(s, stringOf(old), stringOf(with), n), nil
}

// format is str.format with {}, {0} and {name}.
func (b *budget) format(s string, p *exec.VarArgs) (any, error) {
	var out strings.Builder
	auto := 0
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			i = len(s)
		}
		out.WriteString(s[:i])
		if s = s[i:]; s == "" {
			break
		}
		if len(s) > 1 && s[1] == s[0] {
			out.WriteByte(s[0])
			s = s[2:]
			continue
		}
		end := strings.IndexByte(s, '}')
		if end < 1 {
			return nil, fmt.Errorf("brackets do not match")
		}
		field := s[1:end]
		s = s[end+1:]
		if field == "" {
			field = strconv.Itoa(auto)
			auto++
		}
		v, ok := p.KwArgs[field]
		if n, err := strconv.Atoi(field); err == nil && 0 <= n && n < len(p.Args) {
			v, ok = p.Args[n], true
		}
		if !ok {
			return nil, fmt.Errorf("field {%s} is not given or not supported", shorten(field))
		}
		if err := b.chargeValue(v); err != nil {
			return nil, err
		}
		if out.WriteString(stringOf(v)); out.Len() > b.value {
			return nil, fmt.Errorf("would write more than %d bytes", b.value)
		}
	}
	return out.String(), nil
}
