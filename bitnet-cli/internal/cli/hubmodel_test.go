package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

func TestHubName(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.MkdirAll(filepath.Join("hf.co", "org", "here"), 0o755))
	require.NoError(t, os.WriteFile("2b4t", nil, 0o644))
	for name, want := range map[string]string{
		"hf.co/org/there":       "hf.co/org/there",
		"hf:org/there@v1":       "hf.co/org/there@v1",
		"BitNet-3b":             "hf.co/1bitLLM/bitnet_b1_58-3B:safetensors",
		"hf.co/org/here":        "", // a path
		"2b4t":                  "",
		"./bitnet-3b":           "",
		"fable":                 "",
		"either/or":             "",
		"org/there":             "",
		"":                      "",
		"https://example.com/x": "",
	} {
		ref, ok, err := hubName(name)
		require.NoError(t, err, name)
		require.Equal(t, want != "", ok, name)
		if ok {
			require.Equal(t, want, ref.String())
		}
	}
	_, ok, err := hubName("hf.co/other")
	require.False(t, ok)
	require.ErrorContains(t, err, "ORG/REPO")
}

// TestMissingModel: what is not in the store is one error for every verb, which says what to do.
func TestMissingModel(t *testing.T) {
	store := filepath.Join(t.TempDir(), "none")
	t.Setenv("HF_HUB_CACHE", store)
	t.Setenv("HF_HUB_OFFLINE", "")
	m := modelArg{path: "hf.co/org/x:a model.gguf"}
	_, err := m.open(memory.Heap())
	require.ErrorIs(t, err, hub.ErrNotHere)
	require.EqualError(t, err, "hf.co/org/x:a model.gguf: not in the store "+store+"; this fetches it: bitnet pull 'hf.co/org/x:a model.gguf'")
	require.NoDirExists(t, store)

	t.Setenv("HF_HUB_OFFLINE", "1")
	require.ErrorContains(t, m.obtain(t.Context(), &Streams{InTTY: true, ErrTTY: true}), "HF_HUB_OFFLINE forbids")
	for _, args := range [][]string{
		{"run", "2b4t", "x"},
		{"run", "-m", "2b4t", "x"},
		{"show", "2b4t"},
		{"show", "2b4t", "--check"},
		{"bench", "2b4t"},
		{"embed", "2b4t", "x"},
		{"tokenize", "2b4t", "x"},
		{"logits", "2b4t", "x"},
		{"convert", "2b4t", "x.gguf"},
		{"diff", "fable", "2b4t"},
		{"cp", "2b4t", "x"},
		{"quantize", "2b4t", "x.gguf"},
		{"calibrate", "2b4t", "-f", "hubmodel_test.go"},
		{"perplexity", "2b4t", "-f", "hubmodel_test.go"},
	} {
		var out, errs bytes.Buffer
		code := execute(t.Context(), args, &Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
		require.NotZero(t, code, args)
		require.Empty(t, out.String(), args)
		require.Regexp(t, `^bitnet: hf.co/microsoft/\S+: not in the store .*HF_HUB_OFFLINE forbids to fetch it; .*bitnet pull 2b4t\n$`, errs.String(), args)
	}
}

func TestConfirm(t *testing.T) {
	for in, want := range map[string]bool{"\n": true, "y\n": true, " Yes\r\n": true, "n\n": false, "no\n": false, "what\n": false, "": false, "y": false} {
		var screen bytes.Buffer
		got, err := confirm(t.Context(), &Streams{In: strings.NewReader(in), Err: &screen}, "Well? ")
		require.NoError(t, err)
		require.Equal(t, want, got, "%q", in)
		require.Contains(t, screen.String(), "Well? ")
	}
	rest := strings.NewReader("y\nnext")
	_, err := confirm(t.Context(), &Streams{In: rest, Err: io.Discard}, "")
	require.NoError(t, err)
	require.Equal(t, 4, rest.Len(), "what follows is for others")

	silent, typist := io.Pipe()
	defer typist.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = confirm(ctx, &Streams{In: silent, Err: io.Discard}, "")
	require.ErrorIs(t, err, context.Canceled)
}

// TestCopyEndsWithNothing: a copy that is ended leaves neither itself nor a part of it.
func TestCopyEndsWithNothing(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to", "file")
	require.NoError(t, os.WriteFile(from, make([]byte, copyBlock+1), 0o644))
	ctx, cancel := context.WithCancel(t.Context())
	err := copyFile(ctx, to, from, func(int64) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	entries, err := os.ReadDir(filepath.Dir(to))
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestCopyRoom: what does not fit is said before anything is made.
func TestCopyRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	if _, ok := disk.Free(dir); !ok {
		t.Skip("this system does not say how much room there is")
	}
	require.NoError(t, room(dir, 1))
	err := room(dir, 1<<60)
	require.ErrorIs(t, err, hub.ErrNoSpace)
	require.ErrorContains(t, err, "not enough room on the disk: 1048576 TiB are needed, and "+dir+" has ")
	require.NoDirExists(t, filepath.Dir(dir))
}

// TestModelCompletion: each command that takes -m completes it as it completes a MODEL, which it no longer takes then.
func TestModelCompletion(t *testing.T) {
	t.Setenv("HF_HUB_CACHE", t.TempDir())
	complete := func(args ...string) string {
		var out, errs bytes.Buffer
		s := &Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
		require.Zero(t, execute(t.Context(), append([]string{"__completeNoDesc"}, args...), s), errs.String())
		return out.String()
	}
	with := 0
	for _, cmd := range newRoot(&Streams{}).Commands() {
		if cmd.Flags().Lookup("model") == nil {
			continue
		}
		with++
		for _, flag := range []string{"-m", "--model"} {
			require.Contains(t, complete(cmd.Name(), flag, ""), "fable\n", cmd.Name())
			require.Contains(t, complete(cmd.Name(), flag, ""), "\n2b4t\n", cmd.Name())
		}
		require.NotContains(t, complete(cmd.Name(), "-m", "fable", ""), "2b4t", cmd.Name())
	}
	require.Greater(t, with, 5)
	require.Contains(t, complete("run", ""), "fable\n")
}

// TestLater: only the last text that was announced shows.
func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen bytes.Buffer
		p := progress{w: &screen, start: time.Now()}
		p.later("first")
		time.Sleep(patience / 2)
		p.later("second")
		time.Sleep(patience * 3 / 2)
		p.done()
		require.NotContains(t, screen.String(), "first")
		require.Contains(t, screen.String(), "second")
	})
}

// TestConversion: what the table says of a model becomes a command of its name.
func TestConversion(t *testing.T) {
	ref, err := hub.ParseRef("2b4t-bf16")
	require.NoError(t, err)
	p := pulling{name: "2b4t-bf16", plan: &hub.Plan{Ref: ref}, known: knownAs(ref)}
	require.Equal(t, `bitnet run 2b4t-bf16 "Once upon a time"; it starts faster after bitnet convert 2b4t-bf16 2b4t-bf16.gguf --type i2_s`, p.command())
	ref, err = hub.ParseRef("embed-0.6b")
	require.NoError(t, err)
	p = pulling{name: "embed-0.6b", plan: &hub.Plan{Ref: ref}, known: knownAs(ref)}
	require.Equal(t, `bitnet embed embed-0.6b "A text."`, p.command())
	require.Empty(t, knownAs(hub.Ref{Repo: "microsoft/bitnet-b1.58-2B-4T-gguf", Quant: "f16"}).Name)
	require.Empty(t, knownAs(hub.Ref{Repo: "org/other"}).Name)
}
