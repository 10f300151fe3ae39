// Command _asm writes ../kernels_amd64.s, the kernels of package screen for amd64. Run
// it with go generate in that package.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const rows = 4

func main() {
	ConstraintExpr("!purego")
	dot("dotVNNI", 64, ZMM, vnniBlock)
	dot("dotAVX2", 32, YMM, avx2Block)
	decode("decodeF32AVX2", 4, func(m Mem, dst reg.VecVirtual) { VMOVUPS(m, dst) })
	decode("decodeF16AVX2", 2, func(m Mem, dst reg.VecVirtual) { VCVTPH2PS(m, dst) })
	decode("decodeBF16AVX2", 2, func(m Mem, dst reg.VecVirtual) {
		VPMOVZXWD(m, dst)
		VPSLLD(U8(16), dst, dst)
	})
	encode()
	bounds()
	Generate()
}

// prefetch is how far ahead of their use, in bytes, codes are asked into the
// second-level cache. An address past their end is no error.
const prefetch = 4 << 10

// A frame holds the arguments of a kernel in registers. codes points to the block
// at hand of the first of four rows, x to the two planes of the block. The four rows
// are as far apart as there are groups: memory is read in four long streams, which
// prefetchers follow better than one, and much better than four rows in a row.
type frame struct {
	codes, lane, lane3, x reg.Register
	hi, lo                []reg.VecVirtual // sums of each row
}

// row addresses byte disp of the current block of row r.
func (f *frame) row(r, disp int) Mem { return nth(f.codes, f.lane, f.lane3, r).Offset(disp) }

// nth addresses number n of 0 to 3 that are step apart.
func nth(base, step, step3 reg.Register, n int) Mem {
	m := Mem{Base: base}
	switch n {
	case 1, 2:
		m.Index, m.Scale = step, uint8(n)
	case 3:
		m.Index, m.Scale = step3, 1
	}
	return m
}

// dot emits one kernel, with vectors of that many bytes. block adds the products
// of 64 columns to f.hi and f.lo.
func dot(name string, width int, vec func() reg.VecVirtual, block func(f *frame)) {
	TEXT(name, NOSPLIT, "func(out *int64, codes *byte, x *int8, blocks, groups int)")
	Pragma("noescape")
	Doc(name + " is dotGeneric for blocks, groups >= 1.")
	out := Load(Param("out"), GP64())
	f := &frame{x: GP64(), lane3: GP64()}
	f.codes = Load(Param("codes"), GP64())
	f.lane = Load(Param("blocks"), GP64())
	groups := Load(Param("groups"), GP64())
	SHLQ(U8(6), f.lane)
	IMULQ(groups, f.lane)
	LEAQ(Mem{Base: f.lane, Index: f.lane, Scale: 2}, f.lane3)
	out1, out3 := GP64(), GP64()
	MOVQ(groups, out1)
	SHLQ(U8(3), out1)
	LEAQ(Mem{Base: out1, Index: out1, Scale: 2}, out3)
	Label("group")
	Load(Param("x"), f.x)
	blocks := Load(Param("blocks"), GP64())
	for range rows {
		f.hi, f.lo = append(f.hi, vec()), append(f.lo, vec())
	}
	for _, v := range append(append([]reg.VecVirtual{}, f.hi...), f.lo...) {
		if width == 64 {
			VPXORD(v, v, v)
		} else {
			VPXOR(v, v, v)
		}
	}
	Label("block")
	for r := range rows {
		PREFETCHT1(f.row(r, prefetch))
	}
	block(f)
	ADDQ(U8(64), f.codes)
	ADDQ(U32(128), f.x)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	// 256·hi + lo in 64 bits.
	hi, lo := YMM(), YMM()
	VPMOVSXDQ(fold(f.hi), hi)
	VPMOVSXDQ(fold(f.lo), lo)
	VPSLLQ(U8(8), hi, hi)
	VPADDQ(lo, hi, hi)
	x := XMM()
	VEXTRACTI128(U8(1), hi, x)
	VMOVQ(hi.AsX(), nth(out, out1, out3, 0))
	VPEXTRQ(U8(1), hi.AsX(), nth(out, out1, out3, 1))
	VMOVQ(x, nth(out, out1, out3, 2))
	VPEXTRQ(U8(1), x, nth(out, out1, out3, 3))
	ADDQ(U8(8), out)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// vnniBlock takes 64 columns at once: VPDPBUSD multiplies unsigned codes with
// signed planes and adds groups of four products to 32-bit lanes.
func vnniBlock(f *frame) {
	hi, lo, codes := ZMM(), ZMM(), ZMM()
	VMOVDQU64(Mem{Base: f.x}, hi)
	VMOVDQU64(Mem{Base: f.x, Disp: 64}, lo)
	for r := range rows {
		VMOVDQU64(f.row(r, 0), codes)
		VPDPBUSD(hi, codes, f.hi[r])
		VPDPBUSD(lo, codes, f.lo[r])
	}
}

// avx2Block takes 16 columns at once, widened to 16 bits: VPMADDUBSW would
// saturate.
func avx2Block(f *frame) {
	hi, lo, codes, t := YMM(), YMM(), YMM(), YMM()
	for at := 0; at < 64; at += 16 {
		VPMOVSXBW(Mem{Base: f.x, Disp: at}, hi)
		VPMOVSXBW(Mem{Base: f.x, Disp: 64 + at}, lo)
		for r := range rows {
			VPMOVZXBW(f.row(r, at), codes)
			VPMADDWD(hi, codes, t)
			VPADDD(t, f.hi[r], f.hi[r])
			VPMADDWD(lo, codes, codes)
			VPADDD(codes, f.lo[r], f.lo[r])
		}
	}
}

// fold returns the sums of the lanes of four vectors in one of four lanes. The
// vectors are overwritten.
func fold(v []reg.VecVirtual) reg.Register {
	for i, z := range v {
		if z.Size() == 64 {
			y := YMM()
			VEXTRACTI64X4(U8(1), z, y)
			VPADDD(z.AsY(), y, y)
			v[i] = y
		}
	}
	VPHADDD(v[1], v[0], v[0])
	VPHADDD(v[3], v[2], v[2])
	VPHADDD(v[2], v[0], v[0])
	x := XMM()
	VEXTRACTI128(U8(1), v[0], x)
	VPADDD(v[0].AsX(), x, x)
	return x
}
