package tensor

import (
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/vec"
)

// Threads computes as the functions of the same names do, and divides large tensors
// between the threads of a pool: [On] makes one. Results are the same to the bit, for
// any number of threads. The zero value is one thread.
type Threads struct{ pool *parallel.Pool }

// On returns Threads that compute on those of p, which must stay open meanwhile; nil is
// one thread.
func On(p *parallel.Pool) Threads { return Threads{p} }

const (
	// large is how many elements a tensor has that is divided: 1 MiB of F32, which
	// takes one thread longer than waking another.
	large = 1 << 18
	// grain is how many elements a part has at least. It is a multiple of the blocks
	// of sums, so that parts are whole nodes of the tree in which sums are pairwise.
	grain = 1 << 14
)

// divide calls f for parts [lo, hi) of [0, n), which together have the given number
// of elements: for the whole if these are few.
func (t Threads) divide(n, elems int, f func(lo, hi int)) {
	if t.pool == nil || elems < large || n < 2 {
		f(0, n)
		return
	}
	t.pool.Split(n, max(1, n*grain/elems), 4, f)
}

// Add is [Add].
func (t Threads) Add(dst, a, b *Tensor) { t.arithmetic("Add", opAdd, dst, a, b) }

// Sub is [Sub].
func (t Threads) Sub(dst, a, b *Tensor) { t.arithmetic("Sub", opSub, dst, a, b) }

// Mul is [Mul].
func (t Threads) Mul(dst, a, b *Tensor) { t.arithmetic("Mul", opMul, dst, a, b) }

// Div is [Div].
func (t Threads) Div(dst, a, b *Tensor) { t.arithmetic("Div", opDiv, dst, a, b) }

// Min is [Min].
func (t Threads) Min(dst, a, b *Tensor) { t.arithmetic("Min", opMin, dst, a, b) }

// Max is [Max].
func (t Threads) Max(dst, a, b *Tensor) { t.arithmetic("Max", opMax, dst, a, b) }

// Pow is [Pow].
func (t Threads) Pow(dst, a, b *Tensor) { t.arithmetic("Pow", opPow, dst, a, b) }

// Abs is [Abs].
func (t Threads) Abs(dst, a *Tensor) { t.sign("Abs", dst, a, true) }

// Neg is [Neg].
func (t Threads) Neg(dst, a *Tensor) { t.sign("Neg", dst, a, false) }

// Sqrt is [Sqrt].
func (t Threads) Sqrt(dst, a *Tensor) { t.short("Sqrt", dst, a, vec.FuncSqrt, math.Sqrt) }

// ReLU is [ReLU].
func (t Threads) ReLU(dst, a *Tensor) { t.short("ReLU", dst, a, vec.FuncReLU, relu) }

// ReLU2 is [ReLU2].
func (t Threads) ReLU2(dst, a *Tensor) { t.short("ReLU2", dst, a, vec.FuncReLU2, relu2) }

// Sum is [Sum].
func (t Threads) Sum(dst, a *Tensor, axes ...int) { t.sum(dst, a, axes) }

// Mean is [Mean].
func (t Threads) Mean(dst, a *Tensor, axes ...int) {
	t.sums("Mean", dst, a, axes, true)
}

// Var is [Var].
func (t Threads) Var(dst, a *Tensor, correction int, axes ...int) {
	t.reduceFloats(newFloatReduction("Var", dst, a, axes), variance32(correction), variance[float64](correction))
}

// Norm is [Norm].
func (t Threads) Norm(dst, a *Tensor, p float64, axes ...int) { t.norm(dst, a, p, axes) }

// ReduceMax is [ReduceMax].
func (t Threads) ReduceMax(dst, a *Tensor, axes ...int) { t.extreme("ReduceMax", dst, a, axes, true) }

// ReduceMin is [ReduceMin].
func (t Threads) ReduceMin(dst, a *Tensor, axes ...int) { t.extreme("ReduceMin", dst, a, axes, false) }

// ArgMax is [ArgMax].
func (t Threads) ArgMax(dst, a *Tensor, axes ...int) { t.argExtreme("ArgMax", dst, a, axes, 1) }

// ArgMin is [ArgMin].
func (t Threads) ArgMin(dst, a *Tensor, axes ...int) { t.argExtreme("ArgMin", dst, a, axes, -1) }
