package tokenizer

import "strings"

// A Stream decodes ids one at a time. What it returns never ends within a
// character, and all of it together is what Decode returns for all the ids.
//
// It holds back no more than that requires: up to three bytes of a character
// that is not complete, and for a tokenizer.json with a ByteFallback decoder
// the current run of byte tokens, because HF replaces every byte of a run that
// turns out not to be UTF-8. A Stream is not safe for concurrent use.
type Stream struct {
	state decoding
	plain Tokenizer // a Tokenizer that is not of this package
	ids   []int32   // what plain has decoded
	sent  int       // bytes of it that were returned
	skip  bool
	buf   []byte
}

// NewStream returns a Stream at the start of a text.
func NewStream(t Tokenizer, skipSpecial bool) *Stream {
	s := &Stream{skip: skipSpecial}
	if p, ok := t.(*pipeline); ok {
		s.state = decoding{p: p, skipSpecial: skipSpecial}
	} else {
		s.plain = t
	}
	return s
}

// Seed tells the stream what came before, such as a prompt, without returning
// it: the ids that follow are decoded as its continuation, so that a first
// word keeps the space before it.
func (s *Stream) Seed(ids []int32) {
	for _, id := range ids {
		s.Next(id)
	}
	if run := s.state.run; len(run) > 0 {
		s.state.run = append(run[:0], run[validLen(run):]...)
	}
}

// Next returns the text that id completes; often a word, sometimes nothing.
func (s *Stream) Next(id int32) string {
	if s.plain != nil {
		return s.nextPlain(id)
	}
	s.buf = s.state.next(s.buf[:0], id)
	return string(s.buf)
}

// Flush returns what is held back, as it stands, and ends the text.
func (s *Stream) Flush() string {
	if s.plain != nil {
		text := s.plain.Decode(s.ids, s.skip)
		text = text[min(s.sent, len(text)):]
		s.ids, s.sent = nil, 0
		return text
	}
	s.buf = s.state.end(s.buf[:0])
	s.state = decoding{p: s.state.p, skipSpecial: s.skip}
	return string(s.buf)
}

// nextPlain decodes everything again; what it returned before must not change.
func (s *Stream) nextPlain(id int32) string {
	s.ids = append(s.ids, id)
	text := s.plain.Decode(s.ids, s.skip)
	if strings.HasSuffix(text, "\uFFFD") || len(text) < s.sent {
		return ""
	}
	text = text[s.sent:]
	s.sent += len(text)
	return text
}
