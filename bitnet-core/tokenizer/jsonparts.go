package tokenizer

import (
	"fmt"
	"unicode/utf8"
)

// A part is one object of a tokenizer.json that has a type: a normalizer,
// pre-tokenizer, post-processor or decoder. Its getters check kinds.
type part struct {
	typ    string
	fields map[string]any
}

// parts flattens a member into the sequence it stands for; list is the field
// that holds the steps of a Sequence. null is an empty sequence.
func parts(v any, list string) ([]part, error) {
	if v == nil {
		return nil, nil
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("not an object")
	}
	typ, ok := fields["type"].(string)
	if !ok {
		return nil, fmt.Errorf("an object has no \"type\"")
	}
	if typ != "Sequence" {
		return []part{{typ, fields}}, nil
	}
	steps, ok := fields[list].([]any)
	if !ok {
		return nil, fmt.Errorf("a Sequence has no list %q", list)
	}
	var all []part
	for _, s := range steps {
		ps, err := parts(s, list)
		if err != nil {
			return nil, err
		}
		if all = append(all, ps...); len(all) > maxSteps {
			return nil, fmt.Errorf("a Sequence has more than %d steps", maxSteps)
		}
	}
	return all, nil
}

// maxSteps bounds the steps of a Sequence: a text passes every one of them.
const maxSteps = 64

// flag returns a field that is true or false; def if it is absent or null.
func (p part) flag(name string, def bool) (bool, error) {
	switch v := p.fields[name].(type) {
	case nil:
		return def, nil
	case bool:
		return v, nil
	}
	return false, fmt.Errorf("%s: %q is not true or false", p.typ, name)
}

// text returns a field that is a string; def if it is absent or null.
func (p part) text(name, def string) (string, error) {
	switch v := p.fields[name].(type) {
	case nil:
		return def, nil
	case string:
		return v, nil
	}
	return "", fmt.Errorf("%s: %q is not a string", p.typ, name)
}

// count returns a field that is a small natural number, 0 if it is absent.
func (p part) count(name string) (int, error) {
	switch v := p.fields[name].(type) {
	case nil:
		return 0, nil
	case float64:
		if v >= 0 && v <= 1<<20 && v == float64(int(v)) {
			return int(v), nil
		}
	}
	return 0, fmt.Errorf("%s: %q is not a small natural number", p.typ, name)
}

// pattern returns the field "pattern", which is a plain string or a regular
// expression.
func (p part) pattern() (text string, regex bool, err error) {
	fields, _ := p.fields["pattern"].(map[string]any)
	if s, ok := fields["String"].(string); ok {
		return s, false, nil
	}
	if s, ok := fields["Regex"].(string); ok {
		return s, true, nil
	}
	return "", false, fmt.Errorf("%s: \"pattern\" is neither a String nor a Regex", p.typ)
}

func (p part) unknown() error {
	return fmt.Errorf("the type %q is not supported", p.typ)
}

// char returns a field that is one character; def if it is absent or null.
func (p part) char(name, def string) (string, error) {
	s, err := p.text(name, def)
	if err == nil && utf8.RuneCountInString(s) != 1 {
		err = fmt.Errorf("%s: the %s %q is not one character", p.typ, name, s)
	}
	return s, err
}
