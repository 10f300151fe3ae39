package tune

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens a model on checked memory until t ends.
func open(t *testing.T, path string, threads int) (*checkpoint.Checkpoint, *Model) {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	w, err := ck.Weights()
	require.NoError(t, err)
	alloc := memory.NewChecked(memory.Mapped())
	t.Cleanup(func() {
		require.Empty(t, alloc.Leaks())
		require.NoError(t, ck.Close())
	})
	return ck, &Model{Config: ck.Config, Weights: w, Threads: threads, Memory: alloc}
}

// random returns sequences of random tokens.
func random(m *Model, lengths ...int) [][]int32 {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([][]int32, len(lengths))
	for i, n := range lengths {
		for range n {
			all[i] = append(all[i], rng.Int32N(int32(m.Config.VocabSize)))
		}
	}
	return all
}

// stories returns tokens of the first texts that fable is evaluated on.
func stories(t *testing.T, ck *checkpoint.Checkpoint, n int) [][]int32 {
	var docs []string
	golden.JSON(t, golden.Path(t, "models", "fable-29m", "eval_docs.json"), &docs)
	tok, err := ck.Tokenizer()
	require.NoError(t, err)
	all := make([][]int32, n)
	for i := range all {
		ids := tok.Encode([]int32{max(ck.Generation.BOS, 0)}, docs[i], tokenizer.Options{NoPostProcess: true})
		all[i] = ids[:min(len(ids), 120)]
	}
	return all
}

func collected(t *testing.T, m *Model, sequences [][]int32) *calibrate.Statistics {
	t.Helper()
	s, err := Collect(t.Context(), m, sequences, nil)
	require.NoError(t, err)
	return s
}

func bench(t *testing.T, m *Model, sequences [][]int32) *Bench {
	t.Helper()
	b, err := NewBench(t.Context(), m, sequences, nil)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// TestCollect: the same statistics, to the bit, on any number of threads, of every input
// and token.
func TestCollect(t *testing.T) {
	for _, name := range [][]string{{"transformers", "bitnet-2b4t-packed"}, {"embed", "gemma3-bitnet"}} {
		path := golden.Committed(t, append([]string{"golden"}, name...)...)
		_, one := open(t, path, 1)
		_, three := open(t, path, 3)
		var told []int
		sequences := random(one, 9, 0, 30)
		s, err := Collect(t.Context(), one, sequences, func(done, total int) { told = append(told, done, total) })
		require.NoError(t, err)
		require.Equal(t, []int{9, 39, 9, 39, 39, 39}, told)
		require.Equal(t, s, collected(t, three, sequences))
		require.Len(t, s.Model, 64)
		known, err := inputs(one.Weights, s)
		require.NoError(t, err)
		require.Len(t, known, len(s.Inputs))
		for k, in := range s.Inputs {
			require.EqualValues(t, 39, in.Tokens, k)
			require.Positive(t, in.RMS(), k)
		}
		delete(s.Inputs, s.Keys()[2])
		_, err = inputs(one.Weights, s)
		require.ErrorContains(t, err, "of another model")
		s.Inputs[calibrate.Key{Group: "qkv"}] = &calibrate.Input{AbsMax: make([]float32, 3)}
		s.Inputs[calibrate.Key{Group: "q"}] = s.Inputs[calibrate.Key{Group: "qkv"}]
		_, err = inputs(one.Weights, s)
		require.ErrorContains(t, err, "have 3 channels")
	}
}

// TestEffect: no change has no effect, and what has one is measured.
func TestEffect(t *testing.T) {
	_, m := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 2)
	b := bench(t, m, random(m, 40, 1, 17))
	require.Equal(t, 55, b.Tokens())
	e, err := b.effect(t.Context(), m.Weights, nil)
	require.NoError(t, err)
	require.Equal(t, &Effect{SameTop: 1, Perplexity: b.Perplexity(), Verdict: Nothing}, e)
	e, err = b.effect(t.Context(), m.Weights, func(_ int, _ transformer.Input, rows []float32, width int) {
		calibrate.Clip{Share: 0.3}.Apply(rows, width)
	})
	require.NoError(t, err)
	require.Positive(t, e.KL.Mean)
	require.NotZero(t, e.Loss)
	require.Positive(t, e.StdErr)
	require.InEpsilon(t, e.Perplexity, b.Perplexity()*math.Exp(e.Loss), 1e-9)

	require.Equal(t, Gains, verdict(-3.1, 1))
	require.Equal(t, Loses, verdict(3.1, 1))
	require.Equal(t, Nothing, verdict(2.9, 1))
	_, err = NewBench(t.Context(), m, [][]int32{{1}, {2}}, nil)
	require.ErrorContains(t, err, "nothing to predict")
}

// TestClipping: in float32 the same weights predict what the model does but for the
// rounding of activations; what is found is measured on both.
func TestClipping(t *testing.T) {
	ck, m := open(t, golden.Path(t, "models", "fable-29m"), 2)
	sequences := stories(t, ck, 4)
	b := bench(t, m, sequences)
	c, err := b.Clipping(t.Context(), collected(t, m, sequences))
	require.NoError(t, err)
	require.Equal(t, 4*m.Config.Layers, c.Inputs)
	require.Positive(t, c.Cut)
	require.Positive(t, c.Effect.KL.Mean)
	require.Less(t, c.Effect.KL.Mean, 0.1)
	require.Less(t, c.Exact.AsIs.Mean, 0.05)
	t.Logf("%d of %d cut, %v: loss %.5f ± %.5f, KL %.5f; of exact activations: as is %.5f, clipped %.5f", c.Cut, c.Inputs, c.Effect.Verdict, c.Effect.Loss, c.Effect.StdErr, c.Effect.KL.Mean, c.Exact.AsIs.Mean, c.Exact.Clipped.Mean)

	even := &calibrate.Statistics{Inputs: map[calibrate.Key]*calibrate.Input{}}
	for k, in := range collected(t, m, sequences).Inputs {
		in.Shares = calibrate.Shares{}
		even.Inputs[k] = in
	}
	c, err = b.Clipping(t.Context(), even)
	require.NoError(t, err)
	require.Zero(t, c.Cut)
	require.Nil(t, c.Effect, "nothing is cut")
}

// TestScalesOfMasters: with the usual scales masters make the model as it is.
func TestScalesOfMasters(t *testing.T) {
	ck, m := open(t, golden.Path(t, "models", "fable-29m-master"), 2)
	sequences := stories(t, ck, 3)
	masters, err := FindMasters(ck, m.Weights)
	require.NoError(t, err)
	require.Len(t, masters, 7*m.Config.Layers)
	b := bench(t, m, sequences)
	s, err := b.Scales(t.Context(), collected(t, m, sequences), masters)
	require.NoError(t, err)
	require.Nil(t, s.Absmean)
	require.Len(t, s.Tensors, len(masters))
	all := projections(m.Weights)
	for i, x := range s.Tensors {
		require.Equal(t, all[i].Ternary.Scale[0], x.Absmean)
		require.LessOrEqual(t, x.After, x.Before)
		made, err := round(masters[i], x.Absmean)
		require.NoError(t, err)
		require.Equal(t, all[i].Ternary, made)
	}
	require.NotNil(t, s.Weighted)
	require.Zero(t, s.KLGain, "there is no dense model to come closer to")
	t.Logf("%v: loss %.5f ± %.5f, KL %.5f", s.Weighted.Verdict, s.Weighted.Loss, s.Weighted.StdErr, s.Weighted.KL.Mean)
}

// TestScalesOfDense: a dense model that is made ternary is another one, and has no
// activations to clip.
func TestScalesOfDense(t *testing.T) {
	ck, m := open(t, golden.Path(t, "models", "stories260K", "stories260K.f32.gguf"), 2)
	sequences := stories(t, ck, 3)
	masters, err := FindMasters(ck, m.Weights)
	require.NoError(t, err)
	b := bench(t, m, sequences)
	stats := collected(t, m, sequences)
	s, err := b.Scales(t.Context(), stats, masters)
	require.NoError(t, err)
	require.Greater(t, s.Absmean.KL.Mean, 0.5)
	require.Equal(t, Loses, s.Absmean.Verdict)
	require.Less(t, s.KLGain, 1.0)
	t.Logf("perplexity %.3f, absmean %.3f, weighted %.3f, KL gain %.1f %%", b.Perplexity(), s.Absmean.Perplexity, s.Weighted.Perplexity, 100*s.KLGain)
	c, err := b.Clipping(t.Context(), stats)
	require.NoError(t, err)
	require.Equal(t, &Clipping{Clips: map[calibrate.Key]calibrate.Clip{}}, c)

	packed, w := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 1)
	masters, err = FindMasters(packed, w.Weights)
	require.NoError(t, err)
	require.Nil(t, masters)
}

// TestHeads: smaller types, larger effects.
func TestHeads(t *testing.T) {
	ck, m := open(t, golden.Path(t, "models", "fable-29m"), 2)
	b := bench(t, m, stories(t, ck, 2))
	all, err := b.Heads(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 10)
	for i, c := range all {
		require.Equal(t, []Part{PartHead, PartBoth}[i/5], c.Part)
		require.Equal(t, []string{"BF16", "F16", "Q8_0", "Q6_K", "Q4_0"}[i%5], c.Type)
		switch {
		case i%5 == 0:
			require.Nil(t, c.Effect)
		case i%5 > 1:
			require.Less(t, c.Bytes, all[i-1].Bytes)
			require.Greater(t, c.Effect.KL.Mean, all[i-1].effectKL())
		}
		t.Logf("%s %s: %d bytes, KL %.6f", c.Part, c.Type, c.Bytes, c.effectKL())
	}
}

func (c *HeadChoice) effectKL() float64 {
	if c.Effect == nil {
		return 0
	}
	return c.Effect.KL.Mean
}

// TestThreads: what is measured does not depend on their number, in models whose embedding
// is the head and in others, and where projections norm their inputs for themselves.
func TestThreads(t *testing.T) {
	for _, c := range []struct {
		path  []string
		parts []Part
	}{
		{[]string{"transformers", "bitnet-2b4t-packed"}, []Part{PartHead, PartBoth}},
		{[]string{"transformers", "llama-bitlinear-packed"}, []Part{PartHead, PartEmbedding}},
		{[]string{"embed", "gemma3-bitnet"}, []Part{PartHead, PartBoth}},
	} {
		var clippings []*Clipping
		var heads [][]HeadChoice
		for _, threads := range []int{1, 3} {
			_, m := open(t, golden.Committed(t, append([]string{"golden"}, c.path...)...), threads)
			sequences := random(m, 30, 20)
			b := bench(t, m, sequences)
			c, err := b.Clipping(t.Context(), collected(t, m, sequences))
			require.NoError(t, err)
			h, err := b.Heads(t.Context())
			require.NoError(t, err)
			clippings, heads = append(clippings, c), append(heads, h)
		}
		require.Equal(t, clippings[0], clippings[1])
		require.Equal(t, heads[0], heads[1])
		t.Logf("%s: %d of %d inputs cut", c.path[1], clippings[0].Cut, clippings[0].Inputs)
		if found := clippings[0]; found.Cut > 0 {
			require.Positive(t, found.Effect.KL.Mean)
			require.Positive(t, found.Exact.AsIs.Mean)
		} else {
			require.Equal(t, &Clipping{Clips: found.Clips, Inputs: found.Inputs}, found)
		}
		var parts []Part
		for _, h := range heads[0] {
			require.Equal(t, !slices.Contains(parts, h.Part), h.Effect == nil, "the first is as it is")
			if h.Effect == nil {
				parts = append(parts, h.Part)
			}
		}
		require.Equal(t, c.parts, parts)
	}
}

// TestScalesOfCommitted is TestScalesOfMasters with what is in the repository.
func TestScalesOfCommitted(t *testing.T) {
	ck, m := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-master"), 2)
	masters, err := FindMasters(ck, m.Weights)
	require.NoError(t, err)
	sequences := random(m, 30)
	s, err := bench(t, m, sequences).Scales(t.Context(), collected(t, m, sequences), masters)
	require.NoError(t, err)
	for i, p := range projections(m.Weights) {
		require.Equal(t, p.Ternary.Scale[0], s.Tensors[i].Absmean)
		require.Less(t, s.Tensors[i].After, s.Tensors[i].Before)
	}
	require.Positive(t, s.Weighted.KL.Mean)
}
