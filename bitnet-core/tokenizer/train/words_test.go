package train

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func newWords(t testing.TB, opt WordOptions) *Words {
	t.Helper()
	w, err := NewWords(opt)
	require.NoError(t, err)
	return w
}

// tally returns the counts of w as a map.
func (w *Words) tally() map[string]int64 {
	all := w.merged()
	m := map[string]int64{}
	for i, word := range all.texts {
		m[word] = all.counts[i]
	}
	return m
}

func TestWords(t *testing.T) {
	w := newWords(t, WordOptions{Threads: 2})
	require.NoError(t, w.Add("the end the end\n\n"))
	require.NoError(t, w.Read(t.Context(), strings.NewReader("the end\n\nthe 1234")))
	require.Equal(t, map[string]int64{"the": 3, " end": 3, " the": 1, "\n\n": 1, "\n": 2, " 1234": 1}, w.tally(), "lines are documents")
	require.Equal(t, 6, w.Len())

	w = newWords(t, WordOptions{Separator: "|", Split: Llama3})
	require.NoError(t, w.Read(t.Context(), strings.NewReader("the 1234\n\n|a||b\n|")))
	require.Equal(t, map[string]int64{"the": 1, " ": 1, "123": 1, "4": 1, "\n\n": 1, "a": 1, "b": 1, "\n": 1}, w.tally())
}

// TestChunksDoNotShow: counts do not depend on how text is read.
func TestChunksDoNotShow(t *testing.T) {
	defer goleak.VerifyNone(t)
	piece := rapid.SampledFrom([]string{"a", "bc", "é", "日本", " ", "  ", "\n", "\r\n", "7", "1234", "'s", "'", ".", "--", "😀", "\u0301", "ſ", "END", "|"})
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 80).Draw(r, "text"), "")
		opt := WordOptions{
			Split:     rapid.SampledFrom(Splits()).Draw(r, "split"),
			Separator: rapid.SampledFrom([]string{"", "|", "END", "é 7"}).Draw(r, "separator"),
			Threads:   rapid.IntRange(1, 3).Draw(r, "threads"),
		}
		w := newWords(t, opt)
		w.chunk = rapid.IntRange(1, 40).Draw(r, "chunk")
		require.NoError(r, w.Read(t.Context(), iotest.OneByteReader(strings.NewReader(text))))

		want := map[string]int64{}
		documents := strings.SplitAfter(text, "\n")
		if opt.Separator != "" {
			documents = strings.Split(text, opt.Separator)
		}
		cut, _ := opt.Split.cut()
		for _, d := range documents {
			for i := 0; i < len(d); {
				end := cut(d, i)
				want[d[i:end]]++
				i = end
			}
		}
		require.True(r, maps.Equal(want, w.tally()), "%q: want %v, got %v", text, want, w.tally())
	})
}

// TestSeparatorStaysWhole: a piece does not end within a separator, though a
// word may.
func TestSeparatorStaysWhole(t *testing.T) {
	const text = "aaaa. END OF bbbb. END OF cccc"
	for chunk := 7; chunk <= len(text); chunk++ {
		w := newWords(t, WordOptions{Separator: "END OF", Threads: 1})
		w.chunk = chunk
		require.NoError(t, w.Read(t.Context(), strings.NewReader(text)))
		require.Equal(t, map[string]int64{"aaaa": 1, " bbbb": 1, " cccc": 1, ".": 2, " ": 2}, w.tally(), "pieces of %d", chunk)
	}
}

func TestOptionsOfWords(t *testing.T) {
	_, err := NewWords(WordOptions{Split: "bert"})
	require.EqualError(t, err, `train: there is no split "bert"; there are ["gpt2" "llama3" "qwen2"]`)
	_, err = NewWords(WordOptions{Separator: strings.Repeat("x", 1025)})
	require.EqualError(t, err, "train: the separator has 1025 bytes, the limit is 1024")
}

func TestTextThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"all right\nnot \xff":             "train: byte 14 is not UTF-8: convert the text to UTF-8 first",
		"\xfe\xff":                        "train: byte 0 is not UTF-8: convert the text to UTF-8 first",
		strings.Repeat("é ", 50) + "\xc3": "train: byte 150 is not UTF-8: convert the text to UTF-8 first",
	} {
		w := newWords(t, WordOptions{})
		w.chunk = 40
		require.EqualError(t, w.Read(t.Context(), strings.NewReader(text)), want)
	}
	c := chunker{r: &endless{"7"}, size: 100}
	require.EqualError(t, c.each(nil), "byte 0: no word ends within 6400 bytes: this is not text")
	broken := iotest.ErrReader(io.ErrClosedPipe)
	require.ErrorIs(t, newWords(t, WordOptions{}).Read(t.Context(), broken), io.ErrClosedPipe)
	// gzip and net/http say so of a source that has been cut short.
	short := io.MultiReader(strings.NewReader("the end"), iotest.ErrReader(io.ErrUnexpectedEOF))
	require.ErrorIs(t, newWords(t, WordOptions{}).Read(t.Context(), short), io.ErrUnexpectedEOF)
}

// endless is text without an end.
type endless struct{ text string }

func (e *endless) Read(p []byte) (int, error) {
	n := 0
	for n+len(e.text) <= len(p) {
		n += copy(p[n:], e.text)
	}
	return n, nil
}

// numbers is a text without an end in which every word is new.
type numbers struct{ n int }

func (s *numbers) Read(p []byte) (int, error) {
	s.n++
	return copy(p, fmt.Sprintf("%07d ", s.n)), nil
}

func TestMemoryIsLimited(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, threads := range []int{1, 3} {
		w := newWords(t, WordOptions{MaxMemory: 1 << 20, Threads: threads})
		w.chunk = 1 << 12
		err := w.Read(t.Context(), &numbers{})
		require.ErrorIs(t, err, ErrMemory)
		require.EqualError(t, err, "train: the distinct words take too much memory: more than 1048576 bytes; train on a part of the text, or allow more")
		require.Less(t, w.Len(), 1<<20/wordOverhead+3<<12/8)
	}
	w := newWords(t, WordOptions{MaxMemory: 1})
	require.ErrorIs(t, w.Add("word"), ErrMemory)
}

func TestReadStops(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	var told []int64
	w := newWords(t, WordOptions{Threads: 2, Progress: func(n int64) {
		told = append(told, n)
		if len(told) == 3 {
			cancel()
		}
	}})
	w.chunk = 100
	err := w.Read(ctx, &endless{"ten bytes\n"})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []int64{100, 200, 300}, told)
}
