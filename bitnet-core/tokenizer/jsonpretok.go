package tokenizer

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

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

// maxLeads bounds the steps that lengthen pieces: each can cut at what the one
// before has put in front, and so double the number of pieces.
const maxLeads = 4

func setPreTokenizer(v any, t *pipeline) error {
	parts, err := parts(v, "pretokenizers")
	if err != nil {
		return err
	}
	bytesNow := false // a ByteLevel step came before
	leads := 0
	for _, s := range parts {
		steps, err := t.preTokenizer(s, bytesNow)
		if err != nil {
			return err
		}
		bytesNow = bytesNow || s.typ == "ByteLevel"
		for _, s := range steps {
			if s.lead.text != "" {
				leads++
			}
		}
		if leads > maxLeads {
			return fmt.Errorf("more than %d steps put something before every piece", maxLeads)
		}
		t.steps = append(t.steps, steps...)
	}
	if len(parts) == 0 && t.splitsAtMarks(split.SpaceMark) {
		t.steps = cuts(split.Marked) // the same ids, sooner
	}
	return nil
}

// preTokenizer returns what one part does. After ByteLevel the reference library
// sees bytes spelled as characters; afterBytes asks for the same cut of bytes.
func (t *pipeline) preTokenizer(s part, afterBytes bool) ([]step, error) {
	switch s.typ {
	case "Digits":
		one, err := s.flag("individual_digits", false)
		switch {
		case err != nil:
			return nil, err
		case afterBytes:
			return cuts(split.ByteDigits(one)), nil
		case one:
			return cuts(split.Digit), nil
		}
		return cuts(split.Digits), nil
	case "Split":
		return s.split(afterBytes)
	case "ByteLevel":
		return s.byteLevel(afterBytes)
	}
	if afterBytes {
		switch s.typ {
		case "Punctuation", "Metaspace", "Whitespace", "WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit":
			return nil, s.late()
		}
		return nil, s.unknown()
	}
	switch s.typ {
	case "Punctuation":
		return s.punctuation()
	case "Metaspace":
		return t.metaspace(s)
	case "Whitespace":
		return []step{{drop: split.Words}}, nil
	case "WhitespaceSplit":
		return []step{{drop: split.Spaces}}, nil
	case "BertPreTokenizer":
		return []step{{drop: split.Spaces}, {cut: split.Punctuation(true)}}, nil
	case "CharDelimiterSplit":
		sep, err := s.char("delimiter", "")
		return []step{{drop: split.Literal(sep)}}, err
	}
	return nil, s.unknown()
}

func (p part) late() error {
	return fmt.Errorf("%s after ByteLevel is not supported", p.typ)
}

func (p part) byteLevel(afterBytes bool) ([]step, error) {
	lead, err := p.flag("add_prefix_space", true)
	if err != nil {
		return nil, err
	}
	regex, err := p.flag("use_regex", true)
	if err != nil {
		return nil, err
	}
	var s step
	if lead {
		s.lead.text = " "
	}
	if regex {
		s.cut = split.GPT2
	}
	switch {
	case !lead && !regex:
		return nil, nil
	case afterBytes:
		return nil, p.late()
	}
	return []step{s}, nil
}

func (p part) punctuation() ([]step, error) {
	behavior, err := p.text("behavior", "Isolated")
	if err != nil {
		return nil, err
	}
	switch behavior {
	case "Isolated", "Contiguous":
		return cuts(split.Punctuation(behavior == "Isolated")), nil
	}
	if s, ok := behave(split.Punct, behavior); ok {
		return []step{s}, nil
	}
	return nil, fmt.Errorf("Punctuation: the behavior %q is not supported", behavior)
}

// behave returns the step that does with matches what a behavior says.
func behave(f split.Segments, behavior string) (step, bool) {
	if behavior == string(split.Removed) {
		return step{drop: f}, true
	}
	cut := f.Cut(split.Behavior(behavior))
	return step{cut: cut}, cut != nil
}

// split returns the step of a Split part.
func (p part) split(afterBytes bool) ([]step, error) {
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
	unsupported := fmt.Errorf("Split: the behavior %q (invert %v) is not supported for the pattern %q", behavior, invert, pattern)
	if regex {
		if f, whole := split.Pattern(pattern); f != nil {
			// Removing the gaps between matches is no change where there are none.
			if behavior == "Isolated" || behavior == "Removed" && invert && whole {
				return cuts(f), nil
			}
			return nil, unsupported
		}
	} else if !invert {
		switch behavior {
		case "Isolated":
			return cuts(split.Around(pattern)), nil
		case "MergedWithPrevious":
			return cuts(split.After(pattern)), nil
		case "MergedWithNext":
			return cuts(split.Before(pattern)), nil
		}
	}
	f := split.Literal(pattern)
	if known, ok := split.PatternSegments(pattern); regex && ok {
		f = known
	} else if regex {
		re, ok := split.ParseRepeat(pattern)
		if !ok {
			return nil, fmt.Errorf("Split: there is no scanner for the pattern %q", pattern)
		}
		f = re.Segments
	}
	if invert {
		f = f.Invert()
	}
	if s, ok := behave(f, behavior); ok {
		return []step{s}, nil
	}
	return nil, unsupported
}

// metaspace returns the step of a Metaspace part: spaces become marks, a mark
// may be put in front, and every mark begins a word.
func (t *pipeline) metaspace(p part) ([]step, error) {
	mark, scheme, err := p.metaspace()
	if err != nil {
		return nil, err
	}
	if scheme == "first" && t.takesStart {
		return nil, fmt.Errorf("Metaspace: the prepend_scheme \"first\" behind a normalizer that may remove the start of a text is not supported")
	}
	s := step{mark: mark}
	if scheme != "never" {
		s.lead = lead{text: mark, firstOnly: scheme == "first"}
	}
	cut, err := p.flag("split", true)
	if err != nil {
		return nil, err
	}
	switch {
	case cut:
		s.cut = split.Before(mark)
	case mark == split.SpaceMark && t.splitsAtMarks(mark):
		s.cut = split.Marked // the same ids, sooner
	}
	return []step{s}, nil
}

// metaspace returns the fields that a Metaspace has as pre-tokenizer and decoder.
func (p part) metaspace() (mark, scheme string, err error) {
	if mark, err = p.char("replacement", split.SpaceMark); err != nil {
		return "", "", err
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
