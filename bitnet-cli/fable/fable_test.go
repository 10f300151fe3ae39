package fable

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// maxSize is what the model may add to the program, in bytes.
const maxSize = 13_700_000

func TestSize(t *testing.T) {
	require.LessOrEqual(t, len(compressed), maxSize)
}

// TestDamaged cuts and changes the embedded file.
func TestDamaged(t *testing.T) {
	was := compressed
	defer func() { compressed = was }()
	check := func(data []byte) {
		t.Helper()
		compressed = data
		alloc := memory.NewChecked(memory.Heap())
		_, err := GGUF(alloc)
		require.ErrorContains(t, err, "the built-in model is damaged, and so is this program; install it again")
		require.Empty(t, alloc.Leaks())
	}
	check(was[:len(was)-1])
	check(was[:len(was)/2])
	check(was[:2])
	check(was[1:])
	changed := bytes.Clone(was)
	changed[len(changed)-10] ^= 1
	check(changed)
}

// TestLossless compares every weight, scale and norm, the configuration and the
// tokenizer with the checkpoint that the model was made from.
func TestLossless(t *testing.T) {
	dir := golden.Path(t, "models", "fable-29m")
	want, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer want.Close()
	got, err := Open(memory.Mapped())
	require.NoError(t, err)
	defer got.Close()

	c := want.Config
	c.Architecture = got.Config.Architecture // the two formats name it differently
	require.Equal(t, c, got.Config)
	require.Equal(t, want.Generation, got.Generation)

	a, err := want.Weights()
	require.NoError(t, err)
	b, err := got.Weights()
	require.NoError(t, err)
	require.Equal(t, a.Embed.Type, b.Embed.Type)
	require.Equal(t, sha256.Sum256(a.Embed.Data), sha256.Sum256(b.Embed.Data))
	require.Equal(t, a.OutputNorm, b.OutputNorm)
	for i := range a.Layers {
		x, y := &a.Layers[i], &b.Layers[i]
		require.Equal(t, x.AttnNorm, y.AttnNorm)
		require.Equal(t, x.AttnSubNorm, y.AttnSubNorm)
		require.Equal(t, x.FFNNorm, y.FFNNorm)
		require.Equal(t, x.FFNSubNorm, y.FFNSubNorm)
		for _, p := range [][2]*model.Linear{
			{&x.Q, &y.Q},
			{&x.K, &y.K},
			{&x.V, &y.V},
			{&x.O, &y.O},
			{&x.Gate, &y.Gate},
			{&x.Up, &y.Up},
			{&x.Down, &y.Down},
		} {
			m, n := p[0].Ternary, p[1].Ternary
			require.Equal(t, m.Scale, n.Scale)
			require.Equal(t, [2]int{m.Rows, m.Cols}, [2]int{n.Rows, n.Cols})
			one, two := make([]int8, m.Cols), make([]int8, m.Cols)
			for r := range m.Rows {
				m.Codes(one, r)
				n.Codes(two, r)
				require.Equal(t, one, two)
			}
		}
	}

	tokA, err := want.Tokenizer()
	require.NoError(t, err)
	tokB, err := got.Tokenizer()
	require.NoError(t, err)
	require.Equal(t, tokA.VocabSize(), tokB.VocabSize())
	for id := range int32(tokA.VocabSize()) {
		x, _ := tokA.Token(id)
		y, _ := tokB.Token(id)
		require.Equal(t, x, y)
		require.Equal(t, tokA.IsSpecial(id), tokB.IsSpecial(id))
	}
	var docs []string
	golden.JSON(t, dir+"/eval_docs.json", &docs)
	for _, text := range docs {
		ids := tokA.Encode(nil, text, tokenizer.Options{})
		require.Equal(t, ids, tokB.Encode(nil, text, tokenizer.Options{}))
		require.Equal(t, tokA.Decode(ids, true), tokB.Decode(ids, true))
	}
}

// BenchmarkOpen times the steps before a prompt can be computed.
func BenchmarkOpen(b *testing.B) {
	b.Run("unpack", func(b *testing.B) {
		for b.Loop() {
			buf, err := GGUF(memory.Mapped())
			require.NoError(b, err)
			buf.Release()
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			ck, err := Open(memory.Mapped())
			require.NoError(b, err)
			require.NoError(b, ck.Close())
		}
	})
	ck, err := Open(memory.Mapped())
	require.NoError(b, err)
	defer ck.Close()
	b.Run("weights", func(b *testing.B) {
		for b.Loop() {
			_, err := ck.Weights()
			require.NoError(b, err)
		}
	})
	b.Run("tokenizer", func(b *testing.B) {
		for b.Loop() {
			_, err := ck.Tokenizer()
			require.NoError(b, err)
		}
	})
}
