package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// roundI16 emits F32 to 16 bits, signed or not by its limits.
func roundI16(i isa) {
	l := vector(i, "roundTo16", "dst[i] = clamp(src[i], lo, hi), from F32 rounded to nearest even, 0 for NaN,", 2, 4)
	lo, hi := spread(i, "lo"), spread(i, "hi")
	VCVTDQ2PS(lo, lo)
	VCVTDQ2PS(hi, hi)
	low, order := l.packing(i)
	Label("loop")
	var v [unroll]reg.VecVirtual
	for u := range v {
		v[u] = i.vec()
		_, src := l.at(u, i.lanes)
		VMOVUPS(src, v[u])
		if i.lanes == 16 {
			k := K()
			VCMPPS(Imm(7), v[u], v[u], k) // ordered
			VMAXPS(lo, v[u], v[u])
			VMINPS(hi, v[u], v[u])
			VCVTPS2DQ_Z(v[u], k, v[u])
			continue
		}
		ordered := i.vec()
		VCMPPS(Imm(7), v[u], v[u], ordered)
		VMAXPS(lo, v[u], v[u])
		VMINPS(hi, v[u], v[u])
		VCVTPS2DQ(v[u], v[u])
		VPAND(ordered, v[u], v[u])
	}
	l.storeWords(i, v, low, order)
	l.end(unroll * i.lanes)
}

// roundI32 emits F32 to I32. VCVTPS2DQ makes the least integer of what is too large:
// that is what the smallest become, and its complement what the largest do.
func roundI32(i isa) {
	l := vector(i, "roundToI32", "dst[i] = int32(src[i]), from F32 rounded to nearest even, saturated, 0 for NaN,", 4, 4)
	above, ones := words(i, 0x4f000000), words(i, 0xffffffff) // 2^31
	Label("loop")
	for u := range unroll {
		dst, src := l.at(u, i.lanes)
		v, r := i.vec(), i.vec()
		VMOVUPS(src, v)
		if i.lanes == 16 {
			ordered, large := K(), K()
			VCMPPS(Imm(7), v, v, ordered)
			VCMPPS(Imm(13), above, v, large) // at least
			VCVTPS2DQ_Z(v, ordered, r)
			VPXORD(ones, r, large, r)
		} else {
			ordered, large := i.vec(), i.vec()
			VCMPPS(Imm(7), v, v, ordered)
			VCMPPS(Imm(13), above, v, large)
			VCVTPS2DQ(v, r)
			VPAND(ordered, r, r)
			VPXOR(large, r, r)
		}
		VMOVUPS(r, dst)
	}
	l.end(unroll * i.lanes)
}

// Kernels with 64-bit elements take twice as many vectors a turn, each half as long.

func half(i isa) reg.VecVirtual {
	if i.lanes == 16 {
		return YMM()
	}
	return XMM()
}

func widenF32(i isa) {
	l := vector(i, "widenF32", "dst[i] = float64(src[i]), from F32,", 8, 4)
	Label("loop")
	for u := range 2 * unroll {
		dst, src := l.at(u, i.lanes/2)
		v := i.vec()
		VCVTPS2PD(src, v)
		VMOVUPS(v, dst)
	}
	l.end(unroll * i.lanes)
}

func widenI32(i isa) {
	l := vector(i, "widenI32", "dst[i] = float64(src[i]), from I32,", 8, 4)
	Label("loop")
	for u := range 2 * unroll {
		dst, src := l.at(u, i.lanes/2)
		v := i.vec()
		VCVTDQ2PD(src, v)
		VMOVUPS(v, dst)
	}
	l.end(unroll * i.lanes)
}

func narrowF64(i isa) {
	l := vector(i, "narrowF64", "dst[i] = float32(src[i]), from F64,", 4, 8)
	Label("loop")
	for u := range 2 * unroll {
		dst, src := l.at(u, i.lanes/2)
		v, r := i.vec(), half(i)
		VMOVUPS(src, v)
		if i.lanes == 16 {
			VCVTPD2PS(v, r)
		} else {
			VCVTPD2PSY(v, r)
		}
		VMOVUPS(r, dst)
	}
	l.end(unroll * i.lanes)
}

// roundF64 adds 3·2^51, so that the integer is in the lower half.
func roundF64(i isa) {
	l := vector(i, "roundF64", "dst[i] = clamp(src[i], lo, hi), from F64 to 32 bits, rounded to nearest even, 0 for NaN,", 4, 8)
	limit := func(name string) reg.VecVirtual {
		g, x, v := Load(Param(name), GP64()), XMM(), i.vec()
		VXORPS(x, x, x)
		VCVTSI2SDQ(g, x, x)
		VBROADCASTSD(x, v)
		return v
	}
	lo, hi := limit("lo"), limit("hi")
	g, x, magic := GP64(), XMM(), i.vec()
	MOVQ(U64(0x4338000000000000), g)
	VMOVQ(g, x)
	VBROADCASTSD(x, magic)
	Label("loop")
	for u := range 2 * unroll {
		dst, src := l.at(u, i.lanes/2)
		v := i.vec()
		VMOVUPS(src, v)
		if i.lanes == 16 {
			k := K()
			VCMPPD(Imm(7), v, v, k)
			VMAXPD(lo, v, v)
			VMINPD(hi, v, v)
			VADDPD_Z(magic, v, k, v)
			VPMOVQD(v, dst)
			continue
		}
		ordered, t := i.vec(), XMM()
		VCMPPD(Imm(7), v, v, ordered)
		VMAXPD(lo, v, v)
		VMINPD(hi, v, v)
		VADDPD(magic, v, v)
		VPAND(ordered, v, v)
		VEXTRACTF128(Imm(1), v, t)
		VSHUFPS(Imm(0x88), t, v.AsX(), t)
		VMOVUPS(t, dst)
	}
	l.end(unroll * i.lanes)
}

// truncation makes conversions round towards zero until the returned function is
// called. Only AVX-512 can say so in an instruction. No other goroutine sees it: none is
// preempted within assembly.
func truncation() (restore func()) {
	state := AllocLocal(8)
	was, g := state, GP32()
	now := state.Offset(4)
	VSTMXCSR(was)
	MOVL(was, g)
	ORL(U32(3<<13), g)
	MOVL(g, now)
	VLDMXCSR(now)
	return func() { VLDMXCSR(was) }
}

// oddF64 truncates and sets the last bit of what was not exact: an infinity cannot
// come out of that, and a NaN compares as neither.
func oddF64(i isa) {
	l := vector(i, "oddF64", "dst[i] = oddF32(src[i]), from F64,", 4, 8)
	if i.lanes == 16 {
		one := words(i, 1)
		Label("loop")
		for u := range 2 * unroll {
			dst, src := l.at(u, i.lanes/2)
			v, back, r, k := i.vec(), i.vec(), half(i), K()
			VMOVUPS(src, v)
			VCVTPD2PS_RZ_SAE(v, r)
			VCVTPS2PD(r, back)
			VCMPPD(Imm(12), back, v, k) // ordered and different
			VPORD(one.AsY(), r, k, r)
			VMOVUPS(r, dst)
		}
		l.end(unroll * i.lanes)
		return
	}
	l.after = append(l.after, truncation())
	Label("loop")
	for u := range 2 * unroll {
		dst, src := l.at(u, i.lanes/2)
		v, back, r, t := i.vec(), i.vec(), XMM(), XMM()
		VMOVUPS(src, v)
		VCVTPD2PSY(v, r)
		VCVTPS2PD(r, back)
		VCMPPD(Imm(12), back, v, back)
		VEXTRACTF128(Imm(1), back, t)
		VSHUFPS(Imm(0x88), t, back.AsX(), t)
		VPSRLD(Imm(31), t, t)
		VPOR(t, r, r)
		VMOVUPS(r, dst)
	}
	l.end(unroll * i.lanes)
}

func oddI32(i isa) {
	l := vector(i, "oddI32", "dst[i] = oddF32(float64(src[i])), from I32,", 4, 4)
	one := words(i, 1)
	if i.lanes == 8 {
		l.after = append(l.after, truncation())
	}
	Label("loop")
	for u := range unroll {
		dst, src := l.at(u, i.lanes)
		v, back, r := i.vec(), i.vec(), i.vec()
		VMOVUPS(src, v)
		if i.lanes == 16 {
			k := K()
			VCVTDQ2PS_RZ_SAE(v, r)
			VCVTTPS2DQ(r, back)
			VPCMPD(Imm(4), back, v, k) // different
			VPORD(one, r, k, r)
		} else {
			VCVTDQ2PS(v, r)
			VCVTTPS2DQ(r, back)
			VPCMPEQD(back, v, back)
			VPANDN(one, back, back)
			VPOR(back, r, r)
		}
		VMOVUPS(r, dst)
	}
	l.end(unroll * i.lanes)
}
