package tensor

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// TestOperationMistakes: what the caller got wrong panics with a constant message
// before anything is written.
func TestOperationMistakes(t *testing.T) {
	x, y, row := counting(t, 2, 3), counting(t, 2, 3), counting(t, 3)
	wide := x.Unsqueeze(0).BroadcastTo(4, 2, 3)
	n := of(t, []int32{1, 2, 3, 4, 5, 6}, 2, 3)
	truths, err := New(memory.Heap(), dtype.Bool, 2, 3)
	require.NoError(t, err)
	q, err := New(memory.Heap(), dtype.Q8_0, 2, 32)
	require.NoError(t, err)
	empty := counting(t, 0, 3)
	index := of(t, []int32{0, 1})
	r := rand.New(rand.NewPCG(1, 1))
	for want, f := range map[string]func(){
		"tensor: Add shapes do not broadcast to dst's":                  func() { Add(row, x, x) },
		"tensor: Add to a broadcast view":                               func() { Add(wide, x, x) },
		"tensor: Add dst overlaps an operand":                           func() { Add(x, x.Select(0, 1), y) },
		"tensor: Sub dst overlaps an operand":                           func() { Sub(x.Select(0, 0), row, x.Reshape(6).Slice(0, 1, 4)) },
		"tensor: Mul operands of another type than dst":                 func() { Mul(x, x, n) },
		"tensor: Add of Bool":                                           func() { Add(truths, truths, truths) },
		"tensor: Add to a block type":                                   func() { Add(q, q, q) },
		"tensor: Add of a block type":                                   func() { Add(x, x, q) },
		"tensor: Div of a type that is not floating-point":              func() { Div(n, n, n) },
		"tensor: Pow of a type that is not floating-point":              func() { Pow(n, n, n) },
		"tensor: Exp of a type that is not floating-point":              func() { Exp(n, n) },
		"tensor: Exp operand of another type than dst":                  func() { Exp(x, n) },
		"tensor: Neg of Bool":                                           func() { Neg(truths, truths) },
		"tensor: Neg operand of another type than dst":                  func() { Neg(x, n) },
		"tensor: Less dst is not Bool":                                  func() { Less(x, x, x) },
		"tensor: Less operands of different types":                      func() { Less(truths, x, n) },
		"tensor: Where condition is not Bool":                           func() { Where(x, y, x, x) },
		"tensor: Where operands of another type than dst":               func() { Where(x, truths, n, x) },
		"tensor: Copy to another type":                                  func() { Copy(x, n) },
		"tensor: Copy of a block type to another shape":                 func() { Copy(q, q.Slice(0, 0, 1)) },
		"tensor: BroadcastTo a shape that does not match":               func() { x.BroadcastTo(3, 3) },
		"tensor: BroadcastTo of a block type":                           func() { q.BroadcastTo(2, 2, 32) },
		"tensor: Permute dimension out of range or twice":               func() { x.Permute(1, 1) },
		"tensor: Permute count is not the number of dimensions":         func() { x.Permute(0) },
		"tensor: Step dimension out of range":                           func() { x.Step(2, 1) },
		"tensor: Step below 1":                                          func() { x.Step(0, 0) },
		"tensor: Step of a block type":                                  func() { q.Step(0, 2) },
		"blas: a Workspace that New has not made":                       func() { MatMul(nil, x.Select(1, 0), y, row) },
		"tensor: Squeeze dimension out of range or not 1":               func() { x.Squeeze(0) },
		"tensor: Unsqueeze dimension out of range":                      func() { x.Unsqueeze(3) },
		"tensor: Sum axis out of range or twice":                        func() { Sum(row, x, 0, 0) },
		"tensor: Sum dst is not of a's shape without the axes":          func() { Sum(row, x, 1) },
		"tensor: Sum dst overlaps an operand":                           func() { Sum(x.Select(0, 0), x, 0) },
		"tensor: Sum of integers to another type than I64 or U64":       func() { Sum(of(t, []int32{0}, 1).Select(0, 0), n) },
		"tensor: Mean of a type that is not floating-point":             func() { Mean(Scalar(dtype.I32, 0), n) },
		"tensor: Norm with p not above 0":                               func() { Norm(row, x, 0, 0) },
		"tensor: ReduceMax of no elements":                              func() { ReduceMax(row, empty, 0) },
		"tensor: ArgMin of no elements":                                 func() { ArgMin(of(t, []int64{1, 2, 3}), empty, 0) },
		"tensor: ArgMax dst is not I64":                                 func() { ArgMax(row, x, 0) },
		"tensor: Shape.Reduce axis out of range or twice":               func() { x.Shape().Reduce(true, 2) },
		"tensor: Softmax axis out of range":                             func() { Softmax(x, x, 2) },
		"tensor: Softmax dst is not of a's shape":                       func() { Softmax(x, row, 0) },
		"tensor: Softmax dst overlaps an operand":                       func() { Softmax(x.Reshape(6).Slice(0, 0, 3), x.Reshape(6).Slice(0, 1, 4), 0) },
		"tensor: RMSNorm of a type that is not floating-point":          func() { RMSNorm(n, n, nil, 0) },
		"tensor: LayerNorm of a type that is not floating-point":        func() { LayerNorm(q, q, nil, nil, 0) },
		"tensor: RMSNorm gain or bias is not a row of a's type":         func() { RMSNorm(x, x, x, 0) },
		"tensor: LayerNorm of a scalar":                                 func() { LayerNorm(Scalar(dtype.F32, 1), Scalar(dtype.F32, 1), nil, nil, 0) },
		"tensor: Take dst is not of the shape of a and index":           func() { Take(x, x, 1, index) },
		"tensor: Take index is not I32 or I64":                          func() { Take(y, x, 0, counting(t, 2)) },
		"tensor: Take dst overlaps an operand":                          func() { Take(x, x, 0, index) },
		"tensor: Gather shapes do not match outside the axis":           func() { Gather(x, y, 0, index) },
		"tensor: Scatter operand of another type than dst":              func() { Scatter(x, 0, n, n) },
		"tensor: ScatterAdd of another type than F32, F64, I32 and I64": func() { ScatterAdd(truths.as(dtype.I8), 0, zeros(t, 2, 3), zeros8(t, 2, 3)) },
		"tensor: Concat parts are not as long as dst":                   func() { Concat(x, 0, y, y) },
		"tensor: Concat part does not suit dst's shape":                 func() { Concat(x, 0, row) },
		"tensor: Concat part of another type than dst":                  func() { Concat(x, 0, n) },
		"tensor: Concat dst overlaps an operand":                        func() { Concat(x, 0, x) },
		"tensor: Stack count is not dst's dimension":                    func() { Stack(x, 0, row) },
		"tensor: Stack part does not suit dst's shape":                  func() { Stack(x, 0, row, y) },
		"tensor: Split sizes are not t's together":                      func() { x.Split(0, 1) },
		"tensor: From another number of elements than the shape's":      func() { From(memory.Heap(), []int8{1}, 2) },
		"tensor: Values of another type than the tensor's":              func() { Values[int64](x) },
		"tensor: Values of a tensor that is not contiguous":             func() { Values[float32](x.Transpose(0, 1)) },
		"tensor: Set of a number that the integer type cannot hold":     func() { Fill(n, 0.5) },
		"tensor: Set index out of range":                                func() { x.Set(1, 2, 0) },
		"tensor: Uniform of a type that is not floating-point":          func() { Uniform(n, r, 0, 1) },
		"tensor: RandomIntegers range is empty":                         func() { RandomIntegers(n, r, 1, 1) },
		"tensor: RandomIntegers bounds are beyond 2^53":                 func() { RandomIntegers(n, r, 1<<60, 1<<60+100) },
		"tensor: Arange to a broadcast view":                            func() { Arange(wide, 0, 1) },
		"tensor: Sprint of a block type":                                func() { Sprint(q) },
		"tensor: Overlaps of a block type":                              func() { q.Overlaps(x) },
	} {
		require.PanicsWithValue(t, want, f, want)
	}
	requireClose(t, counting(t, 2, 3), x, 0, "unwritten")
	require.Equal(t, []int32{1, 2, 3, 4, 5, 6}, Values[int32](n))
	for _, v := range []float64{-129, 128, 1e300} {
		require.Panics(t, func() { Scalar(dtype.I8, v) })
	}
	require.Panics(t, func() { Scalar(dtype.I64, 1<<63) })
	require.Equal(t, -128.0, Scalar(dtype.I8, -128).At())
}

func zeros(t *testing.T, shape ...int) *Tensor {
	x, err := New(memory.Heap(), dtype.I32, shape...)
	require.NoError(t, err)
	return x
}

func zeros8(t *testing.T, shape ...int) *Tensor {
	x, err := New(memory.Heap(), dtype.I8, shape...)
	require.NoError(t, err)
	return x
}
