package text

// A Decoder turns token ids into text, a piece at a time. The streaming decoder
// of a tokenizer is one: its pieces never end inside a UTF-8 sequence.
type Decoder interface {
	// Next returns the text that id completes, which may be empty.
	Next(id int32) string
	// Flush returns what is left when no token follows.
	Flush() string
}

// A Stream passes on a decoder's text up to the first stop string.
type Stream struct {
	decoder Decoder
	stops   []matcher
	held    []byte // text that may be the beginning of a stop string
	stopped bool
	matched string
}

// NewStream returns a stream over d that ends at any of the stop strings. Empty
// ones are ignored. Stop strings should be valid UTF-8: then pieces divide
// text between characters only.
func NewStream(d Decoder, stops []string) *Stream {
	s := &Stream{decoder: d}
	for _, stop := range stops {
		if stop != "" {
			s.stops = append(s.stops, newMatcher(stop))
		}
	}
	return s
}

// Next adds a token and returns the text that is now safe to print, and whether
// a stop string is complete. Once stopped it stays so and returns no more text.
func (s *Stream) Next(id int32) (piece string, stopped bool) {
	if s.stopped {
		return "", true
	}
	return s.add(s.decoder.Next(id)), s.stopped
}

// Flush returns the rest of the text when no token follows: what the decoder
// still had and what was held back, up to a stop string that only now becomes
// complete.
func (s *Stream) Flush() string {
	if s.stopped {
		return ""
	}
	piece := s.add(s.decoder.Flush())
	if s.stopped {
		return piece
	}
	piece += string(s.held)
	s.held = s.held[:0]
	for i := range s.stops {
		s.stops[i].state = 0
	}
	return piece
}

// Matched returns the stop string that ended the text, "" if none did.
func (s *Stream) Matched() string { return s.matched }

func (s *Stream) add(text string) string {
	if len(s.stops) == 0 || text == "" {
		return text
	}
	for i := range len(text) {
		for j := range s.stops {
			m := &s.stops[j]
			if m.next(text[i]) && len(m.stop) > len(s.matched) {
				s.matched, s.stopped = m.stop, true
			}
		}
		if s.stopped {
			s.held = append(s.held, text[:i+1]...)
			piece := string(s.held[:len(s.held)-len(s.matched)])
			s.held = nil
			return piece
		}
	}
	keep := 0
	for i := range s.stops {
		keep = max(keep, s.stops[i].state)
	}
	s.held = append(s.held, text...)
	piece := string(s.held[:len(s.held)-keep])
	s.held = append(s.held[:0], s.held[len(s.held)-keep:]...)
	return piece
}

// A matcher finds one stop string (Knuth, Morris, Pratt 1977).
type matcher struct {
	stop string
	// border[i] is the length of the longest proper prefix of stop[:i+1] that
	// is also its suffix.
	border []int32
	// state is how much of stop the text so far ends with; less than its
	// length between calls of next.
	state int
}

func newMatcher(stop string) matcher {
	m := matcher{stop: stop, border: make([]int32, len(stop))}
	for i := 1; i < len(stop); i++ {
		k := int(m.border[i-1])
		for k > 0 && stop[k] != stop[i] {
			k = int(m.border[k-1])
		}
		if stop[k] == stop[i] {
			k++
		}
		m.border[i] = int32(k)
	}
	return m
}

// next reads one byte and reports whether it completes the stop string.
func (m *matcher) next(c byte) bool {
	for m.state > 0 && m.stop[m.state] != c {
		m.state = int(m.border[m.state-1])
	}
	if m.stop[m.state] == c {
		m.state++
	}
	if m.state < len(m.stop) {
		return false
	}
	m.state = int(m.border[m.state-1])
	return true
}
