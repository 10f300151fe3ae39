package qtensor

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/internal/simdtest"
)

// TestI2SOfBF16 compares with rounding and encoding in turns, for all kernels of this CPU:
// every bfloat16 but NaN, scales at which values lie on the border, numbers of groups,
// memory that ends where a page does.
func TestI2SOfBF16(t *testing.T) {
	was := kernels
	defer func() { kernels = was }()
	ok := map[string]bool{}
	for _, level := range simd.Levels() {
		k := choose(level)
		if _, done := ok[k.name]; done {
			continue
		}
		if ok[k.name] = simd.Has(k.level); !ok[k.name] {
			continue
		}
		kernels = k
		t.Run(k.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			var values []uint16
			for h := range 1 << 16 {
				if h&0x7fff <= 0x7f80 {
					values = append(values, uint16(h))
				}
			}
			rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
			for len(values)%i2sGroup != 0 {
				values = append(values, 0)
			}
			for _, scale := range []float32{1, 0.37, 2.0078125, 1e-5, 3e38, math.SmallestNonzeroFloat32 * 1e6} {
				requireRounded(t, values, scale)
			}
			for groups := range 8 {
				requireRounded(t, values[:(1+groups)*i2sGroup], float32(rng.ExpFloat64()))
			}
		})
	}
	I2SOfBF16(nil, nil, 1)
	require.PanicsWithValue(t, "qtensor: I2SOfBF16 length", func() { I2SOfBF16(make([]byte, 32), make([]byte, 255), 1) })
	require.PanicsWithValue(t, "qtensor: I2SOfBF16 length", func() { I2SOfBF16(make([]byte, 31), make([]byte, 256), 1) })
	if delete(ok, "generic"); len(ok) > 0 { // there are none but for amd64
		simdtest.Required(t, ok)
	}
}

func requireRounded(t *testing.T, values []uint16, scale float32) {
	t.Helper()
	n := len(values)
	src, got := simdtest.Guarded(t, 2*n), simdtest.Guarded(t, n/4)
	w, codes, want := make([]float32, n), make([]int8, n), make([]byte, n/4)
	for i, h := range values {
		binary.LittleEndian.PutUint16(src[2*i:], h)
		w[i] = dtype.BF16ToF32(h)
	}
	absmean.Round(codes, w, scale)
	e, err := NewEncoder(I2S, n/i2sGroup, i2sGroup, scale)
	require.NoError(t, err)
	require.NoError(t, e.Encode(want, codes, 0, n/i2sGroup))
	I2SOfBF16(got, src, scale)
	require.Equal(t, want, append([]byte{}, got...), "%d values, scale %v", n, scale)
}

// BenchmarkI2SOfBF16 counts the bytes of bfloat16.
func BenchmarkI2SOfBF16(b *testing.B) {
	src := make([]byte, 1<<20)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range src {
		src[i] = byte(rng.Uint32())
	}
	dst := make([]byte, len(src)/8)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		I2SOfBF16(dst, src, 1)
	}
}
