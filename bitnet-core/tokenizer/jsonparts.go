package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
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
		all = append(all, ps...)
	}
	return all, nil
}

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

func setNormalizer(v any, t *pipeline) error {
	steps, err := parts(v, "normalizers")
	if err != nil {
		return err
	}
	forms := map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}
	for _, s := range steps {
		if form, ok := forms[s.typ]; ok {
			t.normalize = append(t.normalize, unicodeForm(form))
			continue
		}
		switch s.typ {
		case "Prepend":
			text, err := s.text("prepend", "")
			if err != nil {
				return err
			}
			t.normalize = append(t.normalize, prepend(text))
		case "Replace":
			old, content, err := s.replacement()
			if err != nil {
				return err
			}
			t.normalize = append(t.normalize, replace(old, content))
		default:
			return s.unknown()
		}
	}
	return nil
}

// replacement returns the fields of a Replace step.
func (p part) replacement() (old, content string, err error) {
	old, regex, err := p.pattern()
	if err != nil {
		return "", "", err
	}
	if regex && strings.ContainsAny(old, `\.+*?()|[]{}^$`) {
		return "", "", fmt.Errorf("the pattern %q of a Replace is not supported; plain text is", old)
	}
	if old == "" {
		return "", "", fmt.Errorf("the pattern of a Replace is empty")
	}
	content, err = p.text("content", "")
	return old, content, err
}

// mentionsByteLevel reports whether a pre-tokenizer has a ByteLevel step.
func mentionsByteLevel(v any) bool {
	steps, err := parts(v, "pretokenizers")
	if err != nil {
		return false // setPreTokenizer reports it
	}
	for _, s := range steps {
		if s.typ == "ByteLevel" {
			return true
		}
	}
	return false
}

func setPreTokenizer(v any, t *pipeline) error {
	steps, err := parts(v, "pretokenizers")
	if err != nil {
		return err
	}
	bytesNow := false // a ByteLevel step came before
	for i, s := range steps {
		f, err := t.preTokenizer(s, i == 0, bytesNow)
		if err != nil {
			return err
		}
		bytesNow = bytesNow || s.typ == "ByteLevel"
		if f != nil {
			t.splits = append(t.splits, f)
		}
	}
	if len(steps) == 0 && !t.model.Joins(split.SpaceMark) {
		t.splits = []split.Func{split.Marked} // the same ids, sooner
	}
	return nil
}

// preTokenizer returns the cut of one step, nil for none.
func (t *pipeline) preTokenizer(s part, first, afterBytes bool) (split.Func, error) {
	late := func() error {
		return fmt.Errorf("%s after ByteLevel is not supported", s.typ)
	}
	switch s.typ {
	case "ByteLevel":
		lead, err := s.flag("add_prefix_space", true)
		if err != nil {
			return nil, err
		}
		if lead && !first {
			return nil, fmt.Errorf("ByteLevel: \"add_prefix_space\" is supported in the first step only")
		}
		if lead {
			t.lead.text = " "
		}
		regex, err := s.flag("use_regex", true)
		if err != nil || !regex {
			return nil, err
		}
		if afterBytes {
			return nil, late()
		}
		return split.GPT2, nil
	case "Digits":
		one, err := s.flag("individual_digits", false)
		switch {
		case err != nil:
			return nil, err
		case afterBytes:
			return split.ByteDigits(one), nil
		case one:
			return split.Digit, nil
		}
		return split.Digits, nil
	case "Split":
		return s.split(afterBytes)
	case "Punctuation":
		behavior, err := s.text("behavior", "Isolated")
		if err != nil {
			return nil, err
		}
		if afterBytes {
			return nil, late()
		}
		switch behavior {
		case "Isolated", "Contiguous":
			return split.Punctuation(behavior == "Isolated"), nil
		}
		return nil, fmt.Errorf("Punctuation: the behavior %q is not supported", behavior)
	case "Metaspace":
		if !first {
			return nil, fmt.Errorf("Metaspace is supported in the first step only")
		}
		return t.metaspace(s)
	}
	return nil, s.unknown()
}

// split returns the cut of a Split step.
func (p part) split(afterBytes bool) (split.Func, error) {
	pattern, regex, err := p.pattern()
	if err != nil {
		return nil, err
	}
	behavior, err := p.text("behavior", "")
	if err != nil {
		return nil, err
	}
	invert, err := p.flag("invert", false)
	if err != nil {
		return nil, err
	}
	if pattern == "" {
		return nil, fmt.Errorf("Split: the pattern is empty")
	}
	if afterBytes && (!regex || pattern != `[0-9][0-9][0-9]`) {
		return nil, fmt.Errorf("Split: the pattern %q after ByteLevel is not supported", pattern)
	}
	if regex {
		f, whole := split.Pattern(pattern)
		if f == nil {
			return nil, fmt.Errorf("Split: there is no scanner for the pattern %q", pattern)
		}
		// Removing the gaps between matches is no change where there are none.
		if behavior == "Isolated" && !invert || behavior == "Removed" && invert && whole {
			return f, nil
		}
	} else if !invert {
		switch behavior {
		case "Isolated":
			return split.Around(pattern), nil
		case "MergedWithPrevious":
			return split.After(pattern), nil
		case "MergedWithNext":
			return split.Before(pattern), nil
		}
	}
	return nil, fmt.Errorf("Split: the behavior %q (invert %v) is not supported for the pattern %q", behavior, invert, pattern)
}

// metaspace sets up a Metaspace step: spaces become marks, a mark may be put in
// front, and every mark begins a word.
func (t *pipeline) metaspace(s part) (split.Func, error) {
	mark, scheme, err := s.metaspace()
	if err != nil {
		return nil, err
	}
	t.mark = mark
	switch scheme {
	case "always":
		t.lead = lead{text: mark}
	case "first":
		t.lead = lead{text: mark, firstOnly: true}
	}
	cut, err := s.flag("split", true)
	if err != nil {
		return nil, err
	}
	if cut {
		return split.Before(mark), nil
	}
	if mark == split.SpaceMark && !t.model.Joins(mark) {
		return split.Marked, nil // the same ids, sooner
	}
	return nil, nil
}

// metaspace returns the fields that a Metaspace has as pre-tokenizer and decoder.
func (p part) metaspace() (mark, scheme string, err error) {
	if mark, err = p.text("replacement", split.SpaceMark); err != nil {
		return "", "", err
	}
	if utf8.RuneCountInString(mark) != 1 {
		return "", "", fmt.Errorf("Metaspace: the replacement %q is not one character", mark)
	}
	if scheme, err = p.text("prepend_scheme", "always"); err != nil {
		return "", "", err
	}
	lead, err := p.flag("add_prefix_space", true)
	if err != nil {
		return "", "", err
	}
	if !lead {
		scheme = "never"
	}
	switch scheme {
	case "always", "first", "never":
		return mark, scheme, nil
	}
	return "", "", fmt.Errorf("Metaspace: the prepend_scheme %q is not supported", scheme)
}
