// Command _asm writes ../kernels_amd64.s: bfloat16 master weights rounded into I2_S. Run it
// with go generate in that package.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")
	TEXT("i2sOfBF16AVX2", NOSPLIT, "func(dst, src *byte, groups int, zero uint16)")
	Pragma("noescape")
	Doc("i2sOfBF16AVX2 is i2sOfBF16 of at least one group.")
	dst, src, groups := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("groups"), GP64())
	zero := word("zero")
	magnitude, one, ones := constant(0x7fff), constant(1), constant(1<<6|1<<4|1<<2|1)
	Label("group")
	var halves [2]reg.VecVirtual // 16 bytes each, as words
	for h := range halves {
		codes := YMM()
		for q := range 4 {
			w, large, t := YMM(), YMM(), YMM()
			VMOVDQU(Mem{Base: src, Disp: 64*q + 32*h}, w)
			VPAND(magnitude, w, large)
			VPCMPGTW(zero, large, large) // magnitudes are no negative numbers
			VPSRAW(U8(15), w, t)
			VPOR(one, t, t)
			VPAND(large, t, t) // -1, 0 or 1
			if q == 0 {
				codes = t
				continue
			}
			VPSLLW(U8(2), codes, codes)
			VPADDW(t, codes, codes)
		}
		VPADDW(ones, codes, codes) // each code is the weight plus one
		halves[h] = codes
	}
	VPACKUSWB(halves[1], halves[0], halves[0]) // within halves of 128 bits
	VPERMQ(U8(0xd8), halves[0], halves[0])
	VMOVDQU(halves[0], Mem{Base: dst})
	ADDQ(U32(256), src)
	ADDQ(U8(32), dst)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
	Generate()
}

// constant returns 16 words of one value.
func constant(v uint16) reg.VecVirtual {
	r := GP32()
	MOVL(U32(v), r)
	return spread(r)
}

// word returns 16 words of a parameter.
func word(name string) reg.VecVirtual { return spread(Load(Param(name), GP32())) }

func spread(r reg.Register) reg.VecVirtual {
	x, y := XMM(), YMM()
	VMOVD(r, x)
	VPBROADCASTW(x, y)
	return y
}
