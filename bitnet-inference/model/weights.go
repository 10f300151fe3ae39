package model

import (
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// A Linear is one projection of shape (Out, In): either ternary, run on int8
// activations, or dense, run on float activations. Exactly one is set.
type Linear struct {
	Ternary *qtensor.Tensor
	Dense   *nn.Matrix
	// Norm is the gain of an RMS norm of the input that this projection has for
	// itself, as the BitNet embedding models have: (In), nil for none. Only Q, K, V,
	// Gate and Up have one: in front of O and Down it would be a sub-norm.
	Norm []float32
}

// Shape returns the projection's output and input widths.
func (l *Linear) Shape() (out, in int) {
	switch {
	case l.Ternary != nil:
		return l.Ternary.Rows, l.Ternary.Cols
	case l.Dense != nil:
		return l.Dense.Rows, l.Dense.Cols
	}
	return 0, 0
}

// A Layer holds the tensors of one transformer block.
type Layer struct {
	AttnNorm, FFNNorm       []float32 // (D)
	AttnSubNorm, FFNSubNorm []float32 // (H·HeadDim), (FFN); nil without sub-norms
	QNorm, KNorm            []float32 // (HeadDim); nil without norms of heads
	// (D) of the blocks' outputs; nil without
	AttnPostNorm, FFNPostNorm []float32

	Q, K, V, O     Linear
	Gate, Up, Down Linear
}

// Weights are a model's tensors. They may alias a mapped file: whoever opened it
// keeps it open for as long as the Weights are used.
type Weights struct {
	Embed      nn.Matrix // (V, D)
	Layers     []Layer
	OutputNorm []float32 // (D)
	Head       nn.Matrix // (V, D); the same bytes as Embed where the model ties them

	// Forget, if set, is told of the bytes of a tensor that have been copied and
	// are not needed soon, so that a mapped file need not be resident beside the
	// copy.
	Forget func(data []byte)
}

// Validate checks every tensor's shape against c and reports all that differ.
func (w *Weights) Validate(c *Config) error {
	var errs []error
	matrix := func(name string, m *nn.Matrix, rows, cols int) {
		if m.Rows != rows || m.Cols != cols {
			errs = append(errs, fmt.Errorf("%s is %d×%d, want %d×%d", name, m.Rows, m.Cols, rows, cols))
		}
	}
	vector := func(name string, v []float32, n int) {
		if len(v) != n {
			errs = append(errs, fmt.Errorf("%s has %d values, want %d", name, len(v), n))
		}
	}
	matrix("token embedding", &w.Embed, c.VocabSize, c.Dim)
	matrix("output head", &w.Head, c.VocabSize, c.Dim)
	vector("output norm", w.OutputNorm, c.Dim)
	if len(w.Layers) != c.Layers {
		errs = append(errs, fmt.Errorf("there are %d layers, want %d", len(w.Layers), c.Layers))
	}
	for i := range w.Layers {
		l := &w.Layers[i]
		linear := func(name string, p *Linear, out, in int) {
			if o, n := p.Shape(); o != out || n != in {
				errs = append(errs, fmt.Errorf("layer %d: %s is %d×%d, want %d×%d", i, name, o, n, out, in))
			}
			if p.Norm != nil && (p == &l.O || p == &l.Down) {
				errs = append(errs, fmt.Errorf("layer %d: %s has an input norm, which is to be a sub-norm", i, name))
			} else if p.Norm != nil {
				vector(fmt.Sprintf("layer %d: input norm of the %s", i, name), p.Norm, in)
			}
		}
		linear("query projection", &l.Q, c.QDim(), c.Dim)
		linear("key projection", &l.K, c.KVDim(), c.Dim)
		linear("value projection", &l.V, c.KVDim(), c.Dim)
		linear("attention output projection", &l.O, c.Dim, c.QDim())
		linear("gate projection", &l.Gate, c.FFN, c.Dim)
		linear("up projection", &l.Up, c.FFN, c.Dim)
		linear("down projection", &l.Down, c.Dim, c.FFN)
		prefix := fmt.Sprintf("layer %d: ", i)
		vector(prefix+"attention norm", l.AttnNorm, c.Dim)
		vector(prefix+"feed-forward norm", l.FFNNorm, c.Dim)
		if c.SubNorms {
			vector(prefix+"attention sub-norm", l.AttnSubNorm, c.QDim())
			vector(prefix+"feed-forward sub-norm", l.FFNSubNorm, c.FFN)
		}
		if c.HeadNorms {
			vector(prefix+"query norm", l.QNorm, c.HeadDim)
			vector(prefix+"key norm", l.KNorm, c.HeadDim)
		}
		if c.PostNorms {
			vector(prefix+"attention post-norm", l.AttnPostNorm, c.Dim)
			vector(prefix+"feed-forward post-norm", l.FFNPostNorm, c.Dim)
		}
	}
	return errors.Join(errs...)
}
