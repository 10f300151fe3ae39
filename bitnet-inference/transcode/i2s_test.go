package transcode

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// TestAppendI2S compares the packing of package qtensor, with every
// bfloat16 that is finite.
func TestAppendI2S(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, scale := range []float32{1e-5, 0.0173, 0.5, 1, 3e4, 1e30, math.SmallestNonzeroFloat32 * 1e7} {
		var values []float32
		var src []byte
		for bits := range 1 << 16 {
			if v := dtype.BF16ToF32(uint16(bits)); v-v == 0 {
				values = append(values, v)
			}
		}
		near := dtype.F32ToBF16(scale / 2) // what lies about the threshold more often
		for d := -64; d < 64; d++ {
			values = append(values, dtype.BF16ToF32(near+uint16(d)))
		}
		rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		values = values[:len(values)/groupWeights*groupWeights]
		for _, v := range values {
			src = binary.LittleEndian.AppendUint16(src, dtype.F32ToBF16(v))
		}
		codes := make([]int8, len(values))
		absmean.Round(codes, values, scale)
		want, err := qtensor.Pack(qtensor.I2S, codes, len(codes)/groupWeights, groupWeights, scale)
		require.NoError(t, err)
		want = want[:len(codes)/4]
		require.Equal(t, want, appendI2SOfBF16(nil, src, zeroUpTo(scale)), scale)
	}
}
