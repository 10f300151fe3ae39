package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// avxVNNIGEMV multiplies with one token. As in avx2GEMV, codes 0 and 1 of a byte
// are used where they are and codes 2 and 3 after one shift by four bits: codes 0
// and 2 go to sums of weight 1, codes 1 and 3 to sums of weight 4, which are
// shifted back once at the end of the row.
//
// A lane of weight 4 grows by at most 4·4·8·128 = 1<<14 a block, and rows have at
// most 1<<14 blocks (MaxCols): it stays within ±1<<28.
func avxVNNIGEMV(rows int) {
	name := fmt.Sprintf("gemv%s%d", onlyVEX, rows)
	f := begin(name, rows, 1, fmt.Sprintf("%s multiplies %d rows at a time with one token; ld is not used.", name, rows))
	low, high := YMM(), YMM()
	broadcast(0x03, low)
	broadcast(0x0c, high)
	f.eachGroup(func() {
		by1, by4 := vectors(rows, YMM), vectors(rows, YMM)
		for r := range rows {
			VPXOR(by1[r], by1[r], by1[r])
			VPXOR(by4[r], by4[r], by4[r])
		}
		f.eachBlock(func() {
			for half := range 2 {
				x := vectors(4, YMM)
				for i := range x {
					VMOVDQU(f.acts(0, 64*i+32*half), x[i])
				}
				codes, t := YMM(), YMM()
				for r := range rows {
					VMOVDQU(f.weights(r, 32*half), codes)
					for i := range x {
						if i == 2 {
							VPSRLW(U8(4), codes, codes)
						}
						mask, sum := low, by1[r]
						if i%2 == 1 {
							mask, sum = high, by4[r]
						}
						VPAND(mask, codes, t)
						VPDPBUSD(x[i], t, sum)
					}
				}
			}
		})
		for r := range rows {
			VPSRAD(U8(2), by4[r], by4[r])
			VPADDD(by4[r], by1[r], by1[r])
		}
		f.store(by1, 0)
	})
}

// avxVNNIGEMM multiplies four rows with several tokens. Codes are shifted down, so
// that one accumulator for each row and token is enough. With three tokens, the
// accumulators take twelve of sixteen registers; the mask stays in memory.
func avxVNNIGEMM(tokens int) {
	const rows = 4
	name := fmt.Sprintf("gemm%s%d", onlyVEX, tokens)
	f := begin(name, rows, tokens, fmt.Sprintf("%s multiplies 4 rows at a time with %d tokens.", name, tokens))
	mask := words(fmt.Sprintf("lowCodes%d", tokens), 0x0303)
	f.eachGroup(func() {
		acc := vectors(rows*tokens, YMM)
		for _, a := range acc {
			VPXOR(a, a, a)
		}
		f.eachBlock(func() {
			for half := range 2 {
				for i := range 4 {
					x, codes := vectors(tokens, YMM), YMM()
					for n := range x {
						VMOVDQU(f.acts(n, 64*i+32*half), x[n])
					}
					for r := range rows {
						VMOVDQU(f.weights(r, 32*half), codes)
						if i > 0 {
							VPSRLW(U8(2*i), codes, codes)
						}
						VPAND(mask, codes, codes)
						for n := range x {
							VPDPBUSD(x[n], codes, acc[n*rows+r])
						}
					}
				}
			}
		})
		for n := range tokens {
			f.store(acc[n*rows:(n+1)*rows:(n+1)*rows], n)
		}
	})
}
