package tokenizer

import (
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/unigram"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/wordpiece"
)

// A model turns words into ids.
type model interface {
	// Append appends the ids of word, which is not empty, to dst.
	Append(dst []int32, word string, sc *scratch) []int32

	// Locate appends the part of word that each of ids stands for, where ids
	// are what Append made of word in p.
	Locate(dst []Range, word string, ids []int32, p *pipeline, sc *scratch) []Range
}

// scratch is the working memory of one running Encode.
type scratch struct {
	bpe     bpe.Scratch
	unigram unigram.Scratch
	parts   []unigram.Part
}

func (sc *scratch) trim() {
	sc.bpe.Trim()
	sc.unigram.Trim()
	if cap(sc.parts) > 1<<14 {
		sc.parts = nil
	}
}

type bpeModel struct{ *bpe.Model }

func (m bpeModel) Append(dst []int32, word string, sc *scratch) []int32 {
	return m.Model.Append(dst, word, &sc.bpe)
}

// Locate follows ids through the text. An unknown token stands for one symbol
// that is not in the vocabulary, or for a run of such.
func (m bpeModel) Locate(dst []Range, word string, ids []int32, p *pipeline, _ *scratch) []Range {
	l := location{word: word}
	unknown := func() int { // length of the next symbol if it is not a token, or 0
		n := 1
		if !m.ByteLevel {
			n = l.char()
		}
		if l.at < len(word) && !p.own(p.vocab.Lookup(word[l.at:l.at+n])) {
			return n
		}
		return 0
	}
	for _, id := range ids {
		n := unknown()
		text := p.vocab.Text(id)
		switch {
		case n > 0 && id == m.Unk:
			at := l.take(n)
			for n = unknown(); n > 0 && m.FuseUnk; n = unknown() {
				at.End = l.take(n).End
			}
			dst = append(dst, at)
		case n > 0 && m.Fallback != nil && isByte(text, word[l.at]):
			dst = append(dst, l.take(1))
		default:
			dst = append(dst, l.text(text))
		}
	}
	return dst
}

// An affixedModel is BPE whose symbols have a prefix or suffix.
type affixedModel struct{ bpe.Affixed }

func (m affixedModel) Append(dst []int32, word string, sc *scratch) []int32 {
	return m.Affixed.Append(dst, word, &sc.bpe)
}

// Locate follows ids through the text; a token that begins a word has no prefix
// and one that ends it has the suffix.
func (m affixedModel) Locate(dst []Range, word string, ids []int32, p *pipeline, _ *scratch) []Range {
	l := location{word: word}
	for _, id := range ids {
		start := l.at
		for l.at < len(word) { // symbols outside the vocabulary
			known, n := m.Symbol(word, l.at)
			if known != bpe.None {
				break
			}
			l.take(n)
			if m.Unk != bpe.None && !m.FuseUnk {
				break
			}
		}
		if m.Unk != bpe.None && l.at > start {
			dst = append(dst, Range{start, l.at})
			continue
		}
		n := len(p.vocab.Text(id)) // with a suffix it reaches beyond the word
		if l.at > 0 {
			n -= len(m.Prefix)
		}
		dst = append(dst, l.take(max(0, n)))
	}
	return dst
}

type unigramModel struct{ *unigram.Model }

func (m unigramModel) Append(dst []int32, word string, sc *scratch) []int32 {
	return m.Model.Append(dst, word, &sc.unigram)
}

// Locate cuts the word once more: where unknown characters end cannot be seen from
// ids alone, for what follows them may begin with the same ones.
func (m unigramModel) Locate(dst []Range, word string, _ []int32, _ *pipeline, sc *scratch) []Range {
	sc.parts = m.Model.Locate(sc.parts[:0], word, &sc.unigram)
	for _, at := range sc.parts {
		dst = append(dst, Range(at))
	}
	return dst
}

// isByte reports whether a token is spelled as b, <0xHH>.
func isByte(token []byte, b byte) bool {
	v, ok := alphabet.ByteOf(token)
	return ok && v == b
}

type wordPieceModel struct {
	*wordpiece.Model
	prefix string // of tokens that continue a word
}

func (m wordPieceModel) Append(dst []int32, word string, _ *scratch) []int32 {
	return m.Model.Append(dst, word)
}

func (m wordPieceModel) Locate(dst []Range, word string, ids []int32, p *pipeline, _ *scratch) []Range {
	if len(ids) == 1 {
		return append(dst, Range{0, len(word)})
	}
	l := location{word: word}
	for i, id := range ids {
		n := len(p.vocab.Text(id))
		if i > 0 {
			n -= len(m.prefix)
		}
		dst = append(dst, l.take(n))
	}
	return dst
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

func (m wordLevel) Locate(dst []Range, word string, _ []int32, _ *pipeline, _ *scratch) []Range {
	return append(dst, Range{0, len(word)})
}

// splitsAtMarks reports whether a text may be cut before every run of mark
// without changing the ids.
func (p *pipeline) splitsAtMarks(mark string) bool {
	m, ok := p.model.(bpeModel)
	return ok && !m.Joins(mark)
}
