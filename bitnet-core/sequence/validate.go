package sequence

import (
	"fmt"
	"strings"
)

// Limits are what [Validate] holds sequences to. The zero value allows everything.
type Limits struct {
	Vocab  int // ids are at least 0 and below it; 0: any id
	MinLen int // tokens of a sequence
	MaxLen int // tokens of a sequence; 0: any number
}

// A Fault is a place where a sequence breaks a limit.
type Fault struct {
	Sequence int
	Position int   // of the token; -1 if it is the length that is wrong
	ID       int32 // the token, if Position is one
	Length   int   // the tokens of the sequence
}

// maxFaults is how many faults an error lists. A file that goes with another
// vocabulary has as many as it has tokens.
const maxFaults = 8

// An InvalidError reports sequences that break limits.
type InvalidError struct {
	Limits Limits
	Faults []Fault // the first, 8 at most
	Count  int     // of all faults
}

func (e *InvalidError) Error() string {
	var s strings.Builder
	s.WriteString("sequence: ")
	if e.Count > 1 {
		fmt.Fprintf(&s, "%d faults: ", e.Count)
	}
	ids := false
	for i, f := range e.Faults {
		if i > 0 {
			s.WriteString("; ")
		}
		switch l := e.Limits; {
		case f.Position >= 0:
			ids = true
			fmt.Fprintf(&s, "sequence %d, position %d: id %d is not in the vocabulary of %d", f.Sequence, f.Position, f.ID, l.Vocab)
		case f.Length < l.MinLen:
			fmt.Fprintf(&s, "sequence %d: %d tokens, fewer than %d", f.Sequence, f.Length, l.MinLen)
		default:
			fmt.Fprintf(&s, "sequence %d: %d tokens, more than %d", f.Sequence, f.Length, l.MaxLen)
		}
	}
	if more := e.Count - len(e.Faults); more > 0 {
		fmt.Fprintf(&s, "; and %d more", more)
	}
	if ids {
		s.WriteString(": use the tokenizer that belongs to the model")
	}
	return s.String()
}

// Validate returns an [*InvalidError] if ids or lengths are outside the limits.
// What passes can index an embedding of Vocab rows.
func Validate(seqs [][]int32, l Limits) error {
	if l.Vocab < 0 || l.MinLen < 0 || l.MaxLen < 0 || l.MaxLen > 0 && l.MinLen > l.MaxLen {
		panic("sequence: Validate limits")
	}
	e := &InvalidError{Limits: l}
	for i, seq := range seqs {
		if len(seq) < l.MinLen || l.MaxLen > 0 && len(seq) > l.MaxLen {
			e.add(Fault{Sequence: i, Position: -1, Length: len(seq)})
		}
		if l.Vocab == 0 {
			continue
		}
		for p, id := range seq {
			if id < 0 || int(id) >= l.Vocab {
				e.add(Fault{Sequence: i, Position: p, ID: id, Length: len(seq)})
			}
		}
	}
	if e.Count == 0 {
		return nil
	}
	return e
}

func (e *InvalidError) add(f Fault) {
	if len(e.Faults) < maxFaults {
		e.Faults = append(e.Faults, f)
	}
	e.Count++
}
