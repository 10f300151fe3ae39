//go:build tokenizers

package hf

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// pieces turns the spelling of a token into its bytes: what the decoder does to
// every token without regard to its neighbours, step by step. It is nil where a
// decoder is none of the known ones.
type pieces []func(token string) string

func (p pieces) text(token string) string {
	for _, step := range p {
		token = step(token)
	}
	return token
}

// A part is a decoder, or a sequence of some.
type part struct {
	Type        string          `json:"type"`
	Decoders    []part          `json:"decoders"`    // of Sequence
	Pattern     json.RawMessage `json:"pattern"`     // of Replace: {"String": …} or {"Regex": …}
	Content     string          `json:"content"`     // of Replace
	Replacement string          `json:"replacement"` // of Metaspace
}

func (f *file) pieces() (pieces, error) {
	if f.Decoder == nil {
		return pieces{}, nil
	}
	steps := pieces{}
	known, err := f.Decoder.appendTo(&steps)
	if err != nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	if !known {
		return nil, nil
	}
	return steps, nil
}

func (p *part) appendTo(steps *pieces) (known bool, err error) {
	switch p.Type {
	case "Sequence":
		for i := range p.Decoders {
			if known, err := p.Decoders[i].appendTo(steps); !known || err != nil {
				return known, err
			}
		}
	case "ByteLevel":
		*steps = append(*steps, unspell)
	case "ByteFallback":
		*steps = append(*steps, byteOf)
	case "Metaspace":
		*steps = append(*steps, replacer(p.Replacement, " "))
	case "Replace":
		var pattern struct{ String *string }
		if err := json.Unmarshal(p.Pattern, &pattern); err != nil {
			return false, fmt.Errorf("pattern of Replace: %w", err)
		}
		if pattern.String == nil {
			return false, nil
		}
		*steps = append(*steps, replacer(*pattern.String, p.Content))
	case "Strip", "Fuse": // are about neighbours
	default:
		return false, nil
	}
	return true, nil
}

func replacer(old, content string) func(string) string {
	return func(token string) string { return strings.ReplaceAll(token, old, content) }
}

// byteOf returns the byte that <0xHH> stands for, and other tokens as they are.
func byteOf(token string) string {
	if b, ok := alphabet.ByteOf(token); ok {
		return string([]byte{b})
	}
	return token
}

// unspell returns the bytes that a byte-level spelling stands for. A token with
// a character outside the alphabet stands for itself.
func unspell(token string) string {
	raw, _ := alphabet.AppendBytes(nil, []byte(token))
	return string(raw)
}
