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
	broadcast := func(v float32) reg.VecVirtual {
		g, c := GP32(), i.vec()
		MOVL(U32(math.Float32bits(v)), g)
		VMOVD(g, c.AsX())
		VBROADCASTSS(c.AsX(), c)
		return c
	}
	top := i.vec()
	topAddr, err := Param("top").Resolve()
	if err != nil {
		panic(err)
	}
	VBROADCASTSS(topAddr.Addr, top)
	low, log2e := broadcast(expLow), broadcast(math.Log2E)
	ln2High, ln2Low := broadcast(ln2High), broadcast(ln2Low)
	one := broadcast(1)
	sum := i.vec()
	zero(i, sum)
	v, k, y := i.vec(), i.vec(), i.vec()
	loop := "loopExp" + i.suffix
	coefficients := make([]reg.VecVirtual, len(expCoefficients))
	for c := range coefficients {
		coefficients[c] = broadcast(expCoefficients[c])
	}
	Label(loop)
	VMOVUPS(Mem{Base: x}, v)
	VSUBPS(top, v, v)
	VMAXPS(low, v, v)
	VMULPS(log2e, v, k)
	VCVTPS2DQ(k, y) // to nearest, ties to even
	VCVTDQ2PS(y, k)
	VFNMADD231PS(ln2High, k, v)
	VFNMADD231PS(ln2Low, k, v)
	VPSLLD(Imm(23), y, k) // 2^k = 1.0 with k added to its exponent
	VPADDD(one, k, k)
	VMOVAPS(coefficients[0], y)
	for _, c := range coefficients[1:] {
		VFMADD213PS(c, v, y)
	}
	VMULPS(k, y, y)
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

// These equal the constants of expGeneric in package nn.
const (
	expLow  = -87
	ln2High = 0.693359375
	ln2Low  = -2.12194440e-4
)

var expCoefficients = []float32{
	1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1,
}
