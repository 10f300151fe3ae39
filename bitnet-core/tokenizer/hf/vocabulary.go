//go:build tokenizers

package hf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// A file is what the library reads of a tokenizer.json but does not tell.
type file struct {
	data []byte // without truncation and padding

	Added []struct {
		ID      int64  `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	} `json:"added_tokens"`
	Model struct {
		Vocab json.RawMessage `json:"vocab"`
	} `json:"model"`
	Decoder    *part           `json:"decoder"`
	Truncation json.RawMessage `json:"truncation"`
	Padding    json.RawMessage `json:"padding"`
}

func readFile(data []byte) (*file, error) {
	f := &file{data: data}
	if err := json.Unmarshal(data, f); err != nil {
		return nil, err
	}
	if given(f.Truncation) || given(f.Padding) {
		members := map[string]json.RawMessage{}
		if err := json.Unmarshal(data, &members); err != nil {
			return nil, err
		}
		delete(members, "truncation")
		delete(members, "padding")
		var err error
		if f.data, err = json.Marshal(members); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// given reports whether a member is there and not null.
func given(member json.RawMessage) bool {
	return len(member) > 0 && !bytes.Equal(member, []byte("null"))
}

// A vocabulary has the spellings of all tokens, added ones among them.
type vocabulary struct {
	names   map[int32]string
	ids     map[string]int32
	special map[int32]bool
	size    int
}

// vocabulary reads the tokens: an object of ids or, for Unigram models, a list
// of pairs of token and score in the order of ids.
func (f *file) vocabulary() (vocabulary, error) {
	v := vocabulary{names: map[int32]string{}, ids: map[string]int32{}, special: map[int32]bool{}}
	switch vocab := f.Model.Vocab; {
	case !given(vocab):
		return v, errors.New(`no member "model" with a "vocab": not a tokenizer.json`)
	case vocab[0] == '[':
		var pairs [][2]any
		if err := json.Unmarshal(vocab, &pairs); err != nil {
			return v, fmt.Errorf("model.vocab: %w", err)
		}
		for i, pair := range pairs {
			token, ok := pair[0].(string)
			if !ok {
				return v, fmt.Errorf("model.vocab: entry %d is not a token and a score", i)
			}
			if err := v.add(token, int64(i)); err != nil {
				return v, fmt.Errorf("model.vocab: %w", err)
			}
		}
	default:
		ids := map[string]int64{}
		if err := json.Unmarshal(vocab, &ids); err != nil {
			return v, fmt.Errorf("model.vocab: %w", err)
		}
		for token, id := range ids {
			if err := v.add(token, id); err != nil {
				return v, fmt.Errorf("model.vocab: %w", err)
			}
		}
	}
	for _, token := range f.Added {
		if err := v.add(token.Content, token.ID); err != nil {
			return v, fmt.Errorf("added_tokens: %w", err)
		}
		if token.Special {
			v.special[int32(token.ID)] = true
		}
	}
	return v, nil
}

func (v *vocabulary) add(token string, id int64) error {
	if id < 0 || id >= math.MaxInt32 {
		return fmt.Errorf("the id %d of %q is out of range", id, token)
	}
	v.names[int32(id)] = token
	v.ids[token] = int32(id)
	v.size = max(v.size, int(id)+1)
	return nil
}

// VocabSize implements tokenizer.Tokenizer. (The library's counts the tokens,
// which is less where ids are left out.)
func (t *Tokenizer) VocabSize() int { return t.vocab.size }

// Token implements tokenizer.Tokenizer.
func (t *Tokenizer) Token(id int32) (string, bool) {
	token, ok := t.vocab.names[id]
	return token, ok
}

// ID implements tokenizer.Tokenizer.
func (t *Tokenizer) ID(token string) (int32, bool) {
	id, ok := t.vocab.ids[token]
	return id, ok
}

// IsSpecial implements tokenizer.Tokenizer.
func (t *Tokenizer) IsSpecial(id int32) bool { return t.vocab.special[id] }
