package npy

import (
	"io"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// chunk is how many bytes are collected before they are written.
const chunk = 64 << 10

// A gatherer writes the elements of views that are not contiguous.
type gatherer struct {
	w   io.Writer
	buf []byte // capacity chunk
}

// gather writes the elements of t in row-major order.
func gather(w io.Writer, t *tensor.Tensor) error {
	if t.Len() == 0 {
		return nil // a view of nothing may begin where its buffer ends
	}
	if t.Contiguous() {
		_, err := w.Write(t.Bytes())
		return err
	}
	g := &gatherer{w: w, buf: make([]byte, 0, chunk)}
	if err := g.walk(t); err != nil {
		return err
	}
	return g.flush()
}

// walk goes down to what is contiguous or has one dimension.
func (g *gatherer) walk(t *tensor.Tensor) error {
	switch {
	case t.Contiguous():
		return g.add(t.Bytes())
	case len(t.Shape()) == 1:
		return g.strided(t)
	}
	for i := range t.Shape()[0] {
		if err := g.walk(t.Select(0, i)); err != nil {
			return err
		}
	}
	return nil
}

// strided writes the elements of a vector.
func (g *gatherer) strided(t *tensor.Tensor) error {
	_, size := t.DType().Block()
	first := unsafe.Pointer(unsafe.SliceData(t.Select(0, 0).Bytes()))
	step := t.Strides()[0] * size // bytes
	for i := range t.Shape()[0] {
		if err := g.add(unsafe.Slice((*byte)(unsafe.Add(first, i*step)), size)); err != nil {
			return err
		}
	}
	return nil
}

func (g *gatherer) add(b []byte) error {
	if len(b) > cap(g.buf)-len(g.buf) {
		if err := g.flush(); err != nil {
			return err
		}
		if len(b) > cap(g.buf) {
			_, err := g.w.Write(b)
			return err
		}
	}
	g.buf = append(g.buf, b...)
	return nil
}

func (g *gatherer) flush() error {
	_, err := g.w.Write(g.buf)
	g.buf = g.buf[:0]
	return err
}
