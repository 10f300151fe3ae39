// Command _asm writes ../kernels_amd64.s, the vector forms of the kernels of
// package convert. Run it with go generate in that package.
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
		each(i, "widenI8", "int8", "float32", "dst[i] = float32(src[i])·scale", []string{"scale"},
			func(s []reg.VecVirtual) func(dst, src Mem) {
				return func(dst, src Mem) {
					v := i.vec()
					VPMOVSXBD(src, v)
					VCVTDQ2PS(v, v)
					VMULPS(s[0], v, v)
					VMOVUPS(v, dst)
				}
			})
		absMax(i)
		vectors(i)
	}
	roundAVX2()
	roundAVX512()
	Generate()
}

var sizes = map[string]int{"float32": 4, "uint16": 2, "int8": 1, "byte": 1}

// A loop addresses dst and src from where it has come to.
type loop struct {
	dst, src, n reg.Register
	to, from    int      // bytes of an element
	after       []func() // emit what follows the loop
}

// begin opens a kernel over n values; arguments after n are float32 scalars, spread
// over a vector each.
func begin(i isa, name, from, to, doc string, scalars []string) (loop, []reg.VecVirtual) {
	signature := fmt.Sprintf("func(dst *%s, src *%s, n int", to, from)
	for _, s := range scalars {
		signature += ", " + s + " float32"
	}
	TEXT(name+i.suffix, NOSPLIT, signature+")")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s%s is %s for i < n, a positive multiple of %d.", name, i.suffix, doc, unroll*i.lanes))
	l := loop{dst: Load(Param("dst"), GP64()), src: Load(Param("src"), GP64()), n: Load(Param("n"), GP64()), to: sizes[to], from: sizes[from]}
	var s []reg.VecVirtual
	for _, name := range scalars {
		a, err := Param(name).Resolve()
		if err != nil {
			panic(err)
		}
		v := i.vec()
		VBROADCASTSS(a.Addr, v)
		s = append(s, v)
	}
	return l, s
}

// end closes the loop after `count` values and the kernel.
func (l loop) end(count int) { l.turn(count, count*l.to, count*l.from) }

// turn is end after `to` bytes were written and `from` read.
func (l loop) turn(count, to, from int) {
	ADDQ(U32(uint32(from)), l.src)
	ADDQ(U32(uint32(to)), l.dst)
	SUBQ(U32(uint32(count)), l.n)
	JNZ(LabelRef("loop"))
	for _, f := range l.after {
		f()
	}
	VZEROUPPER()
	RET()
}

// each emits a kernel that converts vectors one by one. Every vector is stored
// before the next is loaded, so that dst may be src where it is not wider.
func each(i isa, name, from, to, doc string, scalars []string, body func(s []reg.VecVirtual) func(dst, src Mem)) {
	l, s := begin(i, name, from, to, doc, scalars)
	one := body(s)
	Label("loop")
	for u := range unroll {
		one(Mem{Base: l.dst, Disp: u * i.lanes * l.to}, Mem{Base: l.src, Disp: u * i.lanes * l.from})
	}
	l.end(unroll * i.lanes)
}

// words broadcasts a 32-bit constant.
func words(i isa, value uint32) reg.VecVirtual {
	g, x, v := GP32(), XMM(), i.vec()
	MOVL(U32(value), g)
	VMOVD(g, x)
	VPBROADCASTD(x, v)
	return v
}

// absMax emits the largest bit pattern of a magnitude. As integers, those of NaNs are
// the largest, then that of infinity.
func absMax(i isa) {
	TEXT("absMax"+i.suffix, NOSPLIT, "func(src *float32, n int) uint32")
	Pragma("noescape")
	Doc(fmt.Sprintf("absMax%s is the largest bit pattern of |src[i]| for i < n, a positive multiple of %d.", i.suffix, unroll*i.lanes))
	src, n := Load(Param("src"), GP64()), Load(Param("n"), GP64())
	mask := words(i, 0x7fffffff)
	var acc [unroll]reg.VecVirtual
	for u := range acc {
		acc[u] = words(i, 0)
	}
	Label("loop")
	for u := range acc {
		v := i.vec()
		m := Mem{Base: src, Disp: 4 * i.lanes * u}
		if i.lanes == 16 {
			VPANDD(m, mask, v)
		} else {
			VPAND(m, mask, v)
		}
		VPMAXUD(v, acc[u], acc[u])
	}
	ADDQ(U32(uint32(4*i.lanes*unroll)), src)
	SUBQ(U32(uint32(i.lanes*unroll)), n)
	JNZ(LabelRef("loop"))
	for u := 1; u < unroll; u++ {
		VPMAXUD(acc[u], acc[0], acc[0])
	}
	half := acc[0]
	if i.lanes == 16 {
		half = YMM()
		VEXTRACTI64X4(U8(1), acc[0], half)
		VPMAXUD(acc[0].AsY(), half, half)
	}
	x, t := XMM(), XMM()
	VEXTRACTI128(Imm(1), half, x)
	VPMAXUD(half.AsX(), x, x)
	VPSHUFD(Imm(0x4e), x, t)
	VPMAXUD(t, x, x)
	VPSHUFD(Imm(0xb1), x, t)
	VPMAXUD(t, x, x)
	out := GP32()
	VMOVD(x, out)
	Store(out, ReturnIndex(0))
	VZEROUPPER()
	RET()
}

const roundDoc = "dst[i] = byte(clamp(src[i]·inverse, lo, hi)), rounded to nearest even, 0 for NaN,"

var roundScalars = []string{"inverse", "lo", "hi"}

// roundAVX2 packs the low bytes of four vectors into one.
func roundAVX2() {
	i := isas[0]
	l, s := begin(i, "roundBytes", "float32", "byte", roundDoc, roundScalars)
	low := words(i, 0xff)
	// Packing works within the halves of vectors: 0 2 4 6 of 32-bit words are those
	// of the lower half, 1 3 5 7 of the upper one.
	order := i.vec()
	VMOVDQU(permutation(), order)
	Label("loop")
	var v [unroll]reg.VecVirtual
	for u := range v {
		v[u] = i.vec()
		ordered := i.vec()
		VMULPS(Mem{Base: l.src, Disp: 32 * u}, s[0], v[u])
		VCMPPS(Imm(7), v[u], v[u], ordered)
		VMAXPS(s[1], v[u], v[u])
		VMINPS(s[2], v[u], v[u])
		VCVTPS2DQ(v[u], v[u])
		VPAND(ordered, v[u], v[u])
		VPAND(low, v[u], v[u])
	}
	VPACKUSDW(v[1], v[0], v[0])
	VPACKUSDW(v[3], v[2], v[2])
	VPACKUSWB(v[2], v[0], v[0])
	VPERMD(v[0], order, v[0])
	VMOVDQU(v[0], Mem{Base: l.dst})
	l.end(unroll * i.lanes)
}

var packed *Mem // permutation's, once it is there

func permutation() Mem {
	if packed != nil {
		return *packed
	}
	m := GLOBL("packed", RODATA|NOPTR)
	for k, p := range []uint32{0, 4, 1, 5, 2, 6, 3, 7} {
		DATA(4*k, U32(p))
	}
	packed = &m
	return m
}

func roundAVX512() {
	i := isas[1]
	l, s := begin(i, "roundBytes", "float32", "byte", roundDoc, roundScalars)
	Label("loop")
	for u := range unroll {
		v, k := i.vec(), K()
		VMULPS(Mem{Base: l.src, Disp: 64 * u}, s[0], v)
		VCMPPS(Imm(7), v, v, k) // ordered
		VMAXPS(s[1], v, v)
		VMINPS(s[2], v, v)
		VCVTPS2DQ_Z(v, k, v)
		VPMOVDB(v, Mem{Base: l.dst, Disp: 16 * u})
	}
	l.end(unroll * i.lanes)
}
