package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bounds emits the intervals of eight rows at a time. The operations and their order
// are those of boundsGeneric, none of them fused, so that both give the same bits.
func bounds() {
	TEXT("boundsAVX512", NOSPLIT, "func(iv, b *uint64, groups int)")
	Pragma("noescape")
	Doc("boundsAVX512 is boundsGeneric for groups*8 rows, groups ≥ 1; iv points to intervals, b to a bound.")
	iv := Load(Param("iv"), GP64())
	b := Load(Param("b"), GP64())
	n := Load(Param("groups"), GP64())
	var p [6]reg.GPVirtual // fields of intervals, in order
	for i := range p {
		p[i] = GP64()
		MOVQ(Mem{Base: iv, Disp: 8 * i}, p[i])
	}
	sums, scale, residual, norm, low, high := p[0], p[1], p[2], p[3], p[4], p[5]
	var c [6]reg.VecVirtual // fields of bound, in order
	for i := range c {
		c[i] = ZMM()
		VPBROADCASTQ(Mem{Base: b, Disp: 8 * i}, c[i])
	}
	shift, unit, ofResidual, ofNorm, always, slack := c[0], c[1], c[2], c[3], c[4], c[5]
	magnitude := ZMM() // everything but the sign
	VPTERNLOGD(U8(0xff), magnitude, magnitude, magnitude)
	VPSRLQ(U8(1), magnitude, magnitude)
	mostSum, mostHigh := YMM(), YMM()
	VBROADCASTSS(Mem{Base: iv, Disp: 48}, mostSum)
	VBROADCASTSS(Mem{Base: iv, Disp: 52}, mostHigh)
	Label("eight")
	middle, half, t := ZMM(), ZMM(), ZMM()
	VMOVDQU64(Mem{Base: sums}, middle)
	VPSLLQ(U8(3), middle, middle)
	VPSUBQ(shift, middle, middle)
	VCVTQQ2PD(middle, middle)
	VCVTPS2PD(Mem{Base: scale}, t)
	VMULPD(unit, t, t)
	VMULPD(middle, t, middle)
	VCVTPS2PD(Mem{Base: residual}, half)
	VMULPD(ofResidual, half, half)
	VCVTPS2PD(Mem{Base: norm}, t)
	VMULPD(ofNorm, t, t)
	VADDPD(t, half, half)
	VADDPD(always, half, half)
	VPANDQ(magnitude, middle, t)
	VADDPD(half, t, t)
	VMULPD(slack, t, t)
	VADDPD(t, half, half)
	lows, highs := YMM(), YMM()
	VSUBPD(half, middle, t)
	VCVTPD2PS(t, lows)
	VADDPD(half, middle, t)
	VCVTPD2PS(t, highs)
	VMOVUPS(lows, Mem{Base: low})
	VMOVUPS(highs, Mem{Base: high})
	VADDPS(lows, highs, lows)
	VMAXPS(lows, mostSum, mostSum)
	VMAXPS(highs, mostHigh, mostHigh)
	ADDQ(U8(64), sums)
	for _, q := range []reg.GPVirtual{scale, residual, norm, low, high} {
		ADDQ(U8(32), q)
	}
	DECQ(n)
	JNZ(LabelRef("eight"))
	for i, most := range []reg.VecVirtual{mostSum, mostHigh} {
		x, y := XMM(), XMM()
		VEXTRACTF128(U8(1), most, x)
		VMAXPS(most.AsX(), x, x)
		VPERMILPS(U8(0x4e), x, y)
		VMAXPS(y, x, x)
		VPERMILPS(U8(0xb1), x, y)
		VMAXPS(y, x, x)
		VMOVSS(x, Mem{Base: iv, Disp: 48 + 4*i})
	}
	VZEROUPPER()
	RET()
}
