package npy

import (
	"fmt"
	"io"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// TensorData is a tensor to be written. Its Name matters in archives only.
type TensorData = encoding.TensorData

// Options say how an array is stored. The zero value is what np.save does.
type Options struct {
	// Version of the format: 1, 2 or 3. The default is 1, the one that all readers
	// know; the others differ in how much header they allow.
	Version int
	// Fortran stores the elements with the first index running fastest, as linear
	// algebra in Fortran has them.
	Fortran bool
	// BigEndian stores the most significant byte of each element first.
	BigEndian bool
}

func (o Options) withDefaults() (Options, error) {
	if o.Version == 0 {
		o.Version = 1
	}
	if o.Version < 1 || o.Version > 3 {
		return o, fmt.Errorf("version %d of the format: want 1, 2 or 3", o.Version)
	}
	return o, nil
}

// Write writes a .npy file. The bytes of t are little-endian in any case, and with
// o.Fortran they come in that order already, as a Stream cannot be reordered;
// [WriteTensor] brings a tensor into order.
func Write(w io.Writer, t TensorData, o Options) error {
	if err := write(w, &t, o); err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	return nil
}

func write(w io.Writer, t *TensorData, o Options) error {
	header, err := check(t, o)
	if err != nil {
		return err
	}
	return writeChecked(w, header, t, o)
}

// check returns the header of a tensor that can be written, but for what its Stream
// may do.
func check(t *TensorData, o Options) ([]byte, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if _, err := t.Size(); err != nil {
		return nil, err
	}
	header, err := formatHeader(t, o)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", quote(t.Name), err)
	}
	return header, nil
}

func writeChecked(w io.Writer, header []byte, t *TensorData, o Options) error {
	if _, err := w.Write(header); err != nil {
		return err
	}
	_, size := t.Type.Block()
	if !o.BigEndian || size == 1 {
		_, err := t.WriteTo(w)
		return err
	}
	s := &swapper{w: w, size: size, buf: make([]byte, 0, chunk)}
	if _, err := t.WriteTo(s); err != nil {
		return err
	}
	return s.flush()
}

// WriteTensor writes a tensor of any strides as a .npy file, in the order that o
// asks for.
func WriteTensor(w io.Writer, t *tensor.Tensor, o Options) error {
	return Write(w, dataOf("", t, o), o)
}

// dataOf returns what writes the elements of t in the order of o.
func dataOf(name string, t *tensor.Tensor, o Options) TensorData {
	d := TensorData{Name: name, Type: t.DType(), Shape: t.Shape()}
	if o.Fortran && t.DType().Plain() {
		t = reversed(t)
	}
	d.Stream = func(w io.Writer) error { return gather(w, t) }
	return d
}

// WriteFile is [Write] to a file, which it replaces as a whole or, if anything
// fails, leaves as it was.
func WriteFile(path string, t TensorData, o Options) error {
	return encoding.WriteFile(path, func(w io.Writer) error { return Write(w, t, o) })
}

// WriteTensorFile is [WriteTensor] to a file, which it replaces as a whole or, if
// anything fails, leaves as it was.
func WriteTensorFile(path string, t *tensor.Tensor, o Options) error {
	return encoding.WriteFile(path, func(w io.Writer) error { return WriteTensor(w, t, o) })
}
