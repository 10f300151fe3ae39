//go:build linux && (amd64 || arm64)

package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// script makes an executable shell script.
func script(t *testing.T, dir, name, body string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	return path
}

const benchRow = `[{"test":"pp8","threads":2,"tps_runs":[4,6],"rss_mib":12.5,"simd":"avx2","head":"f16","size_bytes":70,"parameters":9}]`

func TestBitnetMeasures(t *testing.T) {
	asked := filepath.Join(t.TempDir(), "asked")
	program := script(t, t.TempDir(), "bitnet", `echo "$BITNET_SIMD $*" >`+asked+`; echo '`+benchRow+`'`)
	b := &bitnet{program: program, simd: "avx2", extra: []string{"--cache-type", "f32"}}
	m, err := b.measure(t.Context(), "m.gguf", test{prefill: 8, threads: 2}, 2)
	require.NoError(t, err)
	m.cpu = 0
	require.Equal(t, measurement{rates: []float64{4, 6}, rss: 12.5, size: 70, parameters: 9, code: "avx2", head: "f16"}, m)
	require.InDelta(t, 5, m.rate(), 0)
	line, err := os.ReadFile(asked)
	require.NoError(t, err)
	require.Equal(t, "avx2 bench --model m.gguf --json -p 8 -n 0 -t 2 -r 2 --cache-type f32\n", string(line))

	_, err = b.measure(t.Context(), "m.gguf", test{decode: 8, threads: 2}, 2)
	require.ErrorContains(t, err, "was asked for tg8 on 2 threads")
	_, err = b.measure(t.Context(), "m.gguf", test{prefill: 8, threads: 2}, 3)
	require.ErrorContains(t, err, "2 runs and was asked for 3")
	b.simd = "avx512"
	_, err = b.measure(t.Context(), "m.gguf", test{prefill: 8, threads: 2}, 2)
	require.ErrorContains(t, err, "not with avx512")
}

func TestProcessesThatFail(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ program, want string }{
		{script(t, dir, "fails", "echo no such model >&2; exit 3"), "no such model"},
		{script(t, dir, "silent", "exit 3"), "exit status 3"},
		{script(t, dir, "garbled", "echo oops"), "is not understood"},
		{filepath.Join(dir, "absent"), "is not there"},
	} {
		b := &bitnet{program: c.program}
		_, err := b.measure(t.Context(), "m.gguf", test{prefill: 8, threads: 2}, 2)
		require.ErrorContains(t, err, c.want)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := (&bitnet{program: script(t, dir, "slow", "sleep 60")}).logits(ctx, "m.gguf", []int32{1}, 1)
	require.ErrorIs(t, err, context.Canceled)
}

// install runs installLlama with nothing but these scripts to be found.
func install(t *testing.T, python, npm string) (*llamacpp, string, error) {
	t.Helper()
	bin, home := t.TempDir(), t.TempDir()
	for name, body := range map[string]string{"python3": python, "npm": npm} {
		if body != "" {
			script(t, bin, name, "PATH=/usr/bin:/bin; "+body)
		}
	}
	t.Setenv("PATH", bin)
	l, err := installLlama(t.Context(), home, &options{scripts: "dir", flash: "on"}, &progress{})
	return l, home, err
}

const (
	pythonAnswers = `echo '{"version":"0.5","backend":"zen4","features":"CPU : AVX2 = 1"}'`
	npmInstalls   = `[ "$4" = --no-save ] && for p; do :; done && name=${p%@*} && mkdir -p "$3/node_modules/$name/bins/linux-${name##*-}"`
)

func TestInstall(t *testing.T) {
	l, home, err := install(t, pythonAnswers, npmInstalls)
	require.NoError(t, err)
	require.DirExists(t, l.libraries)
	require.Equal(t, llamaInfo{Version: "0.5", Backend: "zen4", Features: "CPU : AVX2 = 1"}, l.llamaInfo)
	left, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing unfinished")
	_, err = installLlama(t.Context(), home, &options{}, &progress{})
	require.NoError(t, err)
}

func TestInstallSaysWhatIsMissing(t *testing.T) {
	for _, c := range []struct{ name, python, npm, want string }{
		{"python", "", npmInstalls, "apt install python3"},
		{"npm", pythonAnswers, "", "apt install npm"},
		{"network", pythonAnswers, "echo ECONNREFUSED; exit 1", "is there a network? It said:\nECONNREFUSED"},
		{"libraries", "echo no libraries >&2; exit 1", npmInstalls, "remove that directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, home, err := install(t, c.python, c.npm)
			require.ErrorContains(t, err, c.want)
			unfinished, err := filepath.Glob(filepath.Join(home, "install-*"))
			require.NoError(t, err)
			require.Empty(t, unfinished)
		})
	}
}
