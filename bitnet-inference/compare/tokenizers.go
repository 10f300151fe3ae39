package compare

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// A Tokenizer is how two tokenizers differ.
type Tokenizer struct {
	// Absent is why there is no comparison: which model has no tokenizer that can be
	// read. It is "" if both have one.
	Absent string `json:"absent,omitempty"`

	VocabA int `json:"vocab_a"` // highest id + 1
	VocabB int `json:"vocab_b"`
	// Unequal tokens have other spellings, or are in one vocabulary only; First is the
	// first of them.
	Unequal int    `json:"unequal"`
	First   *Token `json:"first,omitempty"`
	// Specials is the number of ids that are control tokens of one only.
	Specials int `json:"specials"`

	// Merges and Scores are the entries that differ, counted in order. They are nil where
	// the files of one do not list them.
	Merges *int `json:"merges,omitempty"`
	Scores *int `json:"scores,omitempty"`
	// Split is the names of the rules that split text, if both have one and they differ.
	Split *Field `json:"split,omitempty"`

	// Texts is how many texts were encoded by both: some that tokenizers are known to cut
	// differently, repeated characters, added tokens of both between words, and what each
	// token of A stands for. Encoded counts those with different ids, and Example is the
	// first of them.
	Texts   int      `json:"texts"`
	Encoded int      `json:"encoded"`
	Example *Example `json:"example,omitempty"`
}

// A Token is an id that has different spellings, which are in quotes, or "none".
type Token struct {
	ID int32  `json:"id"`
	A  string `json:"a"`
	B  string `json:"b"`
}

// An Example is a text that the tokenizers encode differently.
type Example struct {
	Text string  `json:"text"`
	A    []int32 `json:"a"`
	B    []int32 `json:"b"`
}

// Same reports whether no difference was found, which is so for two that are absent.
func (t *Tokenizer) Same() bool {
	zero := func(n *int) bool { return n == nil || *n == 0 }
	return t.Absent == "" && t.Unequal == 0 && t.Specials == 0 && zero(t.Merges) && zero(t.Scores) && t.Split == nil && t.Encoded == 0
}

func tokenizers(ctx context.Context, a, b *Model) (Tokenizer, error) {
	var out Tokenizer
	switch {
	case a.TextErr != nil && b.TextErr != nil:
		out.Absent = "neither model has a tokenizer that can be read"
	case a.TextErr != nil:
		out.Absent = "A: " + a.TextErr.Error()
	case b.TextErr != nil:
		out.Absent = "B: " + b.TextErr.Error()
	}
	if out.Absent != "" {
		return out, nil
	}
	out.vocabularies(a.Text, b.Text)
	if err := out.parts(a.Checkpoint, b.Checkpoint); err != nil {
		return out, err
	}
	return out, out.encode(ctx, a.Text, b.Text)
}

func (t *Tokenizer) vocabularies(x, y tokenizer.Tokenizer) {
	t.VocabA, t.VocabB = x.VocabSize(), y.VocabSize()
	for id := range int32(max(t.VocabA, t.VocabB)) {
		p, okP := x.Token(id)
		q, okQ := y.Token(id)
		if p != q || okP != okQ {
			t.Unequal++
			if t.First == nil {
				t.First = &Token{id, spelling(p, okP), spelling(q, okQ)}
			}
		}
		if x.IsSpecial(id) != y.IsSpecial(id) {
			t.Specials++
		}
	}
}

func spelling(s string, ok bool) string {
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%q", s)
}

// parts compares what the files list of merges.
func (t *Tokenizer) parts(a, b *checkpoint.Checkpoint) error {
	p, err := a.Vocabulary()
	if err != nil {
		return err
	}
	q, err := b.Vocabulary()
	if err != nil {
		return err
	}
	t.Merges = unequal(p.Merges, q.Merges)
	t.Scores = unequal(p.Scores, q.Scores)
	if p.Split != q.Split && p.Split != "" && q.Split != "" {
		t.Split = &Field{"pre", &p.Split, &q.Split}
	}
	return nil
}

// unequal counts the places where two lists differ, nil if either is empty.
func unequal[T comparable](a, b []T) *int {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	n := max(len(a), len(b)) - min(len(a), len(b))
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			n++
		}
	}
	return &n
}

// encode compares the ids of texts, parts of the vocabulary at once.
func (t *Tokenizer) encode(ctx context.Context, x, y tokenizer.Tokenizer) error {
	try := func(text string, o tokenizer.Options) *Example {
		p, q := x.Encode(nil, text, o), y.Encode(nil, text, o)
		if slices.Equal(p, q) {
			return nil
		}
		return &Example{text, p, q}
	}
	count := func(e *Example) {
		t.Texts++
		if e != nil {
			t.Encoded++
			if t.Example == nil {
				t.Example = e
			}
		}
	}
	for _, texts := range []iter.Seq[string]{tokenizer.Probes(), tokenizer.RunProbes(), tokenizer.AddedProbes(x, y)} {
		for text := range texts {
			if err := ctx.Err(); err != nil {
				return err
			}
			count(try(text, tokenizer.Options{}))
		}
	}
	found := make([]*Example, t.VocabA)
	const some = 256 // tokens at a time
	err := parallel.Each(ctx, (len(found)+some-1)/some, func(i int) {
		for id := i * some; id < min((i+1)*some, len(found)); id++ {
			found[id] = try(string(x.AppendToken(nil, int32(id))), tokenizer.Options{NoPostProcess: true, PlainSpecials: true})
		}
	})
	for _, e := range found {
		count(e)
	}
	return err
}
