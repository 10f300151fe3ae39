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
		f.store(foldCodes(acc), 0)
	})
}

// streamAhead is the prefetch distance of vnniStream. 6 and 12 KB do as well, 4 and
// less do not.
const streamAhead = 16 << 10

// vnniStream is vnniGEMV for weights that come from memory: four rows share the end
// of the work, but are read one after the other, as they lie in memory. On Zen 4
// that is 29 GB/s, the speed of a plain read, where rows side by side reach 25; from
// the cache it is 40 and 45, since each row loads the activations for itself.
func vnniStream() {
	const rows = 4
	f := begin("streamVNNI4", rows, 1, "streamVNNI4 multiplies 4 rows, one after the other, with one token; ld is not used.")
	masks := vectors(4, ZMM)
	for i, m := range masks {
		broadcast(3<<(2*i), m)
	}
	Label("group")
	acc := make([][]reg.VecVirtual, rows)
	for r := range acc {
		acc[r] = vectors(4, ZMM)
		for _, a := range acc[r] {
			VPXORD(a, a, a)
		}
		n := GP64()
		Load(Param("blocks"), n)
		Load(Param("x"), f.x)
		loop := fmt.Sprintf("row%d", r)
		Label(loop)
		PREFETCHT1(f.weights(0, streamAhead))
		codes, masked := ZMM(), vectors(4, ZMM)
		VMOVDQU64(f.weights(0, 0), codes)
		for i, m := range masked {
			VPANDD(masks[i], codes, m)
			VPDPBUSD(f.acts(0, 64*i), m, acc[r][i])
		}
		ADDQ(U8(64), f.w)
		ADDQ(U32(256), f.x)
		DECQ(n)
		JNZ(LabelRef(loop))
	}
	f.store(foldCodes(acc), 0)
	ADDQ(U8(4*rows), f.dst)
	DECQ(f.groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// foldCodes brings the accumulators of the four codes of a byte to one scale and adds
// them up, for each row.
func foldCodes(acc [][]reg.VecVirtual) []reg.VecVirtual {
	sums := make([]reg.VecVirtual, len(acc))
	for r, a := range acc {
		for i := 1; i < 4; i++ {
			VPSRAD(U8(2*i), a[i], a[i])
		}
		VPADDD(a[1], a[0], a[0])
		VPADDD(a[3], a[2], a[2])
		VPADDD(a[2], a[0], a[0])
		sums[r] = a[0]
	}
	return sums
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
