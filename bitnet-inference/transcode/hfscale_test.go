package transcode

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// linearClass returns what a directory says of its scales.
func linearClass(t *testing.T, dir string) string {
	t.Helper()
	class, _ := quantization(t, dir, nil)["quantization_config"].(map[string]any)["linear_class"].(string)
	return class
}

// TestMastersOfBitLinear: masters whose configuration does not name the class that
// multiplies are packed with scales that are read as they are meant.
func TestMastersOfBitLinear(t *testing.T) {
	master := master2B4T(t)
	dir := t.TempDir()
	src := copyModel(t, master, quantization(t, master, map[string]any{"linear_class": nil}))
	want, got, file, back := filepath.Join(dir, "want"), filepath.Join(dir, "got"), filepath.Join(dir, "m.gguf"), filepath.Join(dir, "back")
	convertModel(t, master, want, Options{})
	convertModel(t, src, got, Options{Source: checkpoint.Options{Online: true}})
	requireSameModel(t, want, got)
	convertModel(t, got, file, Options{})
	convertModel(t, file, back, Options{})
	requireSameTensors(t, got, back)
}

// withFloats writes a copy of a packed directory, in which one projection is stored as the
// floats that it stands for and config.json says so in its own way.
func withFloats(t *testing.T, packed, dense, name string, set map[string]any) string {
	t.Helper()
	src := copyModel(t, packed, quantization(t, packed, set))
	isOf := func(x safetensors.TensorData) bool { return strings.HasPrefix(x.Name, name) }
	all := slices.DeleteFunc(contents.Safetensors(t, packed), isOf)
	for _, x := range contents.Safetensors(t, dense) {
		if isOf(x) {
			all = append(all, x)
		}
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(src, "model.safetensors"), nil, all))
	return src
}

// TestPackBesidePacked: a projection that was not packed is, beside others whose scales
// divide.
func TestPackBesidePacked(t *testing.T) {
	const name = "model.layers.0.self_attn.v_proj"
	dir := t.TempDir()
	dense := filepath.Join(dir, "dense")
	convertModel(t, packedLlama(t), dense, Options{Type: "hf-f32"})

	src := withFloats(t, packedLlama(t), dense, name, map[string]any{"modules_to_not_convert": []string{name}})
	got := filepath.Join(dir, "got")
	convertModel(t, src, got, Options{Tensors: []string{"layers.0.self_attn.v_proj=hf"}})
	requireSameModel(t, packedLlama(t), got)

	// As a master, whose scale is known only when it has been read.
	src = withFloats(t, packedLlama(t), dense, name, nil)
	want, got := filepath.Join(dir, "want.gguf"), filepath.Join(dir, "masters")
	o := Options{Source: checkpoint.Options{Online: true}}
	convertModel(t, src, want, o)
	convertModel(t, src, got, o)
	requireSameModel(t, got, want)
	require.Equal(t, "autobitlinear", linearClass(t, got))
}

// TestDivisorsThatAreNot: the reciprocal of a scale's reciprocal may be another number;
// then scales multiply.
func TestDivisorsThatAreNot(t *testing.T) {
	scale := float32(0.3)
	for s := scale; 1/(1/scale) == scale; scale = s {
		s = math.Nextafter32(s, 1)
	}
	dir := t.TempDir()
	first, file, back := filepath.Join(dir, "first.gguf"), filepath.Join(dir, "m.gguf"), filepath.Join(dir, "back")
	convertModel(t, packedLlama(t), first, Options{})
	rewrite(t, first, file, func(d *gguf.TensorData) {
		if d.Name == "blk.1.ffn_up.weight" {
			binary.LittleEndian.PutUint32(d.Data[d.Shape[0]*d.Shape[1]/4:], math.Float32bits(scale))
		}
	})
	convertModel(t, file, back, Options{})
	require.Equal(t, "autobitlinear", linearClass(t, back))
	ck, err := checkpoint.Open(back)
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	require.Equal(t, []float32{scale}, w.Layers[1].Up.Ternary.Scale)
}

// TestScalesNotPositive: weights that a scale of 0 or below stands for stay what they are
// where scales have to be positive.
func TestScalesNotPositive(t *testing.T) {
	dir := t.TempDir()
	first := filepath.Join(dir, "first.gguf")
	convertModel(t, packed(t), first, Options{})
	for name, scale := range map[string]float32{"zero": 0, "negative": -0.5} {
		file, dense := filepath.Join(dir, name+".gguf"), filepath.Join(dir, name+"-f32.gguf")
		rewrite(t, first, file, func(d *gguf.TensorData) {
			if d.Name == "blk.0.attn_v.weight" {
				binary.LittleEndian.PutUint32(d.Data[d.Shape[0]*d.Shape[1]/4:], math.Float32bits(scale))
			}
		})
		convertModel(t, file, dense, Options{Type: "f32"})
		for _, target := range []string{"hf", "tq2.gguf"} {
			o := Options{}
			if target != "hf" {
				o = Options{Type: "tq2_0", Tensors: []string{"ffn_down=i2_s"}}
			}
			got, again := filepath.Join(dir, name+"-"+target), filepath.Join(dir, name+"-"+target+"-f32.gguf")
			convertModel(t, file, got, o)
			convertModel(t, got, again, Options{Type: "f32"})
			requireSameNumbers(t, dense, again)
		}
	}
	file, rest := filepath.Join(dir, "infinite.gguf"), filepath.Join(dir, "rest")
	rewrite(t, first, file, func(d *gguf.TensorData) {
		if d.Name == "blk.0.attn_v.weight" {
			binary.LittleEndian.PutUint32(d.Data[d.Shape[0]*d.Shape[1]/4:], math.Float32bits(float32(math.Inf(1))))
		}
	})
	_, err := New(t.Context(), file, rest, Options{})
	require.ErrorContains(t, err, `tensor "blk.0.attn_v.weight" has the scale +Inf: the data is damaged`)
}

// TestKeptScalesNotPositive: so do weights that keep their type, and the result is one that can be run.
func TestKeptScalesNotPositive(t *testing.T) {
	dir := t.TempDir()
	i2s, tq2 := filepath.Join(dir, "i2s.gguf"), filepath.Join(dir, "tq2.gguf")
	convertModel(t, packed(t), i2s, Options{})
	convertModel(t, packed(t), tq2, Options{Type: "tq2_0", Tensors: []string{"ffn_down=i2_s"}})
	scaled := func(by float32) func(data []byte) {
		return func(data []byte) {
			tail := data[len(data)-32:] // the scale, and padding
			binary.LittleEndian.PutUint32(tail, math.Float32bits(by*math.Float32frombits(binary.LittleEndian.Uint32(tail))))
		}
	}
	for name, test := range map[string]struct {
		src    string
		change func(data []byte)
	}{
		"positive": {i2s, scaled(1)},
		"zero":     {i2s, scaled(0)},
		"negative": {i2s, scaled(-1)},
		"blocks": {tq2, func(data []byte) {
			for i := 65; i < len(data); i += 66 { // the last byte of a block is that of its scale
				data[i] ^= 1 << 7
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			at := func(file string) string { return filepath.Join(dir, name+file+".gguf") }
			rewrite(t, test.src, at(""), func(d *gguf.TensorData) {
				if d.Name == "blk.0.attn_v.weight" {
					test.change(d.Data)
				}
			})
			convertModel(t, at(""), at("-kept"), Options{Type: "keep"})
			convertModel(t, at(""), at("-want"), Options{Type: "f32"})
			convertModel(t, at("-kept"), at("-got"), Options{Type: "f32"})
			requireSameNumbers(t, at("-want"), at("-got"))
			ck, err := checkpoint.Open(at("-kept"))
			require.NoError(t, err)
			defer ck.Close()
			_, err = ck.Weights()
			require.NoError(t, err)
			if name == "positive" {
				requireSameModel(t, at(""), at("-kept"))
			}
		})
	}
}

// TestScaleTooLarge: blocks and the scale beside them make one that no float32 holds.
func TestScaleTooLarge(t *testing.T) {
	dir := t.TempDir()
	first, file := filepath.Join(dir, "first.gguf"), filepath.Join(dir, "m.gguf")
	convertModel(t, packed(t), first, Options{Type: "tq2_0", Tensors: []string{"ffn_down=i2_s"}})
	rewrite(t, first, file, func(d *gguf.TensorData) {
		switch d.Name {
		case "blk.0.attn_v.weight":
			codes := make([]int8, d.Shape[0]*d.Shape[1])
			codes[0] = 1
			var err error
			d.Data, err = qtensor.Pack(qtensor.TQ2, codes, d.Shape[0], d.Shape[1], 1024)
			require.NoError(t, err)
		case "blk.0.attn_v.scale":
			binary.LittleEndian.PutUint32(d.Data, math.Float32bits(math.MaxFloat32))
		}
	})
	_, err := New(t.Context(), file, filepath.Join(dir, "out"), Options{})
	require.ErrorContains(t, err, `tensor "blk.0.attn_v.weight" has the scale +Inf: the data is damaged`)
}
