package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, threads int) *transformer.Model {
	return openNamed(t, "bitnet-2b4t-packed", threads)
}

func openNamed(t testing.TB, name string, threads int) *transformer.Model {
	t.Helper()
	return openWith(t, name, threads, dtype.F32)
}

func openWith(t testing.TB, name string, threads int, cache dtype.DType) *transformer.Model {
	t.Helper()
	return openOptions(t, name, threads, transformer.Options{CacheType: cache})
}

func openOptions(t testing.TB, name string, threads int, o transformer.Options) *transformer.Model {
	t.Helper()
	ck, err := checkpoint.Open(golden.Committed(t, "golden", "transformers", name))
	require.NoError(t, err)
	w, err := ck.Weights()
	require.NoError(t, err)
	alloc := memory.NewChecked(memory.Mapped())
	pool := parallel.New(threads)
	o.Pool, o.Memory = pool, alloc
	m, err := transformer.New(ck.Config, w, o)
	require.NoError(t, err)
	t.Cleanup(func() {
		m.Close()
		pool.Close()
		require.Empty(t, alloc.Leaks())
		require.NoError(t, ck.Close())
	})
	return m
}

func session(t testing.TB, m *transformer.Model, context int) *Session {
	t.Helper()
	s, err := NewSession(m, context)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// generate collects the tokens of one call.
func generate(t testing.TB, s *Session, prompt []int32, o Options) ([]int32, Result) {
	t.Helper()
	var ids []int32
	r, err := s.Generate(context.Background(), prompt, o, func(id int32) bool {
		ids = append(ids, id)
		return true
	})
	require.NoError(t, err)
	require.Equal(t, len(ids), r.DecodeTokens)
	return ids, r
}

var prompt = []int32{106, 5, 77, 300, 12, 42}

// TestMetamorphic: the same tokens come out whatever the number of threads, with
// a fresh session or one that remembers part of the prompt.
func TestMetamorphic(t *testing.T) {
	options := Options{MaxTokens: 40, Sampling: sample.Options{Temperature: 0.9, TopK: 20, Seed: 7}}
	one, two := open(t, 1), open(t, 2)
	want, r := generate(t, session(t, one, 0), prompt, options)
	require.Equal(t, MaxTokens, r.Reason)
	require.Equal(t, len(prompt), r.PrefillTokens)

	got, _ := generate(t, session(t, two, 0), prompt, options)
	require.Equal(t, want, got, "threads")

	s := session(t, two, 0)
	generate(t, s, append(append([]int32(nil), prompt[:4]...), 9, 9, 9), Options{MaxTokens: 3})
	got, r = generate(t, s, prompt, options)
	require.Equal(t, want, got, "remembered prefix")
	require.Equal(t, len(prompt)-4, r.PrefillTokens)

	// A second turn that continues the first computes only what is new.
	turn := append(append(append([]int32(nil), prompt...), want...), 55)
	_, r = generate(t, s, turn, Options{MaxTokens: 1})
	require.Equal(t, 2, r.PrefillTokens, "the last token emitted was not computed yet, and the new one")
	// The very same prompt again computes its last token only.
	_, r = generate(t, s, turn, Options{MaxTokens: 1})
	require.Equal(t, 1, r.PrefillTokens)
}

func TestStops(t *testing.T) {
	s := session(t, open(t, 1), 0)
	ids, _ := generate(t, s, prompt, Options{MaxTokens: 5})
	got, r := generate(t, s, prompt, Options{Stop: []int32{ids[2]}})
	require.Equal(t, StopToken, r.Reason)
	require.Equal(t, ids[2], got[len(got)-1], "the stop token is emitted")

	n := 0
	r, err := s.Generate(context.Background(), prompt, Options{}, func(int32) bool { n++; return n < 3 })
	require.NoError(t, err)
	require.Equal(t, Stopped, r.Reason)
	require.Equal(t, 3, r.DecodeTokens)
}

func TestContextFull(t *testing.T) {
	const size = 16
	m := open(t, 1)
	s := session(t, m, size)
	got, r := generate(t, s, prompt, Options{})
	require.Equal(t, ContextFull, r.Reason)
	require.Equal(t, size, len(prompt)+len(got))

	// What was generated up to there does not depend on the limit.
	want, _ := generate(t, session(t, m, 0), prompt, Options{MaxTokens: size})
	require.Equal(t, want[:len(got)], got)

	// Sliding goes on, and keeps the head of the prompt.
	got, r = generate(t, s, prompt, Options{MaxTokens: 100, Slide: true, Keep: 3})
	require.Len(t, got, 100)
	require.Equal(t, MaxTokens, r.Reason)
	require.Positive(t, r.Dropped)
	require.Equal(t, prompt[:3], s.seen.Tokens()[:3])
	require.LessOrEqual(t, s.seen.Len(), size)
}

// TestSlideEqualsRestart: after sliding, tokens are those of a session that began
// with the tokens that were kept.
func TestSlideEqualsRestart(t *testing.T) {
	m := open(t, 1)
	const size = 16
	s := session(t, m, size)
	var all []int32
	all = append(all, prompt...)
	more, r := generate(t, s, prompt, Options{MaxTokens: size - len(prompt) + 1, Slide: true, Keep: 3})
	all = append(all, more...)
	require.Positive(t, r.Dropped)
	kept := append(append([]int32(nil), all[:3]...), all[3+r.Dropped:]...)
	want, _ := generate(t, session(t, m, size), kept, Options{MaxTokens: 1})
	next, _ := generate(t, s, kept, Options{MaxTokens: 1})
	require.Equal(t, want, next)
	require.Equal(t, more[len(more)-1], kept[len(kept)-1])
}

func TestBadPrompts(t *testing.T) {
	s := session(t, open(t, 1), 16)
	emit := func(int32) bool { return true }
	_, err := s.Generate(context.Background(), nil, Options{}, emit)
	require.ErrorIs(t, err, ErrEmptyPrompt)

	_, err = s.Generate(context.Background(), make([]int32, 16), Options{}, emit)
	var long *PromptTooLongError
	require.ErrorAs(t, err, &long)
	require.Equal(t, PromptTooLongError{16, 16}, *long)

	_, err = s.Generate(context.Background(), []int32{1, 600}, Options{}, emit)
	require.ErrorContains(t, err, "token id 600 is outside the vocabulary of 600")
	_, err = s.Generate(context.Background(), []int32{-1}, Options{}, emit)
	require.ErrorContains(t, err, "token id -1")
	_, err = s.Generate(context.Background(), prompt, Options{Sampling: sample.Options{Temperature: -1}}, emit)
	require.Error(t, err)

	_, err = NewSession(s.model, 513)
	require.ErrorContains(t, err, "this model takes 1 to 512")
	// After all that the session still works.
	ids, _ := generate(t, s, prompt, Options{MaxTokens: 3})
	require.Len(t, ids, 3)
}

func TestInterrupt(t *testing.T) {
	m := open(t, 2)
	s := session(t, m, 0)
	ctx, cancel := context.WithCancel(context.Background())
	var ids []int32
	r, err := s.Generate(ctx, prompt, Options{}, func(id int32) bool {
		if ids = append(ids, id); len(ids) == 5 {
			cancel()
		}
		return true
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, Interrupted, r.Reason)
	require.Equal(t, 5, r.DecodeTokens)

	// The session goes on from where it was.
	want, _ := generate(t, session(t, m, 0), prompt, Options{MaxTokens: 8})
	got, _ := generate(t, s, append(append([]int32(nil), prompt...), ids...), Options{MaxTokens: 3})
	require.Equal(t, want, append(ids, got...))

	_, err = s.Generate(ctx, []int32{1, 2, 3}, Options{}, func(int32) bool { return true })
	require.ErrorIs(t, err, context.Canceled)
}
