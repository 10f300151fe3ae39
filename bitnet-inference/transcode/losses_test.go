package transcode

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// TestFloats: weights that were made floats are found to be ternary still.
func TestFloats(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"dense.gguf", "dense"} {
		kind := "f32"
		if name == "dense" {
			kind = "hf-f32"
		}
		dense, again := filepath.Join(dir, name), filepath.Join(dir, name+"-again.gguf")
		p := convertModel(t, packed(t), dense, Options{Type: kind})
		require.Equal(t, actionDequantize, p.Steps[3].Action)
		q := convertModel(t, dense, again, Options{})
		require.Equal(t, actionQuantize, q.Steps[3].Action)
		require.Zero(t, q.Steps[3].Loss.Max)
		requireSameModel(t, packed(t), again)
	}
}

// TestMaster: weights that are to be quantized while loading become what they
// become then.
func TestMaster(t *testing.T) {
	src := master2B4T(t)
	dir := t.TempDir()
	for _, name := range []string{"m.gguf", "packed"} {
		dst := filepath.Join(dir, name)
		convertModel(t, src, dst, Options{})
		requireSameModel(t, src, dst)
	}
	for _, kind := range []string{"hf-f32", "hf-bf16"} {
		dst := filepath.Join(dir, kind)
		convertModel(t, src, dst, Options{Type: kind})
		requireSameModel(t, src, dst)
	}
}

// TestLossy: what changes weights is refused, and counted where it is allowed.
func TestLossy(t *testing.T) {
	dir := t.TempDir()
	dst := filepath.Join(dir, "m.gguf")
	requireLossy(t, packed(t), dst, Options{Type: "bf16"}, "blk.0.attn_q.weight")
	requireLossy(t, packed(t), dst, Options{Embedding: "q8_0"}, "token_embd.weight")
	requireLossy(t, packed(t), dst, Options{Tensors: []string{"ffn_up=f16"}}, "blk.0.ffn_up.weight")

	p := convertModel(t, packed(t), dst, Options{Embedding: "q8_0", AllowLossy: true})
	require.Equal(t, "Q8_0", p.Steps[0].Type)
	loss := p.Steps[0].Loss
	require.Greater(t, loss.RMS, 0.001)
	require.Less(t, loss.RMS, 0.02)
	require.Greater(t, loss.Rate, 0.5)
	require.LessOrEqual(t, loss.Max, loss.Of/100)
	require.NotEmpty(t, p.Groups()[0].Lost())

	// Floats that nobody calls a master, and that are none.
	master := master2B4T(t)
	floats := copyModel(t, master, map[string]any{"quantization_config": nil})
	requireLossy(t, floats, filepath.Join(dir, "t.gguf"), Options{}, "blk.0.attn_q.weight")
}

// TestLookedAtOnce: what might lose something is converted once, while it is written, and a
// loss ends the writing. All of them are named.
func TestLookedAtOnce(t *testing.T) {
	dst := filepath.Join(t.TempDir(), "dense")
	dense := filepath.Join(t.TempDir(), "dense")
	convertModel(t, packed(t), dense, Options{Type: "hf-f32", Embedding: "f32"})
	p, err := New(t.Context(), dense, dst, Options{}) // ternary, as every tensor shows
	require.NoError(t, err)
	defer p.Close()
	last, first := p.outputs[len(p.outputs)-2], true
	require.True(t, last.check)
	require.NoError(t, p.Write(t.Context(), func(_, _ int64) {
		if first {
			require.Nil(t, last.Loss)
		}
		first = false
	}))
	require.False(t, first)
	require.NotNil(t, last.Loss)
	require.Zero(t, last.Loss.Max)

	q, err := New(t.Context(), packed(t), filepath.Join(t.TempDir(), "m.gguf"), Options{Type: "bf16"})
	require.NoError(t, err)
	defer q.Close()
	var most int64
	var lossy *LossyError
	require.ErrorAs(t, q.Write(t.Context(), func(done, _ int64) { most = done }), &lossy)
	require.Positive(t, most)
	require.Less(t, most, q.Bytes)
	require.Len(t, lossy.Steps, 7*q.src.ck.Config.Layers)
}

// TestMasterAsFloats: no engine rounds the floats of a GGUF file, so they are the weights
// that the masters stand for.
func TestMasterAsFloats(t *testing.T) {
	master := master2B4T(t)
	dir := t.TempDir()
	floats, file, direct := filepath.Join(dir, "floats.gguf"), filepath.Join(dir, "m.gguf"), filepath.Join(dir, "direct.gguf")
	convertModel(t, master, floats, Options{Type: "f32"})
	convertModel(t, floats, file, Options{})
	convertModel(t, master, direct, Options{})
	requireSameTensors(t, direct, file)
}

// TestScalesThatDiffer: blocks with scales of their own stay so in TQ types, and are a
// loss in a type with one scale.
func TestScalesThatDiffer(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "m.gguf")
	convertModel(t, packed(t), file, Options{Type: "tq2_0", Tensors: []string{"ffn_down=f32"}})
	mixed := filepath.Join(dir, "mixed.gguf")
	rewrite(t, file, mixed, func(d *gguf.TensorData) {
		if d.Name == "blk.0.attn_v.weight" {
			require.Equal(t, dtype.TQ2_0, d.Type)
			for i, n := 64, 0; i < len(d.Data); i, n = i+66, n+1 {
				h := dtype.F32ToF16(0.5 + float32(n%7)/8)
				d.Data[i], d.Data[i+1] = byte(h), byte(h>>8)
			}
		}
	})

	requireLossy(t, mixed, filepath.Join(dir, "i2s.gguf"), Options{Tensors: []string{"ffn_down=f32"}}, "blk.0.attn_v.weight")
	a, b := filepath.Join(dir, "tq1.gguf"), filepath.Join(dir, "tq2.gguf")
	convertModel(t, mixed, a, Options{Type: "tq1_0", Tensors: []string{"ffn_down=f32"}})
	convertModel(t, a, b, Options{Type: "tq2_0", Tensors: []string{"ffn_down=f32"}})
	requireSameTensors(t, mixed, b)
	dense := filepath.Join(dir, "dense.gguf")
	convertModel(t, mixed, dense, Options{Type: "f32"})
	x, err := opened(t, mixed).Tensor("blk.0.attn_v.weight")
	require.NoError(t, err)
	y, err := opened(t, dense).Tensor("blk.0.attn_v.weight")
	require.NoError(t, err)
	want, got := make([]float32, x.Len()), make([]float32, x.Len())
	require.NoError(t, qtensor.Dequantize(want, qtensor.TQ2, x.Bytes(), x.Shape()[0], x.Shape()[1]))
	by, err := opened(t, mixed).Tensor("blk.0.attn_v.scale")
	require.NoError(t, err)
	var scale [1]float32
	require.NoError(t, dtype.Float32s(scale[:], by.Bytes(), dtype.F32))
	for i := range want {
		want[i] *= scale[0]
	}
	require.NoError(t, dtype.Float32s(got, y.Bytes(), dtype.F32))
	require.True(t, slices.Equal(want, got))
}

func TestMagnitude(t *testing.T) {
	nan := float32(math.NaN())
	for _, tt := range []struct {
		row    []float32
		before float32
		most   float32
		one    bool
	}{
		{[]float32{0, 0}, 0, 0, true},
		{[]float32{0, -3, 3, 0}, 0, 3, true},
		{[]float32{0, -3, 2, 0}, 0, 3, false},
		{[]float32{0, 0}, 3, 3, true},
		{[]float32{0, -2}, 3, 3, false},
		{[]float32{float32(math.Copysign(0, -1)), 1e-45, -1e-45}, 0, 1e-45, true},
		{[]float32{1e-45, math.MaxFloat32}, 0, 1e-45, false},
	} {
		most, one := magnitude(tt.row, tt.before)
		require.Equal(t, tt.one, one, tt.row)
		require.Equal(t, tt.most, most, tt.row)
	}
	_, one := magnitude([]float32{nan, nan}, 0)
	require.False(t, one)
	_, one = magnitude([]float32{1, nan}, 0)
	require.False(t, one)
}

// TestDamaged: neither copies nor floats of what no engine reads are made.
func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.gguf")
	convertModel(t, packed(t), good, Options{Type: "tq2_0", Tensors: []string{"ffn_down=i2_s"}})
	for name, tt := range map[string]struct {
		block []byte // the last four bytes of the first one's codes and scale
		want  string
	}{
		"nan":  {[]byte{0x55, 0x55, 0x00, 0x7e}, "scale of row 0, columns 0 to 255 is NaN: the data is damaged"},
		"code": {[]byte{0x55, 0xff, 0x00, 0x3c}, "is not -1, 0 or +1: the data is damaged or of another type"},
	} {
		bad := filepath.Join(dir, name+".gguf")
		rewrite(t, good, bad, func(d *gguf.TensorData) {
			if d.Name == "blk.0.attn_v.weight" {
				copy(d.Data[62:], tt.block)
			}
		})
		o := Options{Type: "tq2_0", Tensors: []string{"ffn_down=i2_s"}, AllowLossy: true}
		for _, kind := range []string{"tq2_0", "tq1_0", "f32", "bf16"} {
			o.Type = kind
			p, err := New(t.Context(), bad, filepath.Join(dir, "out.gguf"), o)
			require.NoError(t, err)
			want := tt.want
			if kind != "tq2_0" && name == "nan" {
				want = `"blk.0.attn_v.weight", row 0: `
			}
			require.ErrorContains(t, p.Write(t.Context(), nil), want, kind)
			require.NoError(t, p.Close())
		}
	}
}
