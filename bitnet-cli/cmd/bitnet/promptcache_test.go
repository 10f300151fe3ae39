package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// runsJSON runs the program with --json and a short greedy text.
func runsJSON(t *testing.T, args ...string) (got runOut) {
	t.Helper()
	decodes(t, fable(t, "", append(args, "--json")...), runKeys, &got)
	return got
}

const tale = "Once upon a time there was a king who had three sons, and the youngest was a fool. " +
	"One day the king said to them that whoever brought him the golden bird should have the kingdom."

// TestPromptCache: a second run computes the last token of the same prompt, or
// what is new in another one, and writes the same text.
func TestPromptCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tale.cache")
	const more = tale + " So they set out"
	for _, memory := range [][]string{nil, {"--cache-type", "f32"}} {
		want, wantMore := runsJSON(t, append(memory, tale)...), runsJSON(t, append(memory, more)...)
		require.Zero(t, want.Timings["cached_tokens"])
		n := float64(len(want.PromptIDs))
		with := func(prompt string, flags ...string) runOut {
			t.Helper()
			return runsJSON(t, append(append(flags, "--prompt-cache", file, prompt), memory...)...)
		}

		first := with(tale)
		require.Equal(t, want.IDs, first.IDs)
		require.Equal(t, n, first.Timings["prefill_tokens"])
		saved, err := os.ReadFile(file)
		require.NoError(t, err)

		for _, threads := range []string{"1", "2"} {
			again := with(tale, "-t", threads)
			require.Equal(t, want.IDs, again.IDs)
			require.EqualValues(t, 1, again.Timings["prefill_tokens"])
			require.Equal(t, n-1, again.Timings["cached_tokens"])
		}

		longer := with(more, "--prompt-cache-ro")
		require.Equal(t, wantMore.IDs, longer.IDs)
		require.Equal(t, n, longer.Timings["cached_tokens"])
		require.Equal(t, float64(len(longer.PromptIDs))-n, longer.Timings["prefill_tokens"])
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, bytes.Equal(saved, after), "neither what was known nor --prompt-cache-ro writes the file")

		require.Equal(t, wantMore.IDs, with(more).IDs)
		require.EqualValues(t, 1, with(more).Timings["prefill_tokens"], "the longer prompt was saved")
		require.Equal(t, want.IDs, with(tale).IDs, "a shorter one is a part of it")
		require.NoError(t, os.Remove(file))
	}

	// Text for people is the same, too, and --verbose says what happened.
	want := fable(t, "", tale)
	require.Equal(t, want, fable(t, tale, "--prompt-cache", file))
	r := bitnet(t, tale, append([]string{"run", "--prompt-cache", file, "--verbose"}, greedy...)...)
	require.Equal(t, 0, r.code, r.err)
	require.Equal(t, want, r.out)
	require.Regexp(t, `(?m)^cached    \d\d tokens of the prompt\nprefill   1 tokens in`, r.err)
}

// TestPromptCacheOfChat: of another message after the same system message, the
// beginning is known.
func TestPromptCacheOfChat(t *testing.T) {
	dir, file := chatModel(t), filepath.Join(t.TempDir(), "chat.cache")
	args := []string{dir, "--system", tale}
	want := runsJSON(t, append(args, "Who got the kingdom?")...)
	runsJSON(t, append(args, "--prompt-cache", file, "What did the king say?")...)
	got := runsJSON(t, append(args, "--prompt-cache", file, "Who got the kingdom?")...)
	require.Equal(t, want.IDs, got.IDs)
	require.Greater(t, got.Timings["cached_tokens"], 3*got.Timings["prefill_tokens"])
}

// TestPromptCacheRefused: files that do not suit are named and left alone.
func TestPromptCacheRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "tale.cache")
	fable(t, "", "--prompt-cache", file, tale)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	refused := func(data []byte, args []string, want ...string) {
		t.Helper()
		require.NoError(t, os.WriteFile(file, data, 0o600))
		failsInOneLine(t, bitnet(t, "", append([]string{"run", "--prompt-cache", file}, args...)...), want...)
		after, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, after))
	}
	spoilt := bytes.Clone(whole)
	spoilt[len(spoilt)/2] ^= 1
	refused(spoilt, []string{tale}, file, "damaged", "checksum", "delete it")
	refused(whole[:len(whole)/2], []string{tale}, file, "damaged", "delete it")
	refused([]byte("my novel"), []string{tale}, file, "something else", "name another file")
	refused(whole, []string{"--cache-type", "f32", tale}, file, `"F16"`, "F32")
	tiny := golden.Committed(t, "golden", "ternary", "models", "tiny-b158-i2_s.gguf")
	refused(whole, []string{"--cache-type", "f16", "-m", tiny, "--ids", "1,2,3"}, file, "another model", "delete it")

	require.NoError(t, os.Remove(file))
	failsInOneLine(t, bitnet(t, "", "run", "x", "--prompt-cache", file, "--prompt-cache-ro"), file, "no such file")
	failsInOneLine(t, bitnet(t, "", "run", "x", "--prompt-cache", filepath.Join(dir, "none", "f")), "cannot be saved", "none")
	failsInOneLine(t, bitnet(t, "", "run", "x", "--prompt-cache", dir), "is a directory")
	for _, args := range [][]string{{"--prompt-cache-ro"}, {"--prompt-cache", ""}} {
		r := bitnet(t, "", append([]string{"run", "x"}, args...)...)
		require.Equal(t, 2, r.code)
		require.True(t, strings.HasPrefix(r.err, "bitnet: --prompt-cache"), r.err)
	}
}
