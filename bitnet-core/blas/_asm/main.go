// Command _asm writes ../kernels_amd64.s, the vector forms of the kernels of package
// blas. Run it with go generate in that package.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is one vector width with the rows of its tile: as many as leave registers
// for a row of b and for values of a.
type isa struct {
	suffix string
	lanes  int
	rows   int
	vec    func() reg.VecVirtual
}

var isas = []isa{
	{"AVX2", 8, 6, func() reg.VecVirtual { return YMM() }},
	{"AVX512", 16, 12, func() reg.VecVirtual { return ZMM() }},
}

func main() {
	ConstraintExpr("!purego")
	for _, i := range isas {
		tile(i)
		dot(i)
		axpy(i)
		strips(i)
		tileInts(i)
		dotInts(i)
	}
	transpose()
	packBytes()
	packPairs()
	Generate()
}

func zero(i isa) reg.VecVirtual {
	v := i.vec()
	VXORPS(v, v, v)
	return v
}

// bAhead is how many rows of b ahead of their use are asked into the cache.
const bAhead = 24

// tile keeps a tile of c in registers while it walks along a and down b. Three rows of a
// share a pointer: the addressing mode reaches 0, 1 and 2 times their distance.
func tile(i isa) {
	name := "tile" + i.suffix
	TEXT(name, NOSPLIT, "func(k int, a *float32, aDown, aRight int, b *float32, bDown int, c *float32, cDown int, alpha, beta float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets the tile c (%d, %d) to alpha·a·b + beta·c, for a (%d, k) and b (k, %d), and does not read c if beta is 0. Distances are in bytes, k is positive.",
		name, i.rows, 2*i.lanes, i.rows, 2*i.lanes))
	k := Load(Param("k"), GP64())
	down := Load(Param("aDown"), GP64())
	right := Load(Param("aRight"), GP64())
	a := []reg.Register{Load(Param("a"), GP64())}
	three := GP64()
	LEAQ(Mem{Base: down, Index: down, Scale: 2}, three)
	for len(a) < i.rows/3 {
		next := GP64()
		LEAQ(Mem{Base: a[len(a)-1], Index: three, Scale: 1}, next)
		a = append(a, next)
	}
	b := Load(Param("b"), GP64())
	bDown := Load(Param("bDown"), GP64())
	c := Load(Param("c"), GP64())
	cDown := Load(Param("cDown"), GP64())
	// The tile is needed when the loop is over: its lines come meanwhile.
	line := GP64()
	MOVQ(c, line)
	for r := range i.rows {
		for at := 0; at < 8*i.lanes; at += 64 {
			PREFETCHT0(Mem{Base: line, Disp: at})
		}
		PREFETCHT0(Mem{Base: line, Disp: 8*i.lanes - 1})
		if r+1 < i.rows {
			ADDQ(cDown, line)
		}
	}
	acc := make([][2]reg.VecVirtual, i.rows)
	for r := range acc {
		acc[r] = [2]reg.VecVirtual{zero(i), zero(i)}
	}
	// Where b is read in place, its rows are far apart, and only the kernel knows where
	// the next ones are.
	next := GP64()
	IMUL3Q(U32(bAhead), bDown, next)
	ADDQ(b, next)
	Label("loop")
	for at := 0; at < 8*i.lanes; at += 64 {
		PREFETCHT0(Mem{Base: next, Disp: at})
	}
	ADDQ(bDown, next)
	row := [2]reg.VecVirtual{i.vec(), i.vec()}
	for v := range row {
		VMOVUPS(Mem{Base: b, Disp: 4 * i.lanes * v}, row[v])
	}
	ADDQ(bDown, b)
	for r := range acc {
		m := Mem{Base: a[r/3]}
		if r%3 > 0 {
			m.Index, m.Scale = down, uint8(r%3)
		}
		one := i.vec()
		VBROADCASTSS(m, one)
		for v := range row {
			VFMADD231PS(row[v], one, acc[r][v])
		}
		if r%3 == 2 {
			ADDQ(right, a[r/3])
		}
	}
	DECQ(k)
	JNZ(LabelRef("loop"))

	alpha, beta, bits := i.vec(), i.vec(), GP32()
	VBROADCASTSS(NewParamAddr("alpha", 64), alpha)
	MOVL(NewParamAddr("beta", 68), bits)
	ADDL(bits, bits) // the sign of zero does not matter
	JZ(LabelRef("store"))
	VBROADCASTSS(NewParamAddr("beta", 68), beta)
	for r := range acc {
		for v := range acc[r] {
			m := Mem{Base: c, Disp: 4 * i.lanes * v}
			VMULPS(alpha, acc[r][v], acc[r][v])
			VFMADD231PS(m, beta, acc[r][v])
			VMOVUPS(acc[r][v], m)
		}
		ADDQ(cDown, c)
	}
	VZEROUPPER()
	RET()
	Label("store")
	for r := range acc {
		for v := range acc[r] {
			VMULPS(alpha, acc[r][v], acc[r][v])
			VMOVUPS(acc[r][v], Mem{Base: c, Disp: 4 * i.lanes * v})
		}
		ADDQ(cDown, c)
	}
	VZEROUPPER()
	RET()
}

// ahead is how many bytes ahead of their use rows are asked into the second-level cache
// where each of them is used once.
const ahead = 8 << 10

// dot multiplies one row with a vector.
func dot(i isa) {
	name := "dot" + i.suffix
	TEXT(name, NOSPLIT, "func(a, x *float32, n int) float32")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s returns the sum of a[i]·x[i]; n is a positive multiple of %d.", name, 4*i.lanes))
	a := Load(Param("a"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	acc := make([]reg.VecVirtual, 4)
	for u := range acc {
		acc[u] = zero(i)
	}
	Label("loop")
	for at := 0; at < 16*i.lanes; at += 64 {
		PREFETCHT1(Mem{Base: a, Disp: ahead + at})
	}
	for u := range acc {
		v := i.vec()
		VMOVUPS(Mem{Base: a, Disp: 4 * i.lanes * u}, v)
		VFMADD231PS(Mem{Base: x, Disp: 4 * i.lanes * u}, v, acc[u])
	}
	ADDQ(U32(uint32(16*i.lanes)), a)
	ADDQ(U32(uint32(16*i.lanes)), x)
	SUBQ(U32(uint32(4*i.lanes)), n)
	JNZ(LabelRef("loop"))
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	sum := acc[0].AsY()
	if i.lanes == 16 {
		VEXTRACTF64X4(U8(1), acc[0], acc[1].AsY())
		VADDPS(acc[1].AsY(), sum, sum)
	}
	high := XMM()
	VEXTRACTF128(U8(1), sum, high)
	low := acc[0].AsX()
	VADDPS(high, low, low)
	VMOVHLPS(low, low, high)
	VADDPS(high, low, low)
	VMOVSHDUP(low, high)
	VADDSS(high, low, low)
	Store(low, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// axpy adds four rows, each times a number, to a vector.
func axpy(i isa) {
	name := "axpy4" + i.suffix
	TEXT(name, NOSPLIT, "func(y, a *float32, down int, x *[4]float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s adds x[r]·a[r] to y, for the rows r < 4 of a, which stand down bytes apart; n is a positive multiple of %d.", name, i.lanes))
	y := Load(Param("y"), GP64())
	a := Load(Param("a"), GP64())
	down := Load(Param("down"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	rows, times := []reg.Register{a}, make([]reg.VecVirtual, 4)
	for r := range times {
		times[r] = i.vec()
		VBROADCASTSS(Mem{Base: x, Disp: 4 * r}, times[r])
		if r > 0 {
			next := GP64()
			LEAQ(Mem{Base: rows[r-1], Index: down, Scale: 1}, next)
			rows = append(rows, next)
		}
	}
	at := GP64()
	XORQ(at, at)
	Label("loop")
	sum := i.vec()
	VMOVUPS(Mem{Base: y, Index: at, Scale: 4}, sum)
	for r := range rows {
		VFMADD231PS(Mem{Base: rows[r], Index: at, Scale: 4}, times[r], sum)
	}
	VMOVUPS(sum, Mem{Base: y, Index: at, Scale: 4})
	ADDQ(U8(uint8(i.lanes)), at)
	CMPQ(at, n)
	JLT(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// transpose writes eight rows as columns, in blocks of 8 times 8.
func transpose() {
	TEXT("transposeAVX2", NOSPLIT, "func(dst *float32, dstDown int, src *float32, srcDown, n int)")
	Pragma("noescape")
	Doc("transposeAVX2 sets dst (n, 8) to the transpose of src (8, n). Distances of rows are in bytes; n is a positive multiple of 8.")
	dst := Load(Param("dst"), GP64())
	dstDown := Load(Param("dstDown"), GP64())
	src := Load(Param("src"), GP64())
	srcDown := Load(Param("srcDown"), GP64())
	n := Load(Param("n"), GP64())
	row := GP64()
	Label("loop")
	MOVQ(src, row)
	in := make([]reg.VecVirtual, 8)
	for r := range in {
		in[r] = YMM()
		VMOVUPS(Mem{Base: row}, in[r])
		if r < 7 {
			ADDQ(srcDown, row)
		}
	}
	pairs := make([]reg.VecVirtual, 8) // 2 by 2 blocks are transposed
	for r := 0; r < 8; r += 2 {
		pairs[r], pairs[r+1] = YMM(), YMM()
		VUNPCKLPS(in[r+1], in[r], pairs[r])
		VUNPCKHPS(in[r+1], in[r], pairs[r+1])
	}
	fours := make([]reg.VecVirtual, 8) // 4 by 4
	for r := 0; r < 8; r += 4 {
		for h := range 2 {
			fours[r+2*h], fours[r+2*h+1] = YMM(), YMM()
			VUNPCKLPD(pairs[r+2+h], pairs[r+h], fours[r+2*h])
			VUNPCKHPD(pairs[r+2+h], pairs[r+h], fours[r+2*h+1])
		}
	}
	for half := range 2 {
		for c := range 4 {
			out := YMM()
			VPERM2F128(U8(0x20+0x11*uint8(half)), fours[4+c], fours[c], out)
			VMOVUPS(out, Mem{Base: dst})
			ADDQ(dstDown, dst)
		}
	}
	ADDQ(U8(32), src)
	SUBQ(U8(8), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
