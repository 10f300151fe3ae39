// Package unigram cuts text into the tokens of a unigram language model.
//
// Every token has a score, the logarithm of its probability, and a text is cut
// into the tokens whose scores add up to the most (Kudo, arXiv:1804.10959). The
// Viterbi algorithm finds them in one pass: for each place it keeps the best sum
// of any cut that ends there and the token that ends it. Where no token covers
// the one character at a place, an unknown one does, with a score of
// [unknownPenalty] below the lowest.
//
// Equal sums are decided for the token that starts first. Two libraries define
// the rest, and they differ:
//
//   - Hugging Face's ([New]) sums in float64, and a run of unknown characters is
//     looked up once more as a whole.
//   - SentencePiece ([NewSentencePiece]) sums in float32, which decides close
//     cases otherwise; a run of unknown characters stays unknown, and tokens that
//     a user defined win over what their letters could be cut into.
package unigram

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/trie"
)

// unknownPenalty is what an unknown character costs more than the least likely
// token.
const unknownPenalty = 10

// A Model turns words into ids. After New, Unk and Fallback may be set; then it
// must not change.
type Model struct {
	Unk      int32       // stands for a run of characters outside the vocabulary; bpe.None: they vanish
	Fallback *[256]int32 // tokens for the bytes of such a run, or nil

	vocab   *bpe.Vocab
	scores  []float64 // by id
	trie    *trie.Trie
	unknown float64 // score of an unknown character

	sentencePiece bool // sums are float32, runs of unknown characters are not looked up
}

// New returns a Model on an indexed vocabulary whose tokens are numbered
// without holes and have scores, which are numbers.
func New(v *bpe.Vocab, scores []float64) (*Model, error) {
	ids := make([]int32, len(scores))
	lowest := math.Inf(1)
	for i, s := range scores {
		if math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("the score of token %d is not a finite number", i)
		}
		ids[i] = int32(i)
		lowest = min(lowest, s)
	}
	t, err := trie.New(ids, v.Text)
	if err != nil {
		return nil, err
	}
	return &Model{Unk: bpe.None, vocab: v, scores: scores, trie: t, unknown: lowest - unknownPenalty}, nil
}

// A Role says what a token of a SentencePiece model is there for.
type Role uint8

const (
	Normal  Role = iota
	Defined      // by the user: taken wherever the text has it
	Absent       // from texts: control, unknown, unused and byte tokens
)

// NewSentencePiece is New for what SentencePiece does. Scores of tokens that are
// not Normal do not matter.
func NewSentencePiece(v *bpe.Vocab, scores []float32, role func(id int32) Role) (*Model, error) {
	m := &Model{Unk: bpe.None, vocab: v, scores: make([]float64, len(scores)), sentencePiece: true}
	var ids []int32
	lowest := float32(math.MaxFloat32)
	for i, s := range scores {
		id := int32(i)
		switch role(id) {
		case Absent:
			continue
		case Defined:
			s = float32(0.1 * float64(len(v.Text(id))-1))
		case Normal:
			if f := float64(s); math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("the score of token %d is not a finite number", i)
			}
			lowest = min(lowest, s)
		}
		ids = append(ids, id)
		m.scores[i] = float64(s)
	}
	m.unknown = float64(lowest - unknownPenalty)
	var err error
	m.trie, err = trie.New(ids, v.Text)
	return m, err
}

// A Scratch is the working memory of one encoding at a time. The zero value is
// ready.
type Scratch struct {
	best []cut // by place in the word
	path []cut
}

// cut is the best cut of a text up to some place: its last token, or unknown,
// and where that starts.
type cut struct {
	sum   float64
	start int32 // of the last token; -1 if no cut ends here
	id    int32 // of the last token, or unknown
}

// unknown is the id of a character that no token covers; not None, which a
// Model may have for Unk.
const unknown int32 = -2

// keepCuts is the size up to which a Scratch keeps its memory.
const keepCuts = 1 << 14

// Trim lets go of memory that an unusually long word has taken.
func (sc *Scratch) Trim() {
	if cap(sc.best) > keepCuts {
		sc.best, sc.path = nil, nil
	}
}

// MaxWord is the length in bytes from which on Append cuts a word into parts of
// their own: places are counted in 32 bits.
const MaxWord = 1 << 30

// Append appends the ids of word to dst. Bytes that are not valid UTF-8 are
// characters of their own that no token covers.
func (m *Model) Append(dst []int32, word string, sc *Scratch) []int32 {
	for len(word) > MaxWord {
		dst = m.append(dst, word[:MaxWord], sc)
		word = word[MaxWord:]
	}
	return m.append(dst, word, sc)
}

func (m *Model) append(dst []int32, word string, sc *Scratch) []int32 {
	m.each(word, sc, func(id int32, start, stop int) {
		if id == unknown {
			dst = m.appendUnknown(dst, word[start:stop])
		} else {
			dst = append(dst, id)
		}
	})
	return dst
}

// A Part is the part [Start, End) of a word, in bytes.
type Part struct{ Start, End int }

// Locate appends the part of word that each of the ids stands for which Append
// appends: a whole run of unknown characters, or with Fallback each byte of it.
func (m *Model) Locate(dst []Part, word string, sc *Scratch) []Part {
	for at := 0; at < len(word); at += MaxWord {
		piece := word[at:min(at+MaxWord, len(word))]
		m.each(piece, sc, func(id int32, start, stop int) {
			n := 1
			if id == unknown {
				n = len(m.appendUnknown(nil, piece[start:stop]))
			}
			if n == 1 {
				dst = append(dst, Part{at + start, at + stop})
				return
			}
			for i := range n { // one for each byte, or none
				dst = append(dst, Part{at + start + i, at + start + i + 1})
			}
		})
	}
	return dst
}

// each calls f with the tokens of the best cut of word and where they begin and end;
// runs of unknown characters are one, with the id unknown.
func (m *Model) each(word string, sc *Scratch, f func(id int32, start, stop int)) {
	m.viterbi(word, sc)
	path := sc.path[:0] // sum is not used; start and id from the end
	end := int32(len(word))
	for at := end; at > 0; at = sc.best[at].start {
		path = append(path, sc.best[at])
	}
	sc.path = path
	for i := len(path) - 1; i >= 0; {
		id, start := path[i].id, path[i].start
		i--
		if m.isUnknown(id) {
			id = unknown
			for i >= 0 && m.isUnknown(path[i].id) {
				i--
			}
		}
		stop := end
		if i >= 0 {
			stop = path[i].start
		}
		f(id, int(start), int(stop))
	}
}

// isUnknown reports whether a token belongs to a run of unknown characters,
// which the token Unk does where the text spells it out.
func (m *Model) isUnknown(id int32) bool { return id == unknown || id == m.Unk }

// viterbi fills sc.best, whose places within a character have no cut.
func (m *Model) viterbi(word string, sc *Scratch) {
	if n := len(word) + 1; cap(sc.best) < n {
		sc.best = make([]cut, n)
	} else {
		sc.best = sc.best[:n]
	}
	best := sc.best
	for i := range best {
		best[i].start = -1
	}
	best[0].sum = 0
	for i := 0; i < len(word); {
		n := 1
		if word[i] >= utf8.RuneSelf {
			_, n = utf8.DecodeRuneInString(word[i:])
		}
		if m.sentencePiece && math.Abs(best[i].sum) > maxSum {
			m.lower(best[i:])
		}
		sum, single := best[i].sum, false
		node := trie.Root
		for j := i; j < len(word); {
			if node = m.trie.Step(node, word[j]); node == trie.None {
				break
			}
			j++
			id := m.trie.ID(node)
			if id == trie.None {
				continue
			}
			single = single || j == i+n
			if s := m.add(sum, m.scores[id]); best[j].start < 0 || s > best[j].sum {
				best[j] = cut{s, int32(i), id}
			}
		}
		if s := m.add(sum, m.unknown); !single && (best[i+n].start < 0 || s > best[i+n].sum) {
			best[i+n] = cut{s, int32(i), unknown}
		}
		i += n
	}
}

// add returns a + b as the library does that the Model follows. Of two float32,
// the sum in float64 is rounded to float32 as their own sum would be.
func (m *Model) add(a, b float64) float64 {
	if m.sentencePiece {
		return float64(float32(a + b))
	}
	return a + b
}

// maxSum is where SentencePiece begins to count from zero again: float32 has few
// digits left for the scores of long texts.
const maxSum = 100_000

// lower takes the first sum away from it and from those of all cuts behind it.
func (m *Model) lower(best []cut) {
	offset := best[0].sum
	best[0].sum = 0
	for i := 1; i < min(len(best), trie.MaxToken+1); i++ {
		if best[i].start >= 0 {
			best[i].sum = m.add(best[i].sum, -offset)
		}
	}
}

// appendUnknown appends what stands for a run of unknown characters: the token
// of that spelling, if there is one after all, or its bytes, or Unk.
func (m *Model) appendUnknown(dst []int32, run string) []int32 {
	if !m.sentencePiece {
		if id := m.vocab.Lookup(run); id != bpe.None {
			return append(dst, id)
		}
	}
	if m.Fallback != nil {
		start := len(dst)
		for i := range len(run) {
			id := m.Fallback[run[i]]
			if id == bpe.None {
				dst = dst[:start]
				break
			}
			dst = append(dst, id)
		}
		if len(dst) > start {
			return dst
		}
	}
	if m.Unk == bpe.None {
		return dst
	}
	return append(dst, m.Unk)
}
