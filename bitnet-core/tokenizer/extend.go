package tokenizer

import (
	"fmt"
	"maps"
	"math"
	"slices"
)

// An AddedToken is matched in texts before they are cut into words, and so is
// never a part of another token. Fields are those of the Hugging Face library,
// whose default for Normalized is the opposite of Special.
type AddedToken struct {
	Content    string // what is matched
	Special    bool   // a control token: skipped by Decode, text under Options.PlainSpecials
	SingleWord bool   // only where no word character touches it
	LStrip     bool   // takes the white space before it
	RStrip     bool   // takes the white space after it
	Normalized bool   // Content passes the normalizer and is matched in normalized text; it decodes as it stands here
}

// AddTokens returns a Tokenizer that also has tokens, and their ids in the order
// of tokens. A Content that the vocabulary has keeps its id and is matched with
// the flags given here from now on; others get the next ids, from VocabSize on. If
// a Content occurs twice, its last flags count. The Tokenizer must be of this
// package; it stays as it was, may be in use meanwhile, and shares its vocabulary
// with the new one. A model that is run with the new ids needs rows for them.
//
// Adding takes time and memory in proportion to all added tokens and a byte for
// each token of the vocabulary, so many are best added at once.
func AddTokens(t Tokenizer, tokens []AddedToken) (Tokenizer, []int32, error) {
	p, ok := t.(*pipeline)
	if !ok {
		return nil, nil, fmt.Errorf("tokenizer: tokens cannot be added to a %T, only to what this package loads", t)
	}
	q := &pipeline{
		normalize: p.normalize,
		steps:     p.steps,
		model:     p.model,
		prefix:    p.prefix,
		suffix:    p.suffix,
		trim:      p.trim,
		vocab:     p.vocab,
		extra:     slices.Clone(p.extra),
		decoder:   p.decoder,
		kinds:     slices.Clone(p.kinds),
		named:     maps.Clone(p.named),
		spelled:   p.spelled,
		size:      p.size,
	}
	if q.named == nil {
		q.named = map[string]int32{}
	}
	ids := make([]int32, len(tokens))
	latest := make(map[int32]AddedToken, len(tokens)) // by id
	for i, token := range tokens {
		id, err := q.addToken(token)
		if err != nil {
			return nil, nil, fmt.Errorf("tokenizer: added token %d, %q: %w", i, token.Content, err)
		}
		ids[i], latest[id] = id, token
	}
	var verbatim, rewritten []addedToken
	for _, m := range []struct {
		from *matcher
		to   *[]addedToken
	}{{p.verbatim, &verbatim}, {p.rewritten, &rewritten}} {
		if m.from == nil {
			continue
		}
		for _, old := range m.from.tokens {
			if _, again := latest[old.id]; !again {
				*m.to = append(*m.to, old)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		t := latest[id]
		a := addedToken{
			id: id, content: t.Content, special: t.Special, singleWord: t.SingleWord,
			lstrip: t.LStrip, rstrip: t.RStrip, normalized: t.Normalized,
		}
		if !a.normalized {
			verbatim = append(verbatim, a)
			continue
		}
		for _, n := range q.normalize {
			a.content = n(a.content, nil)
		}
		if a.content != "" {
			rewritten = append(rewritten, a)
		}
	}
	q.verbatim, q.rewritten = newMatcher(verbatim), newMatcher(rewritten)
	return q, ids, nil
}

// addToken gives a token an id.
func (p *pipeline) addToken(t AddedToken) (int32, error) {
	if t.Content == "" {
		return 0, fmt.Errorf("the content is empty")
	}
	id, known := p.ID(t.Content)
	if !known {
		if p.size == math.MaxInt32 {
			return 0, fmt.Errorf("the vocabulary is full")
		}
		id = int32(p.size)
		text, k := p.unspell(t.Content)
		p.extra = append(p.extra, text)
		p.kinds = append(grow(p.kinds, id-1), k)
		p.named[t.Content] = id
		p.size++
	}
	if p.kinds[id] &^= special; t.Special {
		p.kinds[id] |= special
	}
	return id, nil
}

// unspell returns the text of an added token and how it is decoded.
func (p *pipeline) unspell(content string) ([]byte, kind) {
	if !p.spelled {
		return []byte(content), 0
	}
	raw, ok := appendUnspelled(nil, []byte(content))
	if !ok {
		return raw, literal
	}
	return raw, 0
}

// Added returns the tokens that t matches in texts before it cuts them into words,
// with their ids, in the order of ids. Control tokens of GGUF and SentencePiece files are
// among them. A Tokenizer of another package has none here.
func Added(t Tokenizer) (tokens []AddedToken, ids []int32) {
	p, _ := t.(*pipeline)
	if p == nil {
		return nil, nil
	}
	var all []addedToken
	for _, m := range []*matcher{p.verbatim, p.rewritten} {
		if m != nil {
			all = append(all, m.tokens...)
		}
	}
	slices.SortStableFunc(all, func(a, b addedToken) int { return int(a.id) - int(b.id) })
	for _, a := range all {
		if a.normalized { // the content is what normalizers made of it
			if text, ok := p.Token(a.id); ok {
				a.content = text
			}
		}
		tokens = append(tokens, AddedToken{
			Content: a.content, Special: a.special, SingleWord: a.singleWord, LStrip: a.lstrip, RStrip: a.rstrip, Normalized: a.normalized,
		})
		ids = append(ids, a.id)
	}
	return tokens, ids
}
