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

// TestDot compares every kernel with plain sums in 64 bits, the largest that fit
// a row included, at every alignment of a vector.
func TestDot(t *testing.T) {
	fills := map[string]func(rng *rand.Rand) (code byte, hi, lo int8){
		"random": func(rng *rand.Rand) (byte, int8, int8) {
			return byte(rng.Uint32()), int8(rng.Uint32()), int8(rng.Uint32())
		},
		"most":  func(*rand.Rand) (byte, int8, int8) { return 255, 127, 127 },
		"least": func(*rand.Rand) (byte, int8, int8) { return 255, -128, -128 },
		"zero":  func(*rand.Rand) (byte, int8, int8) { return 0, 0, 0 },
	}
	withVariants(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for name, fill := range fills {
			for _, blocks := range []int{1, 2, 3, 5, MaxCols / blockLen} {
				for groups := 1; groups <= 3; groups++ {
					off := rng.IntN(64)
					n, rows := blocks*blockLen, groups*groupRows
					codes, x := make([]byte, off+n*rows), make([]int8, off+2*n)
					for i := range codes {
						codes[i], _, _ = fill(rng)
					}
					for i := range x {
						_, x[i], _ = fill(rng)
					}
					wasCodes, wasX := slices.Clone(codes), slices.Clone(x)
					out := make([]int64, rows+2)
					out[0], out[rows+1] = 777, 777
					kernels.dot(&out[1], &codes[off], &x[off], blocks, groups)
					require.Equal(t, wasCodes, codes)
					require.Equal(t, wasX, x)
					want := []int64{777}
					for r := range rows {
						var sum int64
						for c := range n {
							at := off + c/blockLen*2*blockLen + c%blockLen
							sum += int64(codes[off+r*n+c]) * (256*int64(x[at]) + int64(x[at+blockLen]))
						}
						want = append(want, sum)
					}
					require.Equal(t, append(want, 777), out, "%s: %d blocks, %d groups", name, blocks, groups)
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
			require.Equal(t, wanted.mostLow, had.mostLow)
			require.Equal(t, wanted.mostHigh, had.mostHigh)
		}
	}
}
