package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expSum replaces x by exp(x-top) and sums it up. As in expGeneric: with
// k = round(x·log2 e) and r = x - k·ln 2, |r| <= ln 2/2, exp x = 2^k · p(r).
func expSum(i isa) {
	TEXT("expSum"+i.suffix, NOSPLIT, "func(x *float32, n int, top float32, sum *float32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("expSum%s is expSum; n is a positive multiple of %d.", i.suffix, i.lanes))
	x := Load(Param("x"), GP64())
	n := Load(Param("n"), GP64())
	out := Load(Param("sum"), GP64())
	top := i.vec()
	topAddr, err := Param("top").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(topAddr.Addr, top)
	e := newExponential(i)
	sum := i.vec()
	zero(i, sum)
	v := i.vec()
	loop := "loopExp" + i.suffix
	Label(loop)
	VMOVUPS(Mem{Base: x}, v)
	VSUBPS(top, v, v)
	VMAXPS(v, e.low, v) // in this order NaN stays NaN
	y := e.of(v)
	VMOVUPS(y, Mem{Base: x})
	VADDPS(y, sum, sum)
	ADDQ(U32(uint32(4*i.lanes)), x)
	SUBQ(U32(uint32(i.lanes)), n)
	JNZ(LabelRef(loop))
	half := sum
	if i.lanes == 16 {
		half = YMM()
		VEXTRACTF64X4(U8(1), sum, half)
		VADDPS(sum.AsY(), half, half)
	}
	high := XMM()
	VEXTRACTF128(Imm(1), half, high)
	VADDPS(half.AsX(), high, high)
	VHADDPS(high, high, high)
	VHADDPS(high, high, high)
	VMOVSS(high, Mem{Base: out})
	VZEROUPPER()
	RET()
}

// An exponential holds the constants of exp in registers.
type exponential struct {
	i                                   isa
	low, log2e, ln2High, ln2Low, one, k reg.VecVirtual
	coefficients                        []reg.VecVirtual
}

func newExponential(i isa) exponential {
	e := exponential{
		i: i, low: constant(i, expLow), log2e: constant(i, math.Log2E),
		ln2High: constant(i, ln2High), ln2Low: constant(i, ln2Low), one: constant(i, 1), k: i.vec(),
	}
	for _, c := range expCoefficients {
		v := e.one // the last two: a register less
		if c != 1 {
			v = constant(i, c)
		}
		e.coefficients = append(e.coefficients, v)
	}
	return e
}

// of returns exp v, |v| <= 87, and overwrites v.
func (e *exponential) of(v reg.VecVirtual) reg.VecVirtual {
	k, y := e.k, e.i.vec()
	VMULPS(e.log2e, v, k)
	VCVTPS2DQ(k, y) // to nearest, ties to even
	VCVTDQ2PS(y, k)
	VFNMADD231PS(e.ln2High, k, v)
	VFNMADD231PS(e.ln2Low, k, v)
	VPSLLD(Imm(23), y, k) // 2^k = 1.0 with k added to its exponent
	VPADDD(e.one, k, k)
	VMOVAPS(e.coefficients[0], y)
	for _, c := range e.coefficients[1:] {
		VFMADD213PS(c, v, y)
	}
	VMULPS(k, y, y)
	return y
}

// constant fills a vector with v.
func constant(i isa, v float32) reg.VecVirtual {
	g, c := GP32(), i.vec()
	MOVL(U32(math.Float32bits(v)), g)
	VMOVD(g, c.AsX())
	VBROADCASTSS(c.AsX(), c)
	return c
}

// silu emits gate·sigmoid(gate)·up.
func silu(i isa) {
	TEXT("silu"+i.suffix, NOSPLIT, "func(dst *float32, gate *float32, up *float32, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("silu%s is SiLUMul; n is a positive multiple of %d.", i.suffix, i.lanes))
	dst, gate, up, n := load64("dst"), load64("gate"), load64("up"), load64("n")
	e := newExponential(i)
	high := constant(i, -expLow)
	Label("silu")
	v := i.vec()
	zero(i, v)
	VSUBPS(Mem{Base: gate}, v, v)
	VMAXPS(e.low, v, v)
	VMINPS(high, v, v)
	y := e.of(v)
	VADDPS(e.one, y, y)
	VMOVUPS(Mem{Base: gate}, v)
	VDIVPS(y, v, y)
	VMULPS(Mem{Base: up}, y, y)
	VMOVUPS(y, Mem{Base: dst})
	for _, p := range []reg.GPVirtual{dst, gate, up} {
		ADDQ(I32(int32(4*i.lanes)), p)
	}
	SUBQ(I32(int32(i.lanes)), n)
	JNZ(LabelRef("silu"))
	VZEROUPPER()
	RET()
}

// These equal the constants of expGeneric in package nn.
const (
	expLow  = -87
	ln2High = 0.693359375
	ln2Low  = -2.12194440e-4
)

var expCoefficients = []float32{
	1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1,
}
