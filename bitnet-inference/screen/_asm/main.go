// Command _asm writes ../kernels_amd64.s, the kernels of package screen for amd64. Run
// it with go generate in that package.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A block of 256 columns is 192 bytes of the coarse plane, 64 of the fine one, and
// 256 bytes of each half of a query: four lanes of 64 bytes.
const (
	lane   = 64
	coarse = 3 * lane
	fine   = lane
	block  = 4 * lane
)

func main() {
	ConstraintExpr("!purego")
	v := &vnni{}
	row("coarseVNNI", v, v.coarse)
	row("fineVNNI", v, v.fine)
	a := &avx2{}
	row("coarseAVX2", a, a.coarse)
	row("fineAVX2", a, a.fine)
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

// everywhere returns 32 bytes of that value in memory.
func everywhere(name string, value uint8) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 4 {
		DATA(8*i, U64(0x0101010101010101*uint64(value)))
	}
	return m
}
