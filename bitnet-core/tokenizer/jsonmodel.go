package tokenizer

import (
	"bytes"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/jsonpull"
)

// jsonModel is the member "model" of a tokenizer.json.
type jsonModel struct {
	typ      string // BPE, WordPiece, WordLevel or Unigram
	vocab    *bpe.Vocab
	kinds    []kind           // by id
	odd      map[string]int32 // tokens of a byte-level vocabulary with characters outside the byte alphabet
	unk      string
	fallback bool

	// BPE
	bpe                   *bpe.Model
	ignoreMerges, fuseUnk bool
	suffix                string

	prefix   string // of tokens that continue a word; WordPiece and BPE
	prefixed bool   // the file says so
	maxChars int64  // in a word that is not unknown; WordPiece

	scores []float64 // by id; Unigram
	unkID  int64     // or -1
}

// readModel reads the model from p. It needs to know whether the pre-tokenizer
// is byte-level.
func (f *jsonFile) readModel(p *jsonpull.Parser) error {
	f.spelled = mentionsByteLevel(f.parts["pre_tokenizer"])
	m := &jsonModel{odd: map[string]int32{}, unkID: -1, maxChars: 100}
	var merges *jsonpull.Parser // at the merges, if they come before what they depend on
	err := p.Object(func(k []byte) error {
		key := string(k)
		var err error
		switch key {
		case "type":
			err = m.readType(p)
		case "vocab":
			switch {
			case m.vocab != nil:
				return fmt.Errorf("the member \"vocab\" occurs twice")
			case p.Kind() == '[':
				err = m.readScored(p, f)
			default:
				err = m.readVocab(p, f)
			}
		case "merges":
			if m.vocab == nil || !m.prefixed {
				merges = p.Fork()
				err = p.Skip()
			} else {
				err = m.readMerges(p, f.spelled)
			}
		case "unk_token":
			m.unk, err = optionalString(p)
		case "unk_id":
			if p.Kind() == 'n' {
				err = p.Skip()
			} else {
				m.unkID, err = p.Int()
			}
		case "continuing_subword_prefix":
			m.prefixed = true
			m.prefix, err = optionalString(p)
		case "end_of_word_suffix":
			m.suffix, err = optionalString(p)
		case "max_input_chars_per_word":
			m.maxChars, err = p.Int()
		case "dropout":
			var v any
			if v, err = p.Value(); err == nil && v != nil && v != 0.0 {
				err = fmt.Errorf("%v is set, but encoding is deterministic here: set it to null", v)
			}
		case "byte_fallback":
			m.fallback, err = p.Bool()
		case "fuse_unk":
			m.fuseUnk, err = p.Bool()
		case "ignore_merges":
			m.ignoreMerges, err = p.Bool()
		default:
			err = p.Skip()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if m.vocab == nil {
		return fmt.Errorf("no member \"vocab\"")
	}
	if merges != nil {
		if err := m.readMerges(merges, f.spelled); err != nil {
			return fmt.Errorf("merges: %w", err)
		}
	}
	if err := m.check(f); err != nil {
		return err
	}
	f.model = m
	return nil
}

func (m *jsonModel) readType(p *jsonpull.Parser) error {
	v, err := p.Value()
	if err != nil {
		return err
	}
	switch m.typ, _ = v.(string); m.typ {
	case "BPE", "WordPiece", "WordLevel", "Unigram":
		return nil
	}
	return fmt.Errorf("%v models cannot be read, only BPE, WordPiece, WordLevel and Unigram", v)
}

// check looks for members that do not go together.
func (m *jsonModel) check(f *jsonFile) error {
	if m.typ == "" {
		m.typ = "BPE" // old files do not say
	}
	switch {
	case (m.typ == "Unigram") != (m.scores != nil):
		return fmt.Errorf("vocab: a %s model has an object of tokens and ids, Unigram alone a list of tokens and scores", m.typ)
	case m.maxChars < 0:
		return fmt.Errorf("max_input_chars_per_word: %d is negative", m.maxChars)
	case m.bpe != nil && m.typ != "BPE":
		return fmt.Errorf("merges: a %s model has none", m.typ)
	case m.typ != "BPE" && f.spelled:
		return fmt.Errorf("a %s model behind a ByteLevel pre-tokenizer cannot be read, only BPE", m.typ)
	case m.affixed() && m.fallback:
		return fmt.Errorf("byte_fallback together with continuing_subword_prefix or end_of_word_suffix cannot be read")
	}
	return nil
}

// affixed reports whether the symbols of a BPE model have a prefix or suffix.
func (m *jsonModel) affixed() bool { return (m.typ == "BPE" || m.typ == "") && m.prefix+m.suffix != "" }

// readVocab reads the object of tokens and ids.
func (m *jsonModel) readVocab(p *jsonpull.Parser, f *jsonFile) error {
	v := bpe.NewVocab(int(f.limit)/16, int(f.limit)/2)
	var raw []byte
	err := p.Object(func(token []byte) error {
		text, k := token, kind(0)
		if f.spelled {
			var ok bool
			if raw, ok = appendUnspelled(raw[:0], token); !ok {
				k = literal
			}
			text = raw
		}
		// The text must be stored before the parser moves on; the id comes after.
		raw = append(raw[:0], text...)
		id, err := f.readID(p)
		if err != nil {
			return fmt.Errorf("%q: %w", raw, err)
		}
		if err := v.Add(id, raw); err != nil {
			return err
		}
		m.kinds = grow(m.kinds, id)
		if k == literal {
			m.odd[string(raw)] = id
		}
		m.kinds[id] = k
		return nil
	})
	if err != nil {
		return err
	}
	if err := v.Index(func(id int32) bool { return m.kinds[id]&literal != 0 }); err != nil {
		return err
	}
	m.vocab = v
	return nil
}

// readMerges reads the list of merges: "a b" or ["a", "b"].
func (m *jsonModel) readMerges(p *jsonpull.Parser, spelled bool) error {
	v := m.vocab
	m.bpe = bpe.New(v, 2*v.Count())
	var raw []byte
	side := func(token []byte) (int32, error) {
		text := token
		if spelled {
			var ok bool
			if raw, ok = appendUnspelled(raw[:0], token); !ok {
				return 0, fmt.Errorf("%q is not spelled in the byte alphabet", token)
			}
			text = raw
		}
		id := v.LookupBytes(text)
		if id == bpe.None {
			return 0, fmt.Errorf("%q is not in the vocabulary", token)
		}
		return id, nil
	}
	add := func(left, right int32, rank uint32) bool { return m.bpe.AddMerge(left, right, rank, true) }
	if m.affixed() {
		prefix, err := m.affix(m.prefix, spelled)
		if err != nil {
			return err
		}
		add = bpe.Affixed{Model: m.bpe, Prefix: prefix}.AddMerge
	}
	rank := uint32(0)
	return p.Array(func() error {
		var pair [2]int32
		n := 0
		var err error
		if p.Kind() == '[' {
			err = p.Array(func() error {
				token, err := p.String()
				if err != nil {
					return err
				}
				if n == 2 {
					return fmt.Errorf("more than two tokens")
				}
				pair[n], err = side(token)
				n++
				return err
			})
			if err == nil && n != 2 {
				err = fmt.Errorf("%d tokens, want 2", n)
			}
		} else {
			var line []byte
			if line, err = p.String(); err == nil {
				left, right, _ := bytes.Cut(line, []byte{' '})
				if len(left) == 0 || len(right) == 0 || bytes.IndexByte(right, ' ') >= 0 {
					err = fmt.Errorf("%q is not two tokens with a space between", line)
				} else if pair[0], err = side(left); err == nil {
					pair[1], err = side(right)
				}
			}
		}
		if err == nil && !add(pair[0], pair[1], rank) {
			err = fmt.Errorf("%q and %q merge to something that is not in the vocabulary", v.Text(pair[0]), v.Text(pair[1]))
		}
		if err != nil {
			return fmt.Errorf("merge %d: %w", rank, err)
		}
		rank++
		return nil
	})
}

// affix returns the bytes of a prefix or suffix.
func (m *jsonModel) affix(s string, spelled bool) (string, error) {
	if !spelled {
		return s, nil
	}
	raw, ok := appendUnspelled(nil, []byte(s))
	if !ok {
		return "", fmt.Errorf("the prefix or suffix %q is not spelled in the byte alphabet", s)
	}
	return string(raw), nil
}

// byteTokens returns the ids of the tokens <0x00> to <0xFF>, None where there
// is none.
func byteTokens(v *bpe.Vocab) *[256]int32 {
	var ids [256]int32
	for b := range ids {
		ids[b] = v.Lookup(fmt.Sprintf("<0x%02X>", b))
	}
	return &ids
}

// optionalString reads a string or null.
func optionalString(p *jsonpull.Parser) (string, error) {
	if p.Kind() == 'n' {
		return "", p.Skip()
	}
	s, err := p.String()
	return string(s), err
}
