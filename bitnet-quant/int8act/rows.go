package int8act

import "github.com/bitnet-go/bitnet/bitnet-quant/internal/aligned"

// Padding is the multiple to which [Rows] pads its rows.
const Padding = 256

// Rows holds the quantized activations of T tokens, shape (T, Cols).
//
// The zero value is ready for [Rows.Resize]. The slices belong to Rows; kernels
// read them.
type Rows struct {
	T, Cols int
	Order   Order     // of the values of each row; set it before they are quantized
	Stride  int       // distance between rows in Q: Cols rounded up to Padding
	Q       []int8    // (T, Stride), zeros for columns past Cols; 64-byte aligned
	Scale   []float32 // (T) s of each row: the real value is q/s
	Sum     []int32   // (T) Σ q of each row
}

// Resize sets the shape to (t, cols) and zeroes nothing: rows have to be
// quantized before they are read. Storage is reused; once it has grown to the
// largest shape, Resize allocates nothing. It panics if t or cols is negative.
func (r *Rows) Resize(t, cols int) {
	if t < 0 || cols < 0 {
		panic("int8act: Resize shape")
	}
	stride := (cols + Padding - 1) / Padding * Padding
	if need := t * stride; cap(r.Q) < need {
		r.Q = aligned.Make[int8](need)
	}
	if min(cap(r.Scale), cap(r.Sum)) < t {
		r.Scale = make([]float32, t)
		r.Sum = make([]int32, t)
	}
	r.T, r.Cols, r.Stride = t, cols, stride
	r.Q, r.Scale, r.Sum = r.Q[:t*stride], r.Scale[:t], r.Sum[:t]
}

// Use makes r work in memory of the caller, whose contents may be lost, as far as it
// suffices: q, 64-byte aligned, for padded rows, scale and sum for one number a row.
func (r *Rows) Use(q []int8, scale []float32, sum []int32) { r.Q, r.Scale, r.Sum = q, scale, sum }

// QuantizeRow quantizes x (Cols) into row t. It panics if t is not a row or
// len(x) is not Cols.
func (r *Rows) QuantizeRow(t int, x []float32) {
	if t < 0 || t >= r.T || len(x) != r.Cols {
		panic("int8act: QuantizeRow shape")
	}
	row := r.Q[t*r.Stride : (t+1)*r.Stride]
	r.Scale[t], r.Sum[t] = QuantizeRow(row[:r.Cols], x)
	clear(row[r.Cols:])
	if r.Order == GroupsReversed {
		for ; len(row) > 0; row = row[Padding:] {
			reverseGroups((*[Padding]int8)(row))
		}
	}
}
