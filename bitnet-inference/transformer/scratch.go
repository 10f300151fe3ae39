package transformer

import (
	"fmt"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// grow sizes the scratch for runs of T tokens together. What it held is lost if it has to
// be larger than before; it never shrinks.
func (p *Pass) grow(runs []Run, tokens int) error {
	c, a := &p.m.config, &p.att
	group := c.Group()
	parts := p.plan(runs)
	widest := max(c.Dim, c.QDim(), c.FFN)
	stride := (widest + int8act.Padding - 1) / int8act.Padding * int8act.Padding
	floats := [...]struct {
		dst *[]float32
		n   int
	}{
		{&p.x, tokens * c.Dim},
		{&p.h, tokens * max(c.Dim, c.QDim())},
		{&p.qkv, tokens * padded(c.QDim()+2*c.KVDim())},
		{&p.gateUp, tokens * padded(2*c.FFN)},
		{&p.act, tokens * c.FFN},
		{&p.y, tokens * padded(c.Dim)},
		{&p.in.rows, len(p.in.copies) * tokens * c.Dim},
		{&a.q, tokens * c.QDim()},
		{&a.parts, parts * nn.PartLen(a.tile*group, c.HeadDim)},
		{&a.scratch, len(a.shares) * nn.Scratch(group, c.HeadDim)},
	}
	enough := cap(p.in.quantized.Q) >= tokens*stride && cap(p.in.quantized.Scale) >= tokens
	for _, f := range floats {
		enough = enough && cap(*f.dst) >= f.n
	}
	if !enough {
		codes, rows := max(tokens*stride, cap(p.in.quantized.Q)), max(tokens, cap(p.in.quantized.Scale))
		size := (1 + len(p.in.copies)) * (lines(codes) + 2*lines(4*rows))
		for _, f := range floats {
			size += lines(4 * max(f.n, cap(*f.dst)))
		}
		buf, err := memory.Tagged(p.m.alloc, "activations").Alloc(size, memory.DefaultAlign)
		if err != nil {
			return fmt.Errorf("transformer: scratch for %d tokens: %w", tokens, err)
		}
		rest := buf.Bytes()
		p.in.quantized.Use(take[int8](&rest, codes), take[float32](&rest, rows), take[int32](&rest, rows))
		for i := range p.in.copies {
			p.in.copies[i].quantized.Use(take[int8](&rest, codes), take[float32](&rest, rows), take[int32](&rest, rows))
		}
		for _, f := range floats {
			*f.dst = take[float32](&rest, max(f.n, cap(*f.dst)))
		}
		if !p.held.IsZero() {
			p.held.Release()
		}
		p.held = buf
	}
	for _, f := range floats {
		*f.dst = (*f.dst)[:f.n]
	}
	return nil
}

// lines rounds bytes up to whole cache lines.
func lines(n int) int { return (n + memory.DefaultAlign - 1) &^ (memory.DefaultAlign - 1) }

// take cuts n elements off the front of b, whole cache lines.
func take[T int8 | int32 | float32](b *[]byte, n int) []T {
	var zero T
	size := n * int(unsafe.Sizeof(zero))
	v := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(*b))), n)
	*b = (*b)[lines(size):]
	return v
}

// padded returns the distance between rows of a product's results: an odd number
// of cache lines. A product writes a few columns of every token's row before it
// goes on, and rows a power of two apart would meet in a few sets of the caches.
func padded(width int) int { return (width+15)/16*16 | 16 }
