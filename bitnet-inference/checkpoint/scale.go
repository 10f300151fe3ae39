package checkpoint

import (
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// HFScale returns what directories call the scale of a packed projection.
func (r *Role) HFScale() string { return r.HF + ".weight_scale" }

// GGUFScale returns what GGUF files call the scale of a ternary projection, if it is a
// tensor of its own, which multiplies the scales in the data.
func (r *Role) GGUFScale() string { return r.GGUF + ".scale" }

// ScaleName returns what the checkpoint calls the tensor with the scale of a projection, ""
// if there is none.
func (c *Checkpoint) ScaleName(r *Role) string {
	name := r.HFScale()
	if c.IsGGUF() {
		name = r.GGUFScale()
	}
	if c.DType(name) == dtype.Invalid {
		return ""
	}
	return name
}

// Scale returns the number that a projection is multiplied by, of the tensor that
// [Checkpoint.ScaleName] names, or 1 without one.
func (c *Checkpoint) Scale(r *Role) (float32, error) {
	name := c.ScaleName(r)
	if name == "" {
		return 1, nil
	}
	x, err := c.Tensor(name)
	if err != nil {
		return 0, err
	}
	n := 1
	for _, s := range x.Shape() {
		n *= s
	}
	v := make([]float32, n)
	if err := dtype.Float32s(v, x.Bytes(), x.DType()); err != nil {
		return 0, err
	}
	return multiplier(v, c.ScalesDivide())
}

// multiplier returns what codes are multiplied by, of the values of a tensor with a scale,
// which may be the reciprocal of that.
func multiplier(v []float32, divides bool) (float32, error) {
	if len(v) != 1 {
		return 0, fmt.Errorf("holds %d numbers, want one", len(v))
	}
	if !positive(v[0]) {
		return 0, fmt.Errorf("holds %v, want one positive number", v)
	}
	if s := 1 / v[0]; divides {
		if !positive(s) {
			return 0, fmt.Errorf("holds %v, whose reciprocal is %v: want one positive number", v, s)
		}
		return s, nil
	}
	return v[0], nil
}

func positive(v float32) bool { return v > 0 && !math.IsInf(float64(v), 0) }

// multiply multiplies the scales of a matrix, and refuses those that are no numbers then,
// and the one of all weights if it makes nothing of them, or their opposite.
func multiply(q *qtensor.Tensor, by float32) error {
	for i := range q.Scale {
		q.Scale[i] *= by
		if s := q.Scale[i]; s-s != 0 || len(q.Scale) == 1 && !positive(s) && !isZero(q) {
			return fmt.Errorf("has the scale %v, want a positive number: the data is damaged", s)
		}
	}
	return nil
}

// isZero reports whether all weights are.
func isZero(q *qtensor.Tensor) bool {
	row := make([]int8, q.Cols)
	for r := range q.Rows {
		q.Decode(row, r, r+1)
		for _, w := range row {
			if w != 0 {
				return false
			}
		}
	}
	return true
}
