package kvcache

import (
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// LayoutVersion is raised whenever the same positions are saved as other bytes.
const LayoutVersion = 1

// SavedType returns the type of the elements that keys and values are saved as: their
// own, or bytes for types of blocks.
func (s Shape) SavedType() dtype.DType {
	if s.Type == dtype.Q8_0 {
		return dtype.U8
	}
	return s.Type
}

// SavedKeys returns the shape in which [Cache.WriteKeys] writes n positions:
// (KVHeads, ⌈n/KeyBlock⌉, HeadDim, KeyBlock), or (KVHeads, ⌈n/KeyBlock⌉, bytes).
func (s Shape) SavedKeys(n int) []int {
	if s.Type == dtype.Q8_0 {
		return []int{s.KVHeads, blocks(n), s.blockBytes()}
	}
	return []int{s.KVHeads, blocks(n), s.HeadDim, nn.KeyBlock}
}

// SavedValues returns the shape in which [Cache.WriteValues] writes n positions:
// (KVHeads, n, HeadDim), or (KVHeads, ⌈n/KeyBlock⌉, bytes).
func (s Shape) SavedValues(n int) []int {
	if s.Type == dtype.Q8_0 {
		return s.SavedKeys(n)
	}
	return []int{s.KVHeads, n, s.HeadDim}
}

func blocks(n int) int { return (n + nn.KeyBlock - 1) / nn.KeyBlock }

// blockBytes returns the bytes of a block of keys, and of one of values.
func (s Shape) blockBytes() int { return nn.KeyBlock * nn.PositionBytes(s.Type, s.HeadDim) }

// saved returns the bytes that keys and values of n positions of a head are saved as:
// those that a head of n positions has.
func (s Shape) saved(n int) (keys, values int) {
	k, v := nn.HeadBytes(s.Type, s.HeadDim, n)
	return int(k), int(v)
}

// WriteKeys writes the keys of a layer's first n positions to w as they lie in
// memory, but for the last block, where zeros take the place of what was put
// behind position n.
func (c *Cache) WriteKeys(w io.Writer, layer, n int) error {
	c.checkSaved(n)
	c.Pin()
	defer c.Unpin()
	whole := n / nn.KeyBlock * c.shape.blockBytes()
	for g := range c.shape.KVHeads {
		h := c.Head(layer, g)
		if _, err := w.Write(h.Keys[:whole]); err != nil {
			return err
		}
		if n%nn.KeyBlock == 0 {
			continue
		}
		if _, err := w.Write(c.lastBlock(h, n).Keys); err != nil {
			return err
		}
	}
	return nil
}

// WriteValues writes the values of a layer's first n positions to w, in blocks like
// the keys or in rows.
func (c *Cache) WriteValues(w io.Writer, layer, n int) error {
	c.checkSaved(n)
	c.Pin()
	defer c.Unpin()
	rows := c.shape.Type != dtype.Q8_0
	whole := n / nn.KeyBlock * c.shape.blockBytes()
	if rows {
		_, whole = c.shape.saved(n)
	}
	for g := range c.shape.KVHeads {
		h := c.Head(layer, g)
		if _, err := w.Write(h.Values[:whole]); err != nil {
			return err
		}
		if rows || n%nn.KeyBlock == 0 {
			continue
		}
		if _, err := w.Write(c.lastBlock(h, n).Values); err != nil {
			return err
		}
	}
	return nil
}

// lastBlock copies the block that n ends in, with zeros behind.
func (c *Cache) lastBlock(h *nn.Head, n int) *nn.Head {
	size, first := c.shape.blockBytes(), n/nn.KeyBlock*c.shape.blockBytes()
	last := &nn.Head{Width: h.Width, Type: h.Type, Keys: make([]byte, size), Values: make([]byte, size)}
	copy(last.Keys, h.Keys[first:])
	copy(last.Values, h.Values[first:])
	zero := make([]float32, h.Width)
	for p := n % nn.KeyBlock; p < nn.KeyBlock; p++ {
		last.Put(p, zero, zero)
	}
	return last
}

// Restore puts the first n of the positions that were saved of a layer, of which
// keys and values are all the bytes. Like [Cache.Put] it leaves it to
// [Cache.Extend] to make them count.
func (c *Cache) Restore(layer, n int, keys, values []byte, saved int) {
	allKeys, allValues := c.shape.saved(saved)
	if n < 0 || n > saved || n > c.shape.Positions || len(keys) != c.shape.KVHeads*allKeys || len(values) != c.shape.KVHeads*allValues {
		panic("kvcache: Restore shape")
	}
	c.Pin()
	defer c.Unpin()
	someKeys, someValues := c.shape.saved(n)
	for g := range c.shape.KVHeads {
		h := c.Head(layer, g)
		copy(h.Keys, keys[g*allKeys:][:someKeys])
		copy(h.Values, values[g*allValues:][:someValues])
	}
}

func (c *Cache) checkSaved(n int) {
	if n < 0 || n > c.len {
		panic("kvcache: Write positions")
	}
}
