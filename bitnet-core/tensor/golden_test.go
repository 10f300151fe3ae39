package tensor

import (
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// packed is a tensor in the golden file, which scripts/tensor_golden.py makes.
type packed struct {
	Type  string
	Shape []int
	Data  string
}

func (p packed) tensor(t require.TestingT) *Tensor {
	data, err := hex.DecodeString(p.Data)
	require.NoError(t, err)
	for d := dtype.F64; d <= dtype.Bool; d++ {
		if d.String() == p.Type {
			x, err := New(memory.Heap(), d, p.Shape...)
			require.NoError(t, err)
			require.Len(t, data, len(x.Bytes()))
			copy(x.Bytes(), data)
			return x
		}
	}
	require.Fail(t, "no element type "+p.Type)
	return nil
}

type goldenCase struct {
	Op   string
	In   []packed
	Out  packed
	Axes []int
	Ulps int64
}

var operations2 = map[string]func(dst, a, b *Tensor){
	"Add": Add, "Sub": Sub, "Mul": Mul, "Div": Div, "Min": Min, "Max": Max, "Pow": Pow,
	"Equal": Equal, "NotEqual": NotEqual, "Less": Less, "LessEqual": LessEqual,
	"Greater": Greater, "GreaterEqual": GreaterEqual,
}

var operations1 = map[string]func(dst, a *Tensor){
	"Exp": Exp, "Log": Log, "Sqrt": Sqrt, "Tanh": Tanh, "Sigmoid": Sigmoid, "SiLU": SiLU, "GELU": GELU,
	"GELUTanh": GELUTanh, "ReLU": ReLU, "ReLU2": ReLU2, "Abs": Abs, "Neg": Neg,
}

var reductions = map[string]func(dst, a *Tensor, axes ...int){
	"Sum": Sum, "Mean": Mean, "LogSumExp": LogSumExp,
	"ReduceMax": ReduceMax, "ReduceMin": ReduceMin, "ArgMax": ArgMax, "ArgMin": ArgMin,
	"Var0":    func(dst, a *Tensor, axes ...int) { Var(dst, a, 0, axes...) },
	"Var1":    func(dst, a *Tensor, axes ...int) { Var(dst, a, 1, axes...) },
	"Norm1":   func(dst, a *Tensor, axes ...int) { Norm(dst, a, 1, axes...) },
	"Norm2":   func(dst, a *Tensor, axes ...int) { Norm(dst, a, 2, axes...) },
	"Norm3":   func(dst, a *Tensor, axes ...int) { Norm(dst, a, 3, axes...) },
	"NormInf": func(dst, a *Tensor, axes ...int) { Norm(dst, a, math.Inf(1), axes...) },
}

// run computes a case into dst.
func (c *goldenCase) run(t *testing.T, w *blas.Workspace, dst *Tensor, in []*Tensor) {
	if f, ok := operations2[c.Op]; ok {
		f(dst, in[0], in[1])
		return
	}
	if f, ok := operations1[c.Op]; ok {
		f(dst, in[0])
		return
	}
	if f, ok := reductions[c.Op]; ok {
		f(dst, in[0], c.Axes...)
		return
	}
	switch c.Op {
	case "Where":
		Where(dst, in[0], in[1], in[2])
	case "Softmax":
		Softmax(dst, in[0], c.Axes[0])
	case "LayerNorm":
		LayerNorm(dst, in[0], in[1], in[2], 1e-5)
	case "RMSNorm":
		RMSNorm(dst, in[0], in[1], 1e-5)
	case "MatMul":
		MatMul(w, dst, in[0], in[1])
	case "Take":
		require.NoError(t, Take(dst, in[0], c.Axes[0], in[1]))
	case "Gather":
		require.NoError(t, Gather(dst, in[0], c.Axes[0], in[1]))
	case "Scatter":
		Copy(dst, in[0])
		require.NoError(t, Scatter(dst, c.Axes[0], in[1], in[2]))
	default:
		require.Fail(t, "no operation "+c.Op)
	}
}

// strided returns a view of new memory with the elements of x, whose neighbours
// along every dimension are apart, and a function that checks that nothing between
// them was written.
func strided(t *testing.T, x *Tensor) (view *Tensor, check func()) {
	shape := make([]int, 0, 2*len(x.shape))
	for i := range x.shape { // in reverse order, each with a spare dimension
		shape = append(shape, x.shape[len(x.shape)-1-i], 2)
	}
	whole, err := New(memory.Heap(), x.dtype, shape...)
	require.NoError(t, err)
	for i := range whole.Bytes() {
		whole.Bytes()[i] = 0xa5
	}
	view, spare := whole, []*Tensor{}
	for i := range x.shape {
		view = view.Select(i+1, 0)
		other := whole
		for d := range i {
			other = other.Select(d+1, 0)
		}
		spare = append(spare, other.Select(i+1, 1))
	}
	for d := range len(x.shape) / 2 {
		view = view.Transpose(d, len(x.shape)-1-d)
	}
	Copy(view, x)
	return view, func() {
		for _, s := range spare {
			c, err := s.Compact(memory.Heap())
			require.NoError(t, err)
			for _, b := range c.Bytes() {
				require.Equal(t, byte(0xa5), b, "memory between the elements")
			}
		}
	}
}

// functionUlps is what functions of F32 may be apart from NumPy's, which are computed in
// float64 and rounded: the errors that package vecmath states.
var functionUlps = map[string]int64{
	"Tanh": 3, "Sigmoid": 3, "SiLU": 4, "GELU": 5, "GELUTanh": 4, "Softmax": 3, "LogSoftmax": 2,
}

// TestGolden compares every operation with NumPy, on contiguous and on strided
// tensors.
func TestGolden(t *testing.T) {
	var file struct{ Cases []goldenCase }
	golden.JSON(t, golden.Committed(t, "golden", "tensor", "tensor.json"), &file)
	require.Greater(t, len(file.Cases), 400)
	w := workspace(t)
	for i, c := range file.Cases {
		want := c.Out.tensor(t)
		if want.dtype == dtype.F32 {
			c.Ulps = max(c.Ulps, functionUlps[c.Op])
		}
		in, apart := make([]*Tensor, len(c.In)), make([]*Tensor, len(c.In))
		for k, p := range c.In {
			in[k] = p.tensor(t)
			apart[k], _ = strided(t, in[k])
		}
		dst, err := New(memory.NewChecked(memory.Heap()), want.dtype, want.shape...)
		require.NoError(t, err)
		c.run(t, w, dst, in)
		requireClose(t, want, dst, c.Ulps, "case %d: %s", i, c.Op)

		view, check := strided(t, dst)
		if c.Op != "Scatter" {
			Fill(view, 1)
		}
		c.run(t, w, view, apart)
		requireClose(t, want, view, c.Ulps, "case %d: %s, strided", i, c.Op)
		check()
	}
}

// requireClose requires that numbers are at most ulps of their type apart and that
// NaN and, if ulps is 0, signs of 0 are the same.
func requireClose(t require.TestingT, want, got *Tensor, ulps int64, msg string, args ...any) {
	require.Equal(t, want.shape, got.shape)
	for idx, w := range want.All() {
		g := got.At(idx...)
		text := append([]any{msg + " at %v: want %v, got %v"}, append(args, idx, w, g)...)
		switch {
		case math.IsNaN(w) || math.IsNaN(g):
			require.Equal(t, math.IsNaN(w), math.IsNaN(g), text...)
		case ulps == 0:
			require.Equal(t, math.Float64bits(w), math.Float64bits(g), text...)
		default:
			d := ordinal(want.dtype, w) - ordinal(want.dtype, g)
			require.LessOrEqual(t, max(d, -d), ulps, text...)
		}
	}
}

// ordinal numbers the values of a type in their order.
func ordinal(d dtype.DType, v float64) int64 {
	var n int64
	switch a := math.Abs(v); d {
	case dtype.F64:
		n = int64(math.Float64bits(a))
	case dtype.F16:
		n = int64(dtype.F32ToF16(float32(a)))
	case dtype.BF16:
		n = int64(dtype.F32ToBF16(float32(a)))
	default:
		n = int64(math.Float32bits(float32(a)))
	}
	if v < 0 {
		return -n
	}
	return n
}

// TestSprint compares with what NumPy prints.
func TestSprint(t *testing.T) {
	var file struct {
		Prints []struct {
			In   packed
			Text string
		}
	}
	golden.JSON(t, golden.Committed(t, "golden", "tensor", "tensor.json"), &file)
	require.Greater(t, len(file.Prints), 60)
	for _, c := range file.Prints {
		x := c.In.tensor(t)
		require.Equal(t, c.Text, Sprint(x))
		view, _ := strided(t, x)
		require.Equal(t, c.Text, Sprint(view))
	}
}
