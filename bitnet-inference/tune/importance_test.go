package tune

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// TestImportance: each projection has the importance of the input that it reads, also where
// it norms that for itself.
func TestImportance(t *testing.T) {
	for _, tt := range []struct {
		path []string
		keys map[string]calibrate.Key
	}{
		{[]string{"transformers", "bitnet-2b4t-master"}, map[string]calibrate.Key{
			"blk.0.attn_q": {Layer: 0, Group: "qkv"}, "blk.1.attn_v": {Layer: 1, Group: "qkv"}, "blk.1.attn_output": {Layer: 1, Group: "o"},
			"blk.0.ffn_up": {Layer: 0, Group: "gate_up"}, "blk.1.ffn_down": {Layer: 1, Group: "down"},
		}},
		{[]string{"embed", "gemma3-bitnet"}, map[string]calibrate.Key{
			"blk.0.attn_q": {Layer: 0, Group: "q"}, "blk.1.attn_k": {Layer: 1, Group: "k"}, "blk.0.ffn_up": {Layer: 0, Group: "up"},
		}},
	} {
		ck, m := open(t, golden.Committed(t, append([]string{"golden"}, tt.path...)...), 2)
		s := collected(t, m, random(m, 20, 7))
		all, err := Importance(ck, m, s)
		require.NoError(t, err)
		require.Len(t, all, 7*m.Config.Layers)
		for _, r := range ck.Roles(ck.Tied()) {
			if r.Kind == checkpoint.KindProjection {
				require.Len(t, all[r.GGUF], r.Cols)
			}
		}
		for name, k := range tt.keys {
			require.Equal(t, s.Inputs[k].Importance(), all[name], name)
		}
	}
}

// TestImportanceRefused: statistics of another model, of none, or that lack something.
func TestImportanceRefused(t *testing.T) {
	ck, m := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-master"), 1)
	_, other := open(t, golden.Committed(t, "golden", "embed", "gemma3-bitnet"), 1)
	down := calibrate.Key{Group: "down"}
	for _, tt := range []struct {
		change func(s *calibrate.Statistics)
		want   string
	}{
		{func(s *calibrate.Statistics) { *s = *collected(t, other, random(other, 9)) }, "the statistics are of another model, whose layers are"},
		{func(s *calibrate.Statistics) { s.Model = "" }, `of another model, whose layers are "" and not "`},
		{func(s *calibrate.Statistics) { delete(s.Inputs, down) }, "the statistics have nothing of layers.0.down"},
		{func(s *calibrate.Statistics) {
			in := s.Inputs[down]
			in.AbsMax, in.SumSq = in.AbsMax[1:], in.SumSq[1:]
		}, "the statistics of layers.0.down have "},
		{func(s *calibrate.Statistics) { s.Inputs[down].Tokens, s.Inputs[down].NotFinite = 0, 9 }, "layer 0, down, has no input that is finite in the statistics (9 tokens left out): collect them with another text, or do without"},
	} {
		s := collected(t, m, random(m, 9))
		tt.change(s)
		_, err := Importance(ck, m, s)
		require.ErrorContains(t, err, tt.want)
		require.Equal(t, s.Inputs[down] == nil || s.Inputs[down].NotFinite == 0, errors.Is(err, ErrOtherModel), tt.want)
	}
}

// TestScalesWritten: what is written with these numbers has the scales that were tried.
func TestScalesWritten(t *testing.T) {
	src := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-master")
	ck, m := open(t, src, 2)
	s := collected(t, m, random(m, 30))
	masters, err := FindMasters(ck, m.Weights)
	require.NoError(t, err)
	tried, err := bench(t, m, random(m, 30)).Scales(t.Context(), s, masters)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "m.gguf")
	p, err := transcode.New(t.Context(), src, file, transcode.Options{Ternarize: true, Importance: func() (map[string][]float64, error) { return Importance(ck, m, s) }})
	require.NoError(t, err)
	defer p.Close()
	require.NoError(t, p.Write(t.Context(), nil))
	_, made := open(t, file, 2)
	for i, l := range projections(made.Weights) {
		require.InEpsilon(t, tried.Tensors[i].Scale, l.Ternary.Scale[0], 1e-6)
		require.NotEqual(t, tried.Tensors[i].Absmean, l.Ternary.Scale[0])
	}
	b := bench(t, made, random(m, 30))
	require.InEpsilon(t, tried.Weighted.Perplexity, b.Perplexity(), 1e-6)
}
