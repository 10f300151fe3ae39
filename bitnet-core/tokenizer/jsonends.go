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
		case "ByteLevel": // moves offsets, adds nothing
		case "TemplateProcessing":
			if prefix, suffix, err = s.template(t); err != nil {
				return err
			}
		case "RobertaProcessing", "BertProcessing":
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

// setDecoder reads how ids become text again.
func setDecoder(v any, t *pipeline) error {
	steps, err := parts(v, "decoders")
	if err != nil {
		return err
	}
	d := &t.decoder
	bytesDecoded, fused := false, false
	for _, s := range steps {
		switch s.typ {
		case "ByteLevel":
			bytesDecoded = true
		case "Replace":
			old, content, err := s.replacement()
			if err != nil {
				return err
			}
			if fused || d.byteRuns {
				return fmt.Errorf("Replace is supported before ByteFallback and Fuse only")
			}
			d.replace = append(d.replace, replacement{[]byte(old), []byte(content)})
		case "ByteFallback":
			d.byteRuns = true
			for id := range t.kinds {
				if parseByteToken(t.model.Vocab.Text(int32(id))) {
					t.kinds[id] |= byteKind
				}
			}
		case "Fuse":
			fused = true
		case "Strip":
			if err := d.setStrip(s, fused); err != nil {
				return err
			}
		case "Metaspace":
			mark, scheme, err := s.metaspace()
			if err != nil {
				return err
			}
			if scheme != "never" {
				d.drop = mark
			}
			d.replace = append(d.replace, replacement{[]byte(mark), []byte{' '}})
		default:
			return s.unknown()
		}
	}
	if len(steps) == 0 {
		d.join = " "
	}
	if bytesDecoded != t.spelled {
		return fmt.Errorf("pre-tokenizer and decoder must both be ByteLevel or neither")
	}
	if bytesDecoded && (len(d.replace) > 0 || d.byteRuns) {
		return fmt.Errorf("ByteLevel together with Replace, ByteFallback or Metaspace is not supported")
	}
	return nil
}

func (d *decoder) setStrip(s part, fused bool) error {
	content, err := s.text("content", "")
	if err != nil {
		return err
	}
	start, err := s.count("start")
	if err != nil {
		return err
	}
	stop, err := s.count("stop")
	if err != nil {
		return err
	}
	if !fused || stop != 0 || content == "" || d.stripMost != 0 {
		return fmt.Errorf("Strip is supported once, after Fuse, at the start only")
	}
	d.strip, d.stripMost = content, start
	return nil
}
