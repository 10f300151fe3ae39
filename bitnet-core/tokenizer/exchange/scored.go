package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// scored describes BPE with byte fallback, whose tokens get scores.
func (h *hfFile) scored(want tokenizer.Tokenizer, rows int) (*vocabulary, error) {
	v := newVocabulary("llama", rows)
	if h.Model.IgnoreMerges {
		return nil, errors.New("GGUF cannot say of scored tokens that words are looked up before merges are (ignore_merges)")
	}
	vocab, err := h.bpeVocab(v, want)
	if err != nil {
		return nil, err
	}
	for text, id := range vocab {
		if _, ok := byteOf(text); ok {
			v.types[id] = tokenizer.TypeByte
		}
	}
	if err := v.checkBytes(); err != nil {
		return nil, err
	}
	once, err := h.spaces(v, vocab)
	if err != nil {
		return nil, err
	}
	if once {
		// As in newer directories of Llama's family. Whoever computes with their GGUF files
		// does as with the older ones.
		tokens, _ := tokenizer.Added(want)
		v.except("texts that begin with a space, and what is behind special tokens in a text, get another space in front by GGUF files' rules, and are encoded differently",
			func(text string) bool {
				return strings.HasPrefix(text, " ") || strings.HasPrefix(text, mark) ||
					slices.ContainsFunc(tokens, func(a tokenizer.AddedToken) bool { return strings.Contains(text, a.Content) })
			})
	}
	var ok bool
	if v.unk, ok = want.ID(h.Model.Unk); !ok || h.Model.Unk == "" {
		return nil, errors.New("the model has no token for unknown characters (unk_token), which GGUF's needs")
	}
	if err := h.putScores(v, vocab, want); err != nil {
		return nil, err
	}
	return v, v.putAdded(want)
}

// spaces finds whether a text gets a space in front, and whether that is only once and where
// it has none (Metaspace), if spaces are all that is rewritten.
func (h *hfFile) spaces(v *vocabulary, vocab map[string]int32) (once bool, err error) {
	marked := false
	for _, p := range h.Normalizer.steps() {
		switch {
		case p.replaces(" ", mark):
			marked = true
		case p.Type == "Prepend" && !v.spacePrefix && (p.Prepend == mark || p.Prepend == " " && !marked):
			v.spacePrefix = true
		default:
			return false, fmt.Errorf("GGUF has no key for the normalizer %s in this place", p.Type)
		}
	}
	for _, p := range h.PreTokenizer.steps() {
		switch {
		case p.Type == "Split" && marked && p.Pattern.String != nil && *p.Pattern.String == " ":
			// there are no spaces any more
		case !p.marksSpaces():
			return false, fmt.Errorf("GGUF has no key for the pre-tokenizer %s in this place", p.Type)
		case p.Split == nil || *p.Split:
			for text := range vocab {
				if strings.LastIndex(text, mark) > 0 {
					return false, fmt.Errorf("text is cut before every space (Metaspace, split), which GGUF cannot say, and %q has one inside", text)
				}
			}
			fallthrough
		default:
			if !v.spacePrefix && p.scheme() != "never" {
				v.spacePrefix, once = true, true
			}
			marked = true
		}
	}
	if !marked {
		return false, errors.New("spaces stay what they are, and in GGUF files become ▁")
	}
	return once, nil
}

// putScores gives tokens scores by which they are merged in the order of the list. That
// is possible if all merges of a token lie together and none is left out.
func (h *hfFile) putScores(v *vocabulary, vocab map[string]int32, want tokenizer.Tokenizer) error {
	merges, err := h.merges()
	if err != nil {
		return err
	}
	counts := make(map[string]int, len(vocab)) // of a token's merges
	sides := map[string]bool{}                 // where those of one token are cut
	last, order := "", float32(0)
	for _, m := range merges {
		left, right, _ := strings.Cut(m, " ")
		made := left + right
		id, ok := vocab[made]
		if !ok {
			return fmt.Errorf("merges: %q is not in the vocabulary", made)
		}
		if made != last {
			if counts[made] > 0 {
				return fmt.Errorf("merges of %q lie apart, between those of %q: in GGUF files a token has one score, and all its merges the same rank", made, last)
			}
			v.scores[id] = -order
			order++
			last = made
			clear(sides)
		}
		if !sides[left] {
			sides[left] = true
			counts[made]++
		}
	}
	for text, id := range vocab {
		if counts[text] == 0 {
			v.scores[id] = -order
		}
	}
	matched := map[string]bool{}
	added, _ := tokenizer.Added(want)
	for _, a := range added {
		matched[a.Content] = !a.Normalized
	}
	cuts := newCuts(vocab)
	for text := range vocab {
		if matched[text] && counts[text] == 0 {
			continue // never made of parts
		}
		n := 0
		var missing error
		cuts.each(text, func(left, right string, known bool) {
			if n++; !known {
				missing = fmt.Errorf("%q is not a token, and in GGUF files it can be a part of %q all the same", left+"\" or \""+right, text)
			}
		})
		if missing != nil {
			return missing
		}
		if n != counts[text] {
			return fmt.Errorf("%d of %d ways to merge two tokens to %q are left out, and in GGUF files all of them merge", n-counts[text], n, text)
		}
	}
	return nil
}

// cuts finds what two tokens a token can be made of.
type cuts struct {
	vocab   map[string]int32
	lengths map[int]bool // of tokens; most cuts of a long one have sides of no such length
}

func newCuts(vocab map[string]int32) cuts {
	c := cuts{vocab, map[int]bool{}}
	for text := range vocab {
		c.lengths[len(text)] = true
	}
	return c
}

// each calls f for every cut of text into tokens or single characters; known tells that
// both are tokens.
func (c cuts) each(text string, f func(left, right string, known bool)) {
	for at := range text {
		left, right := text[:at], text[at:]
		if at == 0 || !c.may(left) || !c.may(right) {
			continue
		}
		_, a := c.vocab[left]
		_, b := c.vocab[right]
		if (a || isChar(left)) && (b || isChar(right)) {
			f(left, right, a && b)
		}
	}
}

func (c cuts) may(side string) bool { return len(side) <= utf8.UTFMax || c.lengths[len(side)] }

func isChar(s string) bool {
	_, n := utf8.DecodeRuneInString(s)
	return n == len(s)
}

// mergesOf lists the merges that scores stand for, the highest first, those of one token
// in the order of its parts' ids. Runs of marks alone may have one score, as Llama 2's do: what
// becomes of them is compared.
func mergesOf(vocab map[string]int32, scores []float32, matched func(id int32) bool) ([][2]string, error) {
	made := make([]string, 0, len(vocab))
	for text := range vocab {
		made = append(made, text)
	}
	slices.SortFunc(made, func(a, b string) int {
		return cmp.Or(cmp.Compare(scores[vocab[b]], scores[vocab[a]]), cmp.Compare(vocab[a], vocab[b]))
	})
	cuts := newCuts(vocab)
	var all [][2]string
	var err error
	last := "" // of those that are merged
	for _, text := range made {
		start := len(all)
		cuts.each(text, func(left, right string, known bool) {
			switch {
			case known:
				all = append(all, [2]string{left, right})
			case !matched(vocab[text]):
				err = fmt.Errorf("%q is made of characters that are no tokens, which a tokenizer.json cannot say", text)
			}
		})
		slices.SortFunc(all[start:], func(a, b [2]string) int {
			return cmp.Or(cmp.Compare(vocab[a[0]], vocab[b[0]]), cmp.Compare(vocab[a[1]], vocab[b[1]]))
		})
		if len(all) == start || matched(vocab[text]) {
			continue
		}
		if last != "" && scores[vocab[last]] == scores[vocab[text]] && strings.Trim(last+text, mark) != "" {
			err = fmt.Errorf("%q and %q have the same score, so that whichever comes first in a text is merged first, which a list of merges cannot say", last, text)
		}
		last = text
	}
	return all, err
}
