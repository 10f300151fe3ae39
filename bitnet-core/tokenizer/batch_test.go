package tokenizer

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/golden/packed"
)

// batchTexts are n texts of lengths from nothing to several grains.
func batchTexts(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprintf("the %d the<s>", i), i*i%97*(1+i%7/6*100))
	}
	return texts
}

func TestEncodeBatch(t *testing.T) {
	defer goleak.VerifyNone(t)
	tok := small(t, nil)
	for _, n := range []int{0, 1, 2, 300} {
		texts := batchTexts(n)
		for _, threads := range []int{0, 1, 2, 5, 400} {
			for _, opt := range []Options{{}, {PlainSpecials: true}} {
				got, err := EncodeBatch(t.Context(), tok, texts, opt, threads)
				require.NoError(t, err)
				require.Len(t, got, n)
				for i, text := range texts {
					require.Equal(t, ids(tok.Encode(nil, text, opt)), ids(got[i]), "text %d", i)
				}
			}
		}
	}
}

func TestEncodeBatchResultsAreApart(t *testing.T) {
	tok := small(t, nil)
	got, err := EncodeBatch(t.Context(), tok, []string{"a", "b"}, Options{}, 1)
	require.NoError(t, err)
	_ = append(got[0], 7)
	require.Equal(t, []int32{'b'}, got[1])
}

// A stopper ends the context of a batch in its third text.
type stopper struct {
	Tokenizer
	stop context.CancelFunc
	left int
}

func (s *stopper) Encode(dst []int32, text string, opt Options) []int32 {
	if s.left--; s.left == 0 {
		s.stop()
	}
	return s.Tokenizer.Encode(dst, text, opt)
}

func TestEncodeBatchStops(t *testing.T) {
	text := strings.Repeat("x", grain)
	ctx, cancel := context.WithCancel(t.Context())
	s := &stopper{small(t, nil), cancel, 3}
	got, err := EncodeBatch(ctx, s, []string{text, text, text, text}, Options{}, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.Nil(t, got)
	require.Zero(t, s.left, "the fourth text is not begun")

	ctx, cancel = context.WithCancel(t.Context())
	s = &stopper{small(t, nil), cancel, 3}
	got, err = EncodeBatch(ctx, s, []string{text, text, text}, Options{}, 1)
	require.NoError(t, err, "it was all done")
	require.Len(t, got, 3)
}

func BenchmarkEncodeBatch(b *testing.B) {
	tok, err := LoadJSON(packed.Read(b, "tokenizers/llama3_1/tokenizer.json"), "llama3_1")
	require.NoError(b, err)
	texts := strings.Split(string(packed.Read(b, "corpus/stories.txt")), "\x1e")
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				_, err := EncodeBatch(b.Context(), tok, texts, Options{}, threads)
				require.NoError(b, err)
			}
		})
	}
}
