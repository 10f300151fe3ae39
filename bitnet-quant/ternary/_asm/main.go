// Command _asm writes ../tile_amd64.s, the inner kernels of ternary.Matrix.Mul
// for amd64. Run it with go generate in package ternary.
//
// Every kernel computes, for `groups` groups of R consecutive rows of packed
// weights and N consecutive rows of activations,
//
//	dst[n*ld + R*g + r] = Σ code(w[R*g+r])·x[n] - sum[n]
//
// Rows are `blocks` ≥ 1 blocks long: 64 bytes of weights, 256 of activations.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const signature = "func(dst *int32, ld int, w *byte, x *int8, blocks, groups int, sum *int32)"

func main() {
	ConstraintExpr("!purego")
	vnniGEMV(1)
	vnniGEMV(4)
	vnniStream()
	for tokens := 2; tokens <= 4; tokens++ {
		vnniGEMM(tokens)
	}
	avx2GEMV(1)
	avx2GEMV(4)
	avx2GEMM()
	avxVNNIGEMV(1)
	avxVNNIGEMV(4)
	avxVNNIGEMM(2)
	avxVNNIGEMM(3)
	for tokens := 1; tokens <= maxBase3Tokens; tokens++ {
		base3(tokens)
	}
	base3Pack()
	base3UnpackAMX()
	amxUnpack()
	for tokens := 1; tokens <= 2; tokens++ {
		for rows := 1; rows <= 2; rows++ {
			amxGEMM(tokens, rows)
		}
	}
	Generate()
}

// prefetch is how far ahead of their use, in bytes, weights are asked into the
// second-level cache. Hardware prefetchers do not follow four rows at a time
// well: on Zen 4 a product from memory went from 6.6 to 17 GB/s with this, the
// speed of a plain read. An address past the end of the matrix is no error.
const prefetch = 8 << 10

// A frame holds the arguments of a kernel in registers. x points to the
// activations of the block at hand, w to the weights of its first row.
type frame struct {
	rows, tokens int

	dst, ld, ld3, w, stride, stride3, x, groups, sum reg.Register
}

// begin loads the arguments. A row of activations is four times as long as one
// of weights, so both are addressed with the same two index registers.
func begin(name string, rows, tokens int, doc ...string) *frame {
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(doc...)
	f := &frame{rows: rows, tokens: tokens}
	f.dst = Load(Param("dst"), GP64())
	if tokens > 1 {
		f.ld = Load(Param("ld"), GP64())
		SHLQ(U8(2), f.ld)
	}
	if tokens > 3 {
		f.ld3 = GP64()
		LEAQ(Mem{Base: f.ld, Index: f.ld, Scale: 2}, f.ld3)
	}
	f.w = Load(Param("w"), GP64())
	f.groups = Load(Param("groups"), GP64())
	f.sum = Load(Param("sum"), GP64())
	f.stride = Load(Param("blocks"), GP64())
	SHLQ(U8(6), f.stride)
	if rows > 3 || tokens > 3 {
		f.stride3 = GP64()
		LEAQ(Mem{Base: f.stride, Index: f.stride, Scale: 2}, f.stride3)
	}
	f.x = GP64()
	return f
}

// weights addresses byte disp of the current block of row r.
func (f *frame) weights(r, disp int) Mem {
	return nthRow(f.w, f.stride, f.stride3, r).Offset(disp)
}

// nthRow addresses row n of 0 to 3.
func nthRow(base, stride, stride3 reg.Register, n int) Mem {
	m := Mem{Base: base}
	switch n {
	case 1, 2:
		m.Index, m.Scale = stride, uint8(n)
	case 3:
		m.Index, m.Scale = stride3, 1
	}
	return m
}

// acts addresses byte disp of the current block of token n.
func (f *frame) acts(n, disp int) Mem {
	m := Mem{Base: f.x, Disp: disp}
	switch n {
	case 1, 2:
		m.Index, m.Scale = f.stride, uint8(4*n)
	case 3:
		m.Index, m.Scale = f.stride3, 4
	}
	return m
}

// out addresses the results of token n.
func (f *frame) out(n int) Mem {
	return nthRow(f.dst, f.ld, f.ld3, n)
}

// eachGroup emits the loop over groups; body computes one and advances w by one
// row, as a walk over the blocks does.
func (f *frame) eachGroup(body func()) {
	Label("group")
	Load(Param("x"), f.x)
	body()
	if f.rows == 4 {
		ADDQ(f.stride3, f.w)
	}
	ADDQ(U8(4*f.rows), f.dst)
	DECQ(f.groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// eachBlock emits the loop over the blocks of a row.
func (f *frame) eachBlock(body func()) {
	n := GP64()
	Load(Param("blocks"), n)
	f.countdown(n, body)
}

// countdown emits n ≥ 1 blocks.
func (f *frame) countdown(n reg.Register, body func()) {
	Label("block")
	if f.rows == 4 {
		for r := range f.rows {
			PREFETCHT1(f.weights(r, prefetch))
		}
	}
	body()
	ADDQ(U8(64), f.w)
	ADDQ(U32(256), f.x)
	DECQ(n)
	JNZ(LabelRef("block"))
}

// store sums the lanes of the accumulators of token n, one for each row, takes
// off the activations' sum and writes the results. acc is overwritten.
func (f *frame) store(acc []reg.VecVirtual, n int) {
	if f.rows == 1 {
		x := fold(acc[0])
		t, g := XMM(), GP32()
		VPSHUFD(U8(0x4e), x, t)
		VPADDD(t, x, x)
		VPSHUFD(U8(0xb1), x, t)
		VPADDD(t, x, x)
		VMOVD(x, g)
		SUBL(Mem{Base: f.sum, Disp: 4 * n}, g)
		MOVL(g, f.out(n))
		return
	}
	// Two rounds of interleaving turn four vectors of one row each into one whose
	// 128-bit lanes hold one partial sum for each row.
	pair := func(lo, hi func(a, b, dst Op), a, b reg.VecVirtual) {
		t := YMM
		if a.Size() == 64 {
			t = ZMM
		}
		v := t()
		hi(b, a, v)
		lo(b, a, a)
		VPADDD(v, a, a)
	}
	dq := [2]func(a, b, dst Op){func(a, b, d Op) { VPUNPCKLDQ(a, b, d) }, func(a, b, d Op) { VPUNPCKHDQ(a, b, d) }}
	qdq := [2]func(a, b, dst Op){func(a, b, d Op) { VPUNPCKLQDQ(a, b, d) }, func(a, b, d Op) { VPUNPCKHQDQ(a, b, d) }}
	pair(dq[0], dq[1], acc[0], acc[1])
	pair(dq[0], dq[1], acc[2], acc[3])
	pair(qdq[0], qdq[1], acc[0], acc[2])
	x, t := fold(acc[0]), XMM()
	VPBROADCASTD(Mem{Base: f.sum, Disp: 4 * n}, t)
	VPSUBD(t, x, x)
	if acc[0].Size() == 64 {
		VMOVDQU32(x, f.out(n)) // the register may be one of the upper sixteen
	} else {
		VMOVDQU(x, f.out(n))
	}
}

// fold adds the 128-bit lanes of v, which is overwritten.
func fold(v reg.VecVirtual) reg.Register {
	if v.Size() == 64 {
		y, x := YMM(), XMM()
		VEXTRACTI64X4(U8(1), v, y)
		VPADDD(v.AsY(), y, y)
		VEXTRACTI32X4(U8(1), y, x)
		VPADDD(y.AsX(), x, x)
		return x
	}
	x := XMM()
	VEXTRACTI128(U8(1), v, x)
	VPADDD(v.AsX(), x, x)
	return x
}

func vectors(n int, f func() reg.VecVirtual) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = f()
	}
	return v
}
