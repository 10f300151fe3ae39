package memory

import (
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

// ErrShared is the error of [Freeze] for a buffer that others hold too.
var ErrShared = errors.New("memory: the buffer is not inactive: others hold references to it")

// frozenPart is how many bytes are compressed together. The memory that freezing and
// thawing need beside the bytes depends on it and not on how many there are.
const frozenPart = 1 << 20

// A Frozen is the content of a buffer that was given up, compressed. It belongs to
// whoever froze it, who thaws or releases it, once; one goroutine at a time may use
// it.
type Frozen struct {
	len   int
	parts []part
	gone  bool
}

// A part is frozenPart bytes of a Frozen, fewer in the last.
type part struct {
	stored Buffer // as they are if compression did not make them fewer
	sum    uint32 // their CRC-32C: what is damaged does not get as far as the decoder
}

// Freeze compresses the bytes of b into memory of a and takes over the caller's
// reference: b is as if released, and its memory goes back. If anybody else holds a
// reference the error is ErrShared. After an error b is the caller's as before.
//
// Parts of the bytes that zstd (RFC 8878, its fastest level) does not make smaller are
// kept as they are, so a Frozen is never larger than the buffer was. Those are, as a
// rule, parts full of numbers: what freezing saves is room that was never used, zeros
// and repetition, such as the rest of a KV cache after a short conversation. The
// original and what is compressed of it exist together until the end; besides, Freeze
// takes about 3 MiB of the Go heap.
func Freeze(b Buffer, a Allocator) (*Frozen, error) {
	seized, ok := b.seize()
	if !ok {
		return nil, ErrShared
	}
	f, err := freeze(seized.Bytes(), a)
	if err != nil {
		seized.restore()
		return nil, err
	}
	seized.Release()
	return f, nil
}

func freeze(data []byte, a Allocator) (*Frozen, error) {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(frozenPart), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("memory: freeze: %w", err)
	}
	defer encoder.Close()
	f := &Frozen{len: len(data), parts: make([]part, 0, parts(len(data)))}
	scratch := make([]byte, 0, encoder.MaxEncodedSize(min(frozenPart, len(data))))
	for i := range cap(f.parts) {
		plain := partOf(data, i)
		packed := encoder.EncodeAll(plain, scratch)
		if len(packed) >= len(plain) {
			packed = plain
		}
		stored, err := a.Alloc(len(packed), 0)
		if err != nil {
			f.Release()
			return nil, fmt.Errorf("memory: freeze %d bytes: %w", len(data), err)
		}
		copy(stored.Bytes(), packed)
		f.parts = append(f.parts, part{stored, checksum(packed)})
	}
	return f, nil
}

// parts returns how many parts n bytes make.
func parts(n int) int { return (n + frozenPart - 1) / frozenPart }

// partOf returns part i of data, without room behind it.
func partOf(data []byte, i int) []byte {
	begin := i * frozenPart
	end := min(begin+frozenPart, len(data))
	return data[begin:end:end]
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// Thaw returns the bytes in a new buffer of a, aligned as with [Allocator], and
// releases what they were compressed to. After an error, for want of memory or because
// the compressed bytes are not what Freeze wrote, f is as before.
func (f *Frozen) Thaw(a Allocator, align int) (Buffer, error) {
	if f.gone {
		panic("memory: Frozen.Thaw after Thaw or Release")
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxMemory(frozenPart), zstd.WithDecoderLowmem(true))
	if err != nil {
		return Buffer{}, fmt.Errorf("memory: thaw: %w", err)
	}
	defer decoder.Close()
	b, err := a.Alloc(f.len, align)
	if err != nil {
		return Buffer{}, fmt.Errorf("memory: thaw %d bytes: %w", f.len, err)
	}
	data := b.Bytes()
	for i, p := range f.parts {
		if err := p.thaw(partOf(data, i), decoder); err != nil {
			b.Release()
			return Buffer{}, fmt.Errorf("memory: thaw: part %d of %d is damaged: %w", i+1, len(f.parts), err)
		}
	}
	f.Release()
	return b, nil
}

// thaw writes the bytes of p to dst, which has their number. Compressed bytes carry
// zstd's checksum of the original, which the decoder compares.
func (p part) thaw(dst []byte, decoder *zstd.Decoder) error {
	stored := p.stored.Bytes()
	if sum := checksum(stored); sum != p.sum {
		return fmt.Errorf("its checksum is %08x, want %08x", sum, p.sum)
	}
	if len(stored) == len(dst) {
		copy(dst, stored)
		return nil
	}
	plain, err := decoder.DecodeAll(stored, dst[:0])
	if err != nil {
		return err
	}
	if len(plain) != len(dst) || &plain[0] != &dst[0] {
		return fmt.Errorf("it has %d bytes, want %d", len(plain), len(dst))
	}
	return nil
}

// Len returns the number of bytes that were frozen.
func (f *Frozen) Len() int { return f.len }

// Size returns the number of bytes that they take now.
func (f *Frozen) Size() int {
	size := 0
	for _, p := range f.parts {
		size += p.stored.Len()
	}
	return size
}

// Release gives up the bytes without thawing them.
func (f *Frozen) Release() {
	if f.gone {
		panic("memory: Frozen.Release after Thaw or Release")
	}
	f.gone = true
	for _, p := range f.parts {
		p.stored.Release()
	}
	f.parts = nil
}
