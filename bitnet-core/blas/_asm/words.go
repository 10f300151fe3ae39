package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// packBytes interleaves the bytes of four rows at a time.
func packBytes() {
	TEXT("packBytesAVX2", NOSPLIT, "func(dst *uint32, src *int8, down, n int, flip uint32)")
	Pragma("noescape")
	Doc("packBytesAVX2 sets dst (n, 32) to the words that columns of src (4·n, 32) make of four rows each, with the bits of flip flipped. Rows of src are down bytes apart, n is positive.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	down := Load(Param("down"), GP64())
	n := Load(Param("n"), GP64())
	flip, next := YMM(), GP64()
	bits, one := GP32(), XMM()
	Load(Param("flip"), bits)
	VMOVD(bits, one)
	VPBROADCASTD(one, flip)
	IMUL3Q(U32(bAhead), down, next)
	ADDQ(src, next)
	Label("loop")
	var rows, pairs [4]reg.VecVirtual
	for r := range rows {
		PREFETCHT0(Mem{Base: next})
		ADDQ(down, next)
		rows[r] = YMM()
		VPXOR(Mem{Base: src}, flip, rows[r])
		ADDQ(down, src)
	}
	// Of each half of a register: columns 0-7 and 8-15 of the upper two rows, and of the
	// lower two.
	for p := range pairs {
		pairs[p] = YMM()
		if p%2 == 0 {
			VPUNPCKLBW(rows[p/2*2+1], rows[p/2*2], pairs[p])
		} else {
			VPUNPCKHBW(rows[p/2*2+1], rows[p/2*2], pairs[p])
		}
	}
	for q := range 4 { // columns 4q to 4q+3 of each half
		four := YMM()
		if q%2 == 0 {
			VPUNPCKLWD(pairs[2+q/2], pairs[q/2], four)
		} else {
			VPUNPCKHWD(pairs[2+q/2], pairs[q/2], four)
		}
		VMOVDQU(four.AsX(), Mem{Base: dst, Disp: 16 * q})
		VEXTRACTI128(U8(1), four, Mem{Base: dst, Disp: 64 + 16*q})
	}
	ADDQ(U32(128), dst)
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// packPairs interleaves the values of two rows at a time, as int16.
func packPairs() {
	TEXT("packPairsAVX2", NOSPLIT, "func(dst *uint32, src *int8, down, n int)")
	Pragma("noescape")
	Doc("packPairsAVX2 sets dst (n, 16) to the pairs of int16 that columns of src (2·n, 16) make of two rows each. Rows of src are down bytes apart, n is positive.")
	dst := Load(Param("dst"), GP64())
	src := Load(Param("src"), GP64())
	down := Load(Param("down"), GP64())
	n := Load(Param("n"), GP64())
	next := GP64()
	IMUL3Q(U32(bAhead), down, next)
	ADDQ(src, next)
	Label("loop")
	var rows [2]reg.VecVirtual
	for r := range rows {
		PREFETCHT0(Mem{Base: next})
		ADDQ(down, next)
		rows[r] = YMM()
		VPMOVSXBW(Mem{Base: src}, rows[r])
		ADDQ(down, src)
	}
	// Columns 0-3 and 8-11, and 4-7 and 12-15.
	low, high := YMM(), YMM()
	VPUNPCKLWD(rows[1], rows[0], low)
	VPUNPCKHWD(rows[1], rows[0], high)
	for half := range 2 {
		out := YMM()
		VPERM2I128(U8(0x20+0x11*uint8(half)), high, low, out)
		VMOVDQU(out, Mem{Base: dst, Disp: 32 * half})
	}
	ADDQ(U8(64), dst)
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
