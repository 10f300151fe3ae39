package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/charsmap"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/trie"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/unigram"
)

// finishUnigram makes p, which has the vocabulary v, a Unigram model as
// SentencePiece runs it. User-defined tokens are not cut out of the text before
// anything else, as those of other models are: they keep the normalizer from
// rewriting them, and their scores make sure that they are found.
func (s *scored) finishUnigram(p *pipeline, v *bpe.Vocab, matched []addedToken, bytes bool) error {
	m, err := unigram.NewSentencePiece(v, s.scores, func(id int32) unigram.Role {
		switch s.types[id] {
		case TypeNormal:
			return unigram.Normal
		case TypeUser:
			return unigram.Defined
		}
		return unigram.Absent
	})
	if err != nil {
		return err
	}
	m.Unk = s.unk
	if bytes {
		m.Fallback = byteTokens(v)
	}
	p.model, p.vocab = unigramModel{m}, v
	p.verbatim = newMatcher(slices.DeleteFunc(matched, func(t addedToken) bool { return !t.special }))

	var user []int32
	for i, typ := range s.types {
		switch id := int32(i); {
		case !v.Has(id):
		case typ == TypeUnknown:
			m.Unk = id // whatever the trainer's settings say
		case typ == TypeUser:
			user = append(user, id)
			p.kinds[id] &^= literal // its marks are spaces
		}
	}
	n := pieceNormalizer{prefix: s.spacePrefix, collapse: s.collapse}
	if n.table, err = charsmap.Parse(s.charsmap); err != nil {
		return err
	}
	total := growth(len(split.SpaceMark) + 1)
	if err := total.by(n.table.Growth()); err != nil {
		return err
	}
	if len(user) > 0 {
		if n.user, err = trie.New(user, v.Text); err != nil {
			return fmt.Errorf("user-defined tokens: %w", err)
		}
	}
	p.normalize = []normalizer{n.normalize}

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
	return nil
}

// A pieceNormalizer rewrites text as SentencePiece does: characters by its table,
// then spaces to marks.
type pieceNormalizer struct {
	table    *charsmap.Map
	user     *trie.Trie // tokens that stay as they are, or nil
	prefix   bool       // a mark comes first
	collapse bool       // spaces in a row are one mark, none at the ends
}

// normalize is a normalizer. The mark in front comes from where the first character
// does, which counts as a whole then.
func (n *pieceNormalizer) normalize(s string, a *alignment) string {
	at := 0
	if n.collapse {
		for at < len(s) {
			size, text := n.next(s[at:])
			if text != " " {
				break
			}
			at += size
		}
	}
	w := newRewriter(s, a)
	whole := at // up to where characters are not kept byte by byte
	if n.prefix && at < len(s) {
		_, size := utf8.DecodeRuneInString(s[at:])
		whole += size
		w.put(split.SpaceMark, at, whole)
	}
	afterSpace := n.collapse
	for at < len(s) {
		size, text := n.next(s[at:])
		part := s[at : at+size]
		from := at
		at += size
		if afterSpace {
			text = strings.TrimLeft(text, " ")
		}
		if text == "" {
			continue
		}
		afterSpace = n.collapse && text[len(text)-1] == ' '
		if strings.IndexByte(text, ' ') >= 0 {
			text = strings.ReplaceAll(text, " ", split.SpaceMark)
		}
		if text != part {
			w.put(text, from, at)
			continue
		}
		if from < whole { // the part may be less than the character
			k := min(whole, at)
			w.put(s[from:k], from, whole)
			from = k
		}
		w.keep(from, at)
	}
	out := w.end()
	for n.collapse && strings.HasSuffix(out, split.SpaceMark) {
		out = out[:len(out)-len(split.SpaceMark)]
	}
	if a != nil {
		a.spans = a.spans[:len(out)]
	}
	return out
}

// next returns the length of the first part of s, which is not empty, that is
// rewritten at once, and what becomes of it. A byte that is not UTF-8 stays,
// where SentencePiece writes U+FFFD.
func (n *pieceNormalizer) next(s string) (size int, text string) {
	if n.user != nil {
		node := trie.Root
		for i := 0; i < len(s); {
			if node = n.user.Step(node, s[i]); node == trie.None {
				break
			}
			i++
			if n.user.ID(node) != trie.None {
				size = i
			}
		}
		if size > 0 {
			return size, s[:size]
		}
	}
	if size, text = n.table.Longest(s); size > 0 {
		return size, text
	}
	_, size = utf8.DecodeRuneInString(s)
	return size, s[:size]
}
