package exchange

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// An hfFile is the part of a tokenizer.json that GGUF has keys for.
type hfFile struct {
	Normalizer   *hfPart `json:"normalizer"`
	PreTokenizer *hfPart `json:"pre_tokenizer"`
	Model        struct {
		Type         string          `json:"type"`
		Vocab        json.RawMessage `json:"vocab"`
		Merges       json.RawMessage `json:"merges"`
		ByteFallback bool            `json:"byte_fallback"`
		IgnoreMerges bool            `json:"ignore_merges"`
		Unk          string          `json:"unk_token"`
		UnkID        *int32          `json:"unk_id"`
		Prefix       string          `json:"continuing_subword_prefix"`
		Suffix       string          `json:"end_of_word_suffix"`
	} `json:"model"`
}

// An hfPart is a normalizer or a pre-tokenizer.
type hfPart struct {
	Type          string   `json:"type"`
	Normalizers   []hfPart `json:"normalizers"`
	PreTokenizers []hfPart `json:"pretokenizers"`

	Prepend string `json:"prepend"`
	Pattern struct {
		String *string
		Regex  *string
	} `json:"pattern"`
	Content     string `json:"content"`
	Charsmap    string `json:"precompiled_charsmap"`
	Replacement string `json:"replacement"`
	Scheme      string `json:"prepend_scheme"`
	Lead        *bool  `json:"add_prefix_space"`
	Split       *bool  `json:"split"`
}

// steps are the parts of a sequence.
func (p *hfPart) steps() []hfPart {
	if p == nil {
		return nil
	}
	if p.Type != "Sequence" {
		return []hfPart{*p}
	}
	var all []hfPart
	for _, list := range [][]hfPart{p.Normalizers, p.PreTokenizers} {
		for i := range list {
			all = append(all, list[i].steps()...)
		}
	}
	return all
}

// replaces reports whether a Replace puts content for text.
func (p *hfPart) replaces(text, content string) bool {
	pattern := p.Pattern.String
	if pattern == nil {
		pattern = p.Pattern.Regex
	}
	return p.Type == "Replace" && pattern != nil && *pattern == text && p.Content == content
}

// scheme says where a Metaspace puts a mark in front.
func (p *hfPart) scheme() string {
	switch {
	case p.Lead != nil && !*p.Lead:
		return "never"
	case p.Scheme == "":
		return "always"
	}
	return p.Scheme
}

// marksSpaces reports whether a Metaspace writes SentencePiece's mark.
func (p *hfPart) marksSpaces() bool {
	return p.Type == "Metaspace" && (p.Replacement == mark || p.Replacement == "")
}

// fromJSON describes a tokenizer.json, which want was loaded from.
func fromJSON(data []byte, want tokenizer.Tokenizer, rows int) (*vocabulary, error) {
	var h hfFile
	if err := json.Unmarshal(data, &h); err != nil {
		return nil, err
	}
	switch {
	case h.Model.Type == "Unigram":
		return h.unigram(want, rows)
	case h.Model.Type != "BPE" && h.Model.Type != "":
		return nil, fmt.Errorf("GGUF has no kind of model for %s", h.Model.Type)
	case h.Model.Prefix+h.Model.Suffix != "":
		return nil, errors.New("GGUF cannot say that tokens inside or at the end of words are marked (continuing_subword_prefix, end_of_word_suffix)")
	case h.Model.ByteFallback:
		return h.scored(want, rows)
	}
	for _, p := range h.PreTokenizer.steps() {
		if p.Type == "ByteLevel" {
			return h.byteLevel(want, rows)
		}
	}
	return nil, errors.New("BPE that is neither byte-level nor falls back on bytes has no form in GGUF")
}

// bpeVocab reads the object of tokens and ids.
func (h *hfFile) bpeVocab(v *vocabulary, want tokenizer.Tokenizer) (map[string]int32, error) {
	var vocab map[string]int32
	if err := json.Unmarshal(h.Model.Vocab, &vocab); err != nil {
		return nil, fmt.Errorf("vocab: %w", err)
	}
	_, ids := tokenizer.Added(want)
	for _, id := range ids {
		if name, _ := want.Token(id); int(id) >= len(v.tokens) {
			delete(vocab, name) // to be left out with the added tokens
		}
	}
	for text, id := range vocab {
		if err := v.put(int(id), text, tokenizer.TypeNormal); err != nil {
			return nil, err
		}
	}
	return vocab, nil
}

// merges reads ["a b", …] or [["a", "b"], …] to the former.
func (h *hfFile) merges() ([]string, error) {
	if len(h.Model.Merges) == 0 {
		return nil, nil
	}
	var joined []string
	if json.Unmarshal(h.Model.Merges, &joined) == nil {
		return joined, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal(h.Model.Merges, &pairs); err != nil {
		return nil, fmt.Errorf("merges: %w", err)
	}
	joined = make([]string, len(pairs))
	for i, m := range pairs {
		if strings.Contains(m[0]+m[1], " ") {
			return nil, fmt.Errorf("merges: GGUF cannot say that %q and %q, one of which has a space, merge", m[0], m[1])
		}
		joined[i] = m[0] + " " + m[1]
	}
	return joined, nil
}

// byteLevel describes byte-level BPE.
func (h *hfFile) byteLevel(want tokenizer.Tokenizer, rows int) (v *vocabulary, err error) {
	v = newVocabulary("gpt2", rows)
	for _, p := range h.Normalizer.steps() {
		if p.Type != "NFC" {
			return nil, fmt.Errorf("GGUF has no key for the normalizer %s of byte-level BPE", p.Type)
		}
		// Qwen's. Engines leave it out, and texts are composed already, nearly all.
		v.except("GGUF has no key for composing characters (NFC): texts with decomposed ones, such as e and an accent, are encoded differently",
			func(text string) bool { return !norm.NFC.IsNormalString(text) })
	}
	if _, err = h.bpeVocab(v, want); err != nil {
		return nil, err
	}
	if v.merges, err = h.merges(); err != nil {
		return nil, err
	}
	return v, v.putAdded(want)
}

// unigram describes a Unigram model.
func (h *hfFile) unigram(want tokenizer.Tokenizer, rows int) (*vocabulary, error) {
	v := newVocabulary("t5", rows)
	for _, p := range h.Normalizer.steps() {
		switch {
		case p.Type == "Precompiled" && v.charsmap == nil:
			data, err := base64.StdEncoding.DecodeString(p.Charsmap)
			if err != nil {
				return nil, fmt.Errorf("precompiled_charsmap: %w", err)
			}
			v.charsmap = data
		case p.Type == "Strip", p.replaces(" {2,}", " "), p.replaces(" {2,}", mark):
			v.collapse = true
		case p.Type == "Prepend" && p.Prepend == mark:
			v.spacePrefix = true
		case p.replaces(" ", mark):
		default:
			return nil, fmt.Errorf("GGUF has no key for the normalizer %s in this place", p.Type)
		}
	}
	for _, p := range h.PreTokenizer.steps() {
		switch {
		case p.Type == "WhitespaceSplit":
			v.collapse = true
		case p.marksSpaces():
			v.spacePrefix = v.spacePrefix || p.scheme() != "never"
		default:
			return nil, fmt.Errorf("GGUF has no key for the pre-tokenizer %s in this place", p.Type)
		}
	}
	var pairs [][2]json.RawMessage
	if err := json.Unmarshal(h.Model.Vocab, &pairs); err != nil {
		return nil, fmt.Errorf("vocab: %w", err)
	}
	for id, pair := range pairs {
		var text string
		var score float64
		if err := errors.Join(json.Unmarshal(pair[0], &text), json.Unmarshal(pair[1], &score)); err != nil {
			return nil, fmt.Errorf("vocab: token %d: %w", id, err)
		}
		kind := int32(tokenizer.TypeNormal)
		if _, ok := byteOf(text); ok && h.Model.ByteFallback {
			kind = tokenizer.TypeByte
		}
		if err := v.put(id, text, kind); err != nil {
			return nil, err
		}
		v.scores[id] = float32(score)
	}
	if h.Model.UnkID == nil || *h.Model.UnkID < 0 || int(*h.Model.UnkID) >= len(pairs) {
		return nil, errors.New("the model has no token for unknown characters (unk_id), which GGUF's needs")
	}
	v.unk = *h.Model.UnkID
	v.types[v.unk] = tokenizer.TypeUnknown
	return v, v.putAdded(want)
}
