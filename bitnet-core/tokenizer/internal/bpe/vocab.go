package bpe

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math"
)

// None stands for "no token".
const None int32 = -1

// A Vocab maps ids to token texts and texts to ids. Texts lie in one arena, the
// ids of texts in an open-addressing table. The table's hash is seeded anew for
// every Vocab, so that no file can be made whose tokens collide.
type Vocab struct {
	arena  []byte
	tokens []span         // by id
	slots  []uint64       // high half of the hash | id+1; 0 is free
	count  int            // ids that are taken
	used   int            // slots that are taken
	hidden map[int32]bool // tokens that Index skipped
	seed   maphash.Seed
}

// span is where a text lies; end is one more than that, so that 0 means that
// the id is not taken.
type span struct{ off, end uint32 }

// NewVocab returns an empty Vocab with room for n tokens of size bytes in all.
func NewVocab(n, size int) *Vocab {
	return &Vocab{
		arena:  make([]byte, 0, size),
		tokens: make([]span, 0, n),
		seed:   maphash.MakeSeed(),
	}
}

// Add stores a copy of text as the token id, which Text then finds; Lookup does
// not until Index is called. The caller has bounded id. An id that is taken is
// an error.
func (v *Vocab) Add(id int32, text []byte) error {
	if uint64(len(v.arena))+uint64(len(text)) >= math.MaxUint32 {
		return fmt.Errorf("the vocabulary is larger than 4 GiB")
	}
	if n := int(id) + 1; n > len(v.tokens) {
		if n <= cap(v.tokens) {
			v.tokens = v.tokens[:n]
		} else {
			v.tokens = append(v.tokens, make([]span, n-len(v.tokens))...)
		}
	}
	t := &v.tokens[id]
	if t.end != 0 {
		return fmt.Errorf("id %d is given to %q and to %q", id, v.Text(id), text)
	}
	off := len(v.arena)
	v.arena = append(v.arena, text...)
	*t = span{uint32(off), uint32(len(v.arena) + 1)}
	v.count++
	return nil
}

// Index makes all tokens added so far findable by Lookup, except those for
// which skip, if given, is true. A text that two ids share is an error.
func (v *Vocab) Index(skip func(id int32) bool) error {
	size := 64
	for size < v.count*2 {
		size *= 2
	}
	v.slots, v.used = make([]uint64, size), 0
	for id, t := range v.tokens {
		if t.end == 0 {
			continue
		}
		if skip != nil && skip(int32(id)) {
			if v.hidden == nil {
				v.hidden = map[int32]bool{}
			}
			v.hidden[int32(id)] = true
			continue
		}
		if old := v.insert(int32(id)); old != None {
			return fmt.Errorf("the token %q has two ids, %d and %d", v.Text(int32(id)), old, id)
		}
	}
	return nil
}

// insert enters id into the table unless its text is there, in which case it
// returns the id that has it.
func (v *Vocab) insert(id int32) int32 {
	text := v.Text(id)
	h := maphash.Bytes(v.seed, text)
	mask := uint64(len(v.slots) - 1)
	for i := h; ; i++ {
		switch s := v.slots[i&mask]; {
		case s == 0:
			v.slots[i&mask] = h&^math.MaxUint32 | uint64(id+1)
			v.used++
			return None
		case (s^h)>>32 == 0 && bytes.Equal(v.Text(int32(uint32(s))-1), text):
			return int32(uint32(s)) - 1
		}
	}
}

// AddIndexed adds text under the next free id and makes it findable at once;
// the text must not be in the vocabulary. It returns the id.
func (v *Vocab) AddIndexed(text []byte) (int32, error) {
	if len(v.tokens) >= math.MaxInt32 {
		return None, fmt.Errorf("the vocabulary is full")
	}
	id := int32(len(v.tokens))
	if err := v.Add(id, text); err != nil {
		return None, err
	}
	if v.used*2 >= len(v.slots) {
		old := v.slots
		v.slots, v.used = make([]uint64, max(64, 2*len(old))), 0
		for _, s := range old {
			if s != 0 {
				v.insert(int32(uint32(s)) - 1)
			}
		}
	}
	v.insert(id)
	return id, nil
}

// Lookup returns the id of a text, or None.
func (v *Vocab) Lookup(text string) int32 {
	return v.lookup(text, maphash.String(v.seed, text))
}

// lookup is Lookup for a text whose hash is known.
func (v *Vocab) lookup(text string, h uint64) int32 {
	if len(v.slots) == 0 {
		return None
	}
	mask := uint64(len(v.slots) - 1)
	for i := h; ; i++ {
		s := v.slots[i&mask]
		if s == 0 {
			return None
		}
		if (s^h)>>32 == 0 {
			if id := int32(uint32(s)) - 1; string(v.Text(id)) == text {
				return id
			}
		}
	}
}

// LookupBytes is Lookup for a text in bytes.
func (v *Vocab) LookupBytes(text []byte) int32 {
	if len(v.slots) == 0 {
		return None
	}
	h := maphash.Bytes(v.seed, text)
	mask := uint64(len(v.slots) - 1)
	for i := h; ; i++ {
		s := v.slots[i&mask]
		if s == 0 {
			return None
		}
		if (s^h)>>32 == 0 {
			if id := int32(uint32(s)) - 1; bytes.Equal(v.Text(id), text) {
				return id
			}
		}
	}
}

// Text returns the text of id, a part of the Vocab, or nil if it has none.
func (v *Vocab) Text(id int32) []byte {
	if id < 0 || int(id) >= len(v.tokens) {
		return nil
	}
	t := v.tokens[id]
	if t.end == 0 {
		return nil
	}
	return v.arena[t.off : t.end-1 : t.end-1]
}

// Has reports whether id is a token.
func (v *Vocab) Has(id int32) bool {
	return id >= 0 && int(id) < len(v.tokens) && v.tokens[id].end != 0
}

// Size returns the highest id + 1.
func (v *Vocab) Size() int { return len(v.tokens) }

// Count returns the number of ids that are tokens.
func (v *Vocab) Count() int { return v.count }
