package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A tokens reads JSON piece by piece. Unlike a decoder into Go values it sees
// keys that appear twice, and unlike one into maps it goes no deeper than the
// format does.
type tokens struct {
	dec *json.Decoder
}

func newTokens(text []byte) (tokens, error) {
	if !utf8.Valid(text) {
		return tokens{}, errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return tokens{dec}, nil
}

// next returns the next token, with JSON's faults in words.
func (t tokens) next() (json.Token, error) {
	tok, err := t.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("it ends too early")
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("it is no JSON at byte %d: %w", syntax.Offset, err)
	}
	return tok, err
}

func (t tokens) delim(want json.Delim, what string) error {
	tok, err := t.next()
	if err != nil {
		return err
	}
	if tok != want {
		return fmt.Errorf("%s is %s, want %s", what, describe(tok), kinds[want])
	}
	return nil
}

var kinds = map[json.Delim]string{'{': "an object", '[': "an array"}

// describe says what a token is, for messages.
func describe(tok json.Token) string {
	switch tok := tok.(type) {
	case json.Delim:
		return kinds[tok]
	case string:
		return quote(tok)
	case nil:
		return "null"
	}
	return fmt.Sprint(tok)
}

// object reads an object. member is called for each key, and reads its value.
func (t tokens) object(what string, member func(key string) error) error {
	if err := t.delim('{', what); err != nil {
		return err
	}
	seen := map[string]struct{}{}
	for t.dec.More() {
		tok, err := t.next()
		if err != nil {
			return err
		}
		key := tok.(string) // the decoder allows nothing else
		if _, dup := seen[key]; dup {
			return fmt.Errorf("%s has the key %s twice", what, quote(key))
		}
		seen[key] = struct{}{}
		if err := member(key); err != nil {
			return err
		}
	}
	_, err := t.next() // the closing brace
	return err
}

func (t tokens) text(what string) (string, error) {
	tok, err := t.next()
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", fmt.Errorf("%s is %s, want a string", what, describe(tok))
	}
	return s, nil
}

// integers reads an array of integers that are not negative.
func (t tokens) integers(what string) ([]int64, error) {
	if err := t.delim('[', what); err != nil {
		return nil, err
	}
	a := []int64{}
	for t.dec.More() {
		tok, err := t.next()
		if err != nil {
			return nil, err
		}
		n, ok := tok.(json.Number)
		v, err := strconv.ParseUint(n.String(), 10, 63)
		if !ok || err != nil {
			return nil, fmt.Errorf("%s contains %s, want integers from 0 to %d", what, describe(tok), int64(math.MaxInt64))
		}
		a = append(a, int64(v))
	}
	_, err := t.next() // the closing bracket
	return a, err
}

// skip reads a value of any kind and depth, without recursion.
func (t tokens) skip() error {
	for depth := 0; ; {
		tok, err := t.next()
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// end makes sure that nothing but white space follows.
func (t tokens) end() error {
	if _, err := t.dec.Token(); err != io.EOF {
		return errors.New("something follows its last brace")
	}
	return nil
}

// rawInfo is a tensor as the header describes it.
type rawInfo struct {
	name       string
	dtype      string
	shape      []int64
	begin, end int64
}

// header reads the JSON header of a file.
func header(text []byte) (infos []rawInfo, metadata map[string]string, err error) {
	if len(text) == 0 || text[0] != '{' {
		return nil, nil, errors.New("it does not begin with {")
	}
	t, err := newTokens(text)
	if err != nil {
		return nil, nil, err
	}
	err = t.object("it", func(key string) error {
		if key == metadataKey {
			metadata = map[string]string{}
			return t.object(metadataKey, func(key string) error {
				v, err := t.text(metadataKey + " " + quote(key))
				metadata[key] = v
				return err
			})
		}
		info, err := t.info(key)
		infos = append(infos, info)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return infos, metadata, t.end()
}

// info reads the description of the tensor name.
func (t tokens) info(name string) (rawInfo, error) {
	info := rawInfo{name: name}
	what := "tensor " + quote(name)
	missing := []string{"dtype", "shape", "data_offsets"}
	err := t.object(what, func(key string) (err error) {
		switch key {
		case "dtype":
			info.dtype, err = t.text(what + ": dtype")
		case "shape":
			info.shape, err = t.integers(what + ": shape")
		case "data_offsets":
			var o []int64
			if o, err = t.integers(what + ": data_offsets"); err == nil && len(o) != 2 {
				err = fmt.Errorf("%s: data_offsets has %d numbers, want 2", what, len(o))
			}
			if err == nil {
				info.begin, info.end = o[0], o[1]
			}
		default:
			err = fmt.Errorf("%s has the unknown field %s", what, quote(key))
		}
		for i, m := range missing {
			if m == key {
				missing = append(missing[:i], missing[i+1:]...)
				break
			}
		}
		return err
	})
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("%s has no %s", what, strings.Join(missing, ", "))
	}
	return info, err
}

// quote quotes a string of a file for a message, shortened if it is long.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return strconv.Quote(s)
}
