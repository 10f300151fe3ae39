// Command _asm writes ../kernels_amd64.s, the kernels of package screen for amd64. Run
// it with go generate in that package.
package main

import (
	"fmt"

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
const prefetch = 2 << 10

// A frame holds the arguments of a kernel in registers: codes and x point to the
// block at hand and its two planes.
type frame struct {
	codes, x reg.Register
}

// dot emits one kernel, with vectors of that many bytes. block adds the products
// of 64 columns to hi and lo.
//
// Four rows share what follows their products and no more: they are read one after
// the other, as they lie in memory. Side by side they would share the loads of the
// planes, but prefetchers follow one long stream better than four short ones: on
// Zen 4 codes came from memory with 17 GB/s then.
func dot(name string, width int, vec func() reg.VecVirtual, block func(f *frame, hi, lo reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(out *int64, codes *byte, x *int8, blocks, groups int)")
	Pragma("noescape")
	Doc(name + " is dotGeneric for blocks, groups >= 1.")
	out := Load(Param("out"), GP64())
	f := &frame{x: GP64()}
	f.codes = Load(Param("codes"), GP64())
	groups := Load(Param("groups"), GP64())
	Label("group")
	var his, los []reg.VecVirtual // sums of each row
	for r := range rows {
		hi, lo := vec(), vec()
		for _, v := range []reg.VecVirtual{hi, lo} {
			if width == 64 {
				VPXORD(v, v, v)
			} else {
				VPXOR(v, v, v)
			}
		}
		blocks := Load(Param("blocks"), GP64())
		Load(Param("x"), f.x)
		loop := fmt.Sprintf("row%d", r)
		Label(loop)
		PREFETCHT1(Mem{Base: f.codes, Disp: prefetch})
		block(f, hi, lo)
		ADDQ(U8(64), f.codes)
		ADDQ(U32(128), f.x)
		DECQ(blocks)
		JNZ(LabelRef(loop))
		his, los = append(his, hi), append(los, lo)
	}
	// 256·hi + lo in 64 bits.
	hi, lo := YMM(), YMM()
	VPMOVSXDQ(fold(his), hi)
	VPMOVSXDQ(fold(los), lo)
	VPSLLQ(U8(8), hi, hi)
	VPADDQ(lo, hi, hi)
	VMOVDQU(hi, Mem{Base: out})
	ADDQ(U8(8*rows), out)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// vnniBlock takes 64 columns at once: VPDPBUSD multiplies unsigned codes with
// signed planes and adds groups of four products to 32-bit lanes.
func vnniBlock(f *frame, hi, lo reg.VecVirtual) {
	codes := ZMM()
	VMOVDQU64(Mem{Base: f.codes}, codes)
	VPDPBUSD(Mem{Base: f.x}, codes, hi)
	VPDPBUSD(Mem{Base: f.x, Disp: 64}, codes, lo)
}

// avx2Block takes 16 columns at once, widened to 16 bits: VPMADDUBSW would
// saturate.
func avx2Block(f *frame, hi, lo reg.VecVirtual) {
	for at := 0; at < 64; at += 16 {
		plane, codes, t := YMM(), YMM(), YMM()
		VPMOVZXBW(Mem{Base: f.codes, Disp: at}, codes)
		VPMOVSXBW(Mem{Base: f.x, Disp: at}, plane)
		VPMADDWD(plane, codes, t)
		VPADDD(t, hi, hi)
		VPMOVSXBW(Mem{Base: f.x, Disp: 64 + at}, plane)
		VPMADDWD(plane, codes, t)
		VPADDD(t, lo, lo)
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
