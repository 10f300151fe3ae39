package bitlinear

import (
	"slices"
	"sync"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
)

// Linear is a layer without bias, with an output for every row of its matrices. It
// is read-only in use and may be shared by goroutines.
type Linear struct {
	// W are the weights, the rows of one matrix after those of another: layers
	// that read the same input are one, wherever their weights lie. All have the
	// same Cols and Order.
	W []ternary.Matrix

	// Scale is γ, in the convention that multiplies: one value for the matrix or
	// one for every row.
	Scale []float32
}

// Rows returns the number of outputs.
func (l *Linear) Rows() int {
	n := 0
	for i := range l.W {
		n += l.W[i].Rows
	}
	return n
}

// batchValues is the number of results that are computed before their sums are
// scaled: they are then still in the second-level cache, and so are the rows of
// weights when the next tokens come.
const batchValues = 32 << 10

// Forward computes outputs lo ≤ r < hi for every token t of x:
//
//	dst[t*ld + r] = y_r of token t
//
// dst holds (x.T, ld), ld ≥ hi; what lies outside of [lo, hi) is left alone, so
// several goroutines can fill one dst by giving each a range of its own. Forward
// panics if the shapes do not fit. It allocates nothing.
func (l *Linear) Forward(dst []float32, ld int, x *int8act.Rows, lo, hi int) {
	rows := l.Rows()
	if len(l.Scale) != 1 && len(l.Scale) != rows {
		panic("bitlinear: Forward scale")
	}
	if lo < 0 || hi < lo || hi > rows {
		panic("bitlinear: Forward rows")
	}
	if x.T > 0 && (ld < hi || len(dst) < (x.T-1)*ld+hi) {
		panic("bitlinear: Forward dst")
	}
	if x.T < 1 || lo == hi {
		return
	}
	tokens := ternary.TokenTile(x.Cols)
	const groups = 2 * ternary.GroupRows // kernels take rows by 4, 32 or GroupRows
	step := max(batchValues/min(x.T, tokens)/groups, 1) * groups
	at := 0
	for i := range l.W {
		w := &l.W[i]
		last := min(hi, at+w.Rows)
		for r := max(lo, at); r < last; r += step {
			l.tokens(w, at, dst, ld, x, r, min(r+step, last), tokens)
		}
		at += w.Rows
	}
}

// parts are empty Rows for some tokens of others. Kernels are called through
// variables, so that a local one would be an allocation in every Forward.
var parts = sync.Pool{New: func() any { return new(int8act.Rows) }}

// tokens computes outputs of w, whose first one is number at, for n tokens at a time.
func (l *Linear) tokens(w *ternary.Matrix, at int, dst []float32, ld int, x *int8act.Rows, lo, hi, n int) {
	if x.T <= n {
		l.forward(w, at, dst, ld, x, lo, hi)
		return
	}
	part := parts.Get().(*int8act.Rows)
	for t := 0; t < x.T; t += n {
		end := min(t+n, x.T)
		*part = int8act.Rows{
			T: end - t, Cols: x.Cols, Order: x.Order, Stride: x.Stride,
			Q: x.Q[t*x.Stride : end*x.Stride], Scale: x.Scale[t:end], Sum: x.Sum[t:end],
		}
		l.forward(w, at, dst[t*ld:], ld, part, lo, hi)
	}
	*part = int8act.Rows{}
	parts.Put(part)
}

func (l *Linear) forward(w *ternary.Matrix, at int, dst []float32, ld int, x *int8act.Rows, lo, hi int) {
	// An int32 is as large as a float32: the sums are put where the results go
	// and converted there.
	out := dst[lo : (x.T-1)*ld+hi]
	sums := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(out))), len(out))
	w.Mul(sums, ld, x, lo-at, hi-at)
	gamma := l.Scale
	if len(gamma) > 1 {
		gamma = gamma[lo:hi]
		// Rows mostly have their matrix's scale, and for several tokens it pays to
		// look: one division a token is enough then.
		if x.T >= 4 && !slices.ContainsFunc(gamma, func(g float32) bool { return g != gamma[0] }) {
			gamma = gamma[:1]
		}
	}
	for t := range x.T {
		y, s := dst[t*ld+lo:t*ld+hi], x.Scale[t]
		if len(gamma) == 1 {
			kernels.scale(y, gamma[0]/s)
		} else {
			kernels.scaleRows(y, gamma, s)
		}
	}
}
