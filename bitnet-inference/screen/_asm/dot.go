package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// prefetch is how far ahead of their use, in bytes, coarse codes are asked into the
// second-level cache. An address past their end is no error.
const prefetch = 6 << 10

// A multiplier emits code for vectors of one width. hi and lo are sums of 32 bits.
type multiplier interface {
	begin(bits uint8)            // constants, for codes of so many bits
	clear()                      // the sums of a row
	sums() (hi, lo reg.Register) // of 32 bytes each
}

// row emits a kernel that multiplies rows of one plane; block adds the products of 256
// columns. Of the coarse plane it takes many rows, one after the other as they lie in
// memory: prefetchers follow one long stream better than several short ones. Of the
// fine plane it takes one row and prefetches another.
func row(name string, m multiplier, block func(codes, x reg.Register)) {
	many := strings.HasPrefix(name, "coarse")
	if many {
		TEXT(name, NOSPLIT, "func(out *int64, codes *byte, x *int8, blocks, rows int)")
		Doc(name + " is coarseGeneric for blocks, rows ≥ 1.")
	} else {
		TEXT(name, NOSPLIT, "func(codes, next *byte, x *int8, blocks int) int64")
		Doc(name + " is fineGeneric for blocks ≥ 1, and prefetches the row next.")
	}
	Pragma("noescape")
	codes := Load(Param("codes"), GP64())
	x, blocks := GP64(), GP64()
	var out, rows, next reg.Register
	if many {
		out, rows = Load(Param("out"), GP64()), Load(Param("rows"), GP64())
	} else {
		next = Load(Param("next"), GP64())
	}
	if many {
		m.begin(6)
	} else {
		m.begin(2)
	}
	Label("row")
	Load(Param("x"), x)
	Load(Param("blocks"), blocks)
	m.clear()
	Label("block")
	if many {
		for i := range 3 {
			PREFETCHT1(Mem{Base: codes, Disp: prefetch + lane*i})
		}
		block(codes, x)
		ADDQ(U32(coarse), codes)
	} else {
		PREFETCHT0(Mem{Base: next})
		block(codes, x)
		ADDQ(U8(fine), codes)
		ADDQ(U8(fine), next)
	}
	ADDQ(U32(2*4*lane), x)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	// 256·hi + lo in 64 bits.
	hi, lo := m.sums()
	t, u := YMM(), XMM()
	VPHADDD(hi, lo, t) // in each half: two parts of lo, two of hi
	VEXTRACTI128(U8(1), t, u)
	VPADDD(t.AsX(), u, u)
	VPHADDD(u, u, u)
	VPMOVSXDQ(u, u)
	low, high := GP64(), GP64()
	VMOVQ(u, low)
	VPEXTRQ(U8(1), u, high)
	SHLQ(U8(8), high)
	ADDQ(low, high)
	if many {
		MOVQ(high, Mem{Base: out})
		ADDQ(U8(8), out)
		DECQ(rows)
		JNZ(LabelRef("row"))
	} else {
		Store(high, ReturnIndex(0))
	}
	VZEROUPPER()
	RET()
}

// vnni takes a lane at once: VPDPBUSD multiplies unsigned codes with signed bytes
// of x and adds groups of four products to 32-bit sums. It takes four cycles, so each
// half of x has two sums, for even and for odd lanes.
type vnni struct {
	mask         reg.VecVirtual // the bits of a code, in each byte
	first, upper reg.VecVirtual // the upper two and four bits, for coarse codes
	hi, lo       [2]reg.VecVirtual
}

func broadcast(value uint32) reg.VecVirtual {
	g, v := GP32(), ZMM()
	MOVL(U32(value), g)
	VPBROADCASTD(g, v)
	return v
}

func (v *vnni) begin(bits uint8) {
	v.mask = broadcast(0x01010101 * (1<<bits - 1))
	if bits == 6 {
		v.first, v.upper = broadcast(0xc0c0c0c0), broadcast(0xf0f0f0f0)
	}
}

func (v *vnni) clear() {
	for i := range 2 {
		v.hi[i], v.lo[i] = ZMM(), ZMM()
		VPXORD(v.hi[i], v.hi[i], v.hi[i])
		VPXORD(v.lo[i], v.lo[i], v.lo[i])
	}
}

func (v *vnni) multiply(x reg.Register, i int, codes reg.VecVirtual) {
	VPDPBUSD(Mem{Base: x, Disp: lane * i}, codes, v.hi[i%2])
	VPDPBUSD(Mem{Base: x, Disp: block + lane*i}, codes, v.lo[i%2])
}

// choose is the truth table of mask ? b : a, for VPTERNLOGD(choose, mask, b, a).
const choose = 0xd8

func (v *vnni) coarse(codes, x reg.Register) {
	var raw [3]reg.VecVirtual
	for i := range raw {
		raw[i] = ZMM()
		VMOVDQU64(Mem{Base: codes, Disp: lane * i}, raw[i])
		c := ZMM()
		VPANDD(v.mask, raw[i], c)
		v.multiply(x, i, c)
	}
	a, b := ZMM(), ZMM()
	VPSRLW(U8(2), raw[1], a)
	VPTERNLOGD(U8(choose), v.first, raw[0], a)
	VPSRLW(U8(4), raw[2], b)
	VPTERNLOGD(U8(choose), v.upper, a, b)
	VPSRLW(U8(2), b, b)
	VPANDD(v.mask, b, b)
	v.multiply(x, 3, b)
}

func (v *vnni) fine(codes, x reg.Register) {
	raw := ZMM()
	VMOVDQU64(Mem{Base: codes}, raw)
	for i := range 4 {
		c := ZMM()
		if i == 0 {
			VPANDD(v.mask, raw, c)
		} else {
			VPSRLW(U8(uint8(2*i)), raw, c)
			VPANDD(v.mask, c, c)
		}
		v.multiply(x, i, c)
	}
}

func (v *vnni) sums() (hi, lo reg.Register) {
	half := func(s [2]reg.VecVirtual) reg.Register {
		y := YMM()
		VPADDD(s[1], s[0], s[0])
		VEXTRACTI64X4(U8(1), s[0], y)
		VPADDD(s[0].AsY(), y, y)
		return y
	}
	return half(v.hi), half(v.lo)
}

// avx2 takes half a lane at once. VPMADDUBSW adds two products in 16 bits, 2·63·128 at
// most, so that two such sums of coarse codes fit, and all of fine ones.
type avx2 struct {
	mask, ones reg.VecVirtual // the bits of a code, in each byte; 1 in each 16 bits
	hi, lo     reg.VecVirtual
}

func (a *avx2) begin(bits uint8) {
	a.mask, a.ones = YMM(), YMM()
	VPCMPEQD(a.ones, a.ones, a.ones)
	VPSRLW(U8(16-bits), a.ones, a.mask)
	VPSRLW(U8(15), a.ones, a.ones)
	t := YMM()
	VPSLLW(U8(8), a.mask, t)
	VPOR(t, a.mask, a.mask)
}

func (a *avx2) clear() {
	a.hi, a.lo = YMM(), YMM()
	VPXOR(a.hi, a.hi, a.hi)
	VPXOR(a.lo, a.lo, a.lo)
}

// multiply adds the products of codes of four lanes, at a byte of each, added up in
// 16 bits for so many lanes.
func (a *avx2) multiply(x reg.Register, at int, codes [4]reg.VecVirtual, together int) {
	for half, sum := range []reg.VecVirtual{a.hi, a.lo} {
		for i := 0; i < 4; i += together {
			s := YMM()
			VPMADDUBSW(Mem{Base: x, Disp: half*block + lane*i + at}, codes[i], s)
			for j := i + 1; j < i+together; j++ {
				t := YMM()
				VPMADDUBSW(Mem{Base: x, Disp: half*block + lane*j + at}, codes[j], t)
				VPADDW(t, s, s)
			}
			VPMADDWD(a.ones, s, s)
			VPADDD(s, sum, sum)
		}
	}
}

func (a *avx2) coarse(codes, x reg.Register) {
	for at := 0; at < lane; at += 32 {
		var c [4]reg.VecVirtual
		c[3] = YMM()
		for i := range 3 {
			c[i] = YMM()
			VMOVDQU(Mem{Base: codes, Disp: lane*i + at}, c[i])
			if i == 0 {
				VPANDN(c[i], a.mask, c[3])
			} else {
				t := YMM()
				VPANDN(c[i], a.mask, t)
				VPSRLW(U8(uint8(2*i)), t, t)
				VPOR(t, c[3], c[3])
			}
			VPAND(a.mask, c[i], c[i])
		}
		VPSRLW(U8(2), c[3], c[3])
		a.multiply(x, at, c, 2)
	}
}

func (a *avx2) fine(codes, x reg.Register) {
	for at := 0; at < lane; at += 32 {
		var c [4]reg.VecVirtual
		for i := range c {
			c[i] = YMM()
			if i == 0 {
				VMOVDQU(Mem{Base: codes, Disp: at}, c[0])
				continue
			}
			VPSRLW(U8(uint8(2*i)), c[0], c[i])
			VPAND(a.mask, c[i], c[i])
		}
		VPAND(a.mask, c[0], c[0])
		a.multiply(x, at, c, 4)
	}
}

func (a *avx2) sums() (hi, lo reg.Register) { return a.hi, a.lo }
