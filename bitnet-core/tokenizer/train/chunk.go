package train

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

const (
	maxSeparator = 1 << 10
	maxPieces    = 64 // that may pass without a place to cut
)

// A chunker reads text in pieces that can be cut into words on their own.
type chunker struct {
	r         io.Reader
	size      int    // of a piece
	separator string // between documents, "" for lines
	offset    int64  // bytes read and passed on
}

// each calls f with one piece after the other. A piece ends behind a separator
// or, where a document is larger than a piece, between two words.
func (c *chunker) each(f func(text string) error) error {
	buf := make([]byte, c.size)
	for n := 0; ; {
		// io.ReadFull would say io.ErrUnexpectedEOF at the end, as readers do of a source
		// that has been cut short.
		var err error
		for n < len(buf) && err == nil {
			var m int
			m, err = c.r.Read(buf[n:])
			n += m
		}
		end := n
		last := err == io.EOF
		switch {
		case last:
		case err != nil:
			return err
		default:
			if end = c.end(buf); end == 0 {
				if len(buf) >= maxPieces*c.size {
					return fmt.Errorf("byte %d: no word ends within %d bytes: this is not text", c.offset, len(buf))
				}
				buf = append(buf, make([]byte, len(buf))...)
				continue
			}
		}
		if at := invalid(buf[:end]); at >= 0 {
			return fmt.Errorf("byte %d is not UTF-8: convert the text to UTF-8 first", c.offset+int64(at))
		}
		c.offset += int64(end)
		if end > 0 {
			if err := f(string(buf[:end])); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
		n = copy(buf, buf[end:n])
	}
}

// end returns where to cut a full buffer, 0 if there is no place.
func (c *chunker) end(buf []byte) int {
	separator := c.separator
	if separator == "" {
		separator = "\n"
	}
	if i := bytes.LastIndex(buf, []byte(separator)); i >= 0 {
		return i + len(separator)
	}
	// A separator that has only begun must stay whole.
	end := max(len(buf)-len(separator)+1, 0)
	next, size := utf8.DecodeLastRune(buf[:end])
	for i := end - size; i > 0; {
		r, n := utf8.DecodeLastRune(buf[:i])
		if parts(r, next) {
			return i
		}
		next, i = r, i-n
	}
	return 0
}

// parts reports whether every Split ends a word between two characters, whatever
// stands around them: behind letters and numbers, and before a space. What the
// words behind are depends on nothing before. It may miss places.
func parts(a, b rune) bool {
	switch {
	case a == utf8.RuneError || b == utf8.RuneError: // a part of a character, perhaps
		return false
	case unicode.IsLetter(a):
		return !unicode.IsLetter(b)
	case unicode.IsNumber(a):
		return !unicode.IsNumber(b)
	}
	return b == ' ' && !unicode.IsSpace(a)
}

// invalid returns where text stops to be UTF-8, -1 if it does not.
func invalid(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}
