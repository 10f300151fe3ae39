package embed

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
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
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// letters is a tokenizer of one token a byte, which may put one behind a text.
type letters struct {
	tokenizer.Tokenizer
	suffix []int32
}

func (l letters) Encode(dst []int32, text string, o tokenizer.Options) []int32 {
	for _, b := range []byte(text) {
		dst = append(dst, int32(b%100))
	}
	if o.NoPostProcess {
		return dst
	}
	return append(dst, l.suffix...)
}

// open returns a tiny model (scripts/embed_golden.py) in both parts.
func open(t *testing.T, name string) (*transformer.Model, *checkpoint.Checkpoint) {
	t.Helper()
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "embed", name))
	require.NoError(t, err)
	w, err := ck.Weights()
	require.NoError(t, err)
	alloc := memory.NewChecked(memory.Mapped())
	pool := parallel.New(2)
	m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, Memory: alloc, Head: transformer.HeadFull})
	require.NoError(t, err)
	t.Cleanup(func() {
		m.Close()
		pool.Close()
		require.Empty(t, alloc.Leaks())
		require.NoError(t, ck.Close())
	})
	return m, ck
}

// TestGolden compares with the hidden states of the public code, pooled and normed, for
// texts of one token to 300.
func TestGolden(t *testing.T) {
	for name, least := range map[string]float64{"qwen3": 1 - 1e-9, "qwen3-bitnet": 0.999, "gemma3": 1 - 1e-9, "gemma3-bitnet": 0.999} {
		m, ck := open(t, name)
		var want struct {
			Cases []struct {
				Prompt []int32
				Last   []float64 `json:"hidden_last"`
				Mean   []float64 `json:"hidden_mean"`
			}
		}
		golden.JSON(t, golden.Committed(t, "golden", "embed", name)+"/expect.json", &want)
		require.NotEmpty(t, want.Cases)
		for _, pooling := range []checkpoint.Pooling{checkpoint.PoolLast, checkpoint.PoolMean} {
			e, err := New(m, letters{}, ck, Options{Pooling: pooling})
			require.NoError(t, err)
			slices.Reverse(want.Cases) // memory for the longest is used again, or grows
			var prompts [][]int32
			for _, c := range want.Cases {
				prompts = append(prompts, c.Prompt)
			}
			var together [][]float32
			done, err := e.EmbedIDs(t.Context(), prompts, func(i int, vector []float32) error {
				require.Len(t, together, i)
				together = append(together, vector)
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, len(prompts), done)
			for i, c := range want.Cases {
				got := alone(t, e, c.Prompt)
				require.Equal(t, got, together[i])
				expected := c.Last
				if pooling == checkpoint.PoolMean {
					expected = c.Mean
				}
				var dot, squares, length float64
				for i, v := range got {
					dot += float64(v) * expected[i]
					squares += expected[i] * expected[i]
					length += float64(v) * float64(v)
				}
				require.InDelta(t, 1, length, 1e-6)
				require.GreaterOrEqual(t, dot/math.Sqrt(squares*length), least, "%s, %s, %d tokens", name, pooling, len(c.Prompt))
			}
			e.Close() // before the model, which counts its memory
		}
	}
}

// alone returns the vector of one text.
func alone(t *testing.T, e *Embedder, ids []int32) (vector []float32) {
	t.Helper()
	_, err := e.EmbedIDs(t.Context(), [][]int32{ids}, func(_ int, v []float32) error {
		vector = v
		return nil
	})
	require.NoError(t, err)
	return vector
}

// TestMany: texts of any length come in order, with the bits that each has alone, and an
// error after those before it.
func TestMany(t *testing.T) {
	m, ck := open(t, "qwen3-bitnet")
	e, err := New(m, letters{}, ck, Options{})
	require.NoError(t, err)
	defer e.Close()
	single, err := New(m, letters{}, ck, Options{})
	require.NoError(t, err)
	defer single.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	var texts []string
	for _, n := range []int{1, 2, 511, 3, 400, 100, 12, 20, 300, 212, 1} {
		text := make([]byte, n)
		for i := range text {
			text[i] = byte(rng.IntN(100))
		}
		texts = append(texts, string(text))
	}
	n := 0
	visit := func(i, tokens int, vector []float32) error {
		require.Equal(t, n, i)
		require.Equal(t, len(texts[i])+1, tokens)
		require.Equal(t, alone(t, single, e.IDs(nil, texts[i])), vector, "text %d", i)
		n++
		return nil
	}
	done, err := e.Embed(t.Context(), texts, visit)
	require.NoError(t, err)
	require.Equal(t, len(texts), done)
	require.Equal(t, len(texts), n)
	n = 0
	texts[6] = strings.Repeat("a", 600)
	done, err = e.Embed(t.Context(), texts, visit)
	require.ErrorContains(t, err, "has 601 tokens")
	require.Equal(t, 6, done)
	require.Equal(t, 6, n)
}

// TestEnd: a text ends with the end-of-text token where the last token is pooled, once.
func TestEnd(t *testing.T) {
	m, ck := open(t, "qwen3-bitnet")
	for _, tt := range []struct {
		tok     tokenizer.Tokenizer
		pooling checkpoint.Pooling
		want    []int32
	}{
		{letters{}, "", []int32{97, 98, 1}},
		{letters{}, checkpoint.PoolMean, []int32{97, 98}},
		{letters{suffix: []int32{7}}, "", []int32{97, 98, 7}},
	} {
		e, err := New(m, tt.tok, ck, Options{Pooling: tt.pooling})
		require.NoError(t, err)
		require.Equal(t, tt.want, e.IDs(nil, "ab"))
	}
	ck.Pooling = checkpoint.PoolMean
	e, err := New(m, letters{}, ck, Options{})
	require.NoError(t, err)
	require.Equal(t, checkpoint.PoolMean, e.Pooling())
}

func TestErrors(t *testing.T) {
	m, ck := open(t, "qwen3")
	_, err := New(m, letters{}, ck, Options{Pooling: "cls"})
	require.EqualError(t, err, `embed: pooling is "cls", want "last" or "mean"`)
	e, err := New(m, letters{}, ck, Options{Pooling: checkpoint.PoolMean})
	require.NoError(t, err)
	defer e.Close()
	none := func(int, []float32) error { return nil }
	one := func(_, tokens int, _ []float32) error {
		require.Equal(t, 2, tokens)
		return nil
	}
	_, err = e.Embed(t.Context(), []string{""}, one)
	require.ErrorContains(t, err, "no tokens")
	_, err = e.EmbedIDs(t.Context(), [][]int32{make([]int32, 513)}, none)
	require.ErrorContains(t, err, "has 513 tokens, and the model's context takes 512")
	_, err = e.EmbedIDs(t.Context(), [][]int32{{5000}}, none)
	require.ErrorContains(t, err, "outside the vocabulary")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = e.Embed(ctx, []string{"ab"}, one)
	require.ErrorIs(t, err, context.Canceled)
	stop := errors.New("stop")
	_, err = e.Embed(t.Context(), []string{"ab"}, func(int, int, []float32) error { return stop })
	require.ErrorIs(t, err, stop)
	done, err := e.Embed(t.Context(), []string{"ab"}, one) // it goes on after errors
	require.NoError(t, err)
	require.Equal(t, 1, done)
	_, err = normalized([]float64{0, math.NaN()})
	require.ErrorContains(t, err, "length is NaN")
}
