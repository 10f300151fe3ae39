package cli

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/train"
)

// slowText gives four times a megabyte, with a wait before each.
type slowText struct{ given int }

func (s *slowText) Read(p []byte) (int, error) {
	if s.given == 4<<20 {
		return 0, io.EOF
	}
	if s.given%(1<<20) == 0 {
		time.Sleep(patience / 2)
	}
	n := min(len(p), 1<<20-s.given%(1<<20))
	copy(p, strings.Repeat("words\n", n/6+1)[:n])
	s.given += n
	return n, nil
}

func TestTrainingShowsProgressOnATerminal(t *testing.T) {
	for _, tty := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) { requireProgress(t, tty) })
	}
}

func requireProgress(t *testing.T, tty bool) {
	var out, errs bytes.Buffer
	s := &Streams{In: &slowText{}, Out: &out, Err: &errs, ErrTTY: tty}
	o := trainTokenizerOptions{files: []string{"-"}, out: filepath.Join(t.TempDir(), "t.json"), words: train.WordOptions{Threads: 1}}
	o.bpe.VocabSize = 258
	require.NoError(t, trainTokenizer(t.Context(), s, &o))
	require.Contains(t, out.String(), "258 tokens of 4.00 MiB of text")
	if !tty {
		require.Empty(t, errs.String())
		return
	}
	require.Contains(t, errs.String(), "\r\x1b[Kread 3.00 MiB")
	require.True(t, strings.HasSuffix(errs.String(), "\r\x1b[K"), "the line is gone in the end")
}

func TestLeft(t *testing.T) {
	require.Equal(t, ", 30s left", left(25, 100, 10*time.Second))
	require.Equal(t, ", 2m0s left", left(1, 3, time.Minute))
	require.Equal(t, ", 0s left", left(3, 3, time.Minute))
	require.Empty(t, left(0, 3, time.Minute), "nothing to go by")
	require.Empty(t, left(5, 0, time.Minute), "nobody knows how much there is")
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{"": "", `\x1e`: "\x1e", `"`: `"`, `\n\n`: "\n\n", "<|end|>": "<|end|>", `\\n`: `\n`, "\n\n": "\n\n", `\"`: `"`, `é\u00e9\xff`: "éé\xff"} {
		got, err := unescape(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{`\q`, `\`, `a\x1`} {
		_, err := unescape(in)
		require.ErrorContains(t, err, "begins no escape", in)
	}
}
