//go:build tokenizers

package hf

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
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
	if len(token) == 6 && strings.HasPrefix(token, "<0x") && token[5] == '>' {
		if b, err := strconv.ParseUint(token[3:5], 16, 8); err == nil {
			return string([]byte{byte(b)})
		}
	}
	return token
}

// alphabet has the bytes that the characters of byte-level vocabularies stand
// for: GPT-2's, in which bytes that print as Latin-1 are themselves and the
// others follow from U+0100 on.
var alphabet = func() map[rune]byte {
	m := make(map[rune]byte, 256)
	next := rune(0x100)
	for b := range rune(256) {
		if b > ' ' && b < 0x7F || b > 0xA0 && b != 0xAD {
			m[b] = byte(b)
		} else {
			m[next] = byte(b)
			next++
		}
	}
	return m
}()

// unspell returns the bytes that a byte-level spelling stands for. A token with
// a character outside the alphabet stands for itself.
func unspell(token string) string {
	raw := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := alphabet[r]
		if !ok {
			return token
		}
		raw = append(raw, b)
	}
	return string(raw)
}
