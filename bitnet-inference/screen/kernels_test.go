package screen

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// withVariants runs body once with every kernel that this CPU has.
func withVariants(t *testing.T, body func(t *testing.T)) {
	was := kernels
	defer func() { kernels = was }()
	for _, v := range append(slices.Clone(variants), generic) {
		t.Run("kernel="+v.name, func(t *testing.T) {
			if !simd.Has(v.level) {
				t.Skipf("this CPU has no %v", v.level)
			}
			kernels = v
			body(t)
		})
	}
}

// TestRequired fails where a machine that is meant to test a kernel cannot.
func TestRequired(t *testing.T) {
	list := os.Getenv("BITNET_REQUIRE_ASM")
	if list == "" {
		t.Skip("BITNET_REQUIRE_ASM is not set")
	}
	require.NotEmpty(t, variants, "this build has no assembly")
	for _, v := range variants {
		if slices.Contains(strings.Split(list, ","), v.name) {
			require.True(t, simd.Has(v.level), v.name)
		}
	}
}

// queryAt returns where column c of a query has its hi; its lo is a block further on.
func queryAt(c int) int { return c/blockLen*2*blockLen + c%blockLen }

// columns returns Σ code·(256·hi + lo) by plain sums in 64 bits.
func columns(codes []byte, x []int8) int64 {
	var sum int64
	for c, u := range codes {
		at := queryAt(c)
		sum += int64(u) * (256*int64(x[at]) + int64(x[at+blockLen]))
	}
	return sum
}

// planesOf returns the planes of rows of 8-bit codes, by the definition of both.
func planesOf(rows [][]byte) (coarse, fine []byte) {
	for _, row := range rows {
		for ; len(row) > 0; row = row[blockLen:] {
			var c [coarseBlock]byte
			var f [fineBlock]byte
			pack(&c, &f, (*[blockLen]byte)(row))
			coarse, fine = append(coarse, c[:]...), append(fine, f[:]...)
		}
	}
	return coarse, fine
}

// TestPlanes: both planes are dense, and together they hold the code of every column.
func TestPlanes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		row := randomBytes(rng, blockLen)
		coarse, fine := planesOf([][]byte{row})
		require.Equal(t, blockLen, len(coarse)+len(fine))
		for c, u := range row {
			require.Less(t, coarseCode(coarse, c), byte(64))
			require.Less(t, fineCode(fine, c), byte(4))
			require.Equal(t, u, coarseCode(coarse, c)<<2|fineCode(fine, c), "column %d", c)
		}
	}
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// TestDot compares every kernel with plain sums in 64 bits, the largest that fit
// a row included, at every alignment of a vector.
func TestDot(t *testing.T) {
	fills := map[string]func(rng *rand.Rand) (code byte, hi, lo int8){
		"random": func(rng *rand.Rand) (byte, int8, int8) {
			return byte(rng.Uint32()), int8(rng.Uint32()), int8(rng.Uint32())
		},
		"most":  func(*rand.Rand) (byte, int8, int8) { return 255, 127, 127 },
		"least": func(*rand.Rand) (byte, int8, int8) { return 255, -128, -128 },
		"mixed": func(rng *rand.Rand) (byte, int8, int8) {
			return 255, int8(rng.IntN(2)*255 - 128), int8(rng.IntN(2)*255 - 128)
		},
		"zero": func(*rand.Rand) (byte, int8, int8) { return 0, 0, 0 },
	}
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for name, fill := range fills {
			for _, blocks := range []int{1, 2, 3, 5, 10, MaxCols / blockLen} {
				for rows := 1; rows <= 5; rows += 2 {
					off := rng.IntN(64)
					codes, x := make([][]byte, rows), make([]int8, off+2*blocks*blockLen)
					for r := range codes {
						codes[r] = make([]byte, blocks*blockLen)
						for i := range codes[r] {
							codes[r][i], _, _ = fill(rng)
						}
					}
					for i := range x {
						_, x[i], _ = fill(rng)
					}
					x = x[off:]
					coarse, fine := planesOf(codes)
					coarse, fine = append(make([]byte, off), coarse...)[off:], append(make([]byte, off), fine...)[off:]
					wasCoarse, wasFine, wasX := slices.Clone(coarse), slices.Clone(fine), slices.Clone(x)
					want := []int64{777}
					for r, row := range codes {
						upper, lower := slices.Clone(row), slices.Clone(row)
						for i, u := range row {
							upper[i], lower[i] = u/4, u%4
						}
						want = append(want, columns(upper, x))
						next := fine[(rows-1)*blocks*fineBlock:]
						require.Equal(t, columns(lower, x), kernels.fine(&fine[r*blocks*fineBlock], &next[0], &x[0], blocks), "%s: %d blocks", name, blocks)
					}
					out := make([]int64, rows+2)
					out[0], out[rows+1] = 777, 777
					kernels.coarse(&out[1], &coarse[0], &x[0], blocks, rows)
					require.Equal(t, append(want, 777), out, "%s: %d blocks, %d rows", name, blocks, rows)
					require.Equal(t, wasCoarse, coarse)
					require.Equal(t, wasFine, fine)
					require.Equal(t, wasX, x)
				}
			}
		}
	})
}

// TestBounds: every kernel gives boundsGeneric's bits, for all that a scan may find,
// and writes no more.
func TestBounds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	random := func() float32 { return float32(math.Ldexp(rng.NormFloat64(), rng.IntN(80)-40)) }
	for _, v := range variants {
		if v.bounds == nil || !simd.Has(v.level) {
			continue
		}
		for range 200 {
			groups := 1 + rng.IntN(8)
			n := groups * boundRows
			off := rng.IntN(9)
			sums, rows := make([]int64, off+n), make([]float32, 3*(off+n))
			for i := range sums {
				sums[i] = rng.Int64N(1<<40) - 1<<39
			}
			for i := range rows {
				rows[i] = random()
				if rng.IntN(10) == 0 {
					rows[i] = 0
				}
			}
			b := bound{
				shift: rng.Int64N(1<<30) - 1<<29, unit: float64(random()), ofResidual: math.Abs(float64(random())),
				ofNorm: math.Abs(float64(random())), always: 1e-40, slack: slack,
			}
			run := func(kernel bool) ([]float32, intervals) {
				out := make([]float32, 2*(n+2))
				for i := range out {
					out[i] = 77
				}
				at := off + n
				least := float32(math.Inf(-1))
				iv := intervals{&sums[off], &rows[off], &rows[at+off], &rows[2*at+off], &out[1], &out[n+3], least, least}
				if kernel {
					v.bounds((*uint64)(unsafe.Pointer(&iv)), (*uint64)(unsafe.Pointer(&b)), groups)
				} else {
					boundsGeneric(&iv, &b, n)
				}
				return out, iv
			}
			want, wanted := run(false)
			got, had := run(true)
			require.Equal(t, want, got)
			require.Equal(t, wanted.mostSum, had.mostSum)
			require.Equal(t, wanted.mostHigh, had.mostHigh)
		}
	}
}
