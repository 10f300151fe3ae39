package transcode

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/golden/contents"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-quant/absmean"
)

// wideLlama is wide as Llama.
func wideLlama(t *testing.T) string {
	t.Helper()
	src := wide(t)
	dir := copyModel(t, src, map[string]any{"model_type": "llama", "architectures": []string{"LlamaForCausalLM"}, "hidden_act": "silu"})
	all := slices.DeleteFunc(contents.Safetensors(t, src), func(x safetensors.TensorData) bool { return strings.Contains(x.Name, "sub_norm") })
	require.NoError(t, safetensors.WriteFile(filepath.Join(dir, "model.safetensors"), nil, all))
	return dir
}

func setBF16(t *testing.T, x *safetensors.TensorData, w []float32) {
	t.Helper()
	_, err := convert.Convert(x.Data, convert.Bytes(w), dtype.BF16, dtype.F32, convert.Options{})
	require.NoError(t, err)
}

// surveyed makes a plan and what it says beforehand.
func surveyed(t *testing.T, src, dst string, o Options) (*Plan, *Survey) {
	t.Helper()
	o.Ternarize = true
	p, err := New(t.Context(), src, dst, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	v, err := p.Survey(t.Context(), nil)
	require.NoError(t, err)
	return p, v
}

// of returns what a survey says of the tensors with a part in their names, of which there are some.
func (s *Survey) of(t *testing.T, part string) (all []Ternarized) {
	t.Helper()
	for _, x := range s.Tensors {
		if strings.Contains(x.Name, part) {
			all = append(all, x)
		}
	}
	require.NotEmpty(t, all, part)
	return all
}

// TestSearchedTiny: a tensor of weights that a float16 scale has no room for has the least scale
// that mean magnitudes may have, in each division, and is written as it was said to be.
func TestSearchedTiny(t *testing.T) {
	src := wideLlama(t)
	rewriteDirectory(t, src, func(x *safetensors.TensorData) {
		if !strings.Contains(x.Name, "v_proj") {
			return
		}
		w := make([]float32, len(x.Data)/2)
		require.NoError(t, dtype.Float32s(w, x.Data, dtype.BF16))
		for i := range w {
			w[i] *= 1e-9
		}
		setBF16(t, x, w)
	})
	all := importances(t, src, uneven())
	for _, scale := range []string{scaleTensor, scaleRow, scaleGroup} {
		file := filepath.Join(t.TempDir(), "m.gguf")
		p, v := surveyed(t, src, file, Options{Type: "q2_0", Scale: scale, Importance: given(all)})
		require.NoError(t, p.Check(t.Context()))
		require.NoError(t, p.Write(t.Context(), nil))
		tiny := v.of(t, "attn_v")[0]
		require.EqualValues(t, 1, tiny.Zero, scale)
		require.EqualValues(t, 1, tiny.Error, scale)
		require.EqualValues(t, 1, tiny.Output.Written, scale)
		require.Equal(t, float32(absmean.Eps), tiny.Scale)
	}
}

// TestSearchedTurned: the order that rows of queries and keys have in the result is nothing to
// the scales that are found. Here it would be: where each column has eight times as many of
// 1/4 as of 1, the scale 1 leaves the same error as 1/3, and the last bit of the sums decides.
func TestSearchedTurned(t *testing.T) {
	src := wideLlama(t)
	rng := rand.New(rand.NewPCG(3, 5))
	rewriteDirectory(t, src, func(x *safetensors.TensorData) {
		if !strings.Contains(x.Name, "q_proj") && !strings.Contains(x.Name, "k_proj") {
			return
		}
		w := make([]float32, 512*512)
		for c := range 512 {
			for i, r := range rng.Perm(512)[:9*4] {
				w[r*512+c] = 0.25
				if i < 4 {
					w[r*512+c] = 1
				}
			}
		}
		setBF16(t, x, w)
	})
	all := importances(t, src, uneven())
	dir := t.TempDir()
	file, again := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "m")
	turned, _ := surveyed(t, src, file, Options{Importance: given(all)})
	asIs, _ := surveyed(t, src, again, Options{Importance: given(all)})
	var rotations []checkpoint.Rotation
	for _, o := range turned.outputs {
		if o.importance != nil {
			rotations = append(rotations, o.m.turn)
		}
	}
	require.Contains(t, rotations, checkpoint.Turn(false, true))
	for _, p := range []*Plan{turned, asIs} {
		require.NoError(t, p.Write(t.Context(), nil))
	}
	want, got := projections(t, again), projections(t, file)
	for i := range want {
		require.Equal(t, want[i].scale, got[i].scale, names[i])
	}
}

// TestSearchedMixed: where tensors have scales of several kinds, each says which it has, and all of
// them together none.
func TestSearchedMixed(t *testing.T) {
	src := wide(t)
	all := importances(t, src, uneven())
	for _, tt := range []struct {
		o     Options
		total ScaleError
		other map[string]ScaleError
	}{
		{Options{Type: "q2_0", Scale: scaleRow, Tensors: []string{"attn_q=i2_s"}}, ScaleError{}, map[string]ScaleError{"attn_q": {Scale: scaleTensor}, "ffn_up": {Scale: scaleRow}}},
		{Options{Type: "q2_0", Scale: scaleRow, Tensors: []string{"ffn_down=i2_s"}}, ScaleError{}, map[string]ScaleError{"ffn_down": {Scale: scaleTensor}, "ffn_up": {Scale: scaleRow}}},
		{Options{Type: "q2_0", Scale: scaleGroup, Tensors: []string{"attn_k=tq2_0"}}, ScaleError{}, map[string]ScaleError{"attn_k": {Scale: scaleGroup, Columns: 256}, "attn_q": {Scale: scaleGroup, Columns: 64}}},
		{Options{Type: "q2_0", Scale: scaleGroup}, ScaleError{Scale: scaleGroup, Columns: 64}, nil},
		{Options{Type: "q2_0", Scale: scaleRow}, ScaleError{Scale: scaleRow}, nil},
		{Options{}, ScaleError{Scale: scaleTensor}, nil},
	} {
		tt.o.Importance = given(all)
		_, v := surveyed(t, src, filepath.Join(t.TempDir(), "m.gguf"), tt.o)
		kind := func(x *Ternarized) ScaleError {
			e := x.Errors[searched]
			require.True(t, e.Searched && e.Written)
			return ScaleError{Scale: e.Scale, Columns: e.Columns}
		}
		require.Equal(t, tt.total, kind(&v.Total), "%+v", tt.o)
		for name, want := range tt.other {
			require.Equal(t, want, kind(&v.of(t, name)[0]), name)
		}
	}
}

// TestSearchedUnread: of a projection whose inputs are always 0 there is no error of outputs to be
// told.
func TestSearchedUnread(t *testing.T) {
	src := wide(t)
	all := importances(t, src, uneven())
	clear(all["blk.0.attn_output"])
	_, v := surveyed(t, src, filepath.Join(t.TempDir(), "m.gguf"), Options{Importance: given(all)})
	unread := v.of(t, "attn_output")[0]
	require.Nil(t, unread.Output)
	require.Equal(t, unread.Errors[0].Error, unread.Error, "mean magnitudes are kept")
	require.NotNil(t, v.of(t, "attn_q")[0].Output)
	require.NotNil(t, v.Total.Output)
}

// TestSearchedKept: scales of rows that a survey has searched for are not searched for again, and
// a result is the same with a survey and without.
func TestSearchedKept(t *testing.T) {
	src := wide(t)
	all := importances(t, src, uneven())
	for _, scale := range []string{scaleTensor, scaleRow} {
		o := Options{Type: "tq2_0", Scale: scale, Ternarize: true, Importance: given(all)}
		want, got := filepath.Join(t.TempDir(), "m.gguf"), filepath.Join(t.TempDir(), "m.gguf")
		convertModel(t, src, want, o)
		p, _ := surveyed(t, src, got, o)
		for _, o := range p.outputs {
			clear(o.importance) // with which another search finds nothing
		}
		require.NoError(t, p.Write(t.Context(), nil))
		requireSameTensors(t, want, got)
	}
}
