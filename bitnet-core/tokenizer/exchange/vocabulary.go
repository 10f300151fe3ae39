package exchange

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// mark is what SentencePiece writes for a space.
const mark = split.SpaceMark

// A vocabulary is a tokenizer as GGUF files describe it.
type vocabulary struct {
	model  string // gpt2, llama or t5
	tokens []string
	types  []int32   // 0: a hole
	scores []float32 // not for gpt2
	merges []string  // of gpt2: "a b"
	unk    int32     // or -1

	spacePrefix bool
	collapse    bool
	charsmap    []byte

	exceptions []exception
	leftOut    int // added tokens, for each of which there is an exception
}

// An exception is texts that are encoded differently, and the note that says so.
type exception struct {
	note string
	has  func(text string) bool
}

func (v *vocabulary) except(note string, has func(text string) bool) {
	v.exceptions = append(v.exceptions, exception{note, has})
}

// notes returns what should be known.
func (v *vocabulary) notes() (all []string) {
	for _, e := range v.exceptions {
		all = append(all, e.note)
	}
	return all
}

// containing returns a function that finds a part of texts.
func containing(part string) func(text string) bool {
	return func(text string) bool { return strings.Contains(text, part) }
}

// put sets a token.
func (v *vocabulary) put(id int, text string, kind int32) error {
	if id < 0 || id >= len(v.tokens) {
		return fmt.Errorf("token %d is beyond the %d rows of the embedding", id, len(v.tokens))
	}
	v.tokens[id], v.types[id] = text, kind
	return nil
}

func newVocabulary(model string, rows int) *vocabulary {
	v := &vocabulary{model: model, tokens: make([]string, rows), types: make([]int32, rows), unk: -1}
	if model != "gpt2" {
		v.scores = make([]float32, rows)
	}
	return v
}

// fill gives rows without a token one that no text has.
func (v *vocabulary) fill() {
	for i := range v.tokens {
		if v.types[i] == 0 {
			v.tokens[i], v.types[i] = fmt.Sprintf("[PAD%d]", i), tokenizer.TypeUnused
			if v.scores != nil {
				v.scores[i] = -10000
			}
		}
	}
}

// putAdded sets the types of the tokens that t matches before the model runs, and adds
// those that the model does not have.
func (v *vocabulary) putAdded(t tokenizer.Tokenizer) error {
	tokens, ids := tokenizer.Added(t)
	for i, a := range tokens {
		id, kind := int(ids[i]), int32(tokenizer.TypeUser)
		switch {
		case ids[i] == v.unk && a.Special:
			kind = tokenizer.TypeUnknown
		case a.Special:
			kind = tokenizer.TypeControl
		}
		inModel := id < len(v.types) && v.types[id] != 0 && v.tokens[id] == a.Content
		if kind == tokenizer.TypeUser && v.model != "gpt2" && strings.Contains(a.Content, mark) && inModel {
			// Engines would write the marks of a user-defined token as they stand.
			v.noteMarks()
			continue
		}
		if v.leaveOut(id, a.Content) {
			continue
		}
		if err := v.put(id, a.Content, kind); err != nil {
			return err
		}
		if v.scores != nil && !inModel {
			v.scores[id] = -1000
		}
	}
	return nil
}

// noteMarks says that texts with marks of their own may come out differently.
func (v *vocabulary) noteMarks() {
	const note = "tokens of several spaces are found in texts by the model itself: texts with U+2581 (▁) may be encoded differently"
	if !slices.Contains(v.notes(), note) {
		v.except(note, containing(mark))
	}
}

// mostLeftOut is how many added tokens can be left out; more say that the tokenizer is
// another model's.
const mostLeftOut = 16

// leaveOut leaves an added token out that the model cannot take, as Gemma 3's
// <image_soft_token> is one of text models.
func (v *vocabulary) leaveOut(id int, text string) bool {
	if id < len(v.tokens) || v.leftOut == mostLeftOut {
		return false
	}
	v.leftOut++
	v.except(fmt.Sprintf("the added token %q is left out: its id, %d, is beyond the %d rows of the embedding", text, id, len(v.tokens)), containing(text))
	return true
}

// checkBytes makes sure that there is a token for every byte: engines end with an error at
// characters that have none.
func (v *vocabulary) checkBytes() error {
	var have [256]bool
	n := 0
	for i, kind := range v.types {
		if b, ok := byteOf(v.tokens[i]); ok && kind == tokenizer.TypeByte && !have[b] {
			have[b] = true
			n++
		}
	}
	if n < 256 {
		return fmt.Errorf("of the 256 tokens for single bytes, <0x00> to <0xFF>, %d are missing, which engines that read GGUF files need", 256-n)
	}
	return nil
}

// byteOf returns what a token such as <0x0A> stands for; models fall back on no other
// spelling.
func byteOf(token string) (b byte, ok bool) {
	b, ok = alphabet.ByteOf(token)
	return b, ok && token == fmt.Sprintf("<0x%02X>", b)
}

// entries are the keys that say all of it but what is added to texts.
func (v *vocabulary) entries() entries {
	var e entries
	e.put("model", v.model)
	if v.model == "gpt2" {
		e.put("pre", "")
	} else {
		e.put("pre", "default")
	}
	e.put("tokens", v.tokens)
	e.put("token_type", v.types)
	if v.model == "gpt2" {
		e.put("merges", v.merges)
		return e
	}
	e.put("scores", v.scores)
	e.put("unknown_token_id", uint32(v.unk))
	e.put("add_space_prefix", v.spacePrefix)
	if v.model == "t5" {
		e.put("remove_extra_whitespaces", v.collapse)
		if len(v.charsmap) > 0 {
			e.put("precompiled_charsmap", v.charsmap)
		}
	}
	return e
}
