package tokenizer

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/jsonpull"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/trie"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/unigram"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/wordpiece"
)

// readScored reads the vocabulary of a Unigram model: a list of tokens, each
// with its score. Ids are positions.
func (m *jsonModel) readScored(p *jsonpull.Parser, f *jsonFile) error {
	v := bpe.NewVocab(int(f.limit)/16, int(f.limit)/2)
	m.scores = []float64{}
	err := p.Array(func() error {
		id := int32(len(m.scores))
		n := 0
		err := p.Array(func() error {
			n++
			switch n {
			case 1:
				token, err := p.String()
				if err != nil {
					return err
				}
				return v.Add(id, token)
			case 2:
				score, err := p.Float()
				m.scores = append(m.scores, score)
				return err
			}
			return fmt.Errorf("more than a token and its score")
		})
		if err == nil && n != 2 {
			err = fmt.Errorf("not a token and its score")
		}
		if err != nil {
			return fmt.Errorf("token %d: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	m.kinds = make([]kind, len(m.scores))
	m.vocab = v
	return v.Index(nil)
}

// build makes the model, resolving the tokens that it refers to by name.
func (m *jsonModel) build(p *pipeline) (model, error) {
	switch m.typ {
	case "Unigram":
		return m.buildUnigram()
	case "WordPiece":
		return m.buildWordPiece()
	case "WordLevel":
		unk, err := m.unkIn("<unk>")
		return wordLevel{m.vocab, unk}, err
	}
	b := m.bpe
	if b == nil {
		b = bpe.New(m.vocab, 0)
	}
	b.ByteLevel, b.IgnoreMerges, b.FuseUnk = p.spelled, m.ignoreMerges, m.fuseUnk
	if m.unk != "" {
		id, ok := p.ID(m.unk)
		if !ok {
			return nil, fmt.Errorf("unk_token: %q is not in the vocabulary", m.unk)
		}
		b.Unk = id
	}
	if m.fallback {
		b.Fallback = byteTokens(m.vocab)
	}
	if m.affixed() {
		prefix, err := m.affix(m.prefix, p.spelled)
		if err != nil {
			return nil, err
		}
		suffix, err := m.affix(m.suffix, p.spelled)
		return affixedModel{bpe.Affixed{Model: b, Prefix: prefix, Suffix: suffix}}, err
	}
	b.Seal()
	return bpeModel{b}, nil
}

// unkIn returns the id of the unknown token of a model that must have one; def
// is its name if the file has none.
func (m *jsonModel) unkIn(def string) (int32, error) {
	name := m.unk
	if name == "" {
		name = def
	}
	id := m.vocab.Lookup(name)
	if id == bpe.None {
		return 0, fmt.Errorf("unk_token: %q is not in the vocabulary, and a %s model needs it for words it does not know", name, m.typ)
	}
	return id, nil
}

func (m *jsonModel) buildWordPiece() (model, error) {
	unk, err := m.unkIn("[UNK]")
	if err != nil {
		return nil, err
	}
	prefix := m.prefix
	if !m.prefixed {
		prefix = "##"
	}
	t, err := trie.New(m.ids(), m.vocab.Text)
	if err != nil {
		return nil, fmt.Errorf("vocab: %w", err)
	}
	return wordPieceModel{wordpiece.New(t, unk, prefix, int(min(m.maxChars, 1<<30))), prefix}, nil
}

// ids returns the ids of the model's own tokens.
func (m *jsonModel) ids() []int32 {
	var list []int32
	for id := range int32(m.vocab.Size()) {
		if m.vocab.Has(id) && m.vocab.LookupBytes(m.vocab.Text(id)) == id {
			list = append(list, id)
		}
	}
	return list
}

func (m *jsonModel) buildUnigram() (model, error) {
	if m.unkID >= int64(len(m.scores)) || m.unkID < -1 {
		return nil, fmt.Errorf("unk_id: %d is not the id of one of %d tokens", m.unkID, len(m.scores))
	}
	u, err := unigram.New(m.vocab, m.scores)
	if err != nil {
		return nil, fmt.Errorf("vocab: %w", err)
	}
	u.Unk = int32(m.unkID) // bpe.None if there is none
	if m.fallback {
		u.Fallback = byteTokens(m.vocab)
	}
	return unigramModel{u}, nil
}
