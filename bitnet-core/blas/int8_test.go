package blas

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func randomInts(rng *rand.Rand, rows, cols int, transposed bool) Matrix[int8] {
	if transposed {
		return randomInts(rng, cols, rows, false).T()
	}
	m := Strided(make([]int8, rows*(cols+3)), rows, cols, cols+3)
	for i := range m.Data {
		m.Data[i] = int8(rng.IntN(256) - 128)
		if rng.IntN(4) == 0 { // the extremes, whose products are the largest
			m.Data[i] = -128
		}
	}
	return m
}

// TestGemmInt8 compares with the definition, and the products of one thread with
// those of three.
func TestGemmInt8(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	one, many := newWorkspace(t, 1), newWorkspace(t, 3)
	for n := range 300 {
		M, N, K := 1+rng.IntN(30), 1+rng.IntN(70), rng.IntN(70)
		switch n {
		case 0:
			M, N, K = 5, blockCols+3, depth+1
		case 1:
			M, N, K = 41, 2*partCols+1, 2*depth
		case 2:
			M, N, K = 0, 3, 3
		}
		a, b := randomInts(rng, M, K, n%2 == 0), randomInts(rng, K, N, n%3 == 0)
		c := Strided(make([]int32, M*(N+2)), M, N, N+2)
		if n%5 == 0 {
			c = Dense(make([]int32, M*N), N, M).T()
		}
		for i := range c.Data {
			c.Data[i] = 7
		}
		want, other := c, c
		want.Data, other.Data = slices.Clone(c.Data), slices.Clone(c.Data)
		for i := range M {
			for j := range N {
				var s int32
				for k := range K {
					s += int32(a.Data[i*a.Down+k*a.Right]) * int32(b.Data[k*b.Down+j*b.Right])
				}
				want.Data[i*c.Down+j*c.Right] = s
			}
		}
		one.GemmInt8(c, a, b)
		require.Equal(t, want.Data, c.Data, "(%d, %d, %d)", M, N, K)
		many.GemmInt8(other, a, b)
		require.Equal(t, want.Data, other.Data)
	}
}

// TestGemmInt8Wraps has sums that overflow, which is allowed, and those that just do not.
func TestGemmInt8Wraps(t *testing.T) {
	w := newWorkspace(t, 1)
	data := make([]int8, 1<<18)
	for i := range data {
		data[i] = -128
	}
	for K, want := range map[int]int32{1<<17 - 1: 1<<31 - 1<<14, 1 << 17: -1 << 31, 1 << 18: 0} {
		c := make([]int32, 5)
		w.GemmInt8(Dense(c, 1, 5), Dense(data, 1, K), Matrix[int8]{Data: data, Rows: K, Cols: 5, Down: 1})
		require.Equal(t, []int32{want, want, want, want, want}, c)
	}
}

func BenchmarkGemmInt8(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("512x512x512/threads=%d", threads), func(b *testing.B) {
			w := newWorkspace(b, threads)
			x, y := randomInts(rng, 512, 512, false), randomInts(rng, 512, 512, true)
			c := Dense(make([]int32, 512*512), 512, 512)
			for b.Loop() {
				w.GemmInt8(c, x, y)
			}
			b.ReportMetric(512*512*512*float64(b.N)/b.Elapsed().Seconds()/1e9, "GMAC/s")
		})
	}
}
