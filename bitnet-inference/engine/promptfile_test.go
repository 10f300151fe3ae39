package engine

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// longPrompt returns n tokens that repeat themselves now and then, so that guesses
// are made.
func longPrompt(n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32((i%23*i%23*31 + i/40) % 600)
	}
	return ids
}

// saving has a call of Generate save its prompt.
func saving(s *Session, path string, o Options) Options {
	o.Prefilled = func(Result) error { return s.SavePrompt(path) }
	return o
}

// lastLogits returns the bits of the logits after the last token of ids, of which
// the session computes what it does not hold.
func lastLogits(t *testing.T, s *Session, ids []int32) []uint32 {
	t.Helper()
	_, _, err := s.prefill(context.Background(), ids, nil)
	require.NoError(t, err)
	s.seen.Truncate(len(ids) - 1)
	s.state.Truncate(len(ids) - 1)
	hidden, err := s.state.Forward(context.Background(), ids[len(ids)-1:])
	require.NoError(t, err)
	logits := make([]float32, s.model.Config().VocabSize)
	s.model.Logits(logits, hidden)
	s.seen.Append(ids[len(ids)-1])
	bits := make([]uint32, len(logits))
	for i, l := range logits {
		bits[i] = math.Float32bits(l)
	}
	return bits
}

// TestPromptFileGivesTheSame: with a prompt from a file, all of it or the part
// that a new prompt shares with it, tokens and logits are those of computing it,
// whoever saved it with however many threads.
func TestPromptFileGivesTheSame(t *testing.T) {
	whole := longPrompt(300)
	options := Options{MaxTokens: 30, Sampling: sample.Options{Temperature: 0.9, TopK: 20, Seed: 7}}
	for _, cache := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
		models := []*transformer.Model{openWith(t, "bitnet-2b4t-packed", 1, cache), openWith(t, "bitnet-2b4t-packed", 2, cache)}
		for _, tt := range []struct{ saved, shared, more int }{
			{300, 300, 0},  // the same prompt
			{300, 299, 40}, // another end
			{70, 70, 200},  // it goes on
			{64, 33, 3},    // they part within a block of keys
			{33, 32, 1},
			{1, 1, 0},
			{2, 0, 90}, // nothing in common
		} {
			next := slices.Clone(whole[:tt.shared])
			for i := range tt.more {
				next = append(next, int32(500-i))
			}
			fresh := session(t, models[0], 0)
			want, _ := generate(t, fresh, next, options)
			wantLogits := lastLogits(t, fresh, next)
			for threads, m := range models {
				name := fmt.Sprintf("%v, %+v, %d threads", cache, tt, threads+1)
				path := filepath.Join(t.TempDir(), "saved")
				from := session(t, models[1-threads], 0)
				generate(t, from, whole[:tt.saved], saving(from, path, options))

				s := session(t, m, 0)
				n, err := s.LoadPrompt(path)
				require.NoError(t, err)
				require.Equal(t, tt.saved, n)
				got, r := generate(t, s, next, options)
				require.Equal(t, want, got, name)
				reused := min(tt.shared, len(next)-1)
				require.Equal(t, reused, r.CachedTokens, name)
				require.Equal(t, len(next)-reused, r.PrefillTokens, name)

				_, err = s.LoadPrompt(path)
				require.NoError(t, err)
				require.Equal(t, wantLogits, lastLogits(t, s, next), name)
			}
		}
	}
}

// TestPromptFileHoldsThePrompt: the bytes depend on the tokens alone, not on what
// the session computed before, and nobody else may read them.
func TestPromptFileHoldsThePrompt(t *testing.T) {
	m := open(t, 1)
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	ids := longPrompt(45)
	s := session(t, m, 0)
	generate(t, s, ids, saving(s, one, Options{MaxTokens: 1}))

	s = session(t, m, 200)
	generate(t, s, longPrompt(150), Options{MaxTokens: 20})
	generate(t, s, ids, saving(s, two, Options{MaxTokens: 20}))
	require.Equal(t, read(t, one), read(t, two))

	if info, err := os.Stat(two); runtime.GOOS != "windows" {
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}

	// After Generate the answer is saved, too; a file that is there is replaced.
	require.NoError(t, s.SavePrompt(two))
	n, err := session(t, m, 0).LoadPrompt(two)
	require.NoError(t, err)
	require.Equal(t, s.seen.Len(), n)
	require.Greater(t, n, len(ids))

	// An empty session can be saved and loaded, too.
	require.NoError(t, session(t, m, 0).SavePrompt(two))
	n, err = s.LoadPrompt(two)
	require.NoError(t, err)
	require.Zero(t, n)

	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "temporary files are gone")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return data
}

// TestPromptFileLongerThanContext: the first tokens are used.
func TestPromptFileLongerThanContext(t *testing.T) {
	m := open(t, 1)
	path := filepath.Join(t.TempDir(), "saved")
	ids := longPrompt(100)
	s := session(t, m, 0)
	generate(t, s, ids, saving(s, path, Options{MaxTokens: 1}))
	for _, size := range []int{1, 31, 32, 50, 99, 100, 101} {
		s := session(t, m, size)
		n, err := s.LoadPrompt(path)
		require.NoError(t, err)
		require.Equal(t, min(size, 100), n)
		if size > 1 {
			part := ids[:min(size-1, 100)]
			want, _ := generate(t, session(t, m, size), part, Options{})
			got, r := generate(t, s, part, Options{})
			require.Equal(t, want, got)
			require.Equal(t, 1, r.PrefillTokens)
		}
	}
}

// TestPromptFileCannotBeSaved: the error says where, an old file stays, and
// generation ends before the first token.
func TestPromptFileCannotBeSaved(t *testing.T) {
	s := session(t, open(t, 1), 0)
	path := filepath.Join(t.TempDir(), "none", "saved")
	emitted := 0
	r, err := s.Generate(context.Background(), prompt, saving(s, path, Options{MaxTokens: 3}), func(int32) bool {
		emitted++
		return true
	})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.EqualError(t, err, "cannot save the prompt to "+path+": no such file or directory")
	require.Zero(t, emitted)
	require.Equal(t, len(prompt), r.PrefillTokens)
	ids, r := generate(t, s, prompt, Options{MaxTokens: 3})
	require.Len(t, ids, 3)
	require.Equal(t, 1, r.PrefillTokens)

	// A folder in the way of the rename.
	dir := t.TempDir()
	path = filepath.Join(dir, "taken")
	require.NoError(t, os.Mkdir(path, 0o755))
	require.ErrorContains(t, s.SavePrompt(path), "cannot save the prompt to "+path)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "temporary files are gone")
}

// TestPromptFileOfNonsense: keys and values that no model computes, in a file that
// is otherwise right, give nonsense and no panic.
func TestPromptFileOfNonsense(t *testing.T) {
	path := filepath.Join(t.TempDir(), "saved")
	for _, cache := range []dtype.DType{dtype.F32, dtype.F16, dtype.Q8_0} {
		m := openWith(t, "bitnet-2b4t-packed", 2, cache)
		from := session(t, m, 0)
		ids := longPrompt(40)
		generate(t, from, ids, Options{MaxTokens: 1})
		for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, math.SmallestNonzeroFloat32} {
			c := m.Config()
			row := slices.Repeat([]float32{v}, c.KVDim())
			from.state.Cache().Pin()
			for layer := range c.Layers {
				from.state.Cache().Put(layer, 5, row, row)
			}
			from.state.Cache().Unpin()
			require.NoError(t, from.SavePrompt(path))
			for _, o := range []sample.Options{{}, {Temperature: 0.8, Seed: 1}, {Temperature: 0.8, TopK: 20, TopP: 0.9, MinP: 0.1, Seed: 1}} {
				s := session(t, m, 0)
				_, err := s.LoadPrompt(path)
				require.NoError(t, err)
				got, _ := generate(t, s, ids, Options{MaxTokens: 20, Sampling: o})
				require.Len(t, got, 20)
			}
		}
	}
}
