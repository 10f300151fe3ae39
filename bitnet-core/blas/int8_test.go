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

// spreadInts returns a copy of m none of whose distances is 1.
func spreadInts(m Matrix[int8]) Matrix[int8] {
	s := Matrix[int8]{Data: make([]int8, (2*m.Cols+1)*m.Rows), Rows: m.Rows, Cols: m.Cols, Down: 2*m.Cols + 1, Right: 2}
	for i := range m.Rows {
		for j := range m.Cols {
			s.Data[i*s.Down+j*s.Right] = m.Data[i*m.Down+j*m.Right]
		}
	}
	return s
}

// multiplied sets c to a·b by the definition.
func multiplied(c Matrix[int32], a, b Matrix[int8]) {
	for i := range c.Rows {
		for j := range c.Cols {
			var s int32
			for k := range a.Cols {
				s += int32(a.Data[i*a.Down+k*a.Right]) * int32(b.Data[k*b.Down+j*b.Right])
			}
			c.Data[i*c.Down+j*c.Right] = s
		}
	}
}

// TestGemmInt8 compares with the definition, and the products of one thread with
// those of three.
func TestGemmInt8(t *testing.T) {
	withIntVariants(t, func(t *testing.T) {
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
			case 3:
				M, N, K = 13, 33, 4*depth+3
			case 4:
				M, N, K = blockRows+5, 9, 2*depth+2
			}
			a, b := randomInts(rng, M, K, n%2 == 0), randomInts(rng, K, N, n%3 == 0)
			if n%7 == 6 {
				a, b = spreadInts(a), spreadInts(b)
			}
			c := Strided(make([]int32, M*(N+2)), M, N, N+2)
			switch n % 5 {
			case 0:
				c = Dense(make([]int32, M*N), N, M).T()
			case 1:
				c = Matrix[int32]{Data: make([]int32, M*(2*N+1)), Rows: M, Cols: N, Down: 2*N + 1, Right: 2}
			}
			for i := range c.Data {
				c.Data[i] = 7
			}
			want, other := c, c
			want.Data, other.Data = slices.Clone(c.Data), slices.Clone(c.Data)
			multiplied(want, a, b)
			one.GemmInt8(c, a, b)
			require.Equal(t, want.Data, c.Data, "(%d, %d, %d)", M, N, K)
			many.GemmInt8(other, a, b)
			require.Equal(t, want.Data, other.Data)
		}
	})
}

// TestGemmInt8Wraps has sums that overflow, which is allowed, and those that just do not.
func TestGemmInt8Wraps(t *testing.T) {
	data := make([]int8, 1<<18)
	for i := range data {
		data[i] = -128
	}
	withIntVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 1)
		for K, want := range map[int]int32{1<<17 - 1: 1<<31 - 1<<14, 1 << 17: -1 << 31, 1 << 18: 0} {
			c := make([]int32, 5)
			w.GemmInt8(Dense(c, 1, 5), Dense(data, 1, K), Matrix[int8]{Data: data, Rows: K, Cols: 5, Down: 1})
			require.Equal(t, []int32{want, want, want, want, want}, c)
			w.GemvInt8(c, Matrix[int8]{Data: data, Rows: 5, Cols: K, Right: 1}, data[:K])
			require.Equal(t, []int32{want, want, want, want, want}, c)
		}
	})
}

// TestInt8Pairs multiplies every int8 with every other, alone and as sums of neighbours,
// in which narrower arithmetic would saturate.
func TestInt8Pairs(t *testing.T) {
	all := make([]int8, 256)
	for i := range all {
		all[i] = int8(i - 128)
	}
	withIntVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 1)
		for _, K := range []int{1, 2, 4, 64} {
			a := Matrix[int8]{Data: all, Rows: 256, Cols: K, Down: 1} // a row repeats its value
			c, want := Dense(make([]int32, 1<<16), 256, 256), Dense(make([]int32, 1<<16), 256, 256)
			w.GemmInt8(c, a, a.T())
			multiplied(want, a, a.T())
			require.Equal(t, want, c)
		}
		rows := make([]int8, 256*64)
		for i := range rows {
			rows[i] = all[i/64]
		}
		for _, x := range all {
			y := make([]int32, 256)
			w.GemvInt8(y, Dense(rows, 256, 64), slices.Repeat([]int8{x}, 64))
			for i, v := range y {
				require.Equal(t, 64*int32(all[i])*int32(x), v)
			}
		}
	})
}

func TestGemvInt8(t *testing.T) {
	withIntVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		one, many := newWorkspace(t, 1), newWorkspace(t, 3)
		for n := range 200 {
			M, K := rng.IntN(60), rng.IntN(700)
			if n%20 == 0 {
				M, K = M*20, K%70
			}
			a, x := randomInts(rng, M, K, n%4 == 0), randomInts(rng, 1, K, false).Data[:K]
			y, z, want := make([]int32, M), make([]int32, M), make([]int32, M)
			for i := range y {
				y[i], z[i] = 7, 7
			}
			multiplied(Dense(want, M, 1), a, Dense(x, K, 1))
			one.GemvInt8(y, a, x)
			require.Equal(t, want, y, "(%d, %d)", M, K)
			many.GemvInt8(z, a, x)
			require.Equal(t, want, z)
		}
	})
}

// FuzzInt8 compares products of any values, sizes and distances with the definition.
func FuzzInt8(f *testing.F) {
	f.Add([]byte("\x80\x80\x7f\x81\x00\x01\xff"), uint8(7), uint8(9), uint8(11), uint8(0))
	f.Add([]byte("\x80"), uint8(13), uint8(33), uint8(70), uint8(5))
	w := newWorkspace(f, 1)
	f.Fuzz(func(t *testing.T, data []byte, M, N, K, form uint8) {
		if len(data) == 0 {
			return
		}
		at := 0
		matrix := func(rows, cols int, form uint8) Matrix[int8] {
			m := Strided(make([]int8, rows*(cols+1)), rows, cols, cols+1)
			for i := range m.Data {
				m.Data[i] = int8(data[at%len(data)])
				at++
			}
			if form&1 != 0 {
				m = spreadInts(m)
			}
			return m
		}
		a, b := matrix(int(M), int(K), form), matrix(int(N), int(K), form>>1).T()
		if form&4 != 0 {
			b = matrix(int(K), int(N), form>>1)
		}
		c, want := Dense(make([]int32, int(M)*int(N)), int(M), int(N)), Dense(make([]int32, int(M)*int(N)), int(M), int(N))
		multiplied(want, a, b)
		withIntVariants(t, func(t *testing.T) {
			w.GemmInt8(c, a, b)
			require.Equal(t, want.Data, c.Data)
		})
	})
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

func BenchmarkGemvInt8(b *testing.B) {
	const n = 8192
	rng := rand.New(rand.NewPCG(1, 2))
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			w := newWorkspace(b, threads)
			a, x, y := Dense(randomInts(rng, n, n, false).Data[:n*n], n, n), make([]int8, n), make([]int32, n)
			b.SetBytes(n * n)
			for b.Loop() {
				w.GemvInt8(y, a, x)
			}
		})
	}
}
