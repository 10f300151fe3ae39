package kvcache

import (
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
)

// LayoutVersion is raised whenever the same positions are saved as other bytes.
const LayoutVersion = 1

// SavedKeys returns the shape in which [Cache.WriteKeys] writes n positions:
// (KVHeads, ⌈n/KeyBlock⌉, HeadDim, KeyBlock).
func (s Shape) SavedKeys(n int) []int {
	return []int{s.KVHeads, (n + nn.KeyBlock - 1) / nn.KeyBlock, s.HeadDim, nn.KeyBlock}
}

// SavedValues returns the shape in which [Cache.WriteValues] writes n positions:
// (KVHeads, n, HeadDim).
func (s Shape) SavedValues(n int) []int { return []int{s.KVHeads, n, s.HeadDim} }

// WriteKeys writes the keys of a layer's first n positions to w as they lie in
// memory, but for the last block, where zeros take the place of what was put
// behind position n.
func (c *Cache) WriteKeys(w io.Writer, layer, n int) error {
	c.checkSaved(n)
	size := c.elementSize()
	block := nn.KeyBlock * c.shape.HeadDim * size
	whole, rest := n/nn.KeyBlock, n%nn.KeyBlock
	for g := range c.shape.KVHeads {
		keys := c.Head(layer, g).Keys
		if _, err := w.Write(keys[:whole*block]); err != nil {
			return err
		}
		if rest == 0 {
			continue
		}
		last := append([]byte(nil), keys[whole*block:(whole+1)*block]...)
		for d := range c.shape.HeadDim {
			clear(last[(d*nn.KeyBlock+rest)*size : (d+1)*nn.KeyBlock*size])
		}
		if _, err := w.Write(last); err != nil {
			return err
		}
	}
	return nil
}

// WriteValues writes the values of a layer's first n positions to w.
func (c *Cache) WriteValues(w io.Writer, layer, n int) error {
	c.checkSaved(n)
	for g := range c.shape.KVHeads {
		if _, err := w.Write(c.Head(layer, g).Values[:n*c.shape.HeadDim*c.elementSize()]); err != nil {
			return err
		}
	}
	return nil
}

// Restore puts the first n of the positions that were saved of a layer, of which
// keys and values are all the bytes. Like [Cache.Put] it leaves it to
// [Cache.Extend] to make them count.
func (c *Cache) Restore(layer, n int, keys, values []byte, saved int) {
	row := c.shape.HeadDim * c.elementSize()
	of := func(positions int) int { // bytes of a head's keys
		return (positions + nn.KeyBlock - 1) / nn.KeyBlock * nn.KeyBlock * row
	}
	if n < 0 || n > saved || n > c.shape.Positions || len(keys) != c.shape.KVHeads*of(saved) || len(values) != c.shape.KVHeads*saved*row {
		panic("kvcache: Restore shape")
	}
	for g := range c.shape.KVHeads {
		h := c.Head(layer, g)
		copy(h.Keys, keys[g*of(saved):][:of(n)])
		copy(h.Values, values[g*saved*row:][:n*row])
	}
}

func (c *Cache) checkSaved(n int) {
	if n < 0 || n > c.len {
		panic("kvcache: Write positions")
	}
}

func (c *Cache) elementSize() int {
	_, size := c.shape.Type.Block()
	return size
}
