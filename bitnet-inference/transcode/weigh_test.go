package transcode

import (
	"cmp"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// importances returns an importance of every column of a model's projections, some 0.
func importances(t *testing.T, path string, draw func() float64) map[string][]float64 {
	t.Helper()
	ck := opened(t, path)
	all := map[string][]float64{}
	for _, r := range ck.Roles(ck.Tied()) {
		if r.Kind == checkpoint.KindProjection {
			for range r.Cols {
				all[r.GGUF] = append(all[r.GGUF], draw())
			}
		}
	}
	return all
}

// uneven draws magnitudes as activations have them.
func uneven() func() float64 {
	rng := rand.New(rand.NewPCG(5, 6))
	return func() float64 { return max(0, math.Exp(2*rng.NormFloat64())-0.1) }
}

func given(all map[string][]float64) func() (map[string][]float64, error) {
	return func() (map[string][]float64, error) { return all, nil }
}

// leastScale is the definition: of all numbers of weights that are not 0, the largest first,
// each with its best scale, the one with the least Σ m·(w − s·t)².
func leastScale(w []float32, importance []float64) float32 {
	type weight struct{ w, m float64 }
	all := make([]weight, len(w))
	for i, v := range w {
		all[i] = weight{math.Abs(float64(v)), importance[i%len(importance)]}
	}
	slices.SortStableFunc(all, func(x, y weight) int { return cmp.Compare(y.w, x.w) })
	var a, b, most, scale float64
	for i, x := range all {
		a, b = a+x.m*x.w, b+x.m
		if last := i == len(all)-1 || all[i+1].w != x.w; last && b > 0 && a*a/b > most {
			most, scale = a*a/b, a/b
		}
	}
	return float32(scale)
}

// outputError is √(Σ m·(w − s·q)² / Σ m·w²) where s serves all.
func outputError(w []float32, importance []float64, scale float32) float64 {
	var errs, all float64
	for i, v := range w {
		m, d := importance[i%len(importance)], float64(v)-float64(scale)*ternaryCode(v, scale)
		errs, all = errs+m*d*d, all+m*float64(v)*float64(v)
	}
	return math.Sqrt(errs / all)
}

func ternaryCode(w, scale float32) float64 {
	return max(-1, min(1, math.RoundToEven(float64(w*(1/scale)))))
}

func meanScale(w []float32) float32 {
	var sum float64
	for _, v := range w {
		sum += math.Abs(float64(v))
	}
	return float32(sum / float64(len(w)))
}

func values(m *nn.Matrix) []float32 {
	all := make([]float32, m.Rows*m.Cols)
	for r := range m.Rows {
		m.Row(all[r*m.Cols:(r+1)*m.Cols], r)
	}
	return all
}

// names lists projections as linears visits them.
var names = []string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}

// TestSearchedScales: what is written, in each form, has the scales and codes of the definition,
// which are others than those of mean magnitudes; what is said of it beforehand is so. The
// result runs.
func TestSearchedScales(t *testing.T) {
	full := copyModel(t, golden.Committed(t, "golden", "embed", "qwen3"), nil) // of float32
	src := copyModel(t, full, nil)
	rewriteDirectory(t, src, func(x *safetensors.TensorData) {
		for k := 0; x.Type == dtype.F32 && k < len(x.Data); k += 4 {
			x.Data[k], x.Data[k+1] = 0, 0 // what bfloat16 has no room for
		}
	})
	float := filepath.Join(t.TempDir(), "f.gguf")
	convertModel(t, src, float, Options{Type: "f32"})
	online := checkpoint.Options{Online: true}
	for _, tt := range []struct {
		name, src, dst string
		draw           func() float64
		o              Options
	}{
		{"directory to file", src, "m.gguf", uneven(), Options{}},
		{"directory to directory", src, "m", uneven(), Options{}},
		{"file to file", float, "m.gguf", uneven(), Options{}},
		{"masters to file", src, "m.gguf", uneven(), Options{Source: online}},
		{"masters to directory", src, "m", uneven(), Options{Source: online}},
		{"bfloat16 to file", wide(t), "m.gguf", uneven(), Options{Source: online}},
		{"float32 to file", full, "m.gguf", uneven(), Options{}},
		{"all columns alike", src, "m.gguf", func() float64 { return 3 }, Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := importances(t, tt.src, tt.draw)
			dst := filepath.Join(t.TempDir(), tt.dst)
			tt.o.Ternarize, tt.o.Importance = true, given(all)
			p, err := New(t.Context(), tt.src, dst, tt.o)
			require.NoError(t, err)
			defer p.Close()
			v, err := p.Survey(t.Context(), nil)
			require.NoError(t, err)
			require.True(t, v.Searched)
			require.NoFileExists(t, dst)
			require.NoError(t, p.Write(t.Context(), nil))
			require.NotEmpty(t, lastLogits(t, dst))

			was, err := opened(t, tt.src).Weights()
			require.NoError(t, err)
			made := projections(t, dst)
			var others, i int
			linears(was, func(l *model.Linear) {
				name := "blk." + string(rune('0'+i/len(names))) + "." + names[i%len(names)]
				w, importance := values(l.Dense), all[name]
				scale, mean := leastScale(w, importance), meanScale(w)
				require.Len(t, made[i].scale, 1)
				if tt.src == full { // of which bins hold several values
					require.InDelta(t, outputError(w, importance, scale), outputError(w, importance, made[i].scale[0]), 1e-4, name)
					scale = made[i].scale[0]
				}
				require.InEpsilon(t, scale, made[i].scale[0], 1e-6, name)
				var shares [3]float64
				for k, x := range w {
					code := int8(ternaryCode(x, made[i].scale[0]))
					require.Equal(t, code, made[i].codes[k], "%s %d", name, k)
					shares[code+1] += 1 / float64(len(w))
				}
				if math.Abs(float64(mean/scale)-1) > 0.01 {
					others++
				}
				k := slices.IndexFunc(v.Tensors, func(x Ternarized) bool {
					return strings.TrimSuffix(x.Name, ".weight") == name || strings.HasSuffix(x.Name, hfNames[names[i%len(names)]]) && strings.Contains(x.Name, "."+string(rune('0'+i/len(names)))+".")
				})
				s := v.Tensors[k]
				require.Equal(t, made[i].scale[0], s.Scale, name)
				require.InDeltaSlice(t, []float64{s.Minus, s.Zero, s.Plus}, shares[:], 1e-9)
				require.InDelta(t, outputError(w, importance, mean), s.Output.Absmean, 1e-6, name)
				require.InDelta(t, outputError(w, importance, scale), s.Output.Written, 1e-6, name)
				require.LessOrEqual(t, s.Output.Written, s.Output.Absmean, name)
				alike := []float64{1}
				require.InDelta(t, outputError(w, alike, mean), s.Errors[0].Error, 1e-6, "as with mean magnitudes")
				require.InDelta(t, outputError(w, alike, scale), s.Error, 1e-6)
				require.Len(t, s.Errors, len(scalings)+1)
				for j, e := range s.Errors {
					require.Equal(t, j == searched, e.Written)
					require.Equal(t, j == searched, e.Searched)
				}
				require.Equal(t, s.Error, s.Errors[searched].Error)
				require.Equal(t, scaleTensor, s.Errors[searched].Scale)
				i++
			})
			require.Len(t, made, i)
			require.Greater(t, others, i/2)
			require.Less(t, v.Total.Output.Written, v.Total.Output.Absmean)
		})
	}
}

var hfNames = map[string]string{
	"attn_q": "q_proj.weight", "attn_k": "k_proj.weight", "attn_v": "v_proj.weight", "attn_output": "o_proj.weight",
	"ffn_gate": "gate_proj.weight", "ffn_up": "up_proj.weight", "ffn_down": "down_proj.weight",
}

// TestSearchedSpans: scales of rows and blocks are those of the definition on the weights that
// they serve, as float16.
func TestSearchedSpans(t *testing.T) {
	src := wide(t)
	all := importances(t, src, uneven())
	w, err := opened(t, src).Weights()
	require.NoError(t, err)
	const name = "blk.0.ffn_up"
	floats, importance := values(w.Layers[0].Up.Dense), all[name]
	for _, tt := range []struct {
		kind, scale string
		span        int
	}{{"tq2_0", "row", 512}, {"tq1_0", "group", 256}, {"q2_0", "group", 64}} {
		file := filepath.Join(t.TempDir(), "m.gguf")
		p, err := New(t.Context(), src, file, Options{Type: tt.kind, Scale: tt.scale, Ternarize: true, Importance: given(all)})
		require.NoError(t, err)
		defer p.Close()
		v, err := p.Survey(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, p.Write(t.Context(), nil))
		made := opened(t, file)
		x, err := made.Tensor(name + ".weight")
		require.NoError(t, err)
		got := make([]float32, 512*512)
		layout, _ := qtensor.LayoutOf(made.DType(name + ".weight"))
		require.NoError(t, qtensor.Dequantize(got, layout, x.Bytes(), 512, 512))

		var usual, least, squares float64
		for at := 0; at < len(floats); at += tt.span {
			part, m := floats[at:at+tt.span], importance[at%512:][:tt.span]
			scale, mean := leastScale(part, m), meanScale(part)
			for i, v := range part {
				require.InDelta(t, ternaryCode(v, scale)*float64(dtype.F16ToF32(dtype.F32ToF16(scale))), got[at+i], 1e-9, "%d", at+i)
				u, l := float64(v)-float64(mean)*ternaryCode(v, mean), float64(v)-float64(scale)*ternaryCode(v, scale)
				usual, least, squares = usual+m[i]*u*u, least+m[i]*l*l, squares+m[i]*float64(v)*float64(v)
			}
		}
		s := v.Tensors[slices.IndexFunc(v.Tensors, func(x Ternarized) bool { return x.Name == name+".weight" })]
		require.InDelta(t, math.Sqrt(usual/squares), s.Output.Absmean, 1e-6)
		require.InDelta(t, math.Sqrt(least/squares), s.Output.Written, 1e-6)
		require.Less(t, s.Output.Written, s.Output.Absmean)
		require.Equal(t, tt.scale, s.Errors[searched].Scale)
		require.Equal(t, tt.scale == "group", s.Errors[searched].Columns == tt.span)
		if tt.scale == "row" {
			require.NotEmpty(t, lastLogits(t, file))
		}
	}
}

// TestSearchedSame: the scales found do not depend on processors or on the unit of the importance.
func TestSearchedSame(t *testing.T) {
	src := wide(t)
	all := importances(t, src, uneven())
	dir := t.TempDir()
	made := func(name string, threads int, factor float64, o Options) []byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		scaled := map[string][]float64{}
		for k, v := range all {
			for _, x := range v {
				scaled[k] = append(scaled[k], x*factor)
			}
		}
		o.Ternarize, o.Importance = true, given(scaled)
		convertModel(t, src, filepath.Join(dir, name), o)
		data, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		return data
	}
	want := made("a.gguf", 1, 1, Options{})
	require.Equal(t, want, made("b.gguf", 3, 1, Options{}))
	require.Equal(t, want, made("c.gguf", 2, 1024, Options{}))
	require.Equal(t, made("d.gguf", 1, 1, Options{Type: "tq2_0", Scale: "row"}), made("e.gguf", 3, 1, Options{Type: "tq2_0", Scale: "row"}))
}

// TestSearchedMasters: other scales than their own are a loss of masters, and what stays floats
// stands for what the model means.
func TestSearchedMasters(t *testing.T) {
	src := master2B4T(t)
	all := importances(t, src, uneven())
	p := convertModel(t, src, filepath.Join(t.TempDir(), "m.gguf"), Options{Ternarize: true, Importance: given(all), Tensors: []string{"attn_q=f32"}})
	usual := convertModel(t, src, filepath.Join(t.TempDir(), "m.gguf"), Options{Ternarize: true, Tensors: []string{"attn_q=f32"}})
	for i, s := range p.Steps {
		if strings.Contains(s.Name, "attn_k") || strings.Contains(s.Name, "ffn_up") {
			require.NotNil(t, s.Loss, s.Name)
			require.Positive(t, s.Loss.RMS, s.Name)
			require.Nil(t, usual.Steps[i].Loss)
		}
	}
	floats := func(p *Plan) (all []*nn.Matrix) {
		w, err := opened(t, p.Target).Weights()
		require.NoError(t, err)
		linears(w, func(l *model.Linear) {
			if l.Dense != nil {
				all = append(all, l.Dense)
			}
		})
		return all
	}
	was, is := floats(usual), floats(p)
	require.NotEmpty(t, was)
	for i := range was {
		require.Equal(t, values(was[i]), values(is[i]))
	}
}

// TestSearchedRefused: what is no importance of the model's columns is named, and nothing is asked
// for before the target and the types of the source are known to be possible.
func TestSearchedRefused(t *testing.T) {
	src := wide(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "m.gguf")
	with := func(change func(map[string][]float64)) func() (map[string][]float64, error) {
		all := importances(t, src, uneven())
		change(all)
		return given(all)
	}
	never := func() (map[string][]float64, error) { panic("it was asked") }
	failed := errors.New("of another model")
	for _, tt := range []struct {
		src, dst string
		o        Options
		want     string
	}{
		{src, file, Options{Importance: never}, "is for scales of floats that are made ternary"},
		{src, filepath.Join(dir, "no", "m.gguf"), Options{Ternarize: true, Importance: never}, "make it first"},
		{packed(t), file, Options{Ternarize: true, Importance: never}, "is ternary already"},
		{src, file, Options{Ternarize: true, Importance: func() (map[string][]float64, error) { return nil, failed }}, failed.Error()},
		{src, file, Options{Ternarize: true, Importance: with(func(m map[string][]float64) { delete(m, "blk.0.ffn_up") })}, `tensor "model.layers.0.mlp.up_proj.weight" has 512 columns, and the importance of 0 is known`},
		{src, file, Options{Ternarize: true, Importance: with(func(m map[string][]float64) { m["blk.0.attn_q"] = m["blk.0.attn_q"][1:] })}, "has 512 columns, and the importance of 511 is known"},
		{src, file, Options{Ternarize: true, Importance: with(func(m map[string][]float64) { m["blk.0.attn_q"][7] = -1 })}, "the importance of column 7 is -1"},
		{src, file, Options{Ternarize: true, Importance: with(func(m map[string][]float64) { m["blk.0.attn_q"][7] = math.NaN() })}, "the importance of column 7 is NaN"},
		{src, file, Options{Ternarize: true, Importance: with(func(m map[string][]float64) { m["blk.0.attn_q"][7] = math.Inf(1) })}, "the importance of column 7 is +Inf"},
		{src, file, Options{Ternarize: true, Importance: with(func(m map[string][]float64) { m["blk.0.attn_q"][5], m["blk.0.attn_q"][7] = 1e308, 1e308 })}, "the importance of columns 0 to 7 has a sum that is not finite"},
	} {
		_, err := New(t.Context(), tt.src, tt.dst, tt.o)
		require.ErrorContains(t, err, tt.want)
		made, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, made)
	}
	// Inputs that were always 0 tell nothing: mean magnitudes stay.
	convertModel(t, src, file, Options{Ternarize: true, Importance: given(importances(t, src, func() float64 { return 0 }))})
	usual := filepath.Join(dir, "usual.gguf")
	convertModel(t, src, usual, Options{Ternarize: true})
	requireSameTensors(t, usual, file)
}
