package tune

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
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
	pool := parallel.New(threads)
	t.Cleanup(func() {
		pool.Close()
		require.Empty(t, alloc.Leaks())
		require.NoError(t, ck.Close())
	})
	return ck, &Model{Config: ck.Config, Weights: w, Pool: pool, Memory: alloc}
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
	all := &calibrate.Statistics{}
	require.NoError(t, Collect(t.Context(), m, nil, sequences, func(_ int, s *calibrate.Statistics) error { return all.Merge(s) }))
	return all
}

func bench(t *testing.T, m *Model, sequences [][]int32) *Bench {
	t.Helper()
	b, err := NewBench(t.Context(), m, sequences, nil)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// TestCollect: the same statistics, to the bit, on any number of threads, of every input
// and token; and those of another model are told before anything is run.
func TestCollect(t *testing.T) {
	for _, name := range [][]string{{"transformers", "bitnet-2b4t-packed"}, {"embed", "gemma3-bitnet"}} {
		path := golden.Committed(t, append([]string{"golden"}, name...)...)
		_, one := open(t, path, 1)
		_, three := open(t, path, 3)
		var told []int
		sequences := random(one, 9, 0, 30)
		s := &calibrate.Statistics{}
		require.NoError(t, Collect(t.Context(), one, nil, sequences, func(i int, part *calibrate.Statistics) error {
			told = append(told, i)
			return s.Merge(part)
		}))
		require.Equal(t, []int{0, 1, 2}, told)
		require.Equal(t, s, collected(t, three, sequences))
		never := func(int, *calibrate.Statistics) error { panic("it was run") }
		require.ErrorContains(t, Collect(t.Context(), one, &calibrate.Statistics{Model: "ab"}, sequences, never), "of two models")
		wide := &calibrate.Statistics{Inputs: map[calibrate.Key]*calibrate.Input{{Group: "down"}: {AbsMax: make([]float32, 3)}}}
		require.ErrorContains(t, Collect(t.Context(), one, wide, sequences, never), "3 in the other")
		require.Len(t, s.Model, 64)
		known, err := inputs(one.Weights, s)
		require.NoError(t, err)
		require.Len(t, known, len(s.Inputs))
		for k, in := range s.Inputs {
			require.EqualValues(t, 39, in.Tokens, k)
			require.True(t, in.Rounded)
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

// TestForms: statistics of the same layers are of one model, whatever form its files have.
func TestForms(t *testing.T) {
	for _, name := range []string{"bitnet-2b4t-packed", "llama-bitlinear-packed"} {
		src := golden.Committed(t, "golden", "transformers", name)
		_, m := open(t, src, 1)
		s := collected(t, m, random(m, 20))
		for _, o := range []transcode.Options{{}, {Embedding: "q8_0", AllowLossy: true}} {
			file := filepath.Join(t.TempDir(), "m.gguf")
			p, err := transcode.New(t.Context(), src, file, o)
			require.NoError(t, err)
			require.NoError(t, p.Write(t.Context(), nil))
			require.NoError(t, p.Close())
			_, other := open(t, file, 1)
			require.NoError(t, collected(t, other, random(m, 20)).Merge(s), "%s %v", name, o)
		}
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

	require.Equal(t, Gains, verdict(-3.1, 1, 30))
	require.Equal(t, Loses, verdict(3.1, 1, 30))
	require.Equal(t, Nothing, verdict(2.9, 1, 30))
	require.Equal(t, Nothing, verdict(30, 1, 29), "their standard error is a guess")
	_, err = NewBench(t.Context(), m, [][]int32{{1}, {2}}, nil)
	require.ErrorContains(t, err, "nothing to predict")
}

// TestKept: effects are the same whether there is room for the model's logits or not.
func TestKept(t *testing.T) {
	_, m := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 2)
	sequences := random(m, 40, 1, 17)
	change := func(_ int, _ transformer.Input, rows []float32, width int) {
		calibrate.Clip{Share: 0.3}.Apply(rows, width)
	}
	kept := bench(t, m, sequences)
	require.NotNil(t, kept.keptLogits())
	poor := *m
	poor.Memory = &counting{Allocator: m.Memory, refused: 4 * kept.Tokens() * m.Config.VocabSize}
	anew := bench(t, &poor, sequences)
	require.Nil(t, anew.keptLogits())
	require.Equal(t, kept.Perplexity(), anew.Perplexity())
	want, err := kept.effect(t.Context(), m.Weights, change)
	require.NoError(t, err)
	got, err := anew.effect(t.Context(), m.Weights, change)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestRuined: a change that leaves no finite predictions is a result; a model that has none
// as it is, a fault.
func TestRuined(t *testing.T) {
	_, m := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 2)
	sequences := random(m, 40)
	ruin := func(_ int, _ transformer.Input, rows []float32, _ int) { rows[0] = float32(math.NaN()) }
	b := bench(t, m, sequences)
	e, err := b.effect(t.Context(), m.Weights, ruin)
	require.NoError(t, err)
	require.Equal(t, &Effect{Verdict: Ruins}, e)
	e, exact, err := b.effectAndExact(t.Context(), ruin, m.Weights)
	require.NoError(t, err)
	require.Equal(t, &Effect{Verdict: Ruins}, e)
	require.Nil(t, exact)
	ruined := *m.Weights
	ruined.OutputNorm = slices.Clone(ruined.OutputNorm)
	ruined.OutputNorm[0] = float32(math.NaN())
	damaged := *m
	damaged.Weights = &ruined
	_, err = NewBench(t.Context(), &damaged, sequences, nil)
	require.ErrorIs(t, err, score.ErrLogits)
}

// TestUnlikely: numbers stay within what JSON has, however unlikely a text is.
func TestUnlikely(t *testing.T) {
	var c score.Comparison
	c.Add(&score.Divergence{KL: 3, LogProbBase: -800, LogProb: -1000})
	e := newEffect(&c)
	require.Equal(t, Effect{KL: e.KL, SameTop: 1, Perplexity: math.MaxFloat64, Loss: 200, StdErr: 200, Verdict: Nothing}, *e)
	_, err := json.Marshal(e)
	require.NoError(t, err)
	require.Equal(t, math.MaxFloat64, perplexity(&c.Base))
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

// TestClippingOnce: the clipped model, the one as it is and the one with exact activations
// run side by side, each once, and are compared as if two at a time had run.
func TestClippingOnce(t *testing.T) {
	_, m := open(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"), 2)
	sequences := random(m, 100, 1, 170, 30)
	stats := collected(t, m, sequences)
	for _, room := range []bool{true, false} { // for logits of the model as it is
		counted := *m
		count := &counting{Allocator: m.Memory}
		counted.Memory = count
		if !room {
			count.refused = 4 * (99 + 169 + 29) * m.Config.VocabSize
		}
		b := bench(t, &counted, sequences)
		require.Equal(t, room, b.keptLogits() != nil)
		before := count.n
		c, err := b.Clipping(t.Context(), stats)
		require.NoError(t, err)
		made := count.n - before

		known, err := inputs(m.Weights, stats)
		require.NoError(t, err)
		observe := func(layer int, input transformer.Input, rows []float32, width int) {
			known[calibrate.Key{Layer: layer, Group: input.String()}].Shares.Clip().Apply(rows, width)
		}
		before = count.n
		effect, err := b.effect(t.Context(), m.Weights, observe)
		require.NoError(t, err)
		require.Equal(t, effect, c.Effect)
		once := count.n - before
		weights, free, err := b.floats(t.Context())
		require.NoError(t, err)
		defer free()
		exact, err := m.run(weights, nil)
		require.NoError(t, err)
		defer exact.Close()
		clipped, err := m.run(m.Weights, observe)
		require.NoError(t, err)
		defer clipped.Close()
		for _, side := range []struct {
			got  compare.Distribution
			rows score.Rows
		}{{c.Exact.AsIs, b.baseLogits(t.Context())}, {c.Exact.Clipped, b.logits(t.Context(), clipped)}} {
			var both score.Comparison
			require.NoError(t, score.Diverge(1, b.logits(t.Context(), exact), side.rows, b.vocab(), b.vocab(), b.next, into(&both)))
			require.Equal(t, distribution(&both), side.got)
		}
		require.Equal(t, 1-c.Exact.Clipped.Mean/c.Exact.AsIs.Mean, c.Exact.Gain)
		t.Logf("allocations: %d, one model's: %d", made, once)
		require.LessOrEqual(t, made, 2*once, "each is made and run once")
	}
}

// counting counts what is allocated, and has no room for that many bytes.
type counting struct {
	memory.Allocator
	n, refused int
}

func (c *counting) Alloc(n, align int) (memory.Buffer, error) {
	if n == c.refused {
		return memory.Buffer{}, errors.New("no room")
	}
	c.n++
	return c.Allocator.Alloc(n, align)
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
	require.InDelta(t, 0, s.KLGain, 0.2, "it is as ruined")
	require.InDelta(t, 1-s.Weighted.KL.Mean/s.Absmean.KL.Mean, s.KLGain, 1e-12)
	t.Logf("perplexity %.3f, absmean %.3f, weighted %.3f, KL gain %.1f %%", b.Perplexity(), s.Absmean.Perplexity, s.Weighted.Perplexity, 100*s.KLGain)
	c, err := b.Clipping(t.Context(), stats)
	require.NoError(t, err)
	require.Equal(t, &Clipping{}, c)

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
	var parts, types []string
	for i, c := range all {
		parts, types = append(parts, string(c.Part)), append(types, c.Type)
		if i == 0 || all[i-1].Part != c.Part {
			require.Nil(t, c.Effect)
		} else if i > 1 && all[i-2].Part == c.Part {
			require.Less(t, c.Bytes, all[i-1].Bytes)
			require.Greater(t, c.Effect.KL.Mean, all[i-1].effectKL())
		}
		t.Logf("%s %s: %d bytes, KL %.6f", c.Part, c.Type, c.Bytes, c.effectKL())
	}
	require.Equal(t, strings.Fields("head head head head both both both both both"), parts)
	require.Equal(t, strings.Fields("BF16 F16 Q8_0 Q6_K BF16 F16 Q8_0 Q6_K Q4_0"), types, "no model has a head of Q4_0 and a larger embedding that it is in the file")
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
			require.Equal(t, &Clipping{Inputs: found.Inputs}, found)
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
