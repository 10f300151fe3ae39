package ternary

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
)

// BenchmarkMulStream multiplies a matrix that is larger than any cache, as
// decoding with a large model does. The entry "read" reads one byte of every
// cache line: what the memory gives.
func BenchmarkMulStream(b *testing.B) {
	const rows, cols = 98304, 2560 // 63 MB
	m := New(rows, cols)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range m.Data {
		m.Data[i] = byte(rng.Uint32()) & 0x55 // codes 0 and 1
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(m.Data)))
		var sum byte
		for b.Loop() {
			for i := 0; i < len(m.Data); i += 64 {
				sum += m.Data[i]
			}
		}
		if sum == 1 {
			b.Log("the sum is used")
		}
	})
	for _, v := range variants() {
		for _, tokens := range []int{1, 4} {
			b.Run(fmt.Sprintf("kernel=%s/tokens=%d", v.name, tokens), func(b *testing.B) {
				if !v.ok {
					b.Skip("not supported by this CPU, or excluded by BITNET_SIMD")
				}
				var x int8act.Rows
				x.Resize(tokens, cols)
				dst := make([]int32, tokens*rows)
				b.SetBytes(int64(len(m.Data)))
				for b.Loop() {
					v.mul(dst, rows, &m, &x, 0, rows)
				}
			})
		}
	}
}
