package train

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// Options say what BPE makes of words. The zero value makes 30,000 tokens.
type Options struct {
	// VocabSize is the number of tokens, special ones included; default 30,000.
	// The vocabulary is smaller if pairs run out, and larger if special tokens
	// and alphabet alone are more.
	VocabSize int

	MinFrequency int64 // pairs that occur more rarely are not merged; default 2

	// SpecialTokens get the first ids, in order. They are not looked for in the
	// text.
	SpecialTokens []string

	// InitialAlphabet are bytes that become tokens whether they occur or not;
	// nil is all 256, with which any text can be encoded. An empty one is none.
	InitialAlphabet []byte

	// LimitAlphabet is how many bytes become tokens at most, the most frequent
	// ones; 0 is no limit. Others are left out of the words.
	LimitAlphabet int

	// Progress, if any, is told after each merge how many tokens there are and
	// how many there may be. It runs on BPE's goroutine.
	Progress func(tokens, of int)
}

// withDefaults returns a copy of o with all fields set.
func (o Options) withDefaults() Options {
	if o.VocabSize == 0 {
		o.VocabSize = 30000
	}
	if o.MinFrequency == 0 {
		o.MinFrequency = 2
	}
	return o
}

const maxVocab = 1 << 24 // far beyond any use

// Validate reports what BPE would refuse, before words are counted.
func (o Options) Validate() error {
	o = o.withDefaults()
	if o.VocabSize < 1 || o.VocabSize > maxVocab {
		return fmt.Errorf("train: a vocabulary of %d tokens; want 1 to %d", o.VocabSize, maxVocab)
	}
	if o.MinFrequency < 0 {
		return fmt.Errorf("train: the least frequency is %d; want 1 or more", o.MinFrequency)
	}
	if o.LimitAlphabet < 0 || o.LimitAlphabet > 256 {
		return fmt.Errorf("train: an alphabet of %d bytes; want 1 to 256, or 0 for no limit", o.LimitAlphabet)
	}
	for i, s := range o.SpecialTokens {
		if s == "" {
			return fmt.Errorf("train: special token %d is empty", i)
		}
		if !utf8.ValidString(s) {
			return fmt.Errorf("train: the special token %q is not UTF-8", s)
		}
		if slices.Contains(o.SpecialTokens[:i], s) {
			return fmt.Errorf("train: the special token %q is named twice", s)
		}
	}
	return nil
}

// A Model is a trained vocabulary.
type Model struct {
	Tokens  []string   // by id, in the spelling of byte-level vocabularies: Ġ is a space
	Merges  [][2]int32 // ids of left and right, the first merge first
	Special int        // how many of the tokens, from id 0 on, are special
	Split   Split      // how text is to be cut into words
}

// BPE makes a vocabulary of words. It keeps nothing of them, and more may be
// counted afterwards.
func BPE(ctx context.Context, words *Words, opt Options) (*Model, error) {
	if err := opt.Validate(); err != nil {
		return nil, err
	}
	opt = opt.withDefaults()
	m := &Model{Special: len(opt.SpecialTokens), Split: words.opt.Split}
	m.Tokens = append(m.Tokens, opt.SpecialTokens...)
	ids := make(map[string]int32, opt.VocabSize)
	for id, token := range m.Tokens {
		ids[token] = int32(id)
	}
	// id returns the id of a token, a new one if it has none.
	id := func(token string) int32 {
		n, ok := ids[token]
		if !ok {
			n = int32(len(m.Tokens))
			ids[token] = n
			m.Tokens = append(m.Tokens, token)
		}
		return n
	}
	counted := words.merged()
	var byteIDs [256]int32
	for b := range byteIDs {
		byteIDs[b] = none
	}
	for _, b := range initial(counted, &opt) {
		byteIDs[b] = id(string(alphabet.Spell(b)))
	}
	c, err := newCorpus(ctx, counted, &byteIDs)
	if err != nil {
		return nil, err
	}
	for len(m.Tokens) < opt.VocabSize {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, ok := c.top()
		if !ok || e.count < opt.MinFrequency {
			break
		}
		left, right := e.sides()
		c.merge(e, id(m.Tokens[left]+m.Tokens[right])) // a special token may be spelled so already
		m.Merges = append(m.Merges, [2]int32{left, right})
		if opt.Progress != nil {
			opt.Progress(len(m.Tokens), opt.VocabSize)
		}
	}
	return m, nil
}
