package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// maxFaults is how many faults of one file are worth reading.
const maxFaults = 8

// A taker hands out tensors by name, collects what goes wrong and knows in the
// end which tensors nobody asked for.
type taker struct {
	src    source
	unused map[string]bool
	faults []error
	more   int
	work   []func() error // what finish does on all cores
	skip   bool           // leaves that out, and the bytes of float matrices
}

func newTaker(src source, names []string, read bool) *taker {
	t := &taker{src: src, unused: map[string]bool{}, skip: !read}
	for _, n := range names {
		t.unused[n] = true
	}
	return t
}

func (t *taker) fail(format string, args ...any) {
	if len(t.faults) == maxFaults {
		t.more++
		return
	}
	t.faults = append(t.faults, fmt.Errorf(format, args...))
}

func (t *taker) err() bool { return len(t.faults) > 0 }

func (t *taker) ignore(name string) { delete(t.unused, name) }

// has reports whether the file has the tensor.
func (t *taker) has(name string) bool { return t.unused[name] }

// later leaves reading a tensor through, or rounding it, to finish.
func (t *taker) later(work func() error) {
	if !t.skip {
		t.work = append(t.work, work)
	}
}

// finish does what was left, returns all faults, and names the tensors that no role
// claimed.
func (t *taker) finish(ctx context.Context, path string) error {
	errs := make([]error, len(t.work))
	if err := parallel.Each(ctx, len(errs), func(i int) { errs[i] = t.work[i]() }); err != nil {
		return err
	}
	for _, err := range errs {
		if err != nil {
			t.fail("%w", err)
		}
	}
	if !t.err() && len(t.unused) > 0 {
		var names []string
		for n := range t.unused {
			names = append(names, n)
		}
		slices.Sort(names)
		n := len(names)
		names = names[:min(n, 4)]
		t.fail("%d tensors have no place in this architecture, such as %q: the model is of a kind that this version does not run", n, names)
	}
	if !t.err() {
		return nil
	}
	if t.more > 0 {
		t.faults = append(t.faults, fmt.Errorf("and %d more", t.more))
	}
	return fmt.Errorf("%s: %w", path, errors.Join(t.faults...))
}

func (t *taker) dtype(name string) (dtype.DType, bool) {
	if !t.has(name) {
		return dtype.Invalid, false
	}
	d, _ := t.src.info(name)
	return d, d != dtype.Invalid
}

// bytes returns the tensor's bytes in the mapping, and its shape. A float matrix that nobody
// is going to read has none: a file may have to copy them.
func (t *taker) bytes(name string) ([]byte, []int) {
	t.ignore(name)
	if d, shape := t.src.info(name); t.skip && IsFloat(d) && len(shape) == 2 {
		return []byte{}, shape
	}
	x, err := t.src.tensorFile().Tensor(name)
	if err != nil {
		t.fail("%w", err)
		return nil, nil
	}
	return x.Bytes(), x.Shape()
}

// floats returns a tensor of a float type that runs dense.
func (t *taker) floats(name string) (data []byte, shape []int, d dtype.DType) {
	d, known := t.dtype(name)
	data, shape = t.bytes(name)
	if known && !IsFloat(d) {
		t.fail("tensor %q has type %v; this version reads F32, F16 and BF16 here", name, d)
		return nil, nil, d
	}
	return data, shape, d
}

// vector decodes a tensor of one dimension.
func (t *taker) vector(name string) []float32 {
	data, shape, d := t.floats(name)
	if data == nil {
		return nil
	}
	if len(shape) > 1 {
		t.fail("tensor %q has shape %v, want one dimension", name, shape)
		return nil
	}
	n := 1
	for _, s := range shape {
		n *= s
	}
	v := make([]float32, n)
	if _, err := convert.Convert(convert.Bytes(v), data, dtype.F32, d, convert.Options{}); err != nil {
		t.fail("tensor %q: %w", name, err)
	}
	return v
}

// scale reads a tensor with what codes are multiplied by, or divided by. It is false if it
// holds no such number.
func (t *taker) scale(name string, divides bool) (s float32, ok bool) {
	v := t.vector(name)
	if v == nil {
		return 0, false
	}
	s, err := multiplier(v, divides)
	if err != nil {
		t.fail("tensor %q %w", name, err)
	}
	return s, err == nil
}

// stored returns a matrix in place, of any type that a dense matrix can have: float or
// blocks.
func (t *taker) stored(name string) nn.Matrix {
	d, known := t.dtype(name)
	data, shape := t.bytes(name)
	if data == nil {
		return nn.Matrix{}
	}
	if len(shape) != 2 {
		t.fail("tensor %q has shape %v, want two dimensions", name, shape)
		return nn.Matrix{}
	}
	m := nn.Matrix{Rows: shape[0], Cols: shape[1], Type: d, Data: data}
	if _, ok := nn.RowBytes(d, 0); known && !ok {
		t.fail("tensor %q has type %v; this version reads F32, F16, BF16, Q8_0, Q6_K and Q4_0 here: convert the model to one of them", name, d)
		return nn.Matrix{}
	}
	if n, ok := nn.RowBytes(d, m.Cols); !ok || !t.skip && len(data) != m.Rows*n {
		t.fail("tensor %q of shape %v and type %v has %d bytes, which are no whole blocks in each row", name, shape, d, len(data))
		return nn.Matrix{}
	}
	return m
}

// matrix returns a dense matrix in place.
func (t *taker) matrix(name string) nn.Matrix {
	data, shape, d := t.floats(name)
	if data == nil {
		return nn.Matrix{}
	}
	if len(shape) != 2 {
		t.fail("tensor %q has shape %v, want two dimensions", name, shape)
		return nn.Matrix{}
	}
	return nn.Matrix{Rows: shape[0], Cols: shape[1], Type: d, Data: data}
}

func (t *taker) dense(name string) model.Linear {
	m := t.matrix(name)
	return model.Linear{Dense: &m}
}

// master rounds float master weights to ternary, with one scale for the tensor.
func (t *taker) master(name string, out, in int) model.Linear {
	m := t.matrix(name)
	if m.Data == nil {
		return model.Linear{}
	}
	if m.Rows != out || m.Cols != in {
		t.fail("tensor %q is %d×%d, want %d×%d", name, m.Rows, m.Cols, out, in)
		return model.Linear{}
	}
	q := &qtensor.Tensor{Rows: out, Cols: in}
	t.later(func() error {
		made, err := roundMaster(&m)
		if err != nil {
			return fmt.Errorf("tensor %q %w", name, err)
		}
		*q = *made
		return nil
	})
	return model.Linear{Ternary: q}
}

// roundMaster makes a ternary tensor of masters.
func roundMaster(m *nn.Matrix) (*qtensor.Tensor, error) {
	src := absmean.Matrix{Rows: m.Rows, Cols: m.Cols, Type: m.Type, Data: m.Data}
	scale := src.Scale(nil)
	if scale-scale != 0 {
		return nil, errors.New("has weights that are not finite, so it has no scale: the data is damaged")
	}
	return qtensor.Make(m.Rows, m.Cols, scale, func(dst []int8, lo, hi int) { src.Round(dst, lo, hi, scale) })
}
