package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// base3Pack packs blocks of 48 rows. Sixteen rows at a time are transposed as words of
// four columns of four bit pairs; the three transposes meet in scratch memory, as there
// are not enough registers for them.
func base3Pack() {
	TEXT("packBase3AVX512", NOSPLIT, "func(dst, w *byte, stride, blocks int, scratch *[3072]byte)")
	Pragma("noescape")
	Doc("packBase3AVX512 packs whole blocks of 48 rows that begin stride bytes apart from TwoBit to Base3.")
	dst, stride, blocks := Load(Param("dst"), GP64()), Load(Param("stride"), GP64()), Load(Param("blocks"), GP64())
	scratch := Load(Param("scratch"), GP64())
	stride3, stride16, back := GP64(), GP64(), GP64()
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	MOVQ(stride, stride16)
	SHLQ(U8(4), stride16)
	LEAQ(Mem{Base: stride16, Index: stride16, Scale: 2}, back)
	SUBQ(U8(blockBytes), back)
	w := [4]reg.Register{Load(Param("w"), GP64()), GP64(), GP64(), GP64()} // rows 0, 4, 8, 12
	for i := 1; i < 4; i++ {
		LEAQ(Mem{Base: w[i-1], Index: stride, Scale: 4}, w[i].(reg.GPVirtual))
	}
	mask := ZMM()
	broadcast(3, mask)
	word := func(third, k int) Mem { return Mem{Base: scratch, Disp: 1024*third + 64*k} }

	Label("block")
	for third := range 3 {
		rows := vectors(16, ZMM)
		for r, v := range rows {
			VMOVDQU32(nthRow(w[r/4], stride, stride3, r%4), v)
		}
		for k, v := range transpose(rows) {
			VMOVDQU32(v, word(third, k))
		}
		for _, p := range w {
			ADDQ(stride16, p)
		}
	}
	for unit := range 8 {
		pair, half := unit/2, unit%2
		code := vectors(8, ZMM)
		for i, sum := range code {
			third := vectors(3, ZMM)
			for t, v := range third {
				if pair == 0 {
					VPANDD(word(t, 8*half+i), mask, v)
					continue
				}
				VPSRLW(U8(2*pair), word(t, 8*half+i), v)
				VPANDD(mask, v, v)
			}
			// a + 3·(b + 3·c)
			times3 := func(v, to reg.VecVirtual) {
				VPADDB(v, v, to)
				VPADDB(v, to, to)
			}
			t := ZMM()
			times3(third[2], t)
			VPADDB(third[1], t, t)
			times3(t, sum)
			VPADDB(third[0], sum, sum)
		}
		add := func(to, from int, bits, shift uint8) {
			t := ZMM()
			VPANDD_BCST(wordOf(bits), code[from], t)
			VPSLLW(U8(shift), t, t)
			VPORD(t, code[to], code[to])
		}
		add(0, 5, 7, 5)
		add(1, 5, 3<<3, 3)
		add(1, 7, 1<<3, 2)
		add(2, 6, 7, 5)
		add(3, 6, 3<<3, 3)
		add(3, 7, 1<<4, 1)
		add(4, 7, 7, 5)
		for i, v := range code[:5] {
			VMOVDQU32(v, Mem{Base: dst, Disp: unit*unitBytes + 64*i})
		}
	}
	for _, p := range w {
		SUBQ(back, p)
	}
	ADDQ(U32(8*unitBytes), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

const blockBytes = 64

// base3UnpackAMX writes tiles of sixteen rows of a group of 48, as amxUnpack does. The
// vectors of Base3 hold the words of four columns that a tile's rows are made of, and a
// table gives the weights of one third of the group.
func base3UnpackAMX() {
	TEXT("unpackBase3AMX", NOSPLIT, "func(dst *int8, w *byte, weights *[64]int8, units int)")
	Pragma("noescape")
	Doc("unpackBase3AMX makes tiles of the sixteen rows of a group at w whose weights the table gives by code:",
		"weight 32*u + 4*k + i of row r goes to dst[512*u + 64*k + 4*r + i].")
	dst, units := Load(Param("dst"), GP64()), Load(Param("units"), GP64())
	f := &base3Frame{w: Load(Param("w"), GP64())}
	table := ZMM()
	VMOVDQU64(Mem{Base: Load(Param("weights"), GP64())}, table)
	Label("unit")
	for i := range 5 {
		PREFETCHT1(Mem{Base: f.w, Disp: base3Ahead + 64*i})
	}
	for k := range 8 {
		v := ZMM()
		f.code(k, v)
		VPERMB(table, v, v)
		VMOVDQU64(v, Mem{Base: dst, Disp: 64 * k})
	}
	ADDQ(U32(unitBytes), f.w)
	ADDQ(U32(512), dst)
	DECQ(units)
	JNZ(LabelRef("unit"))
	VZEROUPPER()
	RET()
}
