package tokenizer

import (
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/unigram"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/wordpiece"
)

// A model turns words into ids.
type model interface {
	// Append appends the ids of word, which is not empty, to dst.
	Append(dst []int32, word string, sc *scratch) []int32
}

// scratch is the working memory of one running Encode.
type scratch struct {
	bpe     bpe.Scratch
	unigram unigram.Scratch
}

func (sc *scratch) trim() {
	sc.bpe.Trim()
	sc.unigram.Trim()
}

type bpeModel struct{ *bpe.Model }

func (m bpeModel) Append(dst []int32, word string, sc *scratch) []int32 {
	return m.Model.Append(dst, word, &sc.bpe)
}

type unigramModel struct{ *unigram.Model }

func (m unigramModel) Append(dst []int32, word string, sc *scratch) []int32 {
	return m.Model.Append(dst, word, &sc.unigram)
}

type wordPieceModel struct{ *wordpiece.Model }

func (m wordPieceModel) Append(dst []int32, word string, _ *scratch) []int32 {
	return m.Model.Append(dst, word)
}

// A wordLevel model knows whole words.
type wordLevel struct {
	vocab *bpe.Vocab
	unk   int32 // any other word
}

func (m wordLevel) Append(dst []int32, word string, _ *scratch) []int32 {
	if id := m.vocab.Lookup(word); id != bpe.None {
		return append(dst, id)
	}
	return append(dst, m.unk)
}

// splitsAtMarks reports whether a text may be cut before every run of mark
// without changing the ids.
func (p *pipeline) splitsAtMarks(mark string) bool {
	m, ok := p.model.(bpeModel)
	return ok && !m.Joins(mark)
}
