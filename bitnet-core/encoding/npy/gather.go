package npy

import (
	"io"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// chunk is how many bytes are collected before they are written: what a core's
// second cache holds.
const chunk = 256 << 10

// line is the size of a cache line in bytes.
const line = 64

// A gatherer writes the elements of views that are not contiguous.
type gatherer struct {
	w   io.Writer
	buf []byte // capacity chunk, aligned for every type
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

// walk goes down to what is contiguous or a matrix with gaps in its rows.
func (g *gatherer) walk(t *tensor.Tensor) error {
	shape, strides := t.Shape(), t.Strides()
	switch last := len(shape) - 1; {
	case t.Contiguous():
		return g.add(t.Bytes())
	case last == 0:
		return g.matrix(t, grid{rows: 1, cols: shape[0], right: strides[0]})
	case last == 1 && strides[1] != 1:
		return g.matrix(t, grid{rows: shape[0], cols: shape[1], down: strides[0], right: strides[1]})
	}
	for i := range shape[0] {
		if err := g.walk(t.Select(0, i)); err != nil {
			return err
		}
	}
	return nil
}

// A grid is the shape of a matrix and its strides, in elements.
type grid struct{ rows, cols, down, right int }

// matrix writes the elements of t, which lie as m says and are not contiguous, so
// that there are some.
func (g *gatherer) matrix(t *tensor.Tensor, m grid) error {
	_, size := t.DType().Block()
	first := t
	for len(first.Shape()) > 0 {
		first = first.Select(0, 0)
	}
	src := unsafe.Pointer(unsafe.SliceData(first.Bytes()))
	switch size {
	case 1:
		return matrixOf[uint8](g, src, m)
	case 2:
		return matrixOf[uint16](g, src, m)
	case 4:
		return matrixOf[uint32](g, src, m)
	default: // no plain type is wider than 8 bytes
		return matrixOf[uint64](g, src, m)
	}
}

// matrixOf collects as many rows as a chunk holds, and of those one column after the
// other: in a transposed matrix the neighbours along a column share a cache line. Rows
// that are longer than a chunk come in pieces.
func matrixOf[T uint8 | uint16 | uint32 | uint64](g *gatherer, src unsafe.Pointer, m grid) error {
	size := int(unsafe.Sizeof(T(0)))
	cols := min(m.cols, chunk/size)
	rows := min(m.rows, chunk/size/cols)
	if cols < m.cols {
		rows = 1
	}
	for i := 0; i < m.rows; i += rows {
		for j := 0; j < m.cols; j += cols {
			h, w := min(rows, m.rows-i), min(cols, m.cols-j)
			if h*w*size > chunk-len(g.buf) {
				if err := g.flush(); err != nil {
					return err
				}
			}
			begin := len(g.buf)
			g.buf = g.buf[:begin+h*w*size]
			dst := unsafe.Slice((*T)(unsafe.Pointer(&g.buf[begin])), h*w)
			for top := 0; top < h; top += line / size {
				for c := range w {
					at := (i+top)*m.down + (j+c)*m.right
					for r := top; r < min(top+line/size, h); r++ {
						dst[r*w+c] = *(*T)(unsafe.Add(src, at*size))
						at += m.down
					}
				}
			}
		}
	}
	return nil
}

// add collects bytes that lie together.
func (g *gatherer) add(b []byte) error {
	if len(b) > chunk-len(g.buf) {
		if err := g.flush(); err != nil {
			return err
		}
		if len(b) > chunk {
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
