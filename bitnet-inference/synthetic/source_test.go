package synthetic

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// TestCodesAreUniform counts the weights and pairs of neighbours.
func TestCodesAreUniform(t *testing.T) {
	const n = 1 << 20
	codes := newSource(1, 2, 3).codes(nil, n)
	require.Len(t, codes, n/4)
	var single [4]int
	var pairs [16]int
	for i, b := range codes {
		for shift := 0; shift < 8; shift += 2 {
			single[b>>shift&3]++
		}
		pairs[b&15]++
		if i > 0 {
			pairs[b&3|codes[i-1]>>4&12]++
		}
	}
	require.Zero(t, single[3])
	for _, k := range single[:3] {
		require.InDelta(t, n/3., k, 5*math.Sqrt(n*2/9.), "%v", single)
	}
	for p, k := range pairs {
		if p&3 == 3 || p>>2 == 3 {
			require.Zero(t, k)
		} else {
			require.InDelta(t, n/2/9., k, 6*math.Sqrt(n/2*8/81.), "%v", pairs)
		}
	}
}

func TestNormals(t *testing.T) {
	const n = 100_001 // an odd number, and no multiple of a source's buffer
	data := newSource(1, 2, 3).normals(nil, n)
	require.Len(t, data, 2*n)
	var sum, squares float64
	beyond := 0
	for ; len(data) > 0; data = data[2:] {
		v := float64(dtype.F16ToF32(binary.LittleEndian.Uint16(data)))
		sum += v
		squares += v * v
		if math.Abs(v) > 2*deviation {
			beyond++
		}
	}
	require.InDelta(t, 0, sum/n, 5*deviation/math.Sqrt(n))
	require.InDelta(t, deviation, math.Sqrt(squares/n), 0.02*deviation)
	require.InDelta(t, 0.0455*n, beyond, 0.004*n)
}

func TestGains(t *testing.T) {
	data := newSource(1, 2, 3).gains(nil, 1000)
	require.Len(t, data, 4000)
	sum := float32(0)
	for ; len(data) > 0; data = data[4:] {
		g := math.Float32frombits(binary.LittleEndian.Uint32(data))
		require.GreaterOrEqual(t, g, float32(0.9))
		require.LessOrEqual(t, g, float32(1.1))
		sum += g
	}
	require.InDelta(t, 1000, sum, 10)
}
