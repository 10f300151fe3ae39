package tokenizer

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/jsonpull"
)

// LoadJSON reads a Hugging Face tokenizer.json with a model of type BPE,
// WordPiece, WordLevel or Unigram. name stands for the file in errors. data is not kept.
//
// The file's truncation and padding are not applied: they belong to batches.
func LoadJSON(data []byte, name string) (Tokenizer, error) {
	p, err := loadJSON(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", name, err)
	}
	return p, nil
}

// jsonFile collects the members of a tokenizer.json. The model comes last in
// files that the library wrote; what it needs to know is read before it.
type jsonFile struct {
	limit int64 // ids must be below
	added []addedToken
	parts map[string]any // normalizer, pre_tokenizer, post_processor, decoder

	spelled bool // the pre-tokenizer is byte-level
	model   *jsonModel
}

func loadJSON(data []byte) (*pipeline, error) {
	f := &jsonFile{
		// Every token takes more than four bytes of JSON, so an id far beyond
		// that is a lie, and believing it would cost memory.
		limit: 1024 + int64(len(data))/4,
		parts: map[string]any{},
	}
	p := jsonpull.New(data)
	var late *jsonpull.Parser // at the model, if it comes before what it depends on
	known := 0
	seen := map[string]bool{}
	err := p.Object(func(k []byte) error {
		key := string(k)
		if seen[key] {
			return fmt.Errorf("the member %q occurs twice", key)
		}
		seen[key] = true
		var err error
		switch key {
		case "added_tokens":
			err = f.readAdded(p)
		case "normalizer", "pre_tokenizer", "post_processor", "decoder":
			known++
			f.parts[key], err = p.Value()
		case "model":
			if known == 4 {
				err = f.readModel(p)
			} else {
				late = p.Fork()
				err = p.Skip()
			}
		case "version":
			var v any
			if v, err = p.Value(); err == nil && v != "1.0" {
				err = fmt.Errorf("%v is not a version that this program reads; it reads \"1.0\"", v)
			}
		default:
			err = p.Skip()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err == nil {
		err = p.End()
	}
	if err != nil {
		return nil, err
	}
	if late != nil {
		if err := f.readModel(late); err != nil {
			return nil, fmt.Errorf("model: %w", err)
		}
	}
	if f.model == nil {
		return nil, fmt.Errorf("no member \"model\": not a tokenizer.json")
	}
	return f.build()
}

// readAdded reads the list of added tokens.
func (f *jsonFile) readAdded(p *jsonpull.Parser) error {
	return p.Array(func() error {
		t := addedToken{id: -1}
		err := p.Object(func(key []byte) error {
			var err error
			switch string(key) {
			case "id":
				t.id, err = f.readID(p)
			case "content":
				var s []byte
				s, err = p.String()
				t.content = string(s)
			case "special":
				t.special, err = p.Bool()
			case "single_word":
				t.singleWord, err = p.Bool()
			case "lstrip":
				t.lstrip, err = p.Bool()
			case "rstrip":
				t.rstrip, err = p.Bool()
			case "normalized":
				t.normalized, err = p.Bool()
			default:
				err = p.Skip()
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case t.id < 0:
			return fmt.Errorf("the token %q has no id", t.content)
		case t.content == "":
			return fmt.Errorf("the token with id %d has no content", t.id)
		}
		f.added = append(f.added, t)
		return nil
	})
}

func (f *jsonFile) readID(p *jsonpull.Parser) (int32, error) {
	id, err := p.Int()
	if err != nil {
		return 0, err
	}
	if id < 0 || id >= f.limit || id >= 1<<30 {
		return 0, fmt.Errorf("the id %d is out of range for a vocabulary of this size", id)
	}
	return int32(id), nil
}

// build puts the parts together.
func (f *jsonFile) build() (*pipeline, error) {
	m := f.model
	v := m.vocab
	p := &pipeline{vocab: v, spelled: f.spelled, named: m.odd, size: v.Size()}
	p.kinds = m.kinds
	seen := make(map[string]bool, len(f.added))
	for i := range f.added {
		t := &f.added[i]
		id, known := p.ID(t.content)
		if known && id != t.id {
			return nil, fmt.Errorf("added_tokens: %q has the id %d, but %d in the vocabulary", t.content, t.id, id)
		}
		if !known {
			if err := p.readToken(t); err != nil {
				return nil, err
			}
		}
		if t.special {
			p.kinds[t.id] |= special
		}
		if seen[t.content] {
			return nil, fmt.Errorf("added_tokens: %q occurs twice", t.content)
		}
		seen[t.content] = true
	}
	if holes := v.Size() - v.Count(); holes > v.Count()+1024 {
		return nil, fmt.Errorf("the highest of %d ids is %d: the vocabulary is mostly holes", v.Count(), v.Size()-1)
	}
	var err error
	if p.model, err = m.build(p); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for _, part := range []struct {
		name string
		set  func(any, *pipeline) error
	}{
		{"normalizer", setNormalizer},
		{"pre_tokenizer", setPreTokenizer},
		{"post_processor", setPostProcessor},
		{"decoder", setDecoder},
	} {
		if err := part.set(f.parts[part.name], p); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	var verbatim, rewritten []addedToken
	for _, t := range f.added {
		if !t.normalized {
			verbatim = append(verbatim, t)
			continue
		}
		for _, n := range p.normalize {
			t.content = n(t.content, nil)
		}
		if t.content != "" {
			rewritten = append(rewritten, t)
		}
	}
	p.verbatim, p.rewritten = newMatcher(verbatim), newMatcher(rewritten)
	return p, nil
}

// readToken adds a token of a file that the model's vocabulary does not have. It is found
// by the matchers and by its name, never by the model.
func (p *pipeline) readToken(t *addedToken) error {
	text, k := p.unspell(t.content)
	v := p.vocab
	if err := v.Add(t.id, text); err != nil {
		return fmt.Errorf("added_tokens: %w", err)
	}
	p.size = v.Size()
	p.kinds = grow(p.kinds, t.id)
	p.kinds[t.id] = k
	p.named[t.content] = t.id
	return nil
}

func grow(kinds []kind, id int32) []kind {
	if n := int(id) + 1 - len(kinds); n > 0 {
		kinds = append(kinds, make([]kind, n)...)
	}
	return kinds
}
