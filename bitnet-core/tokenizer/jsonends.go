package tokenizer

import (
	"fmt"
	"slices"
)

// setPostProcessor reads which ids are added around a text.
func setPostProcessor(v any, t *pipeline) error {
	steps, err := parts(v, "processors")
	if err != nil {
		return err
	}
	for _, s := range steps {
		var prefix, suffix []int32
		switch s.typ {
		case "ByteLevel": // adds nothing
			if err := s.trims(t); err != nil {
				return err
			}
		case "TemplateProcessing":
			if prefix, suffix, err = s.template(t); err != nil {
				return err
			}
		case "RobertaProcessing", "BertProcessing":
			if s.typ == "RobertaProcessing" {
				if err := s.trims(t); err != nil {
					return err
				}
			}
			for name, ids := range map[string]*[]int32{"cls": &prefix, "sep": &suffix} {
				pair, _ := s.fields[name].([]any)
				if len(pair) != 2 {
					return fmt.Errorf("%s: %q is not a token and its id", s.typ, name)
				}
				id, err := t.idOf(pair[1])
				if err != nil {
					return fmt.Errorf("%s: %s: %w", s.typ, name, err)
				}
				*ids = []int32{id}
			}
		default:
			return s.unknown()
		}
		t.prefix = slices.Concat(prefix, t.prefix)
		t.suffix = slices.Concat(t.suffix, suffix)
	}
	return nil
}

// trims reads whether ranges are without the white space of their tokens.
func (p part) trims(t *pipeline) error {
	trim, err := p.flag("trim_offsets", true)
	t.trim = t.trim || trim
	return err
}

// template reads the ids before and behind the one sequence of the template
// "single".
func (p part) template(t *pipeline) (prefix, suffix []int32, err error) {
	single, ok := p.fields["single"].([]any)
	if !ok {
		return nil, nil, fmt.Errorf("TemplateProcessing: no list \"single\"")
	}
	specials, _ := p.fields["special_tokens"].(map[string]any)
	sequences := 0
	for _, v := range single {
		piece, _ := v.(map[string]any)
		if _, ok := piece["Sequence"]; ok {
			sequences++
			continue
		}
		special, _ := piece["SpecialToken"].(map[string]any)
		name, _ := special["id"].(string)
		entry, _ := specials[name].(map[string]any)
		ids, ok := entry["ids"].([]any)
		if !ok {
			return nil, nil, fmt.Errorf("TemplateProcessing: \"special_tokens\" has no ids for %q", name)
		}
		for _, v := range ids {
			id, err := t.idOf(v)
			if err != nil {
				return nil, nil, fmt.Errorf("TemplateProcessing: %q: %w", name, err)
			}
			if sequences == 0 {
				prefix = append(prefix, id)
			} else {
				suffix = append(suffix, id)
			}
		}
	}
	if sequences != 1 {
		return nil, nil, fmt.Errorf("TemplateProcessing: \"single\" has %d sequences, want 1", sequences)
	}
	return prefix, suffix, nil
}

// idOf checks that a JSON value is the id of a token.
func (t *pipeline) idOf(v any) (int32, error) {
	f, ok := v.(float64)
	if !ok || f < 0 || f >= float64(t.size) || f != float64(int32(f)) || !t.has(int32(f)) {
		return 0, fmt.Errorf("%v is not the id of a token", v)
	}
	return int32(f), nil
}
