package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// each emits a kernel over n values, a positive multiple of the lanes: arguments
// after n are float32 scalars, spread over a vector each. body gets the addresses
// of the pointers' current values.
func each(i isa, name, doc string, pointers, scalars []string, body func(at []Mem, s []reg.VecVirtual)) {
	signature := "func("
	for _, p := range pointers {
		signature += p + " *float32, "
	}
	signature += "n int"
	for _, s := range scalars {
		signature += ", " + s + " float32"
	}
	TEXT(name+i.suffix, NOSPLIT, signature+")")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s is %s; n is a positive multiple of %d.", name, i.suffix, doc, i.lanes))
	var at []Mem
	for _, p := range pointers {
		at = append(at, Mem{Base: load64(p)})
	}
	n := load64("n")
	var s []reg.VecVirtual
	for _, name := range scalars {
		s = append(s, broadcastParam(i, name))
	}
	Label("each")
	body(at, s)
	for _, m := range at {
		ADDQ(I32(int32(4*i.lanes)), m.Base)
	}
	SUBQ(I32(int32(i.lanes)), n)
	JNZ(LabelRef("each"))
	VZEROUPPER()
	RET()
}

func broadcastParam(i isa, name string) reg.VecVirtual {
	a, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := i.vec()
	VBROADCASTSS(a.Addr, v)
	return v
}

// elementwise emits the kernels that compute each value for itself. None fuses a
// multiplication with an addition, so all give the bits of the generic code.
func elementwise(i isa) {
	t, u := i.vec, i.vec
	each(i, "add", "Add", []string{"dst", "x"}, nil, func(at []Mem, _ []reg.VecVirtual) {
		a := t()
		VMOVUPS(at[0], a)
		VADDPS(at[1], a, a)
		VMOVUPS(a, at[0])
	})
	each(i, "scale", "Scale", []string{"dst", "x"}, []string{"a"}, func(at []Mem, s []reg.VecVirtual) {
		a := t()
		VMULPS(at[1], s[0], a)
		VMOVUPS(a, at[0])
	})
	each(i, "blend", "blend", []string{"dst", "x"}, []string{"a", "b"}, func(at []Mem, s []reg.VecVirtual) {
		a, b := t(), u()
		VMULPS(at[0], s[0], a)
		VMULPS(at[1], s[1], b)
		VADDPS(b, a, a)
		VMOVUPS(a, at[0])
	})
	each(i, "gain", "gain", []string{"dst", "x", "weights"}, []string{"a"}, func(at []Mem, s []reg.VecVirtual) {
		a := t()
		VMULPS(at[1], s[0], a)
		VMULPS(at[2], a, a)
		VMOVUPS(a, at[0])
	})
	each(i, "relu2", "ReLU2Mul", []string{"dst", "gate", "up"}, nil, func(at []Mem, _ []reg.VecVirtual) {
		a, b := t(), u()
		zero(i, b)
		VMAXPS(at[1], b, a) // a NaN gate, the second operand, stays
		VMULPS(a, a, a)
		VMULPS(at[2], a, a)
		VMOVUPS(a, at[0])
	})
	each(i, "turn", "turn", []string{"lo", "hi", "cos", "sin"}, nil, func(at []Mem, _ []reg.VecVirtual) {
		a, b, x, y := t(), t(), t(), t()
		VMOVUPS(at[0], a)
		VMOVUPS(at[1], b)
		VMULPS(at[2], a, x)
		VMULPS(at[3], b, y)
		VSUBPS(y, x, x)
		VMULPS(at[3], a, a)
		VMULPS(at[2], b, b)
		VADDPS(b, a, a)
		VMOVUPS(x, at[0])
		VMOVUPS(a, at[1])
	})
}

// reduction emits a kernel that folds n values, a positive multiple of four
// vectors, into one.
func reduction(i isa, name, doc string, step func(m Mem, acc reg.VecVirtual), combine func(a, b, dst reg.VecVirtual)) {
	TEXT(name+i.suffix, NOSPLIT, "func(x *float32, n int) float32")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s is %s; n is a positive multiple of %d.", name, i.suffix, doc, reduceVectors*i.lanes))
	x, n := load64("x"), load64("n")
	acc := make([]reg.VecVirtual, reduceVectors)
	for u := range acc {
		acc[u] = i.vec()
		if name == "top" { // any value of x does to begin with
			VMOVUPS(Mem{Base: x}, acc[u])
		} else {
			zero(i, acc[u])
		}
	}
	Label("reduce")
	for u := range acc {
		step(Mem{Base: x, Disp: 4 * i.lanes * u}, acc[u])
	}
	ADDQ(I32(int32(4*i.lanes*reduceVectors)), x)
	SUBQ(I32(int32(i.lanes*reduceVectors)), n)
	JNZ(LabelRef("reduce"))
	for u := 1; u < len(acc); u++ {
		combine(acc[u], acc[0], acc[0])
	}
	half := acc[0]
	if i.lanes == 16 {
		half = YMM()
		VEXTRACTF64X4(U8(1), acc[0], half)
		combine(acc[0].AsY().(reg.VecVirtual), half, half)
	}
	quarter, t := XMM(), XMM()
	VEXTRACTF128(Imm(1), half, quarter)
	combine(half.AsX().(reg.VecVirtual), quarter, quarter)
	VPERMILPS(Imm(0x4e), quarter, t)
	combine(t, quarter, quarter)
	VPERMILPS(Imm(0xb1), quarter, t)
	combine(t, quarter, quarter)
	out, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(quarter, out.Addr)
	VZEROUPPER()
	RET()
}

// reduceVectors hide the latency of an addition.
const reduceVectors = 2

func reductions(i isa) {
	reduction(i, "squares", "the sum of x²", func(m Mem, acc reg.VecVirtual) {
		v := i.vec()
		VMOVUPS(m, v)
		VFMADD231PS(v, v, acc)
	}, func(a, b, dst reg.VecVirtual) { VADDPS(a, b, dst) })
	reduction(i, "top", "the largest x", func(m Mem, acc reg.VecVirtual) {
		VMAXPS(m, acc, acc)
	}, func(a, b, dst reg.VecVirtual) { VMAXPS(a, b, dst) })
}
