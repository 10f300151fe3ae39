package exchange

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// A comparison looks for texts that two tokenizers encode differently.
type comparison struct {
	want, got  tokenizer.Tokenizer
	unigram    bool        // control tokens that are to be text differ by design
	exceptions []exception // are left out
}

// run compares everything.
func (c *comparison) run() error {
	if err := c.tokens(); err != nil {
		return err
	}
	for _, part := range []func() error{c.words, c.vocabulary, c.runs, c.added} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// same compares the ids of one text.
func (c *comparison) same(text string, opt tokenizer.Options) error {
	if !utf8.ValidString(text) || slices.ContainsFunc(c.exceptions, func(e exception) bool { return e.has(text) }) {
		return nil
	}
	want, got := c.want.Encode(nil, text, opt), c.got.Encode(nil, text, opt)
	if slices.Equal(want, got) {
		return nil
	}
	if len(text) > 100 {
		text = text[:100] + "…"
	}
	return fmt.Errorf("would encode %q differently: %v, not %v", text, shortened(got), shortened(want))
}

func shortened(ids []int32) []int32 { return ids[:min(len(ids), 16)] }

// words compares texts with what is added to them and without.
func (c *comparison) words() error {
	for text := range tokenizer.Probes() {
		for _, o := range []tokenizer.Options{{}, {NoPostProcess: true}, {PlainSpecials: true}} {
			if c.unigram && o.PlainSpecials && c.hasSpecial(text) {
				continue
			}
			if err := c.same(text, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// hasSpecial reports whether a control token occurs in a text.
func (c *comparison) hasSpecial(text string) bool {
	return !slices.Equal(c.want.Encode(nil, text, tokenizer.Options{}), c.want.Encode(nil, text, tokenizer.Options{PlainSpecials: true})) ||
		!slices.Equal(c.got.Encode(nil, text, tokenizer.Options{}), c.got.Encode(nil, text, tokenizer.Options{PlainSpecials: true}))
}

// tokens compares what tokens stand for that both have: the last of the longer are padding,
// or were left out of the other.
func (c *comparison) tokens() error {
	for id := range int32(min(c.want.VocabSize(), c.got.VocabSize())) {
		name, ok := c.want.Token(id)
		if !ok {
			continue
		}
		want, got := c.want.AppendToken(nil, id), c.got.AppendToken(nil, id)
		switch {
		case !bytes.Equal(want, got):
			return fmt.Errorf("would decode the token %q differently: to %q, not %q", name, got, want)
		case c.want.IsSpecial(id) && !c.got.IsSpecial(id):
			return fmt.Errorf("would not treat the token %q as a control token", name)
		}
	}
	return nil
}

// mostRows is how many rows of tokens are compared, at most.
const mostRows = 1 << 13

// vocabulary compares the text of each token, and of rows of tokens.
func (c *comparison) vocabulary() error {
	size := c.want.VocabSize()
	every := int32(size/mostRows + 1)
	bare := tokenizer.Options{NoPostProcess: true}
	var text []byte
	state := uint32(1)
	for id := range int32(size) {
		text = c.want.AppendToken(text[:0], id)
		if err := c.same(string(text), bare); err != nil {
			return err
		}
		if id%every != 0 {
			continue
		}
		text = append(text, text...)
		for range 6 { // a generator of Numerical Recipes; any would do
			state = state*1664525 + 1013904223
			other := int32(uint64(state) * uint64(size) >> 32)
			if !c.want.IsSpecial(other) {
				text = c.want.AppendToken(text, other)
			}
		}
		if err := c.same(string(text), bare); err != nil {
			return err
		}
	}
	return nil
}

// runs compares repeated characters.
func (c *comparison) runs() error {
	return c.all(tokenizer.RunProbes(), tokenizer.Options{NoPostProcess: true})
}

// added compares tokens that are matched in texts.
func (c *comparison) added() error {
	return c.all(tokenizer.AddedProbes(c.want, c.got), tokenizer.Options{})
}

// all compares texts until one differs.
func (c *comparison) all(texts iter.Seq[string], opt tokenizer.Options) error {
	for text := range texts {
		if err := c.same(text, opt); err != nil {
			return err
		}
	}
	return nil
}
