package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
)

// TestOffer: at a terminal a model that is missing is offered, with size and licence.
func TestOffer(t *testing.T) {
	p := newPlace(t, models(t)...)
	start := func() *session {
		return startSession(t, t.TempDir(), p.env, "run", tinyRepo, "--ids", "1,2", "-n", "2", "--temp", "0")
	}
	const question = `\[Y/n\] `
	s := start()
	s.see(`hf\.co/org/tiny-gguf is not in the store\. It is [\d.]+ MiB in 1 file, licence mit\.`)
	s.see(question)
	s.typeKeys("n" + enter)
	s.see(`bitnet: .*not in the store.*bitnet pull hf\.co/org/tiny-gguf`)
	s.ends(1)

	s = start()
	s.see(question)
	s.typeKeys(ctrlC)
	s.ends(130)
	require.Zero(t, p.Sent(""))

	s = start()
	s.see(question)
	s.typeKeys(enter)
	s.ends(0)
	require.NotZero(t, p.Sent(""))

	s = start()
	s.ends(0)
	require.NotContains(t, s.screen.String(), "[Y/n]")
}

// TestOfferTokenizer: to tokenize, a checkpoint's weights are not fetched, and what then runs the model fetches those alone.
func TestOfferTokenizer(t *testing.T) {
	repo := models(t)[1]
	weights := repo.Files[1]
	repo.Files = append(repo.Files, hubtest.File{Path: "tokenizer.json", Data: []byte(
		`{"model": {"type": "WordLevel", "vocab": {"once": 0, "upon": 1, "?": 2}, "unk_token": "?"}, "pre_tokenizer": {"type": "Whitespace"}}`)})
	p := newPlace(t, repo, hubtest.Repo{Name: "org/none", Files: repo.Files[:2]})
	const question = `\[Y/n\] `
	tokenize := func(model string) *session {
		return startSession(t, t.TempDir(), p.env, "tokenize", "-m", model, "upon once")
	}
	s := tokenize("hf.co/org/none")
	s.see("bitnet: org/none: it has no tokenizer")
	s.ends(1)

	p.Inject(hubtest.Fault{File: "tokenizer.json", StallAfter: 10, Times: 1})
	s = tokenize(packedRepo)
	s.see(question)
	s.typeKeys(enter)
	require.Eventually(t, func() bool { return p.Sent("tokenizer.json") > 0 }, time.Minute, time.Millisecond)
	s.typeKeys(ctrlC)
	s.see(`bitnet: stopped with .* of .*; the same command goes on from there`)
	s.ends(130)

	s = tokenize(packedRepo)
	s.see(`The tokenizer of hf\.co/org/packed is not in the store\. It is [\d.]+ KiB in 2 files, licence apache-2\.0\.`)
	s.see(question)
	s.typeKeys(enter)
	s.see("2 tokens")
	s.ends(0)
	require.Zero(t, p.Sent(weights.Path))
	require.Equal(t, "[1,0]\n", p.succeeds(t, "tokenize", "-m", packedRepo, "upon once", "--json"))
	require.Equal(t, "[]\n", p.succeeds(t, "list", "--json"))
	failsInOneLine(t, p.bitnet(t, nil, "run", packedRepo, "once"), "not in the store", "bitnet pull "+packedRepo)

	p.Forget()
	s = startSession(t, t.TempDir(), p.env, "run", packedRepo, "once", "-n", "2", "--temp", "0")
	s.see(`hf\.co/org/packed is not in the store\. It is [\d.]+ \w+ in 3 files`)
	s.see(question)
	s.typeKeys(enter)
	s.ends(0)
	require.EqualValues(t, len(weights.Data), p.Sent(""))
	p.succeeds(t, "rm", packedRepo)
}
