package transcode

import (
	"context"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// linears visits the projections of a model.
func linears(w *model.Weights, visit func(l *model.Linear)) {
	for i := range w.Layers {
		l := &w.Layers[i]
		for _, p := range []*model.Linear{&l.Q, &l.K, &l.V, &l.O, &l.Gate, &l.Up, &l.Down} {
			visit(p)
		}
	}
}

// ternarizedLogits computes what the reference path says when the float projections of a
// model are replaced by the definition: the mean magnitude and the rounded quotients.
func ternarizedLogits(t *testing.T, path string) []float64 {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	linears(w, func(l *model.Linear) {
		values := make([]float32, 0, l.Dense.Rows*l.Dense.Cols)
		row := make([]float32, l.Dense.Cols)
		var sum float64
		for r := range l.Dense.Rows {
			l.Dense.Row(row, r)
			values = append(values, row...)
		}
		for _, v := range values {
			sum += math.Abs(float64(v))
		}
		scale := float32(sum / float64(len(values)))
		codes := make([]int8, len(values))
		for i, v := range values {
			codes[i] = int8(max(-1, min(1, math.RoundToEven(float64(v*(1/scale))))))
		}
		data, err := qtensor.Pack(qtensor.Plain, codes, l.Dense.Rows, l.Dense.Cols)
		require.NoError(t, err)
		q, err := qtensor.Parse(qtensor.Plain, data, l.Dense.Rows, l.Dense.Cols)
		require.NoError(t, err)
		q.Scale = []float32{scale}
		*l = model.Linear{Ternary: q, Norm: l.Norm}
	})
	all, err := reference.New(ck.Config, w).NewSequence().Forward(context.Background(), []int32{5, 50, 17, 3, 9, 22, 61, 80, 2, 44})
	require.NoError(t, err)
	return all[len(all)-1]
}

// TestTernarize makes ternary models of dense ones, of all families, in both formats: what
// they compute is what the definition gives.
func TestTernarize(t *testing.T) {
	for _, tt := range []struct {
		name, arch string
		set        map[string]any
	}{
		{"qwen3", "qwen3", nil},
		{"gemma3", "gemma3", gemmaHeads},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := copyModel(t, golden.Committed(t, "golden", "embed", tt.name), tt.set)
			want := ternarizedLogits(t, src)
			dir := t.TempDir()
			file, packed, float, again := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "packed"), filepath.Join(dir, "f.gguf"), filepath.Join(dir, "again.gguf")
			convertModel(t, src, file, Options{Ternarize: true})
			convertModel(t, src, packed, Options{Ternarize: true})
			convertModel(t, src, float, Options{Type: "f32"})
			convertModel(t, float, again, Options{Ternarize: true})
			for _, path := range []string{file, packed, again} {
				require.InDeltaSlice(t, want, lastLogits(t, path), 1e-6, path)
			}
			ck, err := checkpoint.Open(file)
			require.NoError(t, err)
			require.Equal(t, tt.arch, ck.Config.Architecture)
			require.NoError(t, ck.Close())
		})
	}
}

// TestTernarizeLlama takes the float file whose rows of queries and keys are in the other
// order to a directory, too.
func TestTernarizeLlama(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	want := ternarizedLogits(t, src)
	dir := t.TempDir()
	file, packed := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "packed")
	convertModel(t, src, file, Options{Ternarize: true})
	convertModel(t, src, packed, Options{Ternarize: true, NoTokenizer: true})
	require.InDeltaSlice(t, want, lastLogits(t, file), 1e-6)
	require.InDeltaSlice(t, want, lastLogits(t, packed), 1e-6)
	f, err := gguf.Open(file)
	require.NoError(t, err)
	defer f.Close()
	arch, _ := f.String("general.architecture")
	require.Equal(t, "llama", arch)
	kind, _ := f.Uint("general.file_type")
	require.EqualValues(t, 40, kind)
}

// TestTernarizeMaster makes of master weights what loading them does, in every type. The
// model that was published has some other codes, for its masters were not bfloat16.
func TestTernarizeMaster(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	src := golden.Path(t, "models", "fable-29m-master")
	want := projections(t, src)
	for _, kind := range []string{"i2_s", "tq1_0", "tq2_0", "q2_0", "hf"} {
		name := "m.gguf"
		if kind == "hf" {
			name = "m"
		}
		made := filepath.Join(t.TempDir(), name)
		convertModel(t, src, made, Options{Ternarize: true, Type: kind})
		got := projections(t, made)
		require.Len(t, got, len(want))
		for i, a := range want {
			require.Equal(t, a.scale, got[i].scale)
			require.True(t, slices.Equal(a.codes, got[i].codes))
		}
	}
	published := projections(t, golden.Path(t, "models", "fable-29m"))
	for i, a := range want {
		require.InEpsilon(t, a.scale[0], published[i].scale[0], 0.005)
		other := 0
		for k, c := range a.codes {
			if c != published[i].codes[k] {
				other++
			}
		}
		require.Less(t, float64(other), 0.04*float64(len(a.codes)))
	}
}

// A projection is a ternary matrix.
type projection struct {
	codes []int8
	scale []float32
}

func projections(t *testing.T, path string) (all []projection) {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	linears(w, func(l *model.Linear) {
		q := l.Ternary
		p := projection{codes: make([]int8, q.Rows*q.Cols), scale: q.Scale}
		q.Decode(p.codes, 0, q.Rows)
		all = append(all, p)
	})
	return all
}

// TestTernarizeScales writes each choice of scales and compares what is read back with the
// definition on the floats. Scales that differ in a row the engine refuses.
func TestTernarizeScales(t *testing.T) {
	src := wide(t)
	ck, err := checkpoint.Open(src)
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	for _, tt := range []struct {
		kind, scale string
		span        int
	}{
		{"tq2_0", "row", 512},
		{"tq1_0", "row", 512},
		{"q2_0", "row", 512},
		{"tq2_0", "group", 256},
		{"tq1_0", "group", 256},
		{"q2_0", "group", 64},
	} {
		t.Run(tt.kind+"/"+tt.scale, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "m.gguf")
			p, err := New(t.Context(), src, file, Options{Type: tt.kind, Scale: tt.scale, Ternarize: true})
			require.NoError(t, err)
			defer p.Close()
			v, err := p.Survey(t.Context(), nil)
			require.NoError(t, err)
			require.NoError(t, p.Write(t.Context(), nil))

			made, err := checkpoint.Open(file)
			require.NoError(t, err)
			defer made.Close()
			const name = "blk.0.ffn_up.weight"
			x, err := made.Tensor(name)
			require.NoError(t, err)
			got := make([]float32, 512*512)
			layout, _ := qtensor.LayoutOf(made.DType(name))
			require.NoError(t, qtensor.Dequantize(got, layout, x.Bytes(), 512, 512))
			want := rounded(w.Layers[0].Up.Dense, tt.span)
			require.Equal(t, want, got)

			var errs, squares float64
			row := make([]float32, 512)
			for r := range 512 {
				w.Layers[0].Up.Dense.Row(row, r)
				for c, x := range row {
					d := float64(x - got[r*512+c])
					errs, squares = errs+d*d, squares+float64(x)*float64(x)
				}
			}
			for _, s := range v.Tensors {
				if s.Name != name {
					continue
				}
				for _, e := range s.Errors {
					if e.Written {
						require.Equal(t, tt.scale, e.Scale)
						require.InEpsilon(t, math.Sqrt(errs/squares), e.Error, 1e-3) // scales are float16
					}
				}
			}
			_, err = made.Weights()
			if tt.scale == "row" {
				require.NoError(t, err)
				require.NotEmpty(t, lastLogits(t, file))
				return
			}
			require.ErrorContains(t, err, "group scales are not supported")
			require.Contains(t, p.Notes[0], "this program does not run such files")
		})
	}
}

// rounded makes a matrix ternary with a float16 scale for every span of columns.
func rounded(m *nn.Matrix, span int) []float32 {
	var all []float32
	row := make([]float32, m.Cols)
	for r := range m.Rows {
		m.Row(row, r)
		for c := 0; c < m.Cols; c += span {
			part := row[c:min(c+span, m.Cols)]
			var sum float64
			for _, v := range part {
				sum += math.Abs(float64(v))
			}
			scale := float32(sum / float64(len(part)))
			for _, v := range part {
				q := max(-1, min(1, math.RoundToEven(float64(v*(1/scale)))))
				all = append(all, float32(q)*dtype.F16ToF32(dtype.F32ToF16(scale)))
			}
		}
	}
	return all
}

// requireScales looks whether a file of Qwen3 has scales in tensors of their own.
func requireScales(t *testing.T, path string, want bool) {
	t.Helper()
	f, err := gguf.Open(path)
	require.NoError(t, err)
	defer f.Close()
	arch, _ := f.String("general.architecture")
	require.Equal(t, "qwen3", arch)
	has := slices.ContainsFunc(f.Tensors(), func(x gguf.Info) bool { return strings.HasSuffix(x.Name, ".scale") })
	require.Equal(t, want, has)
}

// TestTernarizeQwen3Blocks: what is made of a dense model has no tensors that engines may not
// know in its architecture, but float16 scales.
func TestTernarizeQwen3Blocks(t *testing.T) {
	dir, file := wideQwen3(t, false), filepath.Join(t.TempDir(), "m.gguf")
	convertModel(t, dir, file, Options{Type: "tq2_0", Ternarize: true})
	requireScales(t, file, false)
	want := ternarizedLogits(t, dir)
	require.Greater(t, slices.Max(want), 0.01)
	require.InDeltaSlice(t, want, lastLogits(t, file), 2e-4) // scales are rounded, and int8 codes may follow
}

// TestMastersQwen3Blocks: what masters lose where a graph is one that llama.cpp runs, and has no
// tensors for scales, is that scales are rounded, and not what rounding weights means. Graphs
// that only engines of BitNet run have these tensors.
func TestMastersQwen3Blocks(t *testing.T) {
	online := checkpoint.Options{Online: true}
	for _, ternarize := range []bool{false, true} {
		src, file := wideQwen3(t, false), filepath.Join(t.TempDir(), "m.gguf")
		o := Options{Type: "tq2_0", Source: online, Ternarize: ternarize}
		if !ternarize {
			requireLossy(t, src, file, o, "blk.0.attn_q.weight")
		}
		o.AllowLossy = true
		for _, s := range convertModel(t, src, file, o).Steps {
			if strings.Contains(s.Name, "ffn_up") || strings.Contains(s.Name, "attn_") && !strings.Contains(s.Name, "norm") {
				require.NotNil(t, s.Loss, s.Name)
				require.Positive(t, s.Loss.Max, s.Name)
				require.Less(t, s.Loss.RMS, 0x1p-11, s.Name)
			}
		}
		requireScales(t, file, false)
		require.InDeltaSlice(t, ternarizedLogits(t, src), lastLogits(t, file), 2e-4)

		src, file = wideQwen3(t, true), filepath.Join(t.TempDir(), "exact.gguf")
		p := convertModel(t, src, file, Options{Type: "tq2_0", Source: online, Ternarize: ternarize})
		require.False(t, slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Loss != nil && s.Loss.Max > 0 }))
		requireScales(t, file, true)
	}
}

// TestCancelWhilePlanning: scales that have tensors of their own are found by reading.
func TestCancelWhilePlanning(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := New(ctx, wide(t), filepath.Join(t.TempDir(), "m.gguf"), Options{Type: "tq2_0", Ternarize: true})
	require.ErrorIs(t, err, context.Canceled)
}

// TestTernarizeRefused names the remedy.
func TestTernarizeRefused(t *testing.T) {
	src := wide(t)
	dir := t.TempDir()
	for _, tt := range []struct {
		src, dst string
		o        Options
		want     string
	}{
		{packed(t), "m.gguf", Options{}, "is ternary already: model.layers.0.self_attn.q_proj.weight has the type U8; to have other types use bitnet convert"},
		{src, "m.gguf", Options{Type: "f16"}, `the type "f16" is not a ternary one`},
		{src, "m", Options{Type: "hf-bf16"}, `the type "hf-bf16" is not a ternary one`},
		{src, "m.gguf", Options{Type: "keep"}, `the type "keep" is not a ternary one`},
		{src, "m.gguf", Options{Scale: "row"}, "I2_S has one scale for a tensor: for one for each row choose tq1_0, tq2_0 or q2_0"},
		{src, "m", Options{Scale: "group"}, "the packed type of a directory has one scale for a tensor: for one for each group"},
		{src, "m.gguf", Options{Scale: "layer"}, `the scale is for a "layer", want tensor, row or group`},
		{src, "m", Options{TargetSize: 1}, "a target size is for .gguf files"},
		{src, "m.gguf", Options{TargetSize: -1}, "want a positive one"},
		{src, "m.gguf", Options{TargetSize: 1000}, "m.gguf cannot have 1000 bytes: the smallest possible, with projections of the type I2_S, has "},
	} {
		tt.o.Ternarize = true
		_, err := New(t.Context(), tt.src, filepath.Join(dir, tt.dst), tt.o)
		require.ErrorContains(t, err, tt.want)
	}
	// Floats that have three values, and blocks that have been rounded.
	floats, blocks := filepath.Join(dir, "floats.gguf"), filepath.Join(dir, "blocks.gguf")
	convertModel(t, packed(t), floats, Options{Type: "f32"})
	p, err := New(t.Context(), floats, filepath.Join(dir, "m.gguf"), Options{Ternarize: true})
	require.NoError(t, err)
	defer p.Close()
	_, err = p.Survey(t.Context(), nil)
	require.ErrorContains(t, err, "is ternary already: its floats are -s, 0 and s")
	writeBlocks(t, src, blocks)
	_, err = New(t.Context(), blocks, filepath.Join(dir, "m.gguf"), Options{Ternarize: true})
	require.ErrorContains(t, err, "blk.0.ffn_up.weight has the type Q8_0, which rounded it once")
}

// writeBlocks writes a model one of whose projections is Q8_0.
func writeBlocks(t *testing.T, src, dst string) {
	t.Helper()
	float := filepath.Join(t.TempDir(), "f.gguf")
	convertModel(t, src, float, Options{Type: "f32"})
	rewrite(t, float, dst, func(d *gguf.TensorData) {
		if d.Name != "blk.0.ffn_up.weight" {
			return
		}
		n, _ := nn.RowBytes(dtype.Q8_0, d.Shape[1])
		m := nn.Matrix{Rows: d.Shape[0], Cols: d.Shape[1], Type: dtype.Q8_0, Data: make([]byte, n*d.Shape[0])}
		row := make([]float32, m.Cols)
		for r := range m.Rows {
			require.NoError(t, dtype.Float32s(row, d.Data[4*r*m.Cols:][:4*m.Cols], dtype.F32))
			require.NoError(t, m.SetRow(r, row))
		}
		d.Type, d.Data = m.Type, m.Data
	})
}
