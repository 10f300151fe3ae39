package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// withVariants runs test on every set of kernels for float32 that this CPU has.
func withVariants(t *testing.T, test func(t *testing.T)) {
	withLevels(t, func(l simd.Level) bool { return choose(l).level == l }, test)
}

// withIntVariants is withVariants for int8.
func withIntVariants(t *testing.T, test func(t *testing.T)) {
	withLevels(t, func(l simd.Level) bool { return chooseInts(l).level == l }, test)
}

func withLevels(t *testing.T, has func(simd.Level) bool, test func(t *testing.T)) {
	before, beforeInts := kernels, ints
	defer func() { kernels, ints = before, beforeInts }()
	for _, level := range simd.Levels() {
		if simd.Has(level) && has(level) {
			kernels, ints = choose(level), chooseInts(level)
			t.Run(level.String(), test)
		}
	}
}

// TestRequiredVariant fails if a level that BITNET_REQUIRE_ASM lists has kernels here and
// lower ones were chosen.
func TestRequiredVariant(t *testing.T) {
	list := os.Getenv("BITNET_REQUIRE_ASM")
	if list == "" {
		t.Skip("BITNET_REQUIRE_ASM is not set")
	}
	for _, level := range simd.Levels() {
		if !slices.Contains(strings.Split(list, ","), level.String()) {
			continue
		}
		if choose(level) != generic {
			require.GreaterOrEqual(t, kernels.level, choose(level).level)
		}
		if chooseInts(level) != genericInts {
			require.GreaterOrEqual(t, ints.level, chooseInts(level).level)
		}
	}
}

// newWorkspace returns one whose memory is full of NaN.
func newWorkspace(t testing.TB, threads int) *Workspace {
	pool := parallel.New(threads)
	checked := memory.NewChecked(memory.Heap())
	w, err := New(pool, checked)
	require.NoError(t, err)
	t.Cleanup(func() {
		w.Close()
		pool.Close()
		require.Empty(t, checked.Leaks())
	})
	return w
}

func normal(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// A layout is how a test matrix lies in memory.
type layout int

const (
	rowMajor layout = iota
	padded
	colMajor
	colMajorPadded
	spread // no distance is 1
	layouts
)

func empty(rows, cols int, l layout) Matrix[float32] {
	m := Dense[float32](nil, rows, cols)
	switch l {
	case padded:
		m.Down += 5
	case colMajor:
		m.Down, m.Right = 1, rows
	case colMajorPadded:
		m.Down, m.Right = 1, rows+3
	case spread:
		m.Down, m.Right = 2*cols+1, 2
	}
	if rows > 0 && cols > 0 {
		m.Data = make([]float32, (rows-1)*m.Down+(cols-1)*m.Right+1)
	}
	for i := range m.Data {
		m.Data[i] = guard
	}
	return m
}

// guard stands between the rows of matrices, where nobody may write, and is large so
// that what was read there shows.
const guard = 1e30

func random(rng *rand.Rand, rows, cols int, l layout) Matrix[float32] {
	m := empty(rows, cols, l)
	for i := range rows {
		for j := range cols {
			*at(m, i, j) = float32(rng.NormFloat64())
		}
	}
	return m
}

func at(m Matrix[float32], i, j int) *float32 { return &m.Data[i*m.Down+j*m.Right] }

// as returns a copy of m in another layout.
func as(m Matrix[float32], l layout) Matrix[float32] {
	c := empty(m.Rows, m.Cols, l)
	for i := range m.Rows {
		for j := range m.Cols {
			*at(c, i, j) = *at(m, i, j)
		}
	}
	return c
}

// checkGuards fails if something between the elements of m was written.
func checkGuards(t *testing.T, m Matrix[float32]) {
	own := make([]bool, len(m.Data))
	for i := range m.Rows {
		for j := range m.Cols {
			own[i*m.Down+j*m.Right] = true
		}
	}
	for i, v := range m.Data {
		if !own[i] && v != guard {
			t.Fatalf("element %d between rows was overwritten with %g", i, v)
		}
	}
}

// unit is half the distance of 1 to the next float32.
const unit = 1.0 / (1 << 24)

// checkGemm compares got with alpha·a·b + beta·before in float64, within the stated bound:
// every element, or about 5,000 of a large matrix.
func checkGemm(t *testing.T, got Matrix[float32], alpha float32, a, b Matrix[float32], beta float32, before Matrix[float32]) {
	t.Helper()
	step := 1 + got.Rows*got.Cols/5000
	for i := range got.Rows {
		for j := i % step; j < got.Cols; j += step {
			var sum, size float64
			for k := range a.Cols {
				p := float64(*at(a, i, k)) * float64(*at(b, k, j))
				sum += p
				size += math.Abs(p)
			}
			want, bound := float64(alpha)*sum, math.Abs(float64(alpha))*size
			if beta != 0 {
				c := float64(beta) * float64(*at(before, i, j))
				want += c
				bound += math.Abs(c)
			}
			bound *= 1.1 * float64(a.Cols+2) * unit
			if alpha != 1 || beta != 0 {
				bound *= 2 // their products and the sum are rounded, too
			}
			if d := math.Abs(float64(*at(got, i, j)) - want); !(d <= bound) {
				t.Fatalf("(%d, %d, %d): c[%d, %d] is %g, want %g ± %g", got.Rows, got.Cols, a.Cols, i, j, *at(got, i, j), want, bound)
			}
		}
	}
}

// TestGemm goes through odd sizes, layouts and factors. With beta 0, c holds NaN, which
// nobody may read.
func TestGemm(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 2)
		rng := rand.New(rand.NewPCG(1, 2))
		factors := []float32{1, 0, -1, 0.75}
		for n := range 600 {
			M, N, K := 1+rng.IntN(70), 1+rng.IntN(70), rng.IntN(70)
			if n <= 70 {
				M, N, K = n, n, n
			}
			a := random(rng, M, K, layout(rng.IntN(int(layouts))))
			b := random(rng, K, N, layout(rng.IntN(int(layouts))))
			c := random(rng, M, N, layout(rng.IntN(int(layouts))))
			alpha, beta := factors[rng.IntN(4)], factors[rng.IntN(4)]
			before := as(c, rowMajor)
			if beta == 0 {
				for i := range M {
					for j := range N {
						*at(c, i, j) = float32(math.NaN())
					}
				}
			}
			w.Gemm(c, alpha, a, b, beta)
			checkGemm(t, c, alpha, a, b, beta, before)
			checkGuards(t, c)
		}
	})
}

// TestGemmBlocks has sizes of more than one block in each direction.
func TestGemmBlocks(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		workspaces := []*Workspace{newWorkspace(t, 1), newWorkspace(t, 2), newWorkspace(t, 5)}
		for _, s := range [][3]int{
			{blockRows + 13, 5, depth + 1},
			{25, blockCols + 33, depth + 5},
			{130, 270, 2*depth + 1},
			{1, blockCols + 1, depth + 7},
			{blockRows + 1, 1, depth + 7},
			{24, 290, 500},
			{40, 70, 2*depth + 3},
		} {
			M, N, K := s[0], s[1], s[2]
			a, b := random(rng, M, K, rowMajor), random(rng, K, N, padded)
			before := random(rng, M, N, rowMajor)
			one := as(before, padded)
			workspaces[0].Gemm(one, 0.5, a, b, -2)
			checkGemm(t, one, 0.5, a, b, -2, before)
			checkGuards(t, one)
			for _, w := range workspaces[1:] {
				many := as(before, padded)
				w.Gemm(many, 0.5, a, b, -2)
				require.Equal(t, one, many, "%d threads", w.pool.Threads())
			}
			// Nor does the layout matter.
			for l := range layouts {
				c := as(before, l)
				workspaces[1].Gemm(c, 0.5, as(a, (l+1)%layouts), as(b, l), -2)
				require.Equal(t, as(one, rowMajor), as(c, rowMajor), "layout %d", l)
			}
		}
	})
}

// TestRowsAreIndependent expects the same bits of a row whatever others there are.
func TestRowsAreIndependent(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 2)
		rng := rand.New(rand.NewPCG(5, 6))
		a, b := random(rng, 61, 700, rowMajor), random(rng, 700, 83, rowMajor)
		c := empty(61, 83, rowMajor)
		w.Gemm(c, 1, a, b, 0)
		for range 50 {
			i, j := rng.IntN(61), rng.IntN(83)
			rows, cols := 1+rng.IntN(61-i), 1+rng.IntN(83-j)
			part := empty(rows, cols, rowMajor)
			w.Gemm(part, 1, a.Sub(i, 0, rows, 700), b.Sub(0, j, 700, cols), 0)
			require.Equal(t, as(c.Sub(i, j, rows, cols), rowMajor), part)
		}
	})
}

// TestVariantsAgree compares kernels that fuse multiplication and addition to the bit.
func TestVariantsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	a, b, before := random(rng, 50, 900, rowMajor), random(rng, 900, 70, rowMajor), random(rng, 50, 70, rowMajor)
	results := map[string]Matrix[float32]{}
	withVariants(t, func(t *testing.T) {
		c := as(before, rowMajor)
		newWorkspace(t, 1).Gemm(c, 0.3, a, b, 0.7)
		results[kernels.name] = c
	})
	if _, ok := results["avx512"]; !ok {
		t.Skip("this CPU has one variant with fused operations at most")
	}
	require.Equal(t, results["avx2"], results["avx512"])
}

// TestSpecialValues puts NaN and Inf into operands: the rows and columns they stand
// in change as in the plain sum, and nothing else.
func TestSpecialValues(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 2)
		rng := rand.New(rand.NewPCG(9, 10))
		for range 150 {
			M, N, K := 1+rng.IntN(40), 1+rng.IntN(70), 1+rng.IntN(40)
			a := random(rng, M, K, layout(rng.IntN(int(layouts))))
			b := random(rng, K, N, layout(rng.IntN(int(layouts))))
			for _, v := range []float64{nan, inf, -inf, 0, math.Copysign(0, -1), math.MaxFloat32, math.SmallestNonzeroFloat32} {
				*at(a, rng.IntN(M), rng.IntN(K)) = float32(v)
				*at(b, rng.IntN(K), rng.IntN(N)) = float32(v)
			}
			c := empty(M, N, rowMajor)
			w.Gemm(c, 1, a, b, 0)
			for i := range M {
				for j := range N {
					var want float64
					large := false
					for k := range K {
						p := float64(*at(a, i, k)) * float64(*at(b, k, j))
						large = large || math.Abs(p) > 1e30 && !math.IsInf(p, 0)
						want += p
					}
					got := float64(*at(c, i, j))
					switch {
					case large: // may overflow on the way
					case math.IsNaN(want):
						require.True(t, math.IsNaN(got), "%g", got)
					case math.IsInf(want, 0):
						require.Equal(t, want, got)
					default:
						require.InDelta(t, want, got, 1e-3)
					}
				}
			}
		}
	})
}

func TestGemmBatch(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 3)
		rng := rand.New(rand.NewPCG(11, 12))
		for _, s := range []struct{ count, m, n, k, as, bs int }{
			{0, 3, 3, 3, 0, 1},
			{1, 4, 5, 6, 1, 1},
			{17, 20, 33, 40, 17, 1},
			{40, 13, 50, 390, 40, 40},
			{7, 1, 64, 5, 1, 7},
			{6, 3, blockCols/3 + 40, 20, 6, 6},
		} {
			many := func(count, rows, cols int) (m []Matrix[float32]) {
				for range count {
					m = append(m, random(rng, rows, cols, layout(rng.IntN(int(layouts)))))
				}
				return m
			}
			a, b, c := many(s.as, s.m, s.k), many(s.bs, s.k, s.n), many(s.count, s.m, s.n)
			var want []Matrix[float32]
			for i := range c {
				one := as(c[i], rowMajor)
				w.Gemm(one, 2, a[min(i, len(a)-1)], b[min(i, len(b)-1)], 0.5)
				want = append(want, one)
			}
			w.GemmBatch(c, 2, a, b, 0.5)
			for i := range c {
				require.Equal(t, want[i], as(c[i], rowMajor))
				checkGuards(t, c[i])
			}
		}
	})
}

func TestGemv(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		one, many := newWorkspace(t, 1), newWorkspace(t, 3)
		rng := rand.New(rand.NewPCG(13, 14))
		factors := []float32{1, 0, -1, 0.75}
		for n := range 300 {
			M, K := 1+rng.IntN(140), rng.IntN(140)
			if n%20 == 0 {
				M, K = M*20, K*7
			}
			a := random(rng, M, K, layout(rng.IntN(int(layouts))))
			x, y := normal(rng, K), normal(rng, M)
			alpha, beta := factors[rng.IntN(4)], factors[rng.IntN(4)]
			before := Dense(append([]float32(nil), y...), M, 1)
			if beta == 0 {
				for i := range y {
					y[i] = float32(math.NaN())
				}
			}
			z := append([]float32(nil), y...)
			one.Gemv(y, alpha, a, x, beta)
			checkGemm(t, Dense(y, M, 1), alpha, a, Dense(x, K, 1), beta, before)
			many.Gemv(z, alpha, a, x, beta)
			require.Equal(t, y, z)
		}
	})
}

// TestNoAllocation expects products to use the workspace's room alone.
func TestNoAllocation(t *testing.T) {
	withVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 2)
		rng := rand.New(rand.NewPCG(15, 16))
		for _, n := range []int{5, 150} {
			a, b, c := random(rng, n, n, rowMajor), random(rng, n, n, colMajor), empty(n, n, rowMajor)
			as, bs, cs := []Matrix[float32]{a}, []Matrix[float32]{b}, []Matrix[float32]{c, empty(n, n, spread), empty(n, n, padded), empty(n, n, padded)}
			require.Zero(t, testing.AllocsPerRun(5, func() {
				w.Gemm(c, 1, a, b, 0)
				w.GemmBatch(cs, 1, as, bs, 0)
				w.Gemv(c.Data[:n], 1, a, b.Data[:n], 0)
				w.Gemv(c.Data[:n], 1, b, a.Data[:n], 0)
			}), "%d", n)
		}
	})
}

func TestNoAllocationInt8(t *testing.T) {
	withIntVariants(t, func(t *testing.T) {
		w := newWorkspace(t, 2)
		for _, n := range []int{5, 150} {
			a, c := Dense(make([]int8, n*n), n, n), Dense(make([]int32, n*n), n, n)
			require.Zero(t, testing.AllocsPerRun(5, func() {
				w.GemmInt8(c, a, a)
				w.GemvInt8(c.Data[:n], a, a.Data[:n])
			}), "%d", n)
		}
	})
}

func TestMistakes(t *testing.T) {
	w := newWorkspace(t, 1)
	m := func(rows, cols int) Matrix[float32] { return Dense(make([]float32, rows*cols), rows, cols) }
	short := m(3, 4)
	short.Data = short.Data[:11]
	wide := m(3, 4)
	wide.Down = math.MaxInt / 2
	repeated := m(3, 5)
	repeated.Down = 0
	for message, call := range map[string]func(){
		"blas: Gemm shapes":                                           func() { w.Gemm(m(3, 5), 1, m(3, 4), m(5, 5), 0) },
		"blas: Gemm operand outside of its data":                      func() { w.Gemm(m(3, 5), 1, short, m(4, 5), 0) },
		"blas: Gemm result outside of its data or overlapping itself": func() { w.Gemm(repeated, 1, m(3, 4), m(4, 5), 0) },
		"blas: Gemv shapes":                                           func() { w.Gemv(make([]float32, 3), 1, m(3, 4), make([]float32, 3), 0) },
		"blas: GemvInt8 shapes":                                       func() { w.GemvInt8(make([]int32, 2), Dense(make([]int8, 12), 3, 4), make([]int8, 4)) },
		"blas: GemvInt8 operand outside of its data":                  func() { w.GemvInt8(make([]int32, 3), Dense(make([]int8, 11), 3, 4), make([]int8, 4)) },
		"blas: Gemv operand outside of its data":                      func() { w.Gemv(make([]float32, 3), 1, wide, make([]float32, 4), 0) },
		"blas: GemmBatch shapes":                                      func() { w.GemmBatch([]Matrix[float32]{m(1, 1)}, 1, nil, nil, 0) },
		"blas: a Workspace that New has not made":                     func() { new(Workspace).Gemm(m(3, 5), 1, m(3, 4), m(4, 5), 0) },
		"blas: Sub out of range":                                      func() { m(3, 4).Sub(1, 1, 3, 3) },
	} {
		require.PanicsWithValue(t, message, call)
	}
	for i, c := range []Matrix[float32]{
		{Data: make([]float32, 9), Rows: 3, Cols: 3, Down: 2, Right: 1},
		{Data: make([]float32, 9), Rows: 3, Cols: 3, Down: 1, Right: 2},
		{Data: make([]float32, 9), Rows: 1, Cols: 3},
		{Data: make([]float32, 9), Rows: -1, Cols: 3},
		{Rows: 1, Cols: 1},
	} {
		require.False(t, c.writable(), "%d", i)
	}
	// An operand may repeat a row.
	c := m(3, 5)
	repeated = Matrix[float32]{Data: []float32{1, 2, 3, 4}, Rows: 3, Cols: 4, Right: 1}
	w.Gemm(c, 1, repeated, Dense(normal(rand.New(rand.NewPCG(1, 1)), 20), 4, 5), 0)
	require.Equal(t, c.Data[:5], c.Data[10:])
}

func BenchmarkGemm(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{64, 64, 64}, {256, 256, 256}, {1024, 1024, 1024}, {12, 2048, 2048}} {
		for _, l := range []layout{rowMajor, colMajor} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%dx%dx%d/%s/threads=%d", s[0], s[1], s[2], []string{"NN", "", "NT"}[l], threads), func(b *testing.B) {
					w := newWorkspace(b, threads)
					x, y, c := random(rng, s[0], s[2], rowMajor), random(rng, s[2], s[1], l), empty(s[0], s[1], rowMajor)
					for b.Loop() {
						w.Gemm(c, 1, x, y, 0)
					}
					flops := 2 * float64(s[0]) * float64(s[1]) * float64(s[2]) * float64(b.N)
					b.ReportMetric(flops/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
