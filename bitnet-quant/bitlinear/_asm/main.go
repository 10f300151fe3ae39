// Command _asm writes ../eight_amd64.s, the conversion of integer sums to
// results of package bitlinear. Run it with go generate there.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("!purego")

	TEXT("scaleEightsAVX2", NOSPLIT, "func(y []float32, factor float32)")
	Pragma("noescape")
	Doc("scaleEightsAVX2 sets y[i] = float32(int32 bits of y[i])·factor.",
		"len(y) must be a positive multiple of 8.")
	y, n := Load(Param("y").Base(), GP64()), Load(Param("y").Len(), GP64())
	factor, v := broadcast("factor"), YMM()
	Label("scale")
	VCVTDQ2PS(Mem{Base: y}, v)
	VMULPS(factor, v, v)
	VMOVUPS(v, Mem{Base: y})
	ADDQ(U8(32), y)
	SUBQ(U8(8), n)
	JNZ(LabelRef("scale"))
	VZEROUPPER()
	RET()

	TEXT("scaleRowsEightsAVX2", NOSPLIT, "func(y, gamma []float32, s float32)")
	Pragma("noescape")
	Doc("scaleRowsEightsAVX2 sets y[i] = float32(int32 bits of y[i])·(gamma[i]/s).",
		"len(y) must be a positive multiple of 8 and that of gamma.")
	y, n = Load(Param("y").Base(), GP64()), Load(Param("y").Len(), GP64())
	gamma := Load(Param("gamma").Base(), GP64())
	s, f := broadcast("s"), YMM()
	v = YMM()
	Label("scaleRows")
	VMOVUPS(Mem{Base: gamma}, f)
	VDIVPS(s, f, f)
	VCVTDQ2PS(Mem{Base: y}, v)
	VMULPS(f, v, v)
	VMOVUPS(v, Mem{Base: y})
	ADDQ(U8(32), y)
	ADDQ(U8(32), gamma)
	SUBQ(U8(8), n)
	JNZ(LabelRef("scaleRows"))
	VZEROUPPER()
	RET()

	Generate()
}

func broadcast(param string) reg.VecVirtual {
	p, err := Param(param).Resolve()
	if err != nil {
		panic(err)
	}
	v := YMM()
	VBROADCASTSS(p.Addr, v)
	return v
}
