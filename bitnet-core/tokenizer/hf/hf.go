//go:build tokenizers

package hf

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/daulet/tokenizers"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// A Tokenizer is one of the library's. It is safe for concurrent use.
type Tokenizer struct {
	vocab  vocabulary
	pieces pieces
	data   []byte // the file, for plain

	mu      sync.RWMutex // held for reading while the library runs
	library *tokenizers.Tokenizer
	plain   *tokenizers.Tokenizer // reads special tokens as text; loaded when first asked for
	once    sync.Once             // loads plain
}

var _ tokenizer.Tokenizer = (*Tokenizer)(nil)

// LoadJSON reads a tokenizer.json. name stands for the file in errors. data is
// kept and must not change. The caller closes the Tokenizer.
func LoadJSON(data []byte, name string) (*Tokenizer, error) {
	t, err := load(data)
	if err != nil {
		return nil, fmt.Errorf("hf: %s: %w", name, err)
	}
	return t, nil
}

func load(data []byte) (*Tokenizer, error) {
	if len(data) > math.MaxUint32 {
		return nil, errors.New("larger than 4 GiB, which the library cannot read")
	}
	f, err := readFile(data)
	if err != nil {
		return nil, err
	}
	t := &Tokenizer{data: f.data}
	if t.vocab, err = f.vocabulary(); err != nil {
		return nil, err
	}
	if t.pieces, err = f.pieces(); err != nil {
		return nil, err
	}
	t.library, err = tokenizers.FromBytes(t.data)
	return t, err
}

// Close gives the library's memory back, once calls that run have ended. After
// it Encode, Decode and AppendToken panic. Closing again does nothing.
func (t *Tokenizer) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, library := range []**tokenizers.Tokenizer{&t.library, &t.plain} {
		if *library != nil {
			_ = (*library).Close() // never fails
			*library = nil
		}
	}
	return nil
}

// Encode implements tokenizer.Tokenizer. See the package's documentation for
// bytes that are NUL or not UTF-8.
func (t *Tokenizer) Encode(dst []int32, text string, opt tokenizer.Options) []int32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.library == nil {
		panic("hf: Encode after Close")
	}
	library := t.library
	if opt.PlainSpecials {
		library = t.withPlainSpecials()
	}
	text = strings.ReplaceAll(text, "\x00", "\uFFFD") // ends a C string
	// Unlike the library's Encode this does not bring back the tokens' texts.
	encoding := library.EncodeWithOptions(text, !opt.NoPostProcess)
	for _, id := range encoding.IDs {
		dst = append(dst, int32(id))
	}
	return dst
}

// withPlainSpecials returns a second tokenizer of the library: to it this is a
// property of the tokenizer, not of a call.
func (t *Tokenizer) withPlainSpecials() *tokenizers.Tokenizer {
	t.once.Do(func() {
		var err error
		t.plain, err = tokenizers.FromBytes(t.data, tokenizers.WithEncodeSpecialTokens())
		if err != nil {
			panic("hf: Encode changed data") // it was read once already
		}
	})
	return t.plain
}

// Decode implements tokenizer.Tokenizer. See the package's documentation for
// texts with a NUL.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.library == nil {
		panic("hf: Decode after Close")
	}
	list := make([]uint32, len(ids))
	for i, id := range ids {
		list[i] = uint32(id) // a negative id becomes one that no vocabulary has
	}
	return t.library.Decode(list, skipSpecial)
}

// AppendToken implements tokenizer.Tokenizer. Where the decoder is not made of
// ByteLevel, ByteFallback, Metaspace, Strip, Fuse and Replace of a string, it
// appends what Decode returns for id alone.
func (t *Tokenizer) AppendToken(dst []byte, id int32) []byte {
	token, ok := t.Token(id)
	if !ok {
		return dst
	}
	if t.pieces == nil {
		return append(dst, t.Decode([]int32{id}, false)...)
	}
	return append(dst, t.pieces.text(token)...)
}
