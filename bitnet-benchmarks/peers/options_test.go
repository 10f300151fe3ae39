package main

import (
	"bytes"
	"flag"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	all := []test{
		{prefill: 128, threads: 1},
		{prefill: 512, threads: 1},
		{decode: 64, threads: 1},
		{prefill: 128, threads: 2},
		{prefill: 512, threads: 2},
		{decode: 64, threads: 2},
	}
	for _, c := range []struct {
		name   string
		args   []string
		tests  []test
		rounds int
		extra  []string
	}{
		{"nothing", []string{}, all, 5, []string{}},
		{"quick", []string{"--quick", "-t", "2"}, []test{{prefill: 128, threads: 2}, {decode: 32, threads: 2}}, 3, []string{}},
		{"quick with a list", []string{"--quick", "-p", "16,16,8", "-n", "0", "-t", "1", "--rounds", "1"}, []test{{prefill: 16, threads: 1}, {prefill: 8, threads: 1}}, 1, []string{}},
		{"arguments of bench", []string{"-p", "0", "-t", "1", "--", "--cache-type", "f32"}, []test{{decode: 64, threads: 1}}, 5, []string{"--cache-type", "f32"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := parse(c.args, io.Discard)
			require.NoError(t, err)
			require.Equal(t, c.tests, o.tests())
			require.Equal(t, c.rounds, o.rounds)
			require.Equal(t, c.extra, o.extra)
			require.Equal(t, "2b4t-silu", o.random.Shape.Name, "the model that llama.cpp computes")
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-p", "0", "-n", "0"}, "nothing to measure"},
		{[]string{"-p", "-3"}, "numbers above 0"},
		{[]string{"-t", "0"}, "-t is 0"},
		{[]string{"-r", "0"}, "-r is 0"},
		{[]string{"--rounds", "0"}, "--rounds is 0"},
		{[]string{"--flash", "maybe"}, "auto, on or off"},
		{[]string{"--model", "a.gguf", "--synthetic", "2b4t"}, "contradict"},
		{[]string{"--choices", "a.json"}, "--choices needs a model"},
		{[]string{"--choices", "a.json", "--model", "a.gguf", "--questions", "0"}, "--questions is 0"},
		{[]string{"--choices", "a.json", "--model", "a.gguf", "-p", "0", "-r", "2"}, "-p means nothing with --choices"},
		{[]string{"--synthetic", "13b"}, "want fable"},
		{[]string{"--synthetic", "3b"}, "multiples of 256"},
		{[]string{"a.gguf"}, "--model FILE"},
		{[]string{"--no-such"}, "not defined"},
	} {
		var help bytes.Buffer
		_, err := parse(c.args, &help)
		require.ErrorContains(t, err, c.want, "%q", c.args)
		require.Empty(t, help.String(), "an error has no page of help")
	}
}

func TestHelp(t *testing.T) {
	var help bytes.Buffer
	_, err := parse([]string{"--help"}, &help)
	require.ErrorIs(t, err, flag.ErrHelp)
	require.Contains(t, help.String(), "  -p N,...              prefill N,... tokens; 0: no such test (default 128,512)\n")
	require.NotContains(t, help.String(), "--scripts")
}
