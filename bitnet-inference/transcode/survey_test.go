package transcode

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// TestSurvey tells weights that were rounded in training from others, on models that were
// and were not.
func TestSurvey(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	survey := func(src string, o Options) *Survey {
		o.Ternarize = true
		p, err := New(t.Context(), src, filepath.Join(t.TempDir(), "m.gguf"), o)
		require.NoError(t, err)
		defer p.Close()
		last := int64(0)
		v, err := p.Survey(t.Context(), func(done, total int64) {
			require.Greater(t, done, last)
			require.LessOrEqual(t, done, total)
			last = done
		})
		require.NoError(t, err)
		require.Equal(t, v.Total.Number, last)
		return v
	}
	master := survey(golden.Path(t, "models", "fable-29m-master"), Options{})
	require.True(t, master.Declared)
	require.True(t, master.Trained)
	stories := survey(golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), Options{})
	require.False(t, stories.Declared)
	require.False(t, stories.Trained)
	for _, m := range master.Tensors {
		require.Greater(t, m.Threshold, trainedDensity, m.Name)
	}
	for _, m := range stories.Tensors {
		require.Less(t, m.Threshold, trainedDensity, m.Name)
	}
	for _, v := range []*Survey{master, stories} {
		require.InDelta(t, 1, v.Total.Minus+v.Total.Zero+v.Total.Plus, 1e-12)
		for _, m := range v.Tensors {
			require.True(t, m.Errors[0].Written)
			require.Less(t, m.Fit, m.Errors[0].Error)
			require.InDelta(t, 0.6, m.Errors[0].Error, 0.25) // of bell-shaped weights about 0.51
		}
	}
	for _, name := range []string{"qwen3", "gemma3"} {
		v := survey(copyModel(t, golden.Committed(t, "golden", "embed", name), gemmaHeads), Options{})
		require.False(t, v.Trained, name)
	}
}

// TestSurveyByHand compares with figures that can be worked out.
func TestSurveyByHand(t *testing.T) {
	var s Ternarized
	// The scale is 1: errors 0.5 and 0.5 of 0 and 1, and 0.5 of 2 at ±1.5.
	s.add([]float32{0.5, -1.5, 1.5, 0.5}, make([]int8, 4), 1, 0)
	s.finish()
	require.InDelta(t, math.Sqrt(1./5), s.Errors[0].Error, 1e-12)
	require.Equal(t, []float64{0.25, 0.5, 0.25}, []float64{s.Minus, s.Zero, s.Plus})
	require.True(t, s.several)
	require.InDelta(t, 1, s.Threshold, 0, "nothing beside the threshold")

	var two Ternarized
	two.add([]float32{0.3, 0.3, 0.5, 0.7, 0.5, 0.45, 0.7, -0.59}, make([]int8, 8), 1, 0)
	two.finish()
	require.InDelta(t, 2, two.Threshold, 1e-12)
}

// TestSurveyThreads: figures do not depend on how many processors there are.
func TestSurveyThreads(t *testing.T) {
	src := wide(t)
	survey := func(threads int) *Survey {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		p, err := New(t.Context(), src, filepath.Join(t.TempDir(), "m.gguf"), Options{Ternarize: true})
		require.NoError(t, err)
		defer p.Close()
		v, err := p.Survey(t.Context(), nil)
		require.NoError(t, err)
		return v
	}
	require.Equal(t, survey(1), survey(3))
}

// TestSurveyNotFinite: damaged weights are named.
func TestSurveyNotFinite(t *testing.T) {
	src := wide(t)
	rewriteDirectory(t, src, func(x *safetensors.TensorData) {
		if x.Name == "model.layers.0.mlp.up_proj.weight" {
			x.Data[100], x.Data[101] = 0xc0, 0x7f // NaN
		}
	})
	weighed := given(importances(t, src, uneven()))
	for _, o := range []Options{
		{},
		{Type: "tq2_0"},
		{Type: "tq2_0", Scale: "row"},
		{Importance: weighed},
		{Type: "tq2_0", Importance: weighed},
		{Type: "tq2_0", Scale: "row", Importance: weighed},
	} {
		o.Ternarize = true
		file := filepath.Join(t.TempDir(), "m.gguf")
		p, err := New(t.Context(), src, file, o)
		if err == nil {
			_, err = p.Survey(t.Context(), nil)
			require.ErrorContains(t, err, "model.layers.0.mlp.up_proj.weight")
			err = p.Write(t.Context(), nil)
			require.NoError(t, p.Close())
		}
		require.ErrorContains(t, err, "model.layers.0.mlp.up_proj.weight")
		require.NoFileExists(t, file)
	}
}

// TestSurveyNearGrid: weights that lie around three values are trained for these, however
// few there are at half a scale.
func TestSurveyNearGrid(t *testing.T) {
	src := wide(t)
	rng := rand.New(rand.NewPCG(3, 4))
	rewriteDirectory(t, src, func(x *safetensors.TensorData) {
		if strings.Contains(x.Name, "_proj.") {
			for k := 0; k < len(x.Data); k += 2 {
				v := dtype.F32ToBF16(0.02*float32(rng.IntN(3)-1) + 0.001*float32(rng.NormFloat64()))
				x.Data[k], x.Data[k+1] = byte(v), byte(v>>8)
			}
		}
	})
	for _, tt := range []struct {
		path string
		want bool
	}{{src, true}, {wide(t), false}} {
		p, err := New(t.Context(), tt.path, filepath.Join(t.TempDir(), "m.gguf"), Options{Ternarize: true})
		require.NoError(t, err)
		defer p.Close()
		v, err := p.Survey(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, tt.want, v.Trained)
		require.False(t, v.Declared)
		if tt.want {
			require.InDelta(t, 0.001/math.Sqrt(0.02*0.02*2/3), v.Total.Fit, 0.01)
			require.Less(t, v.Total.Threshold, 1.4)
		}
	}
}

// TestSurveyMixed: where tensors have scales of several kinds, each says which it has, and
// the error of all is that of what is written.
func TestSurveyMixed(t *testing.T) {
	for _, first := range []string{"attn_q", "ffn_down"} { // in the order of tensors, and not
		p, err := New(t.Context(), wide(t), filepath.Join(t.TempDir(), "m.gguf"), Options{Type: "tq2_0", Scale: "row", Tensors: []string{first + "=i2_s"}, Ternarize: true})
		require.NoError(t, err)
		defer p.Close()
		v, err := p.Survey(t.Context(), nil)
		require.NoError(t, err)
		var errs, squares float64
		for _, x := range v.Tensors {
			want := []bool{false, true, false, false, false}
			if strings.Contains(x.Name, first) {
				want = []bool{true, false, false, false, false}
			}
			for i, e := range x.Errors {
				require.Equal(t, want[i], e.Written, x.Name)
				if e.Written {
					require.InDelta(t, e.Error, x.Error, 0)
				}
			}
			errs, squares = errs+x.Error*x.Error*x.squares, squares+x.squares
		}
		for i, e := range v.Total.Errors {
			require.Equal(t, i < 2, e.Written, e.Scale)
		}
		require.InEpsilon(t, math.Sqrt(errs/squares), v.Total.Error, 1e-12)
		require.Less(t, v.Total.Error, v.Total.Errors[0].Error)
		require.Greater(t, v.Total.Error, v.Total.Errors[1].Error)
	}
}
