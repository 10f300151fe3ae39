package exchange

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// fromPieces describes a SentencePiece model, and tokens that files beside it added to want.
func fromPieces(p *tokenizer.Pieces, want tokenizer.Tokenizer, rows int) (*vocabulary, error) {
	v := newVocabulary("llama", rows)
	if p.Unigram {
		v.model = "t5"
	}
	v.spacePrefix, v.collapse, v.charsmap, v.unk = p.SpacePrefix, p.Collapse, p.Charsmap, p.Unk
	for id, text := range p.Texts {
		if err := v.put(id, text, p.Types[id]); err != nil {
			return nil, err
		}
		v.scores[id] = p.Scores[id]
		if p.Types[id] == tokenizer.TypeUnknown {
			v.unk = int32(id)
		}
	}
	if v.unk < 0 {
		return nil, errors.New("the model has no token for unknown characters, which GGUF's needs")
	}
	if !p.Unigram {
		if p.Collapse {
			return nil, errors.New("runs of spaces are taken for one (remove_extra_whitespaces), which engines do for Unigram models in GGUF files, not for BPE")
		}
		if err := v.checkBytes(); err != nil {
			return nil, err
		}
	}
	return v, v.putMatched(want, len(p.Texts), p.Unigram)
}

// putMatched adds the tokens that files beside a SentencePiece model do, and spells what
// users defined in it as engines find it: in the text before spaces become marks.
func (v *vocabulary) putMatched(want tokenizer.Tokenizer, own int, unigram bool) error {
	if !unigram {
		for id := range own {
			if v.types[id] == tokenizer.TypeUser && strings.Contains(v.tokens[id], mark) {
				v.tokens[id] = strings.ReplaceAll(v.tokens[id], mark, " ")
				v.noteMarks()
			}
		}
	}
	tokens, ids := tokenizer.Added(want)
	for i, a := range tokens {
		id, kind := int(ids[i]), int32(tokenizer.TypeUser)
		if a.Special {
			kind = tokenizer.TypeControl
		}
		if id < own {
			if old := v.types[id]; old == tokenizer.TypeNormal || old == tokenizer.TypeUnused {
				v.types[id] = kind
			}
			continue
		}
		if unigram && kind == tokenizer.TypeUser {
			return fmt.Errorf("the files beside it add %q, which is found in texts before anything else, and in GGUF files after characters are replaced", a.Content)
		}
		if v.leaveOut(id, a.Content) {
			continue
		}
		if err := v.put(id, a.Content, kind); err != nil {
			return err
		}
		v.scores[id] = -1000
	}
	return nil
}
