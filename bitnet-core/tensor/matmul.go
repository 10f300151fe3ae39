package tensor

import (
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/blas"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// MatMul sets dst (…, M, N) to the matrix products of a (…, M, K) and b (…, K, N), on the
// threads and in the room of w. The dimensions in front broadcast to dst's, as those of
// element-wise operations do. An operand of one dimension is a row as a and a column as
// b, and dst lacks that dimension, so that the product of two vectors is a single number.
//
//	a              b     dst           sums
//	F32            F32   F32           float32
//	F16            F16   F16 or F32    float32
//	BF16           BF16  BF16 or F32   float32
//	I8             I8    I32           modulo 2^32, exact for K up to 131,071
//	TQ1_0, TQ2_0   I8    I32           of the weights -1, 0 and 1 without their scales
//	                     F32           of int32 in each block of 256, times its scale; float32
//
// Other types panic. Operands of any strides, transposed ones above all, are read where
// they are. F16 and BF16 are converted in blocks, for which a call allocates up to 3 MiB
// on the Go heap. Ternary weights are a matrix (M, K) without dimensions in front and are
// unpacked in blocks too, in up to 1 MiB; for activations x (T, K) and weights (M, K), x
// times the transposed weights is
//
//	MatMul(w, y.Transpose(0, 1), weights, x.Transpose(0, 1)) // y (T, M)
//
// Accuracy is that of [blas]. dst overlaps no operand.
func MatMul(w *blas.Workspace, dst, a, b *Tensor) {
	if len(a.shape) == 0 || len(b.shape) == 0 {
		panic("tensor: MatMul of a single number")
	}
	f := matMulOf(dst.dtype, a.dtype, b.dtype)
	if f == nil {
		panic("tensor: MatMul of types that have no product")
	}
	row, column := len(a.shape) == 1, len(b.shape) == 1
	if a.dtype.Plain() {
		separate("MatMul", dst, a, b)
	} else {
		separate("MatMul", dst, b, a.bytes())
	}
	if row {
		a = a.Reshape(1, a.shape[0])
	}
	if column {
		b = b.Unsqueeze(1)
	}
	if column {
		dst = dst.Unsqueeze(len(dst.shape))
	}
	if row && len(dst.shape) > 0 {
		dst = dst.Unsqueeze(len(dst.shape) - 1)
	}
	if len(dst.shape) < max(len(a.shape), len(b.shape)) {
		panic("tensor: MatMul dst has too few dimensions")
	}
	p := newProducts(dst, a, b)
	if dst.Len() > 0 {
		f(w, p)
	}
}

// bytes returns a contiguous tensor's memory as a tensor of bytes.
func (t *Tensor) bytes() *Tensor {
	v := *t
	size := len(t.Bytes())
	elems, bytes := t.dtype.Block()
	v.base, v.off = t.base+t.off/elems*bytes, 0
	v.dtype, v.shape, v.strides = dtype.U8, Shape{size}, []int{1}
	return &v
}

func matMulOf(dst, a, b dtype.DType) func(*blas.Workspace, *products) {
	switch {
	case a == dtype.F32 && b == a && dst == a:
		return multiplyFloats
	case (a == dtype.F16 || a == dtype.BF16) && b == a && (dst == a || dst == dtype.F32):
		return multiplyHalves
	case a == dtype.I8 && b == a && dst == dtype.I32:
		return multiplyIntegers
	case (a == dtype.TQ1_0 || a == dtype.TQ2_0) && b == dtype.I8 && (dst == dtype.I32 || dst == dtype.F32):
		return multiplyTernary
	}
	return nil
}

// products are those of one MatMul: a walk over the dimensions in front, in which dst is
// tensor 0, a 1 and b 2, and the matrices' sizes and strides.
type products struct {
	dst, a, b *Tensor
	walk      walk
	m, n, k   int
	down      [3]int
	right     [3]int
}

func newProducts(dst, a, b *Tensor) *products {
	front := len(dst.shape) - 2
	p := &products{dst: dst, a: a, b: b, m: dst.shape[front], n: dst.shape[front+1], k: a.shape[len(a.shape)-1]}
	if a.shape[len(a.shape)-2] != p.m || b.shape[len(b.shape)-2] != p.k || b.shape[len(b.shape)-1] != p.n {
		panic("tensor: MatMul shapes do not match")
	}
	if !a.dtype.Plain() && len(a.shape) > 2 {
		panic("tensor: MatMul of a block type with more than two dimensions")
	}
	p.walk.shape = slices.Clone(dst.shape[:front])
	for i, x := range []*Tensor{dst, a, b} {
		last := len(x.shape) - 2
		p.down[i], p.right[i] = x.strides[last], x.strides[last+1]
		batch := x.view()
		batch.shape, batch.strides = x.shape[:last], x.strides[:last]
		if batch = batch.broadcastTo(dst.shape[:front]); batch == nil {
			panic("tensor: MatMul dimensions in front do not broadcast to dst's")
		}
		p.walk.strides = append(p.walk.strides, batch.strides)
	}
	p.walk.merge()
	p.fold()
	return p
}

// fold makes matrices that lie below one another and are multiplied by the same b one
// matrix.
func (p *products) fold() {
	last := len(p.walk.shape) - 1
	count := p.walk.shape[last]
	d, a, b := p.walk.inner(0), p.walk.inner(1), p.walk.inner(2)
	if count <= 1 || b != 0 || a == 0 {
		return
	}
	if p.m == 1 {
		p.down[0], p.down[1] = d, a
	} else if d != p.m*p.down[0] || a != p.m*p.down[1] {
		return
	}
	p.m *= count
	p.walk.shape[last] = 1
	p.walk.merge()
}

// matrix returns the matrix of tensor i at pos of its elements.
func matrix[T float32 | int8 | int32](p *products, i int, elems []T, pos int) blas.Matrix[T] {
	rows, cols := [3]int{p.m, p.m, p.k}[i], [3]int{p.n, p.k, p.n}[i]
	if len(elems) == 0 {
		pos = 0
	}
	return blas.Matrix[T]{Data: elems[pos:], Rows: rows, Cols: cols, Down: p.down[i], Right: p.right[i]}
}

// batch is how many products blas is given at a time.
const batch = 64

func multiplyFloats(w *blas.Workspace, p *products) {
	dst, a, b := values[float32](p.dst), values[float32](p.a), values[float32](p.b)
	if p.m == 1 || p.n == 1 {
		for pos := range p.walk.all() {
			multiplyVector(w, matrix(p, 0, dst, pos[0]), matrix(p, 1, a, pos[1]), matrix(p, 2, b, pos[2]))
		}
		return
	}
	var c, x, y []blas.Matrix[float32]
	for pos := range p.walk.all() {
		c = append(c, matrix(p, 0, dst, pos[0]))
		x = append(x, matrix(p, 1, a, pos[1]))
		y = append(y, matrix(p, 2, b, pos[2]))
		if len(c) == batch {
			w.GemmBatch(c, 1, x, y, 0)
			c, x, y = c[:0], x[:0], y[:0]
		}
	}
	if len(c) > 0 {
		w.GemmBatch(c, 1, x, y, 0)
	}
}

// multiplyVector computes a product of which one operand is a vector.
func multiplyVector(w *blas.Workspace, c, a, b blas.Matrix[float32]) {
	if c, a, b, ok := upright(c, a, b); ok {
		w.Gemv(c.Data[:c.Rows], 1, a, b.Data[:b.Rows], 0)
	} else {
		w.Gemm(c, 1, a, b, 0)
	}
}

func multiplyIntegers(w *blas.Workspace, p *products) {
	dst, a, b := values[int32](p.dst), values[int8](p.a), values[int8](p.b)
	for pos := range p.walk.all() {
		multiplyInt8(w, matrix(p, 0, dst, pos[0]), matrix(p, 1, a, pos[1]), matrix(p, 2, b, pos[2]))
	}
}

func multiplyInt8(w *blas.Workspace, c blas.Matrix[int32], a, b blas.Matrix[int8]) {
	if c, a, b, ok := upright(c, a, b); ok {
		w.GemvInt8(c.Data[:c.Rows], a, b.Data[:b.Rows])
	} else {
		w.GemmInt8(c, a, b)
	}
}

// upright turns a product with a vector so that the vector and the result are columns. It
// is true if there is such a vector and the elements of both lie next to each other, as
// those of Gemv do.
func upright[C, T float32 | int8 | int32](c blas.Matrix[C], a, b blas.Matrix[T]) (blas.Matrix[C], blas.Matrix[T], blas.Matrix[T], bool) {
	if c.Cols != 1 && c.Rows == 1 {
		c, a, b = c.T(), b.T(), a.T()
	}
	return c, a, b, c.Cols == 1 && (c.Rows == 1 || c.Down == 1) && (b.Rows <= 1 || b.Down == 1)
}
