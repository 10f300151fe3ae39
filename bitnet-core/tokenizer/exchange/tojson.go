package exchange

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// An object is one of a JSON file.
type object map[string]any

// ToJSON returns the tokenizer.json that stands for the tokenizer of a GGUF file, whose
// metadata md is. name stands for the file in errors.
func ToJSON(md tokenizer.Metadata, name string) ([]byte, error) {
	want, err := tokenizer.LoadGGUF(md, name)
	if err != nil {
		return nil, err
	}
	data, unigram, err := toJSON(md, want)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	got, err := tokenizer.LoadJSON(data, "the new tokenizer.json")
	if err != nil {
		return nil, err
	}
	c := comparison{want: want, got: got, unigram: unigram}
	if err := c.run(); err != nil {
		return nil, fmt.Errorf("%s: as a tokenizer.json the tokenizer %w", name, err)
	}
	return data, nil
}

func toJSON(md tokenizer.Metadata, want tokenizer.Tokenizer) (data []byte, unigram bool, err error) {
	v := readVocabulary(md, want)
	if err := v.checkUser(); err != nil {
		return nil, false, err
	}
	file := object{"version": "1.0", "truncation": nil, "padding": nil, "added_tokens": v.added(), "normalizer": nil, "pre_tokenizer": nil}
	switch v.model {
	case "llama":
		err = v.putScored(file)
	case "t5":
		v.putUnigram(file)
	default:
		pre, _ := md.String(prefix + "pre")
		err = v.putByteLevel(file, pre)
	}
	if err != nil {
		return nil, false, err
	}
	if file["post_processor"], err = postProcessor(want); err != nil {
		return nil, false, err
	}
	if data, err = json.MarshalIndent(file, "", "  "); err != nil {
		return nil, false, err
	}
	return append(data, '\n'), v.model == "t5", nil
}

// readVocabulary takes from a GGUF file what want was loaded from. Tokens behind the last
// that is used are left out.
func readVocabulary(md tokenizer.Metadata, want tokenizer.Tokenizer) *vocabulary {
	v := &vocabulary{unk: -1, spacePrefix: true}
	v.model, _ = md.String(prefix + "model")
	v.tokens, _ = md.Strings(prefix + "tokens")
	v.scores, _ = md.Float32s(prefix + "scores")
	v.merges, _ = md.Strings(prefix + "merges")
	kinds, _ := md.Int32s(prefix + "token_type")
	v.types = make([]int32, len(v.tokens))
	added, ids := tokenizer.Added(want)
	for i, text := range v.tokens {
		v.types[i] = tokenizer.TypeNormal
		if i < len(kinds) && kinds[i] >= tokenizer.TypeNormal && kinds[i] <= tokenizer.TypeByte {
			v.types[i] = kinds[i]
		} else if _, ok := byteOf(text); ok && v.model != "gpt2" {
			v.types[i] = tokenizer.TypeByte
		}
	}
	for i := range added {
		v.types[ids[i]] = tokenizer.TypeUser
		if added[i].Special {
			v.types[ids[i]] = tokenizer.TypeControl
		}
	}
	unk, ok := md.Uint(prefix + "unknown_token_id")
	if v.model == "t5" {
		v.spacePrefix = false
		if !ok {
			unk = 2
		}
	}
	if unk < uint64(len(v.tokens)) {
		v.unk = int32(unk)
	}
	if v.model == "t5" { // whatever the key says
		for i, kind := range kinds[:min(len(kinds), len(v.tokens))] {
			if kind == tokenizer.TypeUnknown {
				v.unk = int32(i)
			}
		}
	}
	if b, ok := md.Bool(prefix + "add_space_prefix"); ok {
		v.spacePrefix = b
	}
	v.collapse, _ = md.Bool(prefix + "remove_extra_whitespaces")
	v.charsmap, _ = md.Bytes(prefix + "precompiled_charsmap")
	for n := len(v.tokens); n > 0 && (v.types[n-1] == tokenizer.TypeUnused || v.tokens[n-1] == ""); n-- {
		v.tokens, v.types = v.tokens[:n-1], v.types[:n-1]
	}
	return v
}

// checkUser refuses tokens of Unigram models that are found where a tokenizer.json finds none.
func (v *vocabulary) checkUser() error {
	for id, kind := range v.types {
		if v.model == "t5" && kind == tokenizer.TypeUser && strings.Contains(v.tokens[id], mark) {
			return fmt.Errorf("the user-defined token %q is found after spaces became marks, which a tokenizer.json cannot say", v.tokens[id])
		}
	}
	return nil
}

// added lists the tokens that are matched in texts.
func (v *vocabulary) added() []object {
	list := []object{}
	for id, kind := range v.types {
		text := v.tokens[id]
		if text != "" && (kind == tokenizer.TypeControl || kind == tokenizer.TypeUnknown || kind == tokenizer.TypeUser) {
			list = append(list, object{
				"id": id, "content": text, "special": kind != tokenizer.TypeUser,
				"single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
			})
		}
	}
	return list
}

// putByteLevel writes byte-level BPE.
func (v *vocabulary) putByteLevel(file object, pre string) error {
	cut, _ := tokenizer.CutOf(pre)
	if cut.Patterns == nil {
		return fmt.Errorf("there is no expression for the rule %q by which text is split (tokenizer.ggml.pre)", pre)
	}
	// Tokens that are matched need be no part of the model, and are none in published files.
	// But the library gives those the ids behind the model's, as many as it has tokens.
	own := len(v.tokens)
	for own > 0 && (v.types[own-1] == tokenizer.TypeControl || v.types[own-1] == tokenizer.TypeUser) {
		own--
	}
	if slices.Contains(v.tokens[:own], "") {
		own = len(v.tokens)
	}
	vocab := map[string]int{}
	for id, text := range v.tokens[:own] {
		if text == "" {
			continue
		}
		if _, twice := vocab[text]; twice {
			return fmt.Errorf("the token %q occurs twice", text)
		}
		vocab[text] = id
	}
	merges := make([][2]string, len(v.merges))
	for i, m := range v.merges {
		at := strings.IndexByte(m[min(1, len(m)):], ' ') + 1
		merges[i] = [2]string{m[:at], m[min(at+1, len(m)):]}
	}
	patterns := cut.Patterns
	ownCut := patterns[len(patterns)-1] == split.GPT2Pattern
	if ownCut { // which ByteLevel does itself
		patterns = patterns[:len(patterns)-1]
	}
	byteLevel := object{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": ownCut}
	steps := []any{}
	for _, p := range patterns {
		steps = append(steps, object{"type": "Split", "pattern": object{"Regex": p}, "behavior": "Isolated", "invert": false})
	}
	file["pre_tokenizer"] = sequence("pretokenizers", append(steps, byteLevel))
	file["decoder"] = object{"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}
	file["model"] = bpeModel(vocab, merges, object{"ignore_merges": cut.IgnoreMerges})
	return nil
}

func bpeModel(vocab any, merges [][2]string, set object) object {
	m := object{
		"type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": nil, "end_of_word_suffix": nil,
		"fuse_unk": false, "byte_fallback": false, "ignore_merges": false, "vocab": vocab, "merges": merges,
	}
	for k, v := range set {
		m[k] = v
	}
	if !slices.ContainsFunc(merges, func(m [2]string) bool { return strings.Contains(m[0]+m[1], " ") }) {
		lines := make([]string, len(merges)) // which every version of the library reads
		for i, p := range merges {
			lines[i] = p[0] + " " + p[1]
		}
		m["merges"] = lines
	}
	return m
}

// sequence is one step, or several.
func sequence(list string, steps []any) any {
	if len(steps) == 1 {
		return steps[0]
	}
	return object{"type": "Sequence", list: steps}
}

// putScored writes the model "llama".
func (v *vocabulary) putScored(file object) error {
	if err := v.checkBytes(); err != nil {
		return err
	}
	vocab := make(map[string]int32, len(v.tokens))
	for id, text := range v.tokens {
		if text == "" {
			return fmt.Errorf("token %d is empty, and a tokenizer.json has no place for that", id)
		}
		if _, twice := vocab[text]; twice {
			return fmt.Errorf("the token %q occurs twice", text)
		}
		vocab[text] = int32(id)
	}
	merges, err := mergesOf(vocab, v.scores, func(id int32) bool {
		return v.types[id] == tokenizer.TypeControl || v.types[id] == tokenizer.TypeUnknown || v.types[id] == tokenizer.TypeUser
	})
	if err != nil {
		return err
	}
	set := object{"byte_fallback": true, "fuse_unk": true}
	if v.unk >= 0 && int(v.unk) < len(v.tokens) {
		set["unk_token"] = v.tokens[v.unk]
	}
	steps := []any{replaceText(" ", mark)}
	if v.spacePrefix {
		steps = slices.Insert(steps, 0, any(object{"type": "Prepend", "prepend": mark}))
	}
	file["normalizer"] = sequence("normalizers", steps)
	file["decoder"] = v.decoder()
	file["model"] = bpeModel(vocab, merges, set)
	return nil
}

func replaceText(from, to string) object {
	return object{"type": "Replace", "pattern": object{"String": from}, "content": to}
}

// decoder turns marks to spaces and byte tokens to bytes.
func (v *vocabulary) decoder() object {
	steps := []any{replaceText(mark, " "), object{"type": "ByteFallback"}, object{"type": "Fuse"}}
	if v.spacePrefix {
		steps = append(steps, object{"type": "Strip", "content": " ", "start": 1, "stop": 0})
	}
	return object{"type": "Sequence", "decoders": steps}
}

// putUnigram writes the model "t5".
func (v *vocabulary) putUnigram(file object) {
	steps := []any{}
	if len(v.charsmap) > 0 {
		steps = append(steps, object{"type": "Precompiled", "precompiled_charsmap": base64.StdEncoding.EncodeToString(v.charsmap)})
	}
	if v.collapse {
		steps = append(
			steps, object{"type": "Strip", "strip_left": true, "strip_right": true},
			object{"type": "Replace", "pattern": object{"Regex": " {2,}"}, "content": " "},
		)
	}
	if v.spacePrefix {
		steps = append(steps, object{"type": "Prepend", "prepend": mark})
	}
	file["normalizer"] = sequence("normalizers", append(steps, replaceText(" ", mark)))
	vocab := make([][2]any, len(v.tokens))
	for id, text := range v.tokens {
		vocab[id] = [2]any{text, v.scores[id]}
	}
	file["decoder"] = v.decoder()
	file["model"] = object{"type": "Unigram", "unk_id": v.unk, "vocab": vocab, "byte_fallback": slices.Contains(v.types, tokenizer.TypeByte)}
}

// postProcessor adds what a tokenizer adds to the ends of a text.
func postProcessor(want tokenizer.Tokenizer) (any, error) {
	before, after, err := tokenizer.Ends(want)
	if err != nil || len(before)+len(after) == 0 {
		return nil, err
	}
	specials := object{}
	tokens := func(ids []int32) []any {
		list := []any{}
		for _, id := range ids {
			text, _ := want.Token(id)
			specials[text] = object{"id": text, "ids": []int32{id}, "tokens": []string{text}}
			list = append(list, object{"SpecialToken": object{"id": text, "type_id": 0}})
		}
		return list
	}
	text := func(name string, kind int) any { return object{"Sequence": object{"id": name, "type_id": kind}} }
	first, last := tokens(before), tokens(after)
	return object{
		"type": "TemplateProcessing", "special_tokens": specials,
		"single": slices.Concat(first, []any{text("A", 0)}, last),
		"pair":   slices.Concat(first, []any{text("A", 0), text("B", 1)}, last),
	}, nil
}
