package tokenizer

import (
	"errors"
	"slices"
)

// BOS returns the token that t begins texts with (beginning-of-text), the first of several,
// or -1 if it adds none: many vocabularies have one that their tokenizers do not add.
func BOS(t Tokenizer) int32 {
	before, _, err := Ends(t)
	if err != nil || len(before) == 0 {
		return -1
	}
	return before[0]
}

// Ends returns the ids that t puts before and behind a text. They are told from those of a
// text that has some; of a vocabulary without "a" it is the text of one of its tokens.
func Ends(t Tokenizer) (before, behind []int32, err error) {
	around := t.Encode(nil, "", Options{})
	if len(around) == 0 {
		return nil, nil, nil
	}
	text, bare := "a", t.Encode(nil, "a", Options{NoPostProcess: true})
	for id := int32(0); len(bare) == 0 && int(id) < t.VocabSize(); id++ {
		if !t.IsSpecial(id) {
			text = string(t.AppendToken(nil, id))
			bare = t.Encode(nil, text, Options{NoPostProcess: true})
		}
	}
	full := t.Encode(nil, text, Options{})
	for at := range len(around) + 1 {
		if len(bare) > 0 && slices.Equal(full, slices.Concat(around[:at], bare, around[at:])) {
			return around[:at], around[at:], nil
		}
	}
	return nil, nil, errors.New("which tokens are put before and behind a text cannot be told: no text that was tried has ids of its own")
}
