package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// step is how many columns an iteration of the kernels below takes.
const step = 32

// decode emits the kernel for weights of size bytes; load brings eight of them into
// dst as float32.
func decode(name string, size int, load func(m Mem, dst reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst *float32, src *byte, n int) uint32")
	Pragma("noescape")
	Doc(name + " is decodeGeneric for its type; n is a positive multiple of 32.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	n := Load(Param("n"), GP64())
	mask, most, v := YMM(), YMM(), YMM()
	VPCMPEQD(mask, mask, mask)
	VPSRLD(U8(1), mask, mask)
	VPXOR(most, most, most)
	Label("loop")
	for i := range step / 8 {
		load(Mem{Base: src, Disp: 8 * size * i}, v)
		VMOVUPS(v, Mem{Base: dst, Disp: 32 * i})
		VPAND(mask, v, v)
		VPMAXUD(v, most, most)
	}
	ADDQ(U32(uint32(step*size)), src)
	ADDQ(U32(4*step), dst)
	SUBQ(U8(step), n)
	JNZ(LabelRef("loop"))
	x, t, g := XMM(), XMM(), GP32()
	VEXTRACTI128(U8(1), most, x)
	VPMAXUD(most.AsX(), x, x)
	VPSHUFD(U8(0x4e), x, t)
	VPMAXUD(t, x, x)
	VPSHUFD(U8(0xb1), x, t)
	VPMAXUD(t, x, x)
	VMOVD(x, g)
	Store(g, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

// encode keeps two vectors of each sum, so that additions do not wait for another.
func encode() {
	// Packing works within halves of a register: this puts groups of four in order.
	order := GLOBL("order", RODATA|NOPTR)
	for i, v := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*i, U32(v))
	}
	// How far a code is from the middle of the four with its coarse code.
	fromMiddle := GLOBL("fromMiddle", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, F32(float32(i%4)-1.5))
	}
	offset := everywhere("offset", 128)
	TEXT("encodeAVX2", NOSPLIT, "func(codes *byte, w *float32, n int, inverse float32, sums *[3][8]float32, next *byte)")
	Pragma("noescape")
	Doc("encodeAVX2 sets codes[c] = 128 + q, q the integer next to v = w[c]*inverse, for c < n, a",
		"positive multiple of 32, and sums to Σ v², Σ (v-q)² and Σ (v-m)², m the middle of the four codes",
		"that q shares all but two bits with, each in eight parts. |v| is below 127.5. Two bytes for each",
		"column are prefetched from next.")
	codes := Load(Param("codes"), GP64())
	w := Load(Param("w"), GP64())
	n := Load(Param("n"), GP64())
	by, err := Param("inverse").Resolve()
	if err != nil {
		panic(err)
	}
	inverse := YMM()
	VBROADCASTSS(by.Addr, inverse)
	sums := Load(Param("sums"), GP64())
	next := Load(Param("next"), GP64())
	var squares, rests, coarse [2]reg.VecVirtual
	for i := range 2 {
		for _, s := range []*[2]reg.VecVirtual{&squares, &rests, &coarse} {
			s[i] = YMM()
			VXORPS(s[i], s[i], s[i])
		}
	}
	middle := YMM()
	VMOVUPS(fromMiddle, middle)
	Label("loop")
	PREFETCHT0(Mem{Base: next})
	ADDQ(U8(64), next)
	var q [4]reg.VecVirtual
	for i := range q {
		v, f := YMM(), YMM()
		q[i] = YMM()
		VMULPS(Mem{Base: w, Disp: 32 * i}, inverse, v)
		VCVTPS2DQ(v, q[i])
		VCVTDQ2PS(q[i], f)
		VFMADD231PS(v, v, squares[i%2])
		VSUBPS(f, v, f)
		VPERMILPS(q[i], middle, v) // chosen by the lowest two bits of q
		VADDPS(f, v, v)
		VFMADD231PS(f, f, rests[i%2])
		VFMADD231PS(v, v, coarse[i%2])
	}
	VPACKSSDW(q[1], q[0], q[0])
	VPACKSSDW(q[3], q[2], q[2])
	VPACKSSWB(q[2], q[0], q[0])
	index := YMM()
	VMOVDQU(order, index)
	VPERMD(q[0], index, q[0])
	VPXOR(offset, q[0], q[0])
	VMOVDQU(q[0], Mem{Base: codes})
	ADDQ(U32(4*step), w)
	ADDQ(U8(step), codes)
	SUBQ(U8(step), n)
	JNZ(LabelRef("loop"))
	for i, s := range [][2]reg.VecVirtual{squares, rests, coarse} {
		VADDPS(s[1], s[0], s[0])
		VMOVUPS(s[0], Mem{Base: sums, Disp: 32 * i})
	}
	VZEROUPPER()
	RET()
}

// pack takes half a lane at once.
func pack() {
	TEXT("packAVX2", NOSPLIT, "func(coarse, fine, codes *byte, blocks int)")
	Pragma("noescape")
	Doc("packAVX2 is packGeneric for blocks ≥ 1.")
	to := Load(Param("coarse"), GP64())
	rest := Load(Param("fine"), GP64())
	codes := Load(Param("codes"), GP64())
	blocks := Load(Param("blocks"), GP64())
	two, six, upper := YMM(), YMM(), YMM()
	VMOVDQU(everywhere("lowerTwo", 0x03), two)
	VMOVDQU(everywhere("lowerSix", 0x3f), six)
	VMOVDQU(everywhere("upperTwo", 0xc0), upper)
	Label("loop")
	for at := 0; at < lane; at += 32 {
		var c [4]reg.VecVirtual
		for i := range c {
			c[i] = YMM()
			VMOVDQU(Mem{Base: codes, Disp: lane*i + at}, c[i])
		}
		f := YMM()
		VPAND(two, c[0], f)
		for i := range 3 {
			low, part := YMM(), YMM()
			VPAND(two, c[i+1], low)
			VPSLLW(U8(uint8(2*i+2)), low, low)
			VPOR(low, f, f)
			// Six bits of a lane, and two of the last one's.
			VPSRLW(U8(2), c[i], low)
			VPAND(six, low, low)
			if i > 0 {
				VPSLLW(U8(uint8(2*i)), c[3], part)
				VPAND(upper, part, part)
			} else {
				VPAND(upper, c[3], part)
			}
			VPOR(part, low, low)
			VMOVDQU(low, Mem{Base: to, Disp: lane*i + at})
		}
		VMOVDQU(f, Mem{Base: rest, Disp: at})
	}
	ADDQ(U32(coarse), to)
	ADDQ(U8(fine), rest)
	ADDQ(U32(block), codes)
	DECQ(blocks)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
