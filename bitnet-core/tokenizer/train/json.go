package train

import (
	"bytes"
	"encoding/json"
	"io"
)

// The members of a tokenizer.json in the order in which the Hugging Face library
// writes them.
type (
	jsonFile struct {
		Version       string      `json:"version"`
		Truncation    *struct{}   `json:"truncation"`
		Padding       *struct{}   `json:"padding"`
		Added         []jsonAdded `json:"added_tokens"`
		Normalizer    *struct{}   `json:"normalizer"`
		PreTokenizer  any         `json:"pre_tokenizer"`
		PostProcessor *struct{}   `json:"post_processor"`
		Decoder       jsonBytes   `json:"decoder"`
		Model         jsonModel   `json:"model"`
	}
	jsonAdded struct {
		ID         int    `json:"id"`
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LeftStrip  bool   `json:"lstrip"`
		RightStrip bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	}
	jsonBytes struct {
		Type        string `json:"type"`
		PrefixSpace bool   `json:"add_prefix_space"`
		TrimOffsets bool   `json:"trim_offsets"`
		UseRegex    bool   `json:"use_regex"`
	}
	jsonSplit struct {
		Type    string `json:"type"`
		Pattern struct {
			Regex string
		} `json:"pattern"`
		Behavior string `json:"behavior"`
		Invert   bool   `json:"invert"`
	}
	jsonSequence struct {
		Type          string `json:"type"`
		PreTokenizers []any  `json:"pretokenizers"`
	}
	jsonModel struct {
		Type         string      `json:"type"`
		Dropout      *float64    `json:"dropout"`
		Unknown      *string     `json:"unk_token"`
		Prefix       *string     `json:"continuing_subword_prefix"`
		Suffix       *string     `json:"end_of_word_suffix"`
		FuseUnknown  bool        `json:"fuse_unk"`
		ByteFallback bool        `json:"byte_fallback"`
		IgnoreMerges bool        `json:"ignore_merges"`
		Vocab        jsonVocab   `json:"vocab"`
		Merges       [][2]string `json:"merges"`
	}
)

// A jsonVocab is an object of tokens and ids in the order of ids.
type jsonVocab []string

func (v jsonVocab) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	before := byte('{')
	for id, token := range v {
		b.WriteByte(before)
		before = ','
		if err := e.Encode(token); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(id); err != nil {
			return nil, err
		}
	}
	if len(v) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// WriteJSON writes a tokenizer.json: the bytes that the Hugging Face library
// writes for a tokenizer of the same parts, with a ByteLevel pre-tokenizer and
// decoder, no normalizer and no post-processor.
func (m *Model) WriteJSON(w io.Writer) error {
	f := jsonFile{
		Version:      "1.0",
		Added:        []jsonAdded{},
		PreTokenizer: jsonBytes{Type: "ByteLevel", TrimOffsets: true, UseRegex: true},
		Decoder:      jsonBytes{Type: "ByteLevel", PrefixSpace: true, TrimOffsets: true, UseRegex: true},
		Model:        jsonModel{Type: "BPE", Vocab: m.Tokens, Merges: make([][2]string, len(m.Merges))},
	}
	if _, pattern := m.Split.cut(); pattern != "" {
		cut := jsonSplit{Type: "Split", Behavior: "Isolated"}
		cut.Pattern.Regex = pattern
		f.PreTokenizer = jsonSequence{"Sequence", []any{cut, jsonBytes{Type: "ByteLevel", TrimOffsets: true}}}
	}
	for id, token := range m.Tokens[:m.Special] {
		f.Added = append(f.Added, jsonAdded{ID: id, Content: token, Special: true})
	}
	for i, pair := range m.Merges {
		f.Model.Merges[i] = [2]string{m.Tokens[pair[0]], m.Tokens[pair[1]]}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f); err != nil {
		return err
	}
	_, err := w.Write(bytes.TrimSuffix(b.Bytes(), []byte{'\n'}))
	return err
}
