package tokenizer

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// pieceType is one of the types of tokens.
type pieceType int32

// special reports whether the type is matched as a special token.
func (t pieceType) special() bool { return t == TypeControl || t == TypeUnknown }

// A scored vocabulary is a SentencePiece model. In one of type BPE neighbours
// merge if together they are a token, the highest score first. Ids are positions.
type scored struct {
	unigram  bool
	charsmap []byte // SentencePiece's table of characters; Unigram only

	texts    []string
	scores   []float32
	types    []pieceType
	unk      int32 // or bpe.None
	fuseUnk  bool
	bos, eos int32 // added around a text, or bpe.None

	spacePrefix bool // a text begins with a space
	collapse    bool // runs of spaces are one space, none at the ends
	userMarks   bool // user-defined tokens are found, and spelled, with marks for spaces
}

// build makes a Tokenizer of the vocabulary. Texts must be as long as scores
// and types.
func (s *scored) build() (*pipeline, error) {
	size := 0
	for _, t := range s.texts {
		size += len(t)
	}
	v := bpe.NewVocab(len(s.texts), size)
	p := &pipeline{
		kinds: make([]kind, len(s.texts)),
		named: map[string]int32{},
		size:  len(s.texts),
	}
	var matched, user []addedToken // in the text as it is, and with marks in it
	bytes := 0
	for i, text := range s.texts {
		if text == "" {
			continue // a hole
		}
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("token %d: %q is not UTF-8", i, text)
		}
		id, typ := int32(i), s.types[i]
		if err := v.Add(id, []byte(text)); err != nil {
			return nil, err
		}
		switch {
		case typ == TypeByte:
			if _, ok := alphabet.ByteOf(text); !ok {
				return nil, fmt.Errorf("token %d is a byte but spelled %q, not like <0x0A>", i, text)
			}
			p.kinds[i] = byteKind
			bytes++
		case typ.special():
			p.kinds[i] = special | literal
			matched = append(matched, addedToken{id: id, content: text, special: true})
		case typ == TypeUser && s.userMarks && !s.unigram:
			user = append(user, addedToken{id: id, content: text})
		case typ == TypeUser:
			p.kinds[i] = literal
			matched = append(matched, addedToken{id: id, content: text})
		}
	}
	if err := v.Index(nil); err != nil {
		return nil, err
	}
	for _, id := range []int32{s.unk, s.bos, s.eos} {
		if id != bpe.None && !v.Has(id) {
			return nil, fmt.Errorf("the special token id %d is not a token", id)
		}
	}
	if s.unigram {
		return p, s.finishUnigram(p, v, matched, bytes > 0)
	}
	m := bpe.New(v, 2*v.Count())
	m.Unk, m.FuseUnk = s.unk, s.fuseUnk
	if bytes > 0 {
		m.Fallback = byteTokens(v)
	}
	ranks, err := ranksOf(s.scores)
	if err != nil {
		return nil, err
	}
	if err := m.MergeByRank(func(id int32) uint32 { return ranks[id] }); err != nil {
		return nil, err
	}
	m.Seal()
	p.model, p.vocab = bpeModel{m}, v
	p.verbatim, p.rewritten = newMatcher(matched), newMatcher(user)
	prefix := ""
	if s.spacePrefix {
		prefix = split.SpaceMark
	}
	if s.collapse {
		p.normalize = append(p.normalize, collapseSpaces)
	}
	p.normalize = append(p.normalize, spaceMarks(prefix, split.SpaceMark))
	if !m.Joins(split.SpaceMark) {
		p.steps = cuts(split.Marked) // the same ids, sooner
	}
	if s.bos != bpe.None {
		p.prefix = []int32{s.bos}
	}
	if s.eos != bpe.None {
		p.suffix = []int32{s.eos}
	}
	p.decoder.edits = []tokenEdit{replaceText(split.SpaceMark, " ")}
	if s.spacePrefix {
		p.decoder.strip, p.decoder.stripMost = " ", 1
	}
	return p, nil
}

// ranksOf numbers the scores from the highest down, equal ones alike.
func ranksOf(scores []float32) ([]uint32, error) {
	order := make([]int32, len(scores))
	for i, s := range scores {
		if s != s {
			return nil, fmt.Errorf("the score of token %d is not a number", i)
		}
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(scores[b], scores[a]) })
	ranks := make([]uint32, len(scores))
	for i := 1; i < len(order); i++ {
		ranks[order[i]] = ranks[order[i-1]]
		if scores[order[i]] != scores[order[i-1]] {
			ranks[order[i]]++
		}
	}
	return ranks, nil
}
