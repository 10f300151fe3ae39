package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
)

// addFromFiles adds to t, the tokenizer of dir's tokenizer.model, the tokens that the
// transformers library keeps in files beside it: their ids in added_tokens.json or
// added_tokens_decoder of tokenizer_config.json, and which of them are special there and in
// special_tokens_map.json. They are matched in the text as it is written.
func addFromFiles(t Tokenizer, dir string) (Tokenizer, error) {
	tokens, err := addedByID(dir)
	if err != nil || len(tokens) == 0 {
		return t, err
	}
	special, err := specialNames(dir)
	if err != nil {
		return nil, err
	}
	var add []AddedToken
	for _, id := range slices.Sorted(maps.Keys(tokens)) {
		token := tokens[id]
		token.Special = token.Special || special[token.Content]
		if own, known := t.ID(token.Content); known && own != id {
			return nil, fmt.Errorf("tokenizer: %s: the files beside tokenizer.model give %q the id %d, and its vocabulary %d", dir, token.Content, id, own)
		}
		add = append(add, token)
		tokens[id] = token
	}
	size := t.VocabSize()
	extended, ids, err := AddTokens(t, add)
	if err != nil {
		return nil, fmt.Errorf("%w (from the files beside %s)", err, filepath.Join(dir, "tokenizer.model"))
	}
	for i, id := range ids {
		if tokens[id] != add[i] {
			return nil, fmt.Errorf("tokenizer: %s: the ids of added tokens must follow the %d of tokenizer.model without a gap, and %q would have the id %d", dir, size, add[i].Content, id)
		}
	}
	return extended, nil
}

// addedByID reads which tokens are added, by id.
func addedByID(dir string) (map[int32]AddedToken, error) {
	var byText map[string]int64
	if err := readAdded(dir, "added_tokens.json", &byText); err != nil {
		return nil, err
	}
	var config struct {
		Added map[string]struct {
			Content    string
			Special    bool
			LStrip     bool
			RStrip     bool
			SingleWord bool `json:"single_word"`
		} `json:"added_tokens_decoder"`
	}
	if err := readAdded(dir, "tokenizer_config.json", &config); err != nil {
		return nil, err
	}
	tokens := map[int32]AddedToken{}
	put := func(id int64, token AddedToken) error {
		if id < 0 || id > math.MaxInt32 {
			return fmt.Errorf("tokenizer: %s: the id %d of the added token %q is out of range", dir, id, token.Content)
		}
		if was, ok := tokens[int32(id)]; ok && was.Content != token.Content {
			return fmt.Errorf("tokenizer: %s: the id %d is given to the added tokens %q and %q", dir, id, was.Content, token.Content)
		}
		tokens[int32(id)] = token
		return nil
	}
	for text, id := range byText {
		if err := put(id, AddedToken{Content: text}); err != nil {
			return nil, err
		}
	}
	for key, a := range config.Added {
		id, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("tokenizer: %s: added_tokens_decoder: %q is no id", filepath.Join(dir, "tokenizer_config.json"), key)
		}
		if err := put(id, AddedToken{Content: a.Content, Special: a.Special, LStrip: a.LStrip, RStrip: a.RStrip, SingleWord: a.SingleWord}); err != nil {
			return nil, err
		}
	}
	return tokens, nil
}

// specialNames reads which tokens have a part to play, such as "pad_token".
func specialNames(dir string) (map[string]bool, error) {
	var parts map[string]json.RawMessage
	if err := readAdded(dir, "special_tokens_map.json", &parts); err != nil {
		return nil, err
	}
	special := map[string]bool{}
	for _, data := range parts {
		var several []json.RawMessage
		if json.Unmarshal(data, &several) != nil {
			several = []json.RawMessage{data}
		}
		for _, one := range several {
			var text string
			var object struct{ Content string }
			if json.Unmarshal(one, &text) != nil && json.Unmarshal(one, &object) == nil {
				text = object.Content
			}
			special[text] = true
		}
	}
	return special, nil
}

// readAdded decodes a JSON file of dir into v, which stays as it is if there is none.
func readAdded(dir, name string, v any) error {
	path := filepath.Join(dir, name)
	data, err := ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("tokenizer: %w", err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("tokenizer: %s: %w", path, err)
	}
	return nil
}
