// Package kvcache holds the keys and values of the tokens a model has seen, so
// that each new token computes only its own.
//
// Keys and values are F32 or F16, laid out (layer, key-value head, position,
// HeadDim): one head's positions follow one another, which is the order that
// attention reads them in. A [Cache] owns its memory and belongs to one sequence;
// positions may be put by several goroutines if each has its own.
package kvcache

import (
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// A Shape fixes the size of a cache.
type Shape struct {
	Layers, KVHeads, HeadDim int
	Positions                int         // capacity in tokens
	Type                     dtype.DType // F32 or F16
}

// Bytes returns the memory that keys and values of this shape take.
func (s Shape) Bytes() int64 {
	_, size := s.Type.Block()
	return 2 * int64(size) * int64(s.Layers) * int64(s.KVHeads) * int64(s.HeadDim) * int64(s.Positions)
}

// A Cache is the keys and values of up to Positions tokens.
type Cache struct {
	shape Shape
	row   int // bytes of one head's key
	len   int
	buf   *memory.Buffer
	data  []byte // keys, then values
}

// New allocates a cache; the caller must Release it.
func New(a memory.Allocator, s Shape) (*Cache, error) {
	if s.Type != dtype.F32 && s.Type != dtype.F16 {
		panic("kvcache: New type")
	}
	n := s.Bytes()
	if n > math.MaxInt {
		return nil, fmt.Errorf("kvcache: %d tokens need %d MiB: choose a smaller context", s.Positions, n>>20)
	}
	buf, err := a.Alloc(int(n), 64)
	if err != nil {
		return nil, fmt.Errorf("kvcache: %d tokens need %d MiB: choose a smaller context: %w", s.Positions, n>>20, err)
	}
	_, size := s.Type.Block()
	return &Cache{shape: s, row: size * s.HeadDim, buf: buf, data: buf.Bytes()}, nil
}

// Release frees the memory. The cache must not be used afterwards.
func (c *Cache) Release() { c.buf.Release() }

// Len returns the number of tokens held.
func (c *Cache) Len() int { return c.len }

// Cap returns the number of tokens that fit.
func (c *Cache) Cap() int { return c.shape.Positions }

// Truncate forgets all tokens from position n on.
func (c *Cache) Truncate(n int) {
	if n < 0 || n > c.len {
		panic("kvcache: Truncate position")
	}
	c.len = n
}

// Extend makes the next n positions part of the cache. Their keys and values must
// have been put in every layer.
func (c *Cache) Extend(n int) {
	if n < 0 || c.len+n > c.shape.Positions {
		panic("kvcache: Extend past capacity")
	}
	c.len += n
}

// Put stores the keys and values of one position of a layer, each
// (KVHeads·HeadDim), rounding them to the cache's type. Positions up to capacity
// may be put before [Cache.Extend] makes them count.
func (c *Cache) Put(layer, position int, k, v []float32) {
	d := c.shape.HeadDim
	for g := range c.shape.KVHeads {
		c.store(c.Keys(layer, g)[position*c.row:][:c.row], k[g*d:(g+1)*d])
		c.store(c.Values(layer, g)[position*c.row:][:c.row], v[g*d:(g+1)*d])
	}
}

func (c *Cache) store(dst []byte, src []float32) {
	if c.shape.Type == dtype.F16 {
		nn.Float16s(dst, src)
	} else {
		nn.Float32s(dst, src)
	}
}

// Type returns the type of the elements.
func (c *Cache) Type() dtype.DType { return c.shape.Type }

// Keys returns the keys of one head, (Positions, HeadDim), of which Len rows count.
func (c *Cache) Keys(layer, head int) []byte { return c.head(layer, head) }

// Values returns the values of one head, shaped as Keys.
func (c *Cache) Values(layer, head int) []byte { return c.head(c.shape.Layers+layer, head) }

func (c *Cache) head(plane, head int) []byte {
	n := c.shape.Positions * c.row
	at := (plane*c.shape.KVHeads + head) * n
	return c.data[at : at+n : at+n]
}
