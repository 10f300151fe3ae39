package tokenizer

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// setDecoder reads how ids become text again.
func setDecoder(v any, t *pipeline) error {
	steps, err := parts(v, "decoders")
	if err != nil {
		return err
	}
	d := &t.decoder
	bytesDecoded, fused := false, false
	total := growth(1)
	for i, s := range steps {
		switch s.typ {
		case "ByteLevel":
			bytesDecoded = true
			continue
		case "ByteFallback":
			if fused || d.byteRuns || d.suffix != "" {
				return fmt.Errorf("ByteFallback is supported once, before Fuse and BPEDecoder")
			}
			d.byteRuns = true
			for id := range t.kinds {
				if _, ok := alphabet.ByteOf(t.vocab.Text(int32(id))); ok {
					t.kinds[id] |= byteKind
				}
			}
			continue
		case "Fuse":
			fused = true
			continue
		case "Strip":
			if fused {
				if err := d.setStrip(s); err != nil {
					return err
				}
				continue
			}
		case "BPEDecoder":
			if fused || d.suffix != "" {
				return fmt.Errorf("BPEDecoder is supported once, before Fuse")
			}
			if d.suffix, err = s.text("suffix", "</w>"); err == nil && d.suffix == "" {
				err = fmt.Errorf("BPEDecoder: the suffix is empty")
			}
			if err != nil {
				return err
			}
			continue
		case "CTC":
			if i > 0 {
				return fmt.Errorf("CTC is supported as the first step only")
			}
			d.once = true
		}
		edit, grows, err := s.tokenEdit()
		if err != nil {
			return err
		}
		if fused || d.suffix != "" || d.once && i > 0 {
			return fmt.Errorf("%s is supported before Fuse and BPEDecoder, and not behind CTC", s.typ)
		}
		if err := total.by(grows); err != nil {
			return err
		}
		if d.byteRuns {
			d.late = append(d.late, edit)
		} else {
			d.edits = append(d.edits, edit)
		}
	}
	if len(steps) == 0 {
		d.join = " "
	}
	if bytesDecoded != t.spelled {
		return fmt.Errorf("pre-tokenizer and decoder must both be ByteLevel or neither")
	}
	if bytesDecoded && (len(d.edits) > 0 || d.byteRuns || d.suffix != "") {
		return fmt.Errorf("ByteLevel together with other decoders than Fuse and Strip is not supported")
	}
	return nil
}

// tokenEdit returns what one part does to each token, and how many times longer
// that can make it.
func (p part) tokenEdit() (f tokenEdit, grows int, err error) {
	switch p.typ {
	case "Replace":
		old, content, err := p.replacement()
		if err != nil {
			return nil, 0, err
		}
		return replaceText(old, content), (len(content) + len(old) - 1) / len(old), nil
	case "Metaspace":
		mark, scheme, err := p.metaspace()
		return spacesOf(mark, scheme != "never"), 1, err
	case "WordPiece":
		prefix, err := p.text("prefix", "##")
		if err != nil {
			return nil, 0, err
		}
		tidy, err := p.flag("cleanup", true)
		return continued(prefix, tidy), 2, err
	case "CTC":
		pad, err := p.text("pad_token", "<pad>")
		if err != nil {
			return nil, 0, err
		}
		delimiter, err := p.text("word_delimiter_token", "|")
		if err != nil {
			return nil, 0, err
		}
		if pad == "" || delimiter == "" {
			return nil, 0, fmt.Errorf("CTC: \"pad_token\" and \"word_delimiter_token\" must not be empty")
		}
		tidy, err := p.flag("cleanup", true)
		return unpadded(pad, delimiter, tidy), 1, err
	case "Strip":
		content, err := p.char("content", "")
		if err != nil {
			return nil, 0, err
		}
		start, err := p.count("start")
		if err != nil {
			return nil, 0, err
		}
		stop, err := p.count("stop")
		return trimmed(content, start, stop), 1, err
	}
	return nil, 0, p.unknown()
}

// setStrip reads a Strip of the whole text.
func (d *decoder) setStrip(s part) error {
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
	if stop != 0 || content == "" || d.stripMost != 0 {
		return fmt.Errorf("Strip is supported once after Fuse, at the start only")
	}
	d.strip, d.stripMost = content, start
	return nil
}
