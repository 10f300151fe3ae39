package qtensor

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/stretchr/testify/require"
)

// asRead packs a matrix in one order and parses it in the other or the same one.
func asRead(t *testing.T, codes []int8, rows, cols int, written, read Layout) *Tensor {
	t.Helper()
	data, err := Pack(written, codes, rows, cols, 1)
	require.NoError(t, err)
	tensor, err := Parse(read, data, rows, cols)
	require.NoError(t, err)
	return tensor
}

// norms are the norms that the inputs of a BitNet layer's projections pass through.
var norms = map[string]string{
	"self_attn.q_proj": "input_layernorm", "self_attn.k_proj": "input_layernorm", "self_attn.v_proj": "input_layernorm",
	"self_attn.o_proj": "self_attn.attn_sub_norm", "mlp.gate_proj": "post_attention_layernorm", "mlp.up_proj": "post_attention_layernorm",
	"mlp.down_proj": "mlp.ffn_sub_norm",
}

// TestOrderOfFable: a trained model written in both orders and read in both.
func TestOrderOfFable(t *testing.T) {
	f, err := safetensors.Open(golden.Path(t, "models", "fable-29m", "model.safetensors"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	alone := map[string]int{} // tensors that are enough by themselves
	for _, read := range []Layout{I2S, I2SARM} {
		for _, written := range []Layout{I2S, I2SARM} {
			var all OrderEvidence
			for layer := range 8 {
				for name, norm := range norms {
					prefix := fmt.Sprintf("model.layers.%d.", layer)
					packed, err := f.Tensor(prefix + name + ".weight")
					require.NoError(t, err)
					rows, cols := 4*packed.Shape()[0], packed.Shape()[1]
					hf, err := Parse(HF, packed.Bytes(), rows, cols)
					require.NoError(t, err)
					codes := make([]int8, rows*cols)
					hf.Decode(codes, 0, rows)
					weights, err := f.Tensor(prefix + norm + ".weight")
					require.NoError(t, err)
					gain := make([]float32, cols)
					require.NoError(t, dtype.Float32s(gain, weights.Bytes(), weights.DType()))
					tensor := asRead(t, codes, rows, cols, written, read)
					require.True(t, all.Add(tensor, gain))
					var one OrderEvidence
					one.Add(tensor, gain)
					if got, ok := one.Layout(); ok {
						require.Equal(t, written, got, "layer %d %s alone", layer, name)
						alone[name]++
					}
				}
			}
			t.Logf("written %v, read %v: %.0f deviations", written, read, all.Deviations())
			got, ok := all.Layout()
			require.True(t, ok)
			require.Equal(t, written, got)
			require.Greater(t, max(all.Deviations(), -all.Deviations()), 100.0)
		}
	}
	t.Logf("of 32 tensors each, enough alone: %v", alone)
	require.Equal(t, 32, alone["mlp.down_proj"])
}

// TestOrderOfRandomWeights: there is nothing to see, and the answer is none.
func TestOrderOfRandomWeights(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var all OrderEvidence
		for range 20 {
			const rows, cols = 40, 256
			gain := make([]float32, cols)
			for i := range gain {
				gain[i] = rng.Float32()
			}
			codes := make([]int8, rows*cols)
			for i := range codes {
				codes[i] = int8(rng.IntN(3) - 1)
			}
			require.True(t, all.Add(asRead(t, codes, rows, cols, I2S, I2S), gain))
		}
		_, ok := all.Layout()
		require.False(t, ok, "seed %d: %.1f deviations", seed, all.Deviations())
	}
}

// TestOrderLeftOut: rows that share groups, and columns or gains that are all alike.
func TestOrderLeftOut(t *testing.T) {
	var e OrderEvidence
	gain := make([]float32, 320)
	require.False(t, e.Add(asRead(t, make([]int8, 2*320), 2, 320, I2S, I2S), gain))
	require.False(t, e.Add(asRead(t, make([]int8, 2*256), 2, 256, I2S, I2S), gain[:256]))
	require.Zero(t, e)
	_, ok := e.Layout()
	require.False(t, ok)
	require.PanicsWithValue(t, "qtensor: OrderEvidence.Add shape", func() {
		e.Add(asRead(t, make([]int8, 2*256), 2, 256, I2S, I2S), gain)
	})
}

// TestNonzeroCounts takes more rows than a byte counts.
func TestNonzeroCounts(t *testing.T) {
	const rows, cols = 600, 128
	codes := randomCodes(rand.New(rand.NewPCG(3, 4)), rows*cols)
	want := make([]float64, cols)
	for k, w := range codes {
		if w != 0 {
			want[k%cols]++
		}
	}
	require.Equal(t, want, asRead(t, codes, rows, cols, I2S, I2S).nonzero())
	require.Equal(t, want, asRead(t, codes, rows, cols, I2SARM, I2SARM).nonzero())
}
