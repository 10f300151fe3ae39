// Command _asm writes ../rows_amd64.s, the vector forms of the kernels of package
// nn. Run it with go generate in that package.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is one vector width.
type isa struct {
	suffix string
	lanes  int
	vec    func() reg.VecVirtual
}

var isas = []isa{
	{"AVX2", 8, func() reg.VecVirtual { return YMM() }},
	{"AVX512", 16, func() reg.VecVirtual { return ZMM() }},
}

// An element is one stored type of the weights.
type element struct {
	name string
	size int
	load func(i isa, m Mem, dst reg.VecVirtual)
}

var elements = []element{
	{"F32", 4, func(_ isa, m Mem, dst reg.VecVirtual) { VMOVUPS(m, dst) }},
	{"F16", 2, func(_ isa, m Mem, dst reg.VecVirtual) { VCVTPH2PS(m, dst) }},
	{"BF16", 2, func(_ isa, m Mem, dst reg.VecVirtual) {
		VPMOVZXWD(m, dst)
		VPSLLD(Imm(16), dst, dst)
	}},
}

func main() {
	ConstraintExpr("!purego")
	for _, i := range isas {
		for _, e := range elements {
			dotRows4(i, e)
		}
		weightedSum(i, elements[0])
		weightedSum(i, elements[1])
		narrow(i)
		expSum(i)
		silu(i)
		// As many rows as there are registers for, those of one token of common
		// models, and the rest.
		most, columns := 12, 4
		if i.lanes == 8 {
			most, columns = 6, 2
		}
		for _, e := range elements[:2] {
			for _, rows := range []int{most, 4, 1} {
				scores(i, e, rows)
			}
			for _, rows := range []int{6, 4, 1} {
				values(i, e, rows, columns)
			}
		}
		// A group of columns is two vectors, or two times two.
		for _, rows := range []int{most, 4, 1} {
			scoresQ8(i, rows)
			valuesQ8(i, rows, 2)
		}
		factors(i)
		elementwise(i)
		reductions(i)
	}
	Generate()
}

func zero(i isa, v reg.VecVirtual) {
	if i.lanes == 16 {
		VPXORD(v, v, v)
	} else {
		VXORPS(v, v, v)
	}
}

// dotRows4 multiplies four rows with one vector. Two accumulators a row hide the
// latency of the fused multiply-add.
func dotRows4(i isa, e element) {
	TEXT("dotRows4"+e.name+i.suffix, NOSPLIT, "func(out *[4]float32, w *byte, stride int, x *float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("dotRows4%s%s is dotRows4 for rows of %s; n is a positive multiple of %d.", e.name, i.suffix, e.name, 2*i.lanes))
	out := Load(Param("out"), GP64())
	w := Load(Param("w"), GP64())
	stride := Load(Param("stride"), GP64())
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	stride3 := GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	rows := []Mem{{Base: w}, {Base: w, Index: stride, Scale: 1}, {Base: w, Index: stride, Scale: 2}, {Base: w, Index: stride3, Scale: 1}}
	var acc [4][2]reg.VecVirtual
	for r := range acc {
		for u := range acc[r] {
			acc[r][u] = i.vec()
			zero(i, acc[r][u])
		}
	}
	// The next four rows follow these in memory: fetch them into the second-level
	// cache meanwhile.
	ahead := GP64()
	LEAQ(Mem{Base: w, Index: stride, Scale: 4}, ahead)
	next := []Mem{{Base: ahead}, {Base: ahead, Index: stride, Scale: 1}, {Base: ahead, Index: stride, Scale: 2}, {Base: ahead, Index: stride3, Scale: 1}}
	xs, t := i.vec(), i.vec()
	loop := "loop" + e.name + i.suffix
	Label(loop)
	for r := range next {
		for at := 0; at < 2*e.size*i.lanes; at += 64 {
			PREFETCHT1(next[r].Offset(at))
		}
	}
	for u := range 2 {
		VMOVUPS(Mem{Base: x, Disp: 4 * i.lanes * u}, xs)
		for r := range rows {
			e.load(i, rows[r].Offset(e.size*i.lanes*u), t)
			VFMADD231PS(xs, t, acc[r][u])
		}
	}
	ADDQ(U32(uint32(2*4*i.lanes)), x)
	ADDQ(U32(uint32(2*e.size*i.lanes)), w)
	ADDQ(U32(uint32(2*e.size*i.lanes)), ahead)
	SUBQ(U32(uint32(2*i.lanes)), n)
	JNZ(LabelRef(loop))
	var sum [4]reg.VecVirtual
	for r := range acc {
		VADDPS(acc[r][0], acc[r][1], acc[r][0])
		sum[r] = acc[r][0]
		if i.lanes == 16 {
			half := YMM()
			VEXTRACTF64X4(U8(1), acc[r][0], half)
			VADDPS(acc[r][0].AsY(), half, half)
			sum[r] = half
		}
	}
	y := func(r int) reg.VecVirtual { return sum[r].AsY().(reg.VecVirtual) }
	VHADDPS(y(1), y(0), y(0))
	VHADDPS(y(3), y(2), y(2))
	VHADDPS(y(2), y(0), y(0))
	high := XMM()
	VEXTRACTF128(Imm(1), y(0), high)
	VADDPS(sum[0].AsX(), high, high)
	VMOVUPS(high, Mem{Base: out})
	VZEROUPPER()
	RET()
}

// weightedSum keeps four vectors of the result in registers while it walks over
// the rows.
func weightedSum(i isa, e element) {
	TEXT("weightedSum"+e.name+i.suffix, NOSPLIT, "func(dst *float32, rows *byte, stride int, p *float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("weightedSum%s%s is weightedSum for %d columns of %s; stride is in bytes, n is positive.", e.name, i.suffix, 4*i.lanes, e.name))
	dst := Load(Param("dst"), GP64())
	rows := Load(Param("rows"), GP64())
	stride := Load(Param("stride"), GP64())
	p := Load(Param("p"), GP64())
	n := Load(Param("n"), GP64())
	acc := make([]reg.VecVirtual, 4)
	for k := range acc {
		acc[k] = i.vec()
		zero(i, acc[k])
	}
	w, t := i.vec(), i.vec()
	loop := "loopSum" + e.name + i.suffix
	Label(loop)
	VBROADCASTSS(Mem{Base: p}, w)
	for k := range acc {
		e.load(i, Mem{Base: rows, Disp: e.size * i.lanes * k}, t)
		VFMADD231PS(t, w, acc[k])
	}
	ADDQ(Imm(4), p)
	ADDQ(stride, rows)
	DECQ(n)
	JNZ(LabelRef(loop))
	for k := range acc {
		VMOVUPS(acc[k], Mem{Base: dst, Disp: 4 * i.lanes * k})
	}
	VZEROUPPER()
	RET()
}

// narrow rounds float32 to float16, to nearest, ties to even.
func narrow(i isa) {
	TEXT("narrow"+i.suffix, NOSPLIT, "func(dst *uint16, src *float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("narrow%s is Float16s; n is a positive multiple of %d.", i.suffix, i.lanes))
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	t := i.vec()
	loop := "loopNarrow" + i.suffix
	Label(loop)
	VMOVUPS(Mem{Base: src}, t)
	VCVTPS2PH(Imm(0), t, Mem{Base: dst})
	ADDQ(U32(uint32(4*i.lanes)), src)
	ADDQ(U32(uint32(2*i.lanes)), dst)
	SUBQ(U32(uint32(i.lanes)), n)
	JNZ(LabelRef(loop))
	VZEROUPPER()
	RET()
}
