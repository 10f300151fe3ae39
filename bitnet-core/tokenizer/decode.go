package tokenizer

import (
	"bytes"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// A decoder says how the texts of tokens become the text of a sequence.
type decoder struct {
	edits     []tokenEdit // of each token, in order
	byteRuns  bool        // HF's ByteFallback: bytes wait for the whole run of byte tokens
	late      []tokenEdit // like edits, but of what ByteFallback makes too
	suffix    string      // of a token that ends a word: a space, but nothing at the end of the text
	once      bool        // of equal tokens in a row the first alone counts
	strip     string      // removed from the start of the text
	stripMost int         // at most so often
	join      string      // between tokens
}

// A tokenEdit returns what becomes of the text of a token, which it leaves as it
// is; first tells that it is the first of the sequence.
type tokenEdit func(text []byte, first bool) []byte

// AppendToken implements Tokenizer.
func (p *pipeline) AppendToken(dst []byte, id int32) []byte {
	if !p.has(id) {
		return dst
	}
	text := p.tokenText(id, false)
	if p.kinds[id]&(byteKind|literal) == 0 {
		text = edited(text, p.decoder.late, false)
	}
	if suffix := p.decoder.suffix; suffix != "" {
		text = bytes.ReplaceAll(text, []byte(suffix), []byte{' '})
	}
	return append(dst, text...)
}

// tokenText returns the text of a token up to where byte tokens are joined.
func (p *pipeline) tokenText(id int32, first bool) []byte {
	text := p.text(id)
	switch k := p.kinds[id]; {
	case k&byteKind != 0:
		b, _ := alphabet.ByteOf(text)
		return []byte{b}
	case k&literal != 0:
		return text
	}
	return edited(text, p.decoder.edits, first)
}

func edited(text []byte, edits []tokenEdit, first bool) []byte {
	for _, f := range edits {
		text = f(text, first)
	}
	return text
}

func (p *pipeline) Decode(ids []int32, skipSpecial bool) string {
	s := decoding{p: p, skipSpecial: skipSpecial}
	var out []byte
	for _, id := range ids {
		out = s.next(out, id)
	}
	return string(s.end(out))
}

// decoding is the state between two tokens. next and end append to the text
// only what no later token can change.
type decoding struct {
	p           *pipeline
	skipSpecial bool
	begun       bool   // a token was decoded
	last        int32  // that token
	written     bool   // a token or a run of byte tokens was handed on
	stripped    int    // times that decoder.strip was removed, or stripMost once something else came
	run         []byte // bytes of a run of byte tokens
	held        []byte // a token whose suffix waits for another token
	tail        []byte // start of a character whose rest is missing
}

func (s *decoding) next(dst []byte, id int32) []byte {
	p, d := s.p, &s.p.decoder
	if !p.has(id) || s.skipSpecial && p.kinds[id]&special != 0 || d.once && s.begun && s.last == id {
		return dst
	}
	if s.begun && d.join != "" {
		dst = s.text(dst, []byte(d.join))
	}
	first := !s.begun
	s.begun, s.last = true, id
	if d.byteRuns && p.kinds[id]&byteKind != 0 {
		b, _ := alphabet.ByteOf(p.text(id))
		s.run = append(s.run, b)
		return dst
	}
	dst = s.endRun(dst)
	text := p.tokenText(id, first)
	if p.kinds[id]&(byteKind|literal) != 0 {
		return s.hold(dst, text)
	}
	return s.token(dst, text)
}

// token hands on the text of a token or of a run of byte tokens.
func (s *decoding) token(dst, text []byte) []byte {
	text = edited(text, s.p.decoder.late, !s.written)
	s.written = true
	return s.hold(dst, text)
}

// hold keeps a token until it is known whether another follows, if that matters.
func (s *decoding) hold(dst, text []byte) []byte {
	if s.p.decoder.suffix == "" {
		return s.text(dst, text)
	}
	dst = s.release(dst, " ")
	s.held = append(s.held, text...)
	return dst
}

// release hands on the token that is held, with what its suffix stands for.
func (s *decoding) release(dst []byte, space string) []byte {
	if len(s.held) == 0 {
		return dst
	}
	text := bytes.ReplaceAll(s.held, []byte(s.p.decoder.suffix), []byte(space))
	s.held = s.held[:0]
	return s.text(dst, text)
}

func (s *decoding) end(dst []byte) []byte {
	dst = s.release(s.endRun(dst), "")
	if len(s.tail) > 0 {
		s.tail = s.tail[:0]
		dst = utf8.AppendRune(dst, utf8.RuneError)
	}
	return dst
}

// endRun hands on a run of byte tokens: its text, or if that is not valid UTF-8,
// U+FFFD for every byte of it.
func (s *decoding) endRun(dst []byte) []byte {
	if len(s.run) == 0 {
		return dst
	}
	run := s.run
	s.run = s.run[:0]
	if utf8.Valid(run) {
		return s.token(dst, run)
	}
	for range run {
		dst = s.token(dst, []byte("\uFFFD"))
	}
	return dst
}

// text appends b without what is to be stripped from the start.
func (s *decoding) text(dst, b []byte) []byte {
	d := &s.p.decoder
	for s.stripped < d.stripMost && len(b) > 0 {
		rest, found := bytes.CutPrefix(b, []byte(d.strip))
		if !found {
			s.stripped = d.stripMost
			break
		}
		s.stripped++
		b = rest
	}
	return s.valid(dst, b)
}

// valid appends b as valid UTF-8. An incomplete character at the end waits in
// s.tail; what cannot become one turns into U+FFFD, one for every longest part
// that began one (Unicode Standard, section 3.9, as in WHATWG's decoder).
func (s *decoding) valid(dst, b []byte) []byte {
	if len(s.tail) > 0 {
		b = append(s.tail, b...)
	}
	for len(b) > 0 {
		n := validLen(b)
		dst = append(dst, b[:n]...)
		b = b[n:]
		if len(b) == 0 {
			break
		}
		n, incomplete := badLen(b)
		if incomplete {
			break
		}
		dst = utf8.AppendRune(dst, utf8.RuneError)
		b = b[n:]
	}
	s.tail = append(s.tail[:0], b...)
	return dst
}

// validLen returns the length of the longest valid start of b.
func validLen(b []byte) int {
	i := 0
	for i < len(b) {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			break
		}
		i += n
	}
	return i
}

// badLen returns how many bytes at the start of b, which is not empty and does
// not start with a character, began one; incomplete means that b ends there.
func badLen(b []byte) (n int, incomplete bool) {
	var need int
	low, high := byte(0x80), byte(0xBF) // bounds of the second byte
	switch c := b[0]; {
	case c >= 0xC2 && c <= 0xDF:
		need = 2
	case c >= 0xE0 && c <= 0xEF:
		need = 3
		if c == 0xE0 {
			low = 0xA0
		} else if c == 0xED {
			high = 0x9F
		}
	case c >= 0xF0 && c <= 0xF4:
		need = 4
		if c == 0xF0 {
			low = 0x90
		} else if c == 0xF4 {
			high = 0x8F
		}
	default:
		return 1, false
	}
	for n = 1; n < need; n++ {
		if n == len(b) {
			return n, true
		}
		if b[n] < low || b[n] > high {
			return n, false
		}
		low, high = 0x80, 0xBF
	}
	return n, false
}
