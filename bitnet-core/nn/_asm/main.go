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
			dotRows(i, e, 1)
			dotRows(i, e, 2)
			dotTile(i, e)
		}
		weightedSum(i, elements[0])
		weightedSum(i, elements[1])
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
		q8 := []*isa{&i}
		if i.lanes == 16 {
			q8 = append(q8, vnni)
		}
		// A group of columns is two vectors, or two times two.
		for _, rows := range []int{most, 4, 1} {
			for _, q := range q8 {
				scoresQ8(q, rows)
				valuesQ8(q, rows, 2)
			}
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
