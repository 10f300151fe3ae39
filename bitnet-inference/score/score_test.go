package score

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// load opens a model in both forms.
func load(t testing.TB, path string) (ck *checkpoint.Checkpoint, fast, slow Scorer) {
	t.Helper()
	ck, err := checkpoint.Open(path)
	require.NoError(t, err)
	w, err := ck.Weights()
	require.NoError(t, err)
	pool := parallel.New(2)
	checked := memory.NewChecked(memory.Mapped())
	m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, Memory: checked})
	require.NoError(t, err)
	t.Cleanup(func() {
		m.Close()
		require.Empty(t, checked.Leaks())
		pool.Close()
		require.NoError(t, ck.Close())
	})
	return ck, Fast(m), Reference(reference.New(ck.Config, w))
}

// TestFablePerplexity reproduces the perplexity that the public code finds for
// the trained model on 40 documents: each document's by the fast path, and by the
// reference path for as many as the time allows (BITNET_LONG=1: all).
func TestFablePerplexity(t *testing.T) {
	dir := golden.Path(t, "models", "fable-29m")
	var want struct {
		Docs []struct {
			Tokens int
			NLLSum float64 `json:"nll_sum"`
		} `json:"ppl"`
		Total float64 `json:"ppl_total"`
	}
	golden.JSON(t, dir+"/expect.json", &want)
	var texts []string
	golden.JSON(t, dir+"/eval_docs.json", &texts)
	require.Len(t, texts, len(want.Docs))
	ck, fast, slow := load(t, dir)
	tok, err := ck.Tokenizer()
	require.NoError(t, err)

	evaluate := func(t *testing.T, s Scorer, docs int) *Perplexity {
		var all []Sequence
		for _, text := range texts[:docs] {
			ids := tok.Encode(nil, text, tokenizer.Options{})
			all = append(all, Sequence{ids[:min(len(ids), ck.Config.ContextLength)], 1})
		}
		var sum Perplexity
		require.NoError(t, LogProbs(t.Context(), s, all, func(i int, logProbs []float64) error {
			var one Perplexity
			one.Add(logProbs)
			require.Equal(t, want.Docs[i].Tokens, one.Tokens, "document %d", i)
			require.InEpsilon(t, want.Docs[i].NLLSum, one.NLLSum, 0.01, "document %d", i)
			sum.Add(logProbs)
			return nil
		}))
		return &sum
	}
	t.Run("fast", func(t *testing.T) {
		docs := len(texts)
		if testing.Short() {
			docs = 2
		}
		p := evaluate(t, fast, docs)
		if docs == len(texts) {
			require.InEpsilon(t, want.Total, p.Value(), 1e-3)
		}
		t.Logf("perplexity %.4f ± %.4f over %d tokens", p.Value(), p.StdErr(), p.Tokens)
	})
	t.Run("reference", func(t *testing.T) {
		if testing.Short() {
			t.Skip("long: two documents on the reference path")
		}
		docs := 2
		if os.Getenv("BITNET_LONG") != "" {
			docs = len(texts)
		}
		p := evaluate(t, slow, docs)
		if docs == len(texts) {
			require.InEpsilon(t, want.Total, p.Value(), 1e-3)
		}
		t.Logf("perplexity %.4f over %d tokens", p.Value(), p.Tokens)
	})
}

// uniform is a model that knows nothing.
type uniform struct{ vocab int }

func (u uniform) Config() model.Config {
	return model.Config{VocabSize: u.vocab, ContextLength: 100}
}

func (u uniform) Score(_ context.Context, ids []int32, visit func(int, []float64) error) error {
	for i := range ids {
		if err := visit(i, make([]float64, u.vocab)); err != nil {
			return err
		}
	}
	return nil
}

func TestPerplexityOfUniform(t *testing.T) {
	var p Perplexity
	all := []Sequence{{[]int32{1, 2, 3}, 1}, {[]int32{1}, 1}, {nil, 1}}
	require.NoError(t, LogProbs(t.Context(), uniform{50}, all, func(_ int, logProbs []float64) error {
		p.Add(logProbs)
		return nil
	}))
	require.Equal(t, 2, p.Tokens)
	require.InDelta(t, 50, p.Value(), 1e-9)
	require.InDelta(t, 0, p.StdErr(), 1e-6)
}

func TestScoreErrors(t *testing.T) {
	_, fast, slow := load(t, golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed"))
	for _, s := range []Scorer{fast, slow} {
		none := func(int, []float64) error { return nil }
		require.ErrorContains(t, s.Score(context.Background(), nil, none), "0 tokens to score")
		require.ErrorContains(t, s.Score(context.Background(), make([]int32, 513), none), "513 tokens to score; this model's context takes 1 to 512")
		require.ErrorContains(t, s.Score(context.Background(), []int32{600}, none), "token id 600")
		mine := errors.New("mine")
		require.ErrorIs(t, s.Score(context.Background(), []int32{1, 2}, func(int, []float64) error { return mine }), mine)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, s.Score(ctx, []int32{1, 2}, none), context.Canceled)
	}
}
