package gguf

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// A cursor reads the part of a file before the tensor data. Every count and
// length is compared with the bytes that are left before memory is made for it.
type cursor struct {
	file  string // for messages
	b     []byte
	off   int
	order binary.ByteOrder
}

func (c *cursor) left() int { return len(c.b) - c.off }

// errorf makes an error about the file.
func (c *cursor) errorf(format string, args ...any) error {
	return fmt.Errorf("gguf: %s: "+format, append([]any{c.file}, args...)...)
}

// truncated is the error of a read past the end; what names the field.
func (c *cursor) truncated(what string) error {
	return c.errorf("the file ends at byte %d, inside %s: it is truncated, download it again", len(c.b), what)
}

// next returns the next n bytes, which are not copied.
func (c *cursor) next(n int, what string) ([]byte, error) {
	if c.left() < n {
		return nil, c.truncated(what)
	}
	b := c.b[c.off : c.off+n]
	c.off += n
	return b, nil
}

func (c *cursor) uint32(what string) (uint32, error) {
	b, err := c.next(4, what)
	if err != nil {
		return 0, err
	}
	return c.order.Uint32(b), nil
}

func (c *cursor) uint64(what string) (uint64, error) {
	b, err := c.next(8, what)
	if err != nil {
		return 0, err
	}
	return c.order.Uint64(b), nil
}

// count reads a number of things of at least size bytes each, and refuses one
// that cannot fit into the rest of the file.
func (c *cursor) count(size int, what string) (int, error) {
	n, err := c.uint64(what)
	if err != nil {
		return 0, err
	}
	if n > uint64(c.left()/size) {
		return 0, c.errorf("%s is %d, for which the remaining %d bytes are too few: the file is truncated or damaged, download it again", what, n, c.left())
	}
	return int(n), nil
}

// text reads a string without copying it.
func (c *cursor) text(what string) ([]byte, error) {
	n, err := c.count(1, "the length of "+what)
	if err != nil {
		return nil, err
	}
	return c.next(n, what)
}

// identifier reads a key or a tensor's name: not empty, UTF-8, at most maxLen
// bytes.
func (c *cursor) identifier(maxLen int, what string) (string, error) {
	b, err := c.text(what)
	if err != nil {
		return "", err
	}
	switch {
	case len(b) == 0:
		return "", c.errorf("%s is empty: the file is damaged, download it again", what)
	case len(b) > maxLen:
		return "", c.errorf("%s has %d bytes, at most %d are allowed: the file is damaged, download it again", what, len(b), maxLen)
	case !utf8.Valid(b):
		return "", c.errorf("%s is %s, which is not UTF-8: the file is damaged, download it again", what, quote(string(b)))
	}
	return string(b), nil
}

// quote quotes a string of a file for a message, shortened if it is long.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return strconv.Quote(s)
}
