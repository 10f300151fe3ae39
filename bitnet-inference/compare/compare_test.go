package compare

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

func open(t *testing.T, path string) *Model {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ck.Close()) })
	m, err := Read(t.Context(), ck)
	require.NoError(t, err)
	return m
}

func models(t *testing.T, a, b string) *Report {
	t.Helper()
	r, err := Models(t.Context(), open(t, a), open(t, b), nil)
	require.NoError(t, err)
	_, err = json.Marshal(r)
	require.NoError(t, err)
	return r
}

func converted(t *testing.T, src, name string, o transcode.Options) string {
	t.Helper()
	dst := filepath.Join(t.TempDir(), name)
	p, err := transcode.New(t.Context(), src, dst, o)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	require.NoError(t, p.Write(t.Context(), nil))
	return dst
}

func packed(t *testing.T) string {
	return golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
}

// edited copies a directory with its tensors and config.json changed.
func edited(t *testing.T, src string, tensor func(*safetensors.TensorData), config func(map[string]any)) string {
	t.Helper()
	dir := t.TempDir()
	entries, err := os.ReadDir(src)
	require.NoError(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".safetensors") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(src, e.Name()))
		require.NoError(t, err)
		if e.Name() == "config.json" && config != nil {
			var object map[string]any
			require.NoError(t, json.Unmarshal(data, &object))
			config(object)
			data, err = json.Marshal(object)
			require.NoError(t, err)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, e.Name()), data, 0o600))
	}
	all := contents.Safetensors(t, src)
	for i := range all {
		if tensor != nil {
			tensor(&all[i])
		}
	}
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, all))
	return dir
}

// find returns the tensor of a report.
func find(t *testing.T, r *Report, name string) Tensor {
	t.Helper()
	for _, x := range r.Tensors {
		if x.Name == name {
			return x
		}
	}
	require.Fail(t, "no tensor "+name)
	return Tensor{}
}

func TestFableAndItsConversions(t *testing.T) {
	src := golden.Path(t, "models", "fable-29m")
	for _, kind := range []string{"i2_s", "tq1_0", "tq2_0"} {
		t.Run(kind, func(t *testing.T) {
			r := models(t, src, converted(t, src, "fable.gguf", transcode.Options{Type: kind}))
			require.Empty(t, r.Graph)
			require.Empty(t, r.Differing())
			require.True(t, r.Same())
			require.Nil(t, r.Metadata)
			require.True(t, r.Tokenizer.Same(), "%+v", r.Tokenizer)
			require.Zero(t, *r.Tokenizer.Merges)
			require.Greater(t, r.Tokenizer.Texts, 8192+700)
			q := find(t, r, "blk.7.attn_q")
			require.Equal(t, int64(512*512), q.Codes.Total)
			require.Equal(t, q.Scales.A, q.Scales.B)
			require.Equal(t, "packed uint8", q.TypeA)
			require.Equal(t, strings.ToUpper(kind), q.TypeB)
		})
	}
}

// TestPermuted compares a llama directory with its GGUF file, whose rows of queries and
// keys are in another order, in both directions.
func TestPermuted(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
	file := converted(t, src, "m.gguf", transcode.Options{})
	for _, pair := range [][2]string{{src, file}, {file, src}} {
		r := models(t, pair[0], pair[1])
		require.True(t, r.Same(), "%+v", r.Differing())
		require.True(t, find(t, r, "blk.0.attn_k").Permuted)
		require.False(t, find(t, r, "blk.0.attn_v").Permuted)
		require.NotEmpty(t, r.Tokenizer.Absent)
	}
}

func TestOneCode(t *testing.T) {
	src := packed(t)
	const row, col = 1, 3
	changed := edited(t, src, func(d *safetensors.TensorData) {
		if d.Name == "model.layers.1.mlp.up_proj.weight" {
			// The lowest two bits are row 1, of another weight that is valid.
			b := &d.Data[row*d.Shape[1]+col]
			*b = *b&^3 | (*b&3+1)%3
		}
	}, nil)
	r := models(t, src, changed)
	require.False(t, r.Same())
	all := r.Differing()
	require.Len(t, all, 1)
	require.Equal(t, "blk.1.ffn_up", all[0].Name)
	require.Equal(t, int64(1), all[0].Codes.Differ)
	require.Equal(t, &[2]int{row, col}, all[0].Codes.First)
	require.InDelta(t, 1/float64(all[0].Codes.Total), all[0].Codes.Share, 1e-12)
	require.Zero(t, all[0].Scales.Differ)
	require.Empty(t, all[0].Twin)
}

func TestOneScale(t *testing.T) {
	src := packed(t)
	file := converted(t, src, "m.gguf", transcode.Options{})
	changed := edited(t, src, func(d *safetensors.TensorData) {
		if d.Name == "model.layers.0.self_attn.q_proj.weight_scale" {
			copy(d.Data, []byte{0, 0}) // whichever type it is of
			d.Data[len(d.Data)-1], d.Data[len(d.Data)-2] = 0x40, 0x80
		}
	}, nil)
	r := models(t, file, changed)
	all := r.Differing()
	require.Len(t, all, 1)
	require.Equal(t, "blk.0.attn_q", all[0].Name)
	require.Zero(t, all[0].Codes.Differ)
	require.Positive(t, all[0].Scales.Differ)
	a, b := float64(all[0].Scales.A), float64(all[0].Scales.B)
	require.InDelta(t, math.Abs(a-b)/max(a, b), all[0].Scales.Most, 1e-12)
	require.Greater(t, all[0].Scales.Most, 0.5)
	require.Empty(t, all[0].Twin, "its codes are its own")
}

func TestActivation(t *testing.T) {
	src := packed(t)
	r := models(t, src, edited(t, src, nil, func(c map[string]any) { c["hidden_act"] = "silu" }))
	relu, silu := "relu2", "silu"
	require.Equal(t, []Field{{"activation", &relu, &silu}}, r.Graph)
	require.Empty(t, r.Differing())
	require.False(t, r.Same())
	require.Len(t, r.Metadata, 1)
	require.Equal(t, "hidden_act", r.Metadata[0].Name)
}

func TestSwappedNames(t *testing.T) {
	src := packed(t)
	swapped := edited(t, src, func(d *safetensors.TensorData) {
		if at, rest, ok := strings.Cut(d.Name, "layers.0.mlp.gate_proj"); ok {
			d.Name = at + "layers.0.mlp.up_proj" + rest
		} else if at, rest, ok := strings.Cut(d.Name, "layers.0.mlp.up_proj"); ok {
			d.Name = at + "layers.0.mlp.gate_proj" + rest
		}
	}, nil)
	a, b := open(t, src), open(t, swapped)
	forgotten := map[*byte]int{}
	a.Weights.Forget = func(data []byte) { forgotten[&data[0]]++ }
	r, err := Models(t.Context(), a, b, nil)
	require.NoError(t, err)
	require.Len(t, r.Differing(), 2)
	require.Equal(t, "blk.0.ffn_up", find(t, r, "blk.0.ffn_gate").Twin)
	require.Equal(t, "blk.0.ffn_gate", find(t, r, "blk.0.ffn_up").Twin)
	l := &a.Weights.Layers[0]
	require.Equal(t, 2, forgotten[&l.Gate.Ternary.Data[0]], "it is read once more, and let go of again")
	require.Equal(t, 2, forgotten[&l.Up.Ternary.Data[0]])
	require.Equal(t, 1, forgotten[&l.Down.Ternary.Data[0]])
}

// TestDense compares floats, and ternary weights with the floats that they stand for.
func TestDense(t *testing.T) {
	src := packed(t)
	floats := converted(t, src, "m.gguf", transcode.Options{Type: "f32"})
	r := models(t, src, floats)
	require.True(t, r.Same(), "%+v", r.Differing())
	require.Zero(t, find(t, r, "blk.0.ffn_down").Codes.Differ)

	rounded := converted(t, src, "r.gguf", transcode.Options{Type: "bf16", Embedding: "q8_0", AllowLossy: true})
	r = models(t, floats, rounded)
	v := find(t, r, "token_embd").Values
	require.Positive(t, v.Differ)
	require.Greater(t, v.Relative, 1e-4)
	require.Less(t, v.Relative, 0.02)
	require.GreaterOrEqual(t, v.Max, v.Mean)
	require.NotNil(t, v.First)
	r = models(t, rounded, src)
	down := find(t, r, "blk.0.ffn_down")
	require.False(t, (&down).Same())
	require.Zero(t, down.Codes.Differ)
	require.Less(t, down.Values.Relative, 1.0/256)
	require.Equal(t, "token_embd", r.Differing()[0].Name, "the worst comes first")
}

// TestNaN: what cannot be subtracted is counted, and NaN in the same place is the same.
func TestNaN(t *testing.T) {
	spoil := func(d *safetensors.TensorData) {
		if d.Name == "model.norm.weight" {
			if len(d.Data) == 4*d.Shape[0] {
				binary.LittleEndian.PutUint32(d.Data[4:], math.Float32bits(float32(math.NaN())))
			} else {
				binary.LittleEndian.PutUint16(d.Data[2:], 0x7fc0) // NaN as bfloat16
			}
		}
	}
	spoiled := edited(t, packed(t), spoil, nil)
	r := models(t, packed(t), spoiled)
	v := find(t, r, "output_norm").Values
	require.Equal(t, int64(1), v.NotFinite)
	require.Equal(t, &[2]int{1, 0}, v.First)
	require.Zero(t, v.Max)
	require.Equal(t, "output_norm", r.Differing()[0].Name)
	require.True(t, models(t, spoiled, spoiled).Same())
}

// TestNames: tensors are called as in GGUF files, of every family.
func TestNames(t *testing.T) {
	for _, src := range []string{"transformers/bitnet-2b4t-packed", "transformers/llama-bitlinear-packed", "embed/qwen3-bitnet", "embed/gemma3-bitnet"} {
		t.Run(src, func(t *testing.T) {
			dir := edited(t, golden.Committed(t, "golden", src), nil, func(config map[string]any) {
				if _, ok := config["query_pre_attn_scalar"]; ok {
					config["query_pre_attn_scalar"] = config["head_dim"] // as GGUF files mean it
				}
			})
			file := converted(t, dir, "m.gguf", transcode.Options{})
			in := map[string]bool{}
			b := open(t, file)
			for _, x := range b.Tensors() {
				in[strings.TrimSuffix(x.Name, ".weight")] = true
			}
			r := models(t, dir, file)
			require.True(t, r.Same(), "%+v %+v", r.Graph, r.Differing())
			for _, x := range r.Tensors {
				require.True(t, in[x.Name], x.Name)
			}
		})
	}
}

// TestShapes: models of different sizes are compared as far as that goes.
func TestShapes(t *testing.T) {
	bitNet, llama := packed(t), golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
	r := models(t, bitNet, llama)
	require.False(t, r.Same())
	require.NotEmpty(t, r.Graph)
	sub := find(t, r, "blk.0.ffn_sub_norm")
	require.Equal(t, "B", sub.Missing())
	back := models(t, llama, bitNet)
	sub = find(t, back, "blk.0.ffn_sub_norm")
	require.Equal(t, "A", sub.Missing())
	require.Len(t, back.Tensors, len(r.Tensors))
}

func TestProgress(t *testing.T) {
	a, b := open(t, packed(t)), open(t, packed(t))
	var last, all int64
	_, err := Models(t.Context(), a, b, func(done, total int64) {
		require.Greater(t, done, last)
		last, all = done, total
	})
	require.NoError(t, err)
	require.Positive(t, all)
	require.Equal(t, all, last)
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	src := packed(t)
	_, err := Models(ctx, open(t, src), open(t, converted(t, src, "m.gguf", transcode.Options{})), nil)
	require.ErrorIs(t, err, context.Canceled)
}
