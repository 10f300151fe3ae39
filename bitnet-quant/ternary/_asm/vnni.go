package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// broadcast fills v with the byte c. VMOVD, not MOVD: a legacy-SSE move among AVX
// instructions costs a state transition.
func broadcast(c uint8, v reg.VecVirtual) {
	g := GP32()
	MOVL(U32(uint32(c)*0x01010101), g)
	VMOVD(g, v.AsX())
	VPBROADCASTD(v.AsX(), v)
}

// vnniGEMV multiplies with one token. The four codes of a byte are used in place,
// masked but not shifted, so that a vector costs four VPANDD and four VPDPBUSD;
// code f of a byte then weighs 4^f. Each f has accumulators of its own, which are
// shifted back once at the end of the row.
//
// A lane of the last accumulator grows by at most 4·128·128 = 1<<16 a block, and
// rows have at most 1<<14 blocks (MaxCols): it stays within ±1<<30.
func vnniGEMV(rows int) {
	f := begin(fmt.Sprintf("gemvVNNI%d", rows), rows, 1,
		fmt.Sprintf("gemvVNNI%d multiplies %d rows at a time with one token; ld is not used.", rows, rows))
	masks := vectors(4, ZMM)
	for i, m := range masks {
		broadcast(3<<(2*i), m)
	}
	f.eachGroup(func() {
		acc := make([][]reg.VecVirtual, rows)
		for r := range acc {
			acc[r] = vectors(4, ZMM)
			for _, a := range acc[r] {
				VPXORD(a, a, a)
			}
		}
		f.eachBlock(func() {
			x := vectors(4, ZMM)
			for i := range x {
				VMOVDQU64(f.acts(0, 64*i), x[i])
			}
			codes, masked := ZMM(), vectors(2, ZMM)
			for r := range rows {
				VMOVDQU64(f.weights(r, 0), codes)
				for i := range 4 {
					m := masked[i%2]
					VPANDD(masks[i], codes, m)
					VPDPBUSD(x[i], m, acc[r][i])
				}
			}
		})
		sums := make([]reg.VecVirtual, rows)
		for r, a := range acc {
			for i := 1; i < 4; i++ {
				VPSRAD(U8(2*i), a[i], a[i])
			}
			VPADDD(a[1], a[0], a[0])
			VPADDD(a[3], a[2], a[2])
			VPADDD(a[2], a[0], a[0])
			sums[r] = a[0]
		}
		f.store(sums, 0)
	})
}

// vnniGEMM multiplies four rows with several tokens. Codes are shifted down, so
// that one accumulator for each row and token is enough; the shifts are shared
// by all tokens.
func vnniGEMM(tokens int) {
	const rows = 4
	f := begin(fmt.Sprintf("gemmVNNI%d", tokens), rows, tokens,
		fmt.Sprintf("gemmVNNI%d multiplies 4 rows at a time with %d tokens.", tokens, tokens))
	mask := ZMM()
	broadcast(3, mask)
	f.eachGroup(func() {
		acc := make([][]reg.VecVirtual, tokens)
		for n := range acc {
			acc[n] = vectors(rows, ZMM)
			for _, a := range acc[n] {
				VPXORD(a, a, a)
			}
		}
		f.eachBlock(func() {
			for i := range 4 {
				codes := vectors(rows, ZMM)
				for r, c := range codes {
					if i == 0 {
						VPANDD(f.weights(r, 0), mask, c)
						continue
					}
					VPSRLW(U8(2*i), f.weights(r, 0), c)
					VPANDD(mask, c, c)
				}
				for n := range tokens {
					x := ZMM()
					VMOVDQU64(f.acts(n, 64*i), x)
					for r := range rows {
						VPDPBUSD(x, codes[r], acc[n][r])
					}
				}
			}
		})
		for n := range tokens {
			f.store(acc[n], n)
		}
	})
}
