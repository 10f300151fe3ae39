// Command _asm writes ../kernels_amd64.s, the vector kernels of package transpose. Run
// it with go generate in that package.
package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const (
	line  = 64
	pitch = 17 * line // of the buffer for several tiles
)

func main() {
	ConstraintExpr("!purego")
	for _, t := range []struct {
		name  string
		pitch int
	}{{"tile", line}, {"part", pitch}} {
		tile(t.name, t.pitch, 1, VPUNPCKLBW, VPUNPCKHBW)
		tile(t.name, t.pitch, 2, VPUNPCKLWD, VPUNPCKHWD)
		tile(t.name, t.pitch, 4, VPUNPCKLDQ, VPUNPCKHDQ)
		tile(t.name, t.pitch, 8, VPUNPCKLQDQ, VPUNPCKHQDQ)
	}
	store()
	stream()
	TEXT("fenceSSE2", NOSPLIT, "func()")
	Doc("fenceSSE2 orders what was written past the cache before what follows.")
	SFENCE()
	RET()
	Generate()
}

// tile takes eight rows of 32 bytes at a time. With the elements of eight registers
// numbered in order, interleaving register r with r+4 for all r moves the highest bit of
// the number to the end. After three times the three bits that told rows apart are the
// last: the elements are in the order of the transposed matrix. AVX2 does this in each
// half of its registers on their own, so the halves are two such matrices.
func tile(prefix string, pitch, size int, low, high func(...Op)) {
	n := line / size
	name := fmt.Sprintf("%s%dAVX2", prefix, size)
	TEXT(name, NOSPLIT, "func(buf *byte, src *byte, right int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s sets %d lines of %d elements, %d bytes apart in buf, to the transpose of the lines at src, right bytes apart.", name, n, n, pitch))
	buf := Load(Param("buf"), GP64())
	src := Load(Param("src"), GP64())
	right := Load(Param("right"), GP64())
	three, left := GP64(), GP64()
	LEAQ(Mem{Base: right, Index: right, Scale: 2}, three)
	far := GP64()
	if prefix == "part" {
		MOVQ(right, far)
		SHLQ(U8(uint8(bits.TrailingZeros(uint(2*n)))), far)
	}
	if n > 8 {
		MOVQ(U32(uint32(n/8)), left)
		Label("rows")
	}
	fourth := GP64()
	LEAQ(Mem{Base: src, Index: right, Scale: 4}, fourth)
	ahead, aheadFourth := GP64(), GP64()
	if prefix == "part" {
		LEAQ(Mem{Base: src, Index: far, Scale: 1}, ahead)
		LEAQ(Mem{Base: ahead, Index: right, Scale: 4}, aheadFourth)
	}
	for half := range 2 {
		v := make([]reg.VecVirtual, 8)
		for r := range v {
			v[r] = YMM()
			m := Mem{Base: src, Disp: 32 * half}
			if r >= 4 {
				m.Base = fourth
			}
			switch r % 4 {
			case 1, 2:
				m.Index, m.Scale = right, uint8(r%4)
			case 3:
				m.Index, m.Scale = three, 1
			}
			VMOVDQU(m, v[r])
			if half == 0 && prefix == "part" { // two tiles on, which prefetchers do not see
				m.Base = ahead
				if r >= 4 {
					m.Base = aheadFourth
				}
				PREFETCHT1(m)
			}
		}
		for range 3 {
			next := make([]reg.VecVirtual, 8)
			for r := range 4 {
				next[2*r], next[2*r+1] = YMM(), YMM()
				low(v[r+4], v[r], next[2*r])
				high(v[r+4], v[r], next[2*r+1])
			}
			v = next
		}
		for r := range v {
			// Byte 16r of cols rows of eight elements.
			row, at := 32*half/size+16*r/(8*size), 16*r%(8*size)
			place := func(lane, more int) Mem {
				return Mem{Base: buf, Disp: (row+lane*16/size+more)*pitch + at}
			}
			upper := XMM()
			VEXTRACTI128(U8(1), v[r], upper)
			for lane, x := range []reg.Register{v[r].AsX(), upper} {
				if size == 1 {
					VMOVLPS(x, place(lane, 0))
					VMOVHPS(x, place(lane, 1))
				} else {
					VMOVDQU(x, place(lane, 0))
				}
			}
		}
	}
	if n > 8 {
		LEAQ(Mem{Base: src, Index: right, Scale: 8}, src)
		ADDQ(U8(uint8(8*size)), buf)
		DECQ(left)
		JNZ(LabelRef("rows"))
	}
	VZEROUPPER()
	RET()
}

// stream copies rows of sixteen lines.
func stream() {
	TEXT("streamAVX2", NOSPLIT, "func(dst *byte, down int, buf *byte, n int)")
	Pragma("noescape")
	Doc(fmt.Sprintf("streamAVX2 copies n rows of %d bytes, %d apart in buf, to multiples of a line that are down bytes apart, past the cache.", pitch-line, pitch))
	dst := Load(Param("dst"), GP64())
	down := Load(Param("down"), GP64())
	buf := Load(Param("buf"), GP64())
	n := Load(Param("n"), GP64())
	Label("loop")
	for at := 0; at < pitch-line; at += 32 {
		v := YMM()
		VMOVDQU(Mem{Base: buf, Disp: at}, v)
		VMOVNTDQ(v, Mem{Base: dst, Disp: at})
	}
	ADDQ(U32(pitch), buf)
	ADDQ(down, dst)
	DECQ(n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}

// store copies single lines.
func store() {
	TEXT("storeAVX2", NOSPLIT, "func(dst *byte, down int, buf *byte, n int)")
	Pragma("noescape")
	Doc("storeAVX2 copies n lines, an even number, that follow one another in buf, to where they are down bytes apart.")
	dst := Load(Param("dst"), GP64())
	down := Load(Param("down"), GP64())
	buf := Load(Param("buf"), GP64())
	n := Load(Param("n"), GP64())
	Label("loop")
	for range 2 {
		a, b := YMM(), YMM()
		VMOVDQU(Mem{Base: buf}, a)
		VMOVDQU(Mem{Base: buf, Disp: 32}, b)
		VMOVDQU(a, Mem{Base: dst})
		VMOVDQU(b, Mem{Base: dst, Disp: 32})
		ADDQ(U8(line), buf)
		ADDQ(down, dst)
	}
	SUBQ(U8(2), n)
	JNZ(LabelRef("loop"))
	VZEROUPPER()
	RET()
}
