package jsonpull

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 64

// A SyntaxError tells where the input stopped being the JSON that was asked for.
type SyntaxError struct {
	Offset int // in bytes from the start of the input
	Msg    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("json: offset %d: %s", e.Offset, e.Msg)
}

// A Parser is a position in a JSON text.
type Parser struct {
	data    []byte
	pos     int
	depth   int
	scratch []byte // the last string that had escapes
}

// New returns a Parser at the start of data, which it reads but never writes.
func New(data []byte) *Parser { return &Parser{data: data} }

// Object reads an object and calls member for each key; member must read the
// value. key is valid until the next call on p.
func (p *Parser) Object(member func(key []byte) error) error {
	if err := p.open('{', "an object"); err != nil {
		return err
	}
	if p.peek() == '}' {
		return p.close()
	}
	for {
		key, err := p.String()
		if err != nil {
			return err
		}
		if p.peek() != ':' {
			return p.fail("missing ':' after an object key")
		}
		p.pos++
		if err := member(key); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.pos++
		case '}':
			return p.close()
		default:
			return p.fail("missing ',' or '}' in an object")
		}
	}
}

// Array reads an array and calls element before each element, which it must read.
func (p *Parser) Array(element func() error) error {
	if err := p.open('[', "an array"); err != nil {
		return err
	}
	if p.peek() == ']' {
		return p.close()
	}
	for {
		if err := element(); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.pos++
		case ']':
			return p.close()
		default:
			return p.fail("missing ',' or ']' in an array")
		}
	}
}

// Kind is the first byte of the next value: one of { [ " t f n, or a digit or
// minus sign, or 0 at the end of the input.
func (p *Parser) Kind() byte { return p.peek() }

// End reports an error unless only white space is left.
func (p *Parser) End() error {
	if p.peek() != 0 || p.pos < len(p.data) {
		return p.fail("data after the end of the JSON text")
	}
	return nil
}

// Int reads an integer of at most 18 digits.
func (p *Parser) Int() (int64, error) {
	p.peek()
	start := p.pos
	i, neg := start, false
	if i < len(p.data) && p.data[i] == '-' {
		neg = true
		i++
	}
	digits := i
	var v int64
	for i < len(p.data) && i-digits < 19 && p.data[i]-'0' <= 9 {
		v = v*10 + int64(p.data[i]-'0')
		i++
	}
	if n := i - digits; n == 0 || n > 18 || n > 1 && p.data[digits] == '0' {
		return 0, p.fail("not an integer")
	}
	if i < len(p.data) && (p.data[i] == '.' || p.data[i]|0x20 == 'e') {
		return 0, p.fail("not an integer")
	}
	p.pos = i
	if neg {
		v = -v
	}
	return v, nil
}

// Bool reads true or false.
func (p *Parser) Bool() (bool, error) {
	switch p.peek() {
	case 't':
		return true, p.literal("true")
	case 'f':
		return false, p.literal("false")
	}
	return false, p.fail("not true or false")
}

// Fork returns a Parser at the same position, for a value that p is to skip now
// and that is to be read later.
func (p *Parser) Fork() *Parser { return &Parser{data: p.data, pos: p.pos, depth: p.depth} }

// Skip reads a value of any kind and forgets it.
func (p *Parser) Skip() error {
	switch p.peek() {
	case '{':
		return p.Object(func([]byte) error { return p.Skip() })
	case '[':
		return p.Array(p.Skip)
	case '"':
		_, err := p.String()
		return err
	case 't':
		return p.literal("true")
	case 'f':
		return p.literal("false")
	case 'n':
		return p.literal("null")
	}
	_, err := p.number()
	return err
}

// String reads a string. The result is valid until the next call on p; it is
// a part of the input unless the string has escapes.
func (p *Parser) String() ([]byte, error) {
	if p.peek() != '"' {
		return nil, p.fail("not a string")
	}
	start := p.pos + 1
	var high byte
	for i := start; i < len(p.data); i++ {
		c := p.data[i]
		if c == '"' {
			s := p.data[start:i]
			if high >= utf8.RuneSelf && !utf8.Valid(s) {
				return nil, p.fail("a string is not valid UTF-8")
			}
			p.pos = i + 1
			return s, nil
		}
		if c == '\\' {
			return p.escaped(start, i)
		}
		if c < 0x20 {
			p.pos = i
			return nil, p.fail("a control character in a string")
		}
		high |= c
	}
	p.pos = len(p.data)
	return nil, p.fail("the string does not end")
}

// escaped reads the rest of a string that began at start and has its first
// escape at i.
func (p *Parser) escaped(start, i int) ([]byte, error) {
	b := append(p.scratch[:0], p.data[start:i]...)
	for i < len(p.data) {
		c := p.data[i]
		switch {
		case c == '"':
			p.scratch = b
			if !utf8.Valid(b) {
				return nil, p.fail("a string is not valid UTF-8")
			}
			p.pos = i + 1
			return b, nil
		case c < 0x20:
			p.pos = i
			return nil, p.fail("a control character in a string")
		case c != '\\':
			b = append(b, c)
			i++
			continue
		}
		if i+1 >= len(p.data) {
			break
		}
		if p.data[i+1] == 'u' {
			r, n := unicodeEscape(p.data[i:])
			if n == 0 {
				p.pos = i
				return nil, p.fail(`a bad \u escape in a string`)
			}
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		at := bytes.IndexByte([]byte(`"\/bfnrt`), p.data[i+1])
		if at < 0 {
			p.pos = i
			return nil, p.fail("an unknown escape in a string")
		}
		b = append(b, "\"\\/\b\f\n\r\t"[at])
		i += 2
	}
	p.pos = len(p.data)
	return nil, p.fail("the string does not end")
}

// unicodeEscape reads \uXXXX, or two of them that form a surrogate pair, and
// returns the length read; 0 if there is none or a surrogate stands alone.
func unicodeEscape(b []byte) (rune, int) {
	unit := func(b []byte) (rune, bool) {
		if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
			return 0, false
		}
		var r rune
		for _, c := range b[2:6] {
			switch {
			case c-'0' <= 9:
				r = r<<4 | rune(c-'0')
			case c|0x20 >= 'a' && c|0x20 <= 'f':
				r = r<<4 | rune(c|0x20-'a'+10)
			default:
				return 0, false
			}
		}
		return r, true
	}
	r, ok := unit(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, _ := unit(b[6:])
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// number reads a number of any size as its text.
func (p *Parser) number() ([]byte, error) {
	p.peek()
	i := p.pos
	digits := func() bool {
		start := i
		for i < len(p.data) && p.data[i]-'0' <= 9 {
			i++
		}
		return i > start
	}
	if i < len(p.data) && p.data[i] == '-' {
		i++
	}
	whole := i
	if !digits() {
		return nil, p.fail("not a JSON value")
	}
	if p.data[whole] == '0' && i-whole > 1 {
		return nil, p.fail("a number with a leading zero")
	}
	if i < len(p.data) && p.data[i] == '.' {
		i++
		if !digits() {
			return nil, p.fail("a number without digits after its point")
		}
	}
	if i < len(p.data) && p.data[i]|0x20 == 'e' {
		i++
		if i < len(p.data) && (p.data[i] == '+' || p.data[i] == '-') {
			i++
		}
		if !digits() {
			return nil, p.fail("a number without digits in its exponent")
		}
	}
	text := p.data[p.pos:i]
	p.pos = i
	return text, nil
}

// Float reads a number as the nearest float64.
func (p *Parser) Float() (float64, error) {
	text, err := p.number()
	if err != nil {
		return 0, err
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, p.fail("a number out of range")
	}
	return f, nil
}

// peek skips white space and returns the next byte, 0 at the end.
func (p *Parser) peek() byte {
	for p.pos < len(p.data) {
		switch c := p.data[p.pos]; c {
		case ' ', '\n', '\t', '\r':
			p.pos++
		default:
			return c
		}
	}
	return 0
}

func (p *Parser) open(c byte, what string) error {
	if p.peek() != c {
		return p.fail("not " + what)
	}
	if p.depth++; p.depth > MaxDepth {
		return p.fail(fmt.Sprintf("nested deeper than %d levels", MaxDepth))
	}
	p.pos++
	return nil
}

func (p *Parser) close() error {
	p.depth--
	p.pos++
	return nil
}

func (p *Parser) literal(word string) error {
	if !bytes.HasPrefix(p.data[p.pos:], []byte(word)) {
		return p.fail("not a JSON value")
	}
	p.pos += len(word)
	return nil
}

func (p *Parser) fail(msg string) error {
	if p.pos >= len(p.data) {
		msg = "the text ends early (" + msg + "): is the file complete?"
	}
	return &SyntaxError{Offset: p.pos, Msg: msg}
}
