package checkpoint

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// TestScales: what weights are multiplied by is a positive number, however it is stored.
func TestScales(t *testing.T) {
	hf, err := Open(committedDir(t, "qwen3-bitnet"))
	require.NoError(t, err)
	defer func() { require.NoError(t, hf.Close()) }()
	w, err := hf.Weights()
	require.NoError(t, err)
	infinity := float32(math.Inf(1))
	for _, tt := range []struct {
		inside, beside float32 // 0: no tensor beside
		zeros          bool
		fault          string
	}{
		{inside: 0.5},
		{inside: 0.5, beside: 2},
		{inside: 0, zeros: true},
		{inside: 0, fault: "has the scale 0, want a positive number"},
		{inside: -1, fault: "has the scale -1, want a positive number"},
		{inside: 1e10, beside: 1e30, fault: "has the scale +Inf, want a positive number"},
		{inside: 1e-30, beside: 1e-30, fault: "has the scale 0, want a positive number"},
		{inside: 1, beside: infinity, fault: `"blk.0.attn_q.scale" holds [+Inf], want one positive number`},
	} {
		kv, tensors := asGGUF(t, &hf.Config, w, "qwen3")
		q := &tensors[slices.IndexFunc(tensors, func(x gguf.TensorData) bool { return x.Name == "blk.0.attn_q.weight" })]
		parsed, err := qtensor.Parse(qtensor.I2S, q.Data, q.Shape[0], q.Shape[1])
		require.NoError(t, err)
		codes := codesOf(parsed)
		if tt.zeros {
			clear(codes)
		}
		q.Data, err = qtensor.Pack(qtensor.I2S, codes, q.Shape[0], q.Shape[1], tt.inside)
		require.NoError(t, err)
		if tt.beside != 0 {
			tensors = append(tensors, gguf.TensorData{Name: "blk.0.attn_q.scale", Type: dtype.F32, Shape: []int{1}, Data: convert.Bytes([]float32{tt.beside})})
		}
		path := filepath.Join(t.TempDir(), "model.gguf")
		require.NoError(t, gguf.WriteFile(path, kv, tensors))
		ck, err := Open(path)
		require.NoError(t, err)
		got, err := ck.Weights()
		if tt.fault != "" {
			require.ErrorContains(t, err, tt.fault)
		} else {
			require.NoError(t, err)
			require.Equal(t, []float32{tt.inside * max(tt.beside, 1)}, got.Layers[0].Q.Ternary.Scale)
		}
		require.NoError(t, ck.Close())
	}
}
