package nn

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// block6 makes blocks of many kinds: of one spread, of a wide one, with ties, with groups of
// zeros and of tiny values, and of a few values only.
func block6(rng *rand.Rand, kind int) []float32 {
	x := make([]float32, q6Weights)
	for i := range x {
		v := rng.NormFloat64()
		switch kind {
		case 1:
			v *= math.Pow(10, 8*rng.Float64()-6)
		case 2:
			v = float64(rng.IntN(65)-32) / 4
		case 3:
			if i/16%3 == 0 {
				v = 0
			}
			if i/16%3 == 1 {
				v *= 1e-15
			}
		case 4:
			v = float64(rng.IntN(3) - 1)
		case 5:
			v *= math.Pow(10, 70*rng.Float64()-40) // squares overflow and vanish
		}
		x[i] = float32(v)
	}
	return x
}

// TestQ6Kernels: the kernels give the bytes of plain Go.
func TestQ6Kernels(t *testing.T) {
	was := kernels
	defer func() { kernels = was }()
	rng := rand.New(rand.NewPCG(21, 22))
	for kind := range 6 {
		for range 300 {
			x := block6(rng, kind)
			kernels = choose(simd.Generic)
			want := make([]byte, q6Bytes)
			ok := roundQ6(want, x)
			for level := simd.Generic + 1; level <= simd.Best(); level++ {
				kernels = choose(level)
				got := make([]byte, q6Bytes)
				require.Equal(t, ok, roundQ6(got, x))
				if ok {
					require.Equal(t, want, got, "kind %d, %s: %v", kind, kernels.name, x)
				}
			}
		}
	}
}

func FuzzQ6(f *testing.F) {
	f.Add(uint64(1), uint8(2), uint8(5), uint32(0x7f7fffff))
	f.Add(uint64(2), uint8(3), uint8(200), uint32(1))
	f.Fuzz(func(t *testing.T, seed uint64, kind, at uint8, bits uint32) {
		x := block6(rand.New(rand.NewPCG(seed, 1)), int(kind)%6)
		x[at] = math.Float32frombits(bits)
		var generic, vector [16]float32
		if !allFinite((*[q6Weights]float32)(x)) {
			return
		}
		for i := range generic {
			generic[i] = fitScale(x[16*i : 16*i+16])
		}
		fitScales(&vector, (*[q6Weights]float32)(x))
		for i, v := range generic { // a NaN has many patterns
			if v != vector[i] && (v == v || vector[i] == vector[i]) {
				t.Fatalf("group %d: %v, want %v", i, vector[i], v)
			}
		}
	})
}

// TestRoundDefinition compares with the formulas of SetRow, one weight at a time.
func TestRoundDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	for kind := range 6 {
		for range 200 {
			x := block6(rng, kind)[:32]
			most, _ := extreme(x)
			q8, q4 := make([]byte, q8Bytes), make([]byte, q4Bytes)
			ok8, ok4 := roundQ8(q8, x), roundQ4(q4, x)
			d8, d4 := float32(math.Abs(float64(most)))/127, most/-8
			require.Equal(t, ok8, putScale(make([]byte, 2), d8))
			require.Equal(t, ok4, putScale(make([]byte, 2), d4))
			for i, v := range x {
				scaled := float32(v * inverse(d8))
				if ok8 && scaled-scaled == 0 {
					require.Equal(t, int8(scaled+float32(math.Copysign(0.5, float64(scaled)))), int8(q8[2+i]))
				}
				scaled = float32(v*inverse(d4)) + 8.5
				if ok4 && scaled-scaled == 0 {
					require.Equal(t, byte(min(15, scaled)), q4[2+i%16]>>(i/16*4)&15)
				}
			}
			row := make([]byte, 2*len(x))
			m := Matrix{Rows: 1, Cols: len(x), Type: dtype.BF16, Data: row}
			if m.SetRow(0, x) == nil {
				for i, v := range x {
					require.Equal(t, dtype.F32ToBF16(v), uint16(row[2*i])|uint16(row[2*i+1])<<8)
				}
			}
		}
	}
}

// BenchmarkSetRow counts weights as four bytes each.
func BenchmarkSetRow(b *testing.B) {
	const cols = 2560
	x := normal(rand.New(rand.NewPCG(1, 2)), cols)
	for _, d := range []dtype.DType{dtype.Q8_0, dtype.Q4_0, dtype.Q6_K, dtype.F16, dtype.BF16} {
		n, _ := RowBytes(d, cols)
		m := Matrix{Rows: 1, Cols: cols, Type: d, Data: make([]byte, n)}
		b.Run("type="+d.String(), func(b *testing.B) {
			b.SetBytes(4 * cols)
			for b.Loop() {
				if err := m.SetRow(0, x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
