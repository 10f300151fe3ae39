package tokenizer

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/charsmap"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// maxGrowth bounds how many times longer a text can become while it is
// rewritten, all steps together. Forty steps that each double an "a" would
// otherwise turn one into a terabyte. Real files stay below 500.
const maxGrowth = 1 << 13

// growth multiplies what steps can lengthen a text by.
type growth int

// by multiplies by the factor of one more step.
func (g *growth) by(factor int) error {
	if factor > maxGrowth || int(*g)*factor > maxGrowth {
		return fmt.Errorf("the replacements can make a text more than %d times longer", maxGrowth)
	}
	*g *= growth(max(1, factor))
	return nil
}

func setNormalizer(v any, t *pipeline) error {
	steps, err := parts(v, "normalizers")
	if err != nil {
		return err
	}
	total := growth(1)
	for _, s := range steps {
		t.takesStart = t.takesStart || s.takesStart()
		n, grows, err := s.normalizer()
		if err != nil {
			return err
		}
		if err := total.by(grows); err != nil {
			return err
		}
		t.normalize = append(t.normalize, n)
	}
	return nil
}

// takesStart reports whether one part may remove the first character of a text.
func (p part) takesStart() bool {
	switch p.typ {
	case "Strip":
		left, err := p.flag("strip_left", true)
		return left || err != nil
	case "Replace":
		content, err := p.text("content", "")
		return content == "" || err != nil
	case "StripAccents", "Nmt", "BertNormalizer":
		return true
	}
	return false
}

// normalizer returns what one part does and how many times
// longer than before it can make a text, at most.
func (p part) normalizer() (n normalizer, grows int, err error) {
	switch p.typ {
	case "NFC":
		return unicodeForm(norm.NFC), 3, nil
	case "NFD":
		return unicodeForm(norm.NFD), 4, nil
	case "NFKC":
		return unicodeForm(norm.NFKC), 11, nil
	case "NFKD":
		return unicodeForm(norm.NFKD), 11, nil
	case "Prepend":
		text, err := p.text("prepend", "")
		return prepend(text), 1 + len(text), err
	case "Replace":
		return p.replaceNormalizer()
	case "Lowercase":
		return lowercase, 2, nil
	case "StripAccents":
		return stripAccents, 1, nil
	case "Strip":
		left, err := p.flag("strip_left", true)
		if err != nil {
			return nil, 0, err
		}
		right, err := p.flag("strip_right", true)
		return strip(left, right), 1, err
	case "Nmt":
		return nmt, 1, nil
	case "BertNormalizer":
		return p.bert()
	case "Precompiled":
		return p.precompiled()
	}
	return nil, 0, p.unknown()
}

func (p part) replaceNormalizer() (normalizer, int, error) {
	pattern, regex, err := p.pattern()
	if err != nil {
		return nil, 0, err
	}
	if regex && strings.ContainsAny(pattern, patternSigns) {
		re, ok := split.ParseRepeat(pattern)
		if !ok {
			return nil, 0, p.noPattern(pattern)
		}
		content, err := p.text("content", "")
		return replaceRepeat(re, content), max(1, len(content)), err
	}
	old, content, err := p.replacement()
	if err != nil {
		return nil, 0, err
	}
	return replace(old, content), (len(content) + len(old) - 1) / len(old), nil
}

// patternSigns are the characters that mean something in a regular expression.
const patternSigns = `\.+*?()|[]{}^$`

func (p part) noPattern(pattern string) error {
	return fmt.Errorf("the pattern %q of a %s is not supported; plain text and a repeated character are", pattern, p.typ)
}

// replacement returns the fields of a Replace step whose pattern is plain text.
func (p part) replacement() (old, content string, err error) {
	old, regex, err := p.pattern()
	if err != nil {
		return "", "", err
	}
	if regex && strings.ContainsAny(old, patternSigns) {
		return "", "", p.noPattern(old)
	}
	if old == "" {
		return "", "", fmt.Errorf("the pattern of a Replace is empty")
	}
	content, err = p.text("content", "")
	return old, content, err
}

func (p part) bert() (normalizer, int, error) {
	var o bertOptions
	for _, f := range []struct {
		name string
		to   *bool
	}{{"clean_text", &o.clean}, {"handle_chinese_chars", &o.chinese}, {"lowercase", &o.lower}} {
		var err error
		if *f.to, err = p.flag(f.name, true); err != nil {
			return nil, 0, err
		}
	}
	var err error
	o.accents, err = p.flag("strip_accents", o.lower)
	return o.normalize, 9, err
}

func (p part) precompiled() (normalizer, int, error) {
	text, err := p.text("precompiled_charsmap", "")
	if err != nil {
		return nil, 0, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, 0, fmt.Errorf("Precompiled: %w", err)
	}
	m, err := charsmap.Parse(data)
	if err != nil {
		return nil, 0, fmt.Errorf("Precompiled: %w", err)
	}
	return table(m), m.Growth(), nil
}
