// Package kvcache holds the keys and values of the tokens a model has seen, so
// that each new token computes only its own.
//
// Keys and values are F32, F16 or Q8_0, laid out by layer and key-value head: the keys of
// all heads, then the values of all heads, each in the layout of [nn.Head]. The
// positions of one head follow one another, which is the order that attention
// reads them in. A [Cache] owns its memory and belongs to one sequence; positions
// may be put by several goroutines if each has its own. Between passes over the model
// its allocator may move it: whoever works with it pins it.
//
// The first positions of a cache can be written to a file, layer by layer and in
// the same layout, and put back into a cache of another capacity: see
// [Cache.WriteKeys], [Cache.WriteValues] and [Cache.Restore].
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
	Type                     dtype.DType // F32, F16 or Q8_0
}

// Bytes returns the memory that keys and values of this shape take, their scales
// included. What is stored in blocks of positions takes whole ones beyond that.
func (s Shape) Bytes() int64 {
	return 2 * int64(nn.PositionBytes(s.Type, s.HeadDim)) * int64(s.Layers) * int64(s.KVHeads) * int64(s.Positions)
}

// A Cache is the keys and values of up to Positions tokens.
type Cache struct {
	shape Shape
	heads []nn.Head // (layer, key-value head); valid while pinned
	len   int
	mem   memory.Movable
	data  []byte // where mem was when heads were made
	pins  int
}

// New allocates a cache; the caller must Release it.
func New(a memory.Allocator, s Shape) (*Cache, error) {
	if nn.PositionBytes(s.Type, 1) == 0 {
		panic("kvcache: New type")
	}
	keys, values := nn.HeadBytes(s.Type, s.HeadDim, s.Positions)
	n := int64(s.Layers) * int64(s.KVHeads) * (keys + values)
	if n > math.MaxInt {
		return nil, fmt.Errorf("kvcache: %d tokens need %d MiB: choose a smaller context", s.Positions, n>>20)
	}
	// What no position has been put into is read with a weight of zero.
	mem, err := memory.AllocMovable(a, int(n), 64)
	if err != nil {
		return nil, fmt.Errorf("kvcache: %d tokens need %d MiB: choose a smaller context: %w", s.Positions, n>>20, err)
	}
	// Every head has a part for the whole context, of which a short text touches
	// the beginning.
	mem.Sparse()
	return &Cache{shape: s, heads: make([]nn.Head, s.Layers*s.KVHeads), mem: mem}, nil
}

// Release frees the memory. The cache must not be used afterwards.
func (c *Cache) Release() { c.mem.Release() }

// Pin keeps the memory at its place until Unpin, as often as it is called: the
// allocator may move a cache that nobody works with. Head and Put need it.
func (c *Cache) Pin() {
	data := c.mem.Pin()
	c.pins++
	if len(data) > 0 && len(c.data) > 0 && &data[0] == &c.data[0] {
		return
	}
	c.data = data
	keys, values := nn.HeadBytes(c.shape.Type, c.shape.HeadDim, c.shape.Positions)
	ks, vs := int(keys), int(values)
	for i := range c.heads {
		k, v := data[i*ks:][:ks:ks], data[len(c.heads)*ks+i*vs:][:vs:vs]
		c.heads[i] = nn.Head{Width: c.shape.HeadDim, Type: c.shape.Type, Keys: k, Values: v}
	}
}

// Unpin ends what Pin began.
func (c *Cache) Unpin() {
	c.pins--
	c.mem.Unpin()
}

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
		c.Head(layer, g).Put(position, k[g*d:(g+1)*d], v[g*d:(g+1)*d])
	}
}

// Type returns the type of the elements.
func (c *Cache) Type() dtype.DType { return c.shape.Type }

// Shape returns the size of the cache.
func (c *Cache) Shape() Shape { return c.shape }

// Head returns the keys and values of one key-value head of a layer, of which Len
// positions count. They stay where they are until Unpin.
func (c *Cache) Head(layer, head int) *nn.Head {
	if c.pins == 0 {
		panic("kvcache: Head of a cache that is not pinned")
	}
	return &c.heads[layer*c.shape.KVHeads+head]
}
