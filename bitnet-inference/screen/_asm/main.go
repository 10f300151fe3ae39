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

// A frame holds the arguments of a kernel in registers. codes points to the block
// at hand of the first of four rows, next to that of the four rows after them, x
// to the two planes of the block.
type frame struct {
	codes, next, stride, stride3, x reg.Register
	hi, lo                          []reg.VecVirtual // sums of each row
}

// row addresses byte disp of the current block of row r of those that base points to.
func (f *frame) row(base reg.Register, r, disp int) Mem {
	m := Mem{Base: base, Disp: disp}
	switch r {
	case 1, 2:
		m.Index, m.Scale = f.stride, uint8(r)
	case 3:
		m.Index, m.Scale = f.stride3, 1
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
	f := &frame{x: GP64(), next: GP64(), stride3: GP64()}
	f.codes = Load(Param("codes"), GP64())
	f.stride = Load(Param("blocks"), GP64())
	groups := Load(Param("groups"), GP64())
	SHLQ(U8(6), f.stride)
	LEAQ(Mem{Base: f.stride, Index: f.stride, Scale: 2}, f.stride3)
	Label("group")
	Load(Param("x"), f.x)
	blocks := Load(Param("blocks"), GP64())
	LEAQ(Mem{Base: f.codes, Index: f.stride, Scale: 4}, f.next)
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
	// Hardware prefetchers do not follow four rows at a time well: fetch the next
	// group into the second-level cache while this one is multiplied. An address
	// past the end of the codes is no error.
	for r := range rows {
		PREFETCHT1(f.row(f.next, r, 0))
	}
	block(f)
	ADDQ(U8(64), f.codes)
	ADDQ(U8(64), f.next)
	ADDQ(U32(128), f.x)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	// 256·hi + lo in 64 bits.
	hi, lo := YMM(), YMM()
	VPMOVSXDQ(fold(f.hi), hi)
	VPMOVSXDQ(fold(f.lo), lo)
	VPSLLQ(U8(8), hi, hi)
	VPADDQ(lo, hi, hi)
	VMOVDQU(hi, Mem{Base: out})
	ADDQ(f.stride3, f.codes) // the walk over the blocks was the fourth row
	ADDQ(U8(8*rows), out)
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
		VMOVDQU64(f.row(f.codes, r, 0), codes)
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
			VPMOVZXBW(f.row(f.codes, r, at), codes)
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
