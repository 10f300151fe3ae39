package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// VPMADDUBSW multiplies sixteen pairs of u8 codes and s8 activations and adds
// each pair into an int16, saturating. With codes ≤ c a pair lies within
//
//	-2·c·128 = -256c   and   2·c·127 = 254c
//
// so with c = 2, sixty-four pairs fill an int16 to -1<<15 at the most, exactly
// its lower end, and with c = 8 sixteen do. The kernels below widen the int16
// sums before that.
const (
	flushCode2 = 8 // blocks between widenings where a sum takes 8 pairs a block, c = 2
	flushCode8 = 4 // blocks between widenings where a sum takes 4 pairs a block, c = 8
)

func words(name string, v uint16) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range 16 {
		DATA(2*i, U16(v))
	}
	return m
}

// eachFlush is eachBlock in runs of at most `every` blocks, with flush after each.
func (f *frame) eachFlush(every int, run, flush func(), body func()) {
	left, n := GP64(), GP64()
	Load(Param("blocks"), left)
	Label("run")
	MOVQ(U32(every), n)
	CMPQ(left, n)
	CMOVQLT(left, n)
	SUBQ(n, left)
	run()
	f.countdown(n, body)
	flush()
	TESTQ(left, left)
	JNZ(LabelRef("run"))
}

// avx2GEMV multiplies with one token. To save shifts, codes 0 and 1 of a byte are
// used where they are and codes 2 and 3 after one shift by four bits: codes 0 and
// 2 go to sums of weight 1, codes 1 and 3 to sums of weight 4. Both are widened
// to weight 4 (VPMADDWD by 4 and by 1) and shifted back at the end.
func avx2GEMV(rows int) {
	f := begin(fmt.Sprintf("gemvAVX2x%d", rows), rows, 1,
		fmt.Sprintf("gemvAVX2x%d multiplies %d rows at a time with one token; ld is not used.", rows, rows))
	ones, fours := words(fmt.Sprintf("ones%d", rows), 1), words(fmt.Sprintf("fours%d", rows), 4)
	low, high := YMM(), YMM()
	broadcast(0x03, low)
	broadcast(0x0c, high)
	f.eachGroup(func() {
		acc, by1, by4 := vectors(rows, YMM), vectors(rows, YMM), vectors(rows, YMM)
		for _, a := range acc {
			VPXOR(a, a, a)
		}
		codes, t := YMM(), YMM()
		f.eachFlush(flushCode8, func() {
			for r := range rows {
				VPXOR(by1[r], by1[r], by1[r])
				VPXOR(by4[r], by4[r], by4[r])
			}
		}, func() {
			for r := range rows {
				VPMADDWD(fours, by1[r], by1[r])
				VPMADDWD(ones, by4[r], by4[r])
				VPADDD(by1[r], acc[r], acc[r])
				VPADDD(by4[r], acc[r], acc[r])
			}
		}, func() {
			for half := range 2 {
				for r := range rows {
					VMOVDQU(f.weights(r, 32*half), codes)
					for i := range 4 {
						if i == 2 {
							VPSRLW(U8(4), codes, codes)
						}
						mask, sum := low, by1[r]
						if i%2 == 1 {
							mask, sum = high, by4[r]
						}
						VPAND(mask, codes, t)
						VPMADDUBSW(f.acts(0, 64*i+32*half), t, t)
						VPADDW(t, sum, sum)
					}
				}
			}
		})
		for _, a := range acc {
			VPSRAD(U8(2), a, a)
		}
		f.store(acc, 0)
	})
}

// avx2GEMM multiplies four rows with two tokens. The eight int16 sums take half
// of the registers; the int32 sums they are widened to wait on the stack.
func avx2GEMM() {
	const rows, tokens = 4, 2
	f := begin("gemmAVX2x2", rows, tokens, "gemmAVX2x2 multiplies 4 rows at a time with 2 tokens.")
	ones := words("onesGEMM", 1)
	wide := AllocLocal(rows * tokens * 32)
	at := func(n, r int) Mem { return wide.Offset(32 * (n*rows + r)) }
	mask := YMM()
	broadcast(3, mask)
	f.eachGroup(func() {
		acc := vectors(rows*tokens, YMM)
		zero := acc[0]
		VPXOR(zero, zero, zero)
		for n := range tokens {
			for r := range rows {
				VMOVDQU(zero, at(n, r))
			}
		}
		f.eachFlush(flushCode2, func() {
			for _, a := range acc {
				VPXOR(a, a, a)
			}
		}, func() {
			for n := range tokens {
				for r := range rows {
					a := acc[n*rows+r]
					VPMADDWD(ones, a, a)
					VPADDD(at(n, r), a, a)
					VMOVDQU(a, at(n, r))
				}
			}
		}, func() {
			codes, x, t := vectors(rows, YMM), YMM(), YMM()
			for half := range 2 {
				for i := range 4 {
					for r, c := range codes {
						if i == 0 {
							VPAND(f.weights(r, 32*half), mask, c)
							continue
						}
						VMOVDQU(f.weights(r, 32*half), c)
						VPSRLW(U8(2*i), c, c)
						VPAND(mask, c, c)
					}
					for n := range tokens {
						VMOVDQU(f.acts(n, 64*i+32*half), x)
						for r, c := range codes {
							VPMADDUBSW(x, c, t)
							VPADDW(t, acc[n*rows+r], acc[n*rows+r])
						}
					}
				}
			}
		})
		// The last flush left the sums in the registers too.
		for n := range tokens {
			f.store(acc[n*rows:(n+1)*rows:(n+1)*rows], n)
		}
	})
}
