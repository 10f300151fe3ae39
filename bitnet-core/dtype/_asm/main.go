// Command _asm writes ../kernels_amd64.s, the vector forms of the conversions of
// package dtype. Run it with go generate in that package.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is one vector width.
type isa struct {
	suffix string
	lanes  int // float32 values of a vector
	vec    func() reg.VecVirtual
}

var isas = []isa{
	{"AVX2", 8, func() reg.VecVirtual { return YMM() }},
	{"AVX512", 16, func() reg.VecVirtual { return ZMM() }},
}

// unroll is the number of vectors that one turn of a loop takes.
const unroll = 4

func main() {
	ConstraintExpr("!purego")
	for _, i := range isas {
		each(i, "widenF16", 4, 2, "dst[i] = F16ToF32(src[i])", func(dst, src Mem) {
			v := i.vec()
			VCVTPH2PS(src, v)
			VMOVUPS(v, dst)
		})
		each(i, "widenBF16", 4, 2, "dst[i] = BF16ToF32(src[i])", func(dst, src Mem) {
			v := i.vec()
			VPMOVZXWD(src, v)
			VPSLLD(Imm(16), v, v)
			VMOVUPS(v, dst)
		})
		each(i, "narrowF16", 2, 4, "dst[i] = F32ToF16(src[i])", func(dst, src Mem) {
			v := i.vec()
			VMOVUPS(src, v)
			VCVTPS2PH(Imm(0), v, dst)
		})
		narrowBF16(i)
	}
	Generate()
}

// A loop addresses dst and src from where it has come to.
type loop struct {
	i           isa
	dst, src, n reg.Register
	to, from    int // bytes of an element
}

// begin opens a kernel over n values.
func begin(i isa, name string, to, from int, doc string) loop {
	kinds := map[int]string{2: "uint16", 4: "float32"}
	TEXT(name+i.suffix, NOSPLIT, fmt.Sprintf("func(dst *%s, src *%s, n int)", kinds[to], kinds[from]))
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s is %s for i < n, a positive multiple of %d.", name, i.suffix, doc, unroll*i.lanes))
	return loop{i: i, dst: Load(Param("dst"), GP64()), src: Load(Param("src"), GP64()), n: Load(Param("n"), GP64()), to: to, from: from}
}

// at addresses vector u of a turn.
func (l loop) at(u int) (dst, src Mem) {
	return Mem{Base: l.dst, Disp: u * l.i.lanes * l.to}, Mem{Base: l.src, Disp: u * l.i.lanes * l.from}
}

// end closes the loop and the kernel.
func (l loop) end() {
	count := unroll * l.i.lanes
	ADDQ(U32(uint32(count*l.from)), l.src)
	ADDQ(U32(uint32(count*l.to)), l.dst)
	SUBQ(U32(uint32(count)), l.n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// each emits a kernel that converts vectors one by one. Every vector is stored
// before the next is loaded, so that dst may be src where it is not wider.
func each(i isa, name string, to, from int, doc string, one func(dst, src Mem)) {
	l := begin(i, name, to, from, doc)
	Label("loop")
	for u := range unroll {
		one(l.at(u))
	}
	l.end()
}

// words broadcasts a 32-bit constant.
func words(i isa, value uint32) reg.VecVirtual {
	g, x, v := GP32(), XMM(), i.vec()
	MOVL(U32(value), g)
	VMOVD(g, x)
	VPBROADCASTD(x, v)
	return v
}

func narrowBF16(i isa) {
	l := begin(i, "narrowBF16", 2, 4, "dst[i] = F32ToBF16(src[i])")
	half, one, quiet := words(i, 0x7fff), words(i, 1), words(i, 0x40)
	Label("loop")
	for u := range unroll {
		dst, src := l.at(u)
		v, odd, nan := i.vec(), i.vec(), i.vec()
		VMOVUPS(src, v)
		VPSRLD(Imm(16), v, odd)
		if i.lanes == 16 {
			VPORD(quiet, odd, nan)
			VPANDD(one, odd, odd)
		} else {
			VPOR(quiet, odd, nan)
			VPAND(one, odd, odd)
		}
		VPADDD(half, odd, odd)
		VPADDD(v, odd, odd)
		VPSRLD(Imm(16), odd, odd)
		if i.lanes == 16 {
			k := K()
			VCMPPS(Imm(3), v, v, k) // unordered
			VMOVDQA32(nan, k, odd)
			VPMOVDW(odd, dst)
			continue
		}
		is, low := i.vec(), XMM()
		VCMPPS(Imm(3), v, v, is)
		VBLENDVPS(is, nan, odd, odd)
		VEXTRACTI128(Imm(1), odd, low)
		VPACKUSDW(low, odd.AsX(), low)
		VMOVDQU(low, dst)
	}
	l.end()
}
