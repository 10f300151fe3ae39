package encoding

import (
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// TensorData is a tensor to be written. Exactly one of Data and Stream is set,
// unless the tensor has no bytes. The bytes are contiguous, row-major and
// little-endian.
type TensorData struct {
	Name  string
	Type  dtype.DType
	Shape []int // row-major: a matrix is (out, in)

	// Data are the tensor's bytes, which the writer only reads.
	Data []byte

	// Stream writes the bytes when the tensor's turn comes, so that a model
	// that is converted need not fit into memory. It is called once for each
	// file written.
	Stream func(w io.Writer) error
}

// Size returns the bytes that the tensor takes in a file. A shape or a Data that
// does not suit the type is an error.
func (t *TensorData) Size() (int64, error) {
	size, ok := t.Type.TensorSize(t.Shape)
	switch {
	case !t.Type.Valid():
		return 0, fmt.Errorf("tensor %q: %v is no element type", t.Name, t.Type)
	case !ok:
		return 0, fmt.Errorf("tensor %q: shape %v is too large for %v or no whole number of its blocks", t.Name, t.Shape, t.Type)
	case t.Stream != nil && t.Data != nil:
		return 0, fmt.Errorf("tensor %q has both Data and Stream", t.Name)
	case t.Stream == nil && int64(len(t.Data)) != size:
		return 0, fmt.Errorf("tensor %q has %d bytes of data, and %v of shape %v takes %d", t.Name, len(t.Data), t.Type, t.Shape, size)
	}
	return size, nil
}

// WriteTo writes the tensor's bytes, and makes sure that a Stream writes neither
// more nor less than there should be.
func (t *TensorData) WriteTo(w io.Writer) (int64, error) {
	size, err := t.Size()
	if err != nil {
		return 0, err
	}
	if t.Stream == nil {
		n, err := w.Write(t.Data)
		return int64(n), err
	}
	lw := &limited{w: w, left: size}
	if err := t.Stream(lw); err != nil {
		return size - lw.left, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if lw.left != 0 {
		return size - lw.left, fmt.Errorf("tensor %q: Stream wrote %d bytes, and %v of shape %v takes %d", t.Name, size-lw.left, t.Type, t.Shape, size)
	}
	return size, nil
}

// limited refuses what would go past a tensor's end.
type limited struct {
	w    io.Writer
	left int64
}

func (l *limited) Write(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		return 0, fmt.Errorf("Stream writes more than the tensor's bytes: %d left, %d more", l.left, len(p))
	}
	n, err := l.w.Write(p)
	l.left -= int64(n)
	return n, err
}
