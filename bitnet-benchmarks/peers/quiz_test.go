//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

func TestSame(t *testing.T) {
	share, err := same(scores{{-1, -2}, {-3, -2}, {-1, -1}, {-5, -4}}, scores{{-1.1, -2}, {-3, -2.2}, {-1, -2}, {-4, -5}})
	require.NoError(t, err)
	require.InDelta(t, 0.75, share, 0)
	_, err = same(scores{{-1, -2}}, nil)
	require.ErrorContains(t, err, "one engine decided 1 questions, and the other 0")
	_, err = same(scores{{-1, -2}}, scores{{-1}})
	require.ErrorContains(t, err, "question 1 has 2 endings for one engine, and 1 for the other")
}

// TestQuiz runs one with programs that answer at once: who is faster is found out with
// both settings of llama.cpp, and each round is measured.
func TestQuiz(t *testing.T) {
	dir := t.TempDir()
	asked := filepath.Join(dir, "asked")
	told := filepath.Join(dir, "told")
	ours := script(t, dir, "bitnet", `echo "$*" >>`+told+`; case "$*" in
	"devices --json") echo '{"devices":[{"kernels":"avx2"}]}';;
	*--items*) echo '{"log_probs":[-1,-2]}'; echo '{"log_probs":[-2,-1]}';;
	*) echo '{"items":2,"seconds":0.5}';; esac`)
	theirs := script(t, dir, "python", `echo "$*" >>`+asked+`; case "$*" in
	*--scores*) echo '{"seconds":1,"log_probs":[[-1,-3],[-4,-2]]}';;
	*"--sequences 4"*) echo '{"seconds":3}';;
	*) echo '{"seconds":2}';; esac`)
	q := &quiz{
		peer: &llamacpp{python: theirs, flash: "auto"}, ours: &bitnet{program: ours, simd: "avx2", extra: []string{"--head", "f16"}}, count: 2,
		options: &options{threads: counts{2}, rounds: 3, flash: "auto"}, show: newProgress(os.Stderr),
	}
	all, err := q.run(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 1)
	r := all[0]
	require.Equal(t, []float64{2, 2, 2}, r.Peer)
	require.Equal(t, []float64{0.5, 0.5, 0.5}, r.Ours)
	require.Equal(t, 128, r.Sequences)
	require.InDelta(t, 4, r.Ratio.Median, 0)
	require.InDelta(t, 1, r.Same, 0)
	lines, err := os.ReadFile(asked)
	require.NoError(t, err)
	require.Equal(t, 2+1+3, bytes.Count(lines, []byte("\n")))
	var out bytes.Buffer
	require.NoError(t, printQuiz(&out, all, false))
	require.Contains(t, out.String(), "2 questions on 2 threads: bitnet 0.50 s, llama.cpp 2.00 s (128 sequences at once), 4.00 times as fast")

	lines, err = os.ReadFile(told)
	require.NoError(t, err)
	require.Equal(t, 1+3, bytes.Count(lines, []byte(" --head f16\n")), "arguments after --")

	q.ours.simd = "avx512vnni"
	_, err = q.run(t.Context())
	require.ErrorContains(t, err, "bitnet computes with avx2 here and not with avx512vnni")
	q.ours.simd = ""
	q.count = 3
	_, err = q.run(t.Context())
	require.ErrorContains(t, err, "was asked 3 questions and decided 2")
	q.count = 2
	q.peer.python = script(t, dir, "other", `echo '{"seconds":1,"log_probs":[[-3,-1],[-4,-2]]}'`)
	_, err = q.run(t.Context())
	require.ErrorContains(t, err, "only 50 % of the questions are decided alike")
}

// TestNewQuiz: the tokens of the first questions are written.
func TestNewQuiz(t *testing.T) {
	dir, model := t.TempDir(), golden.Path(t, "models", "fable-29m")
	o := &options{choices: golden.Path(t, "eval", "ARC-Easy.test.json"), questions: 7}
	q, err := newQuiz(dir, nil, nil, model, o, newProgress(os.Stderr))
	require.NoError(t, err)
	require.Equal(t, 7, q.count)
	data, err := os.ReadFile(q.questions)
	require.NoError(t, err)
	var all []quizQuestion
	require.NoError(t, json.Unmarshal(data, &all))
	require.Len(t, all, 7)
	require.Len(t, all[0].Endings, 4)
	require.NotEmpty(t, all[0].Context)

	o.choices = filepath.Join(dir, "none")
	_, err = newQuiz(dir, nil, nil, model, o, newProgress(os.Stderr))
	require.ErrorContains(t, err, "cannot read the questions")
}
