package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is the path of the program under test, built once as users build it.
var program string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "bitnet")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "bitnet")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// A result is what one run of the program did.
type result struct {
	out, err string
	code     int
}

// command returns the program with arguments, ready to start.
func command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+t.TempDir(), "BITNET_DEBUG=")
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// bitnet runs the program with text on standard input.
func bitnet(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := command(t, args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// succeeds runs the program and requires exit code 0 and silence on standard error.
func succeeds(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	r := bitnet(t, stdin, args...)
	require.Equal(t, 0, r.code, r.err)
	require.Empty(t, r.err)
	return r.out
}

// decodes requires one line of JSON with exactly these keys, in order, and
// decodes it into v.
func decodes(t *testing.T, out string, keys []string, v any) {
	t.Helper()
	require.Equal(t, 1, strings.Count(out, "\n"), "one line")
	require.NoError(t, json.Unmarshal([]byte(out), v))
	d := json.NewDecoder(strings.NewReader(out))
	var got []string
	depth, key := 0, false
	for d.InputOffset() < int64(len(strings.TrimSpace(out))) {
		tok, err := d.Token()
		require.NoError(t, err)
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
			key = depth == 1
			continue
		case json.Delim('}'), json.Delim(']'):
			depth--
			key = depth == 1
			continue
		}
		if depth == 1 {
			if key {
				got = append(got, tok.(string))
			}
			key = !key
		}
	}
	require.Equal(t, keys, got)
}

// failsInOneLine requires exit code 1 and one line of explanation.
func failsInOneLine(t *testing.T, r result, want ...string) {
	t.Helper()
	require.Equal(t, 1, r.code, r.err)
	require.Empty(t, r.out)
	require.Equal(t, 1, strings.Count(r.err, "\n"), r.err)
	require.True(t, strings.HasPrefix(r.err, "bitnet: "), r.err)
	require.NotContains(t, r.err, "internal error")
	for _, w := range want {
		require.Contains(t, r.err, w)
	}
}

func TestDevices(t *testing.T) {
	require.Regexp(t, `(?m)^kernels +\w+`, succeeds(t, "", "devices"))
	var all struct {
		Devices []struct {
			ID      string
			Threads int
			Kernels string
		}
		Backends []struct{ Name, Absent string }
	}
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", "devices", "--json")), &all))
	require.Equal(t, "cpu", all.Devices[0].ID)
	require.Positive(t, all.Devices[0].Threads)
	require.NotEmpty(t, all.Devices[0].Kernels)
	require.Equal(t, "cpu", all.Backends[0].Name)
	for _, b := range all.Backends[1:] {
		require.NotEmpty(t, b.Absent, b.Name)
	}
}

func TestUnknownSIMDLevelIsNamed(t *testing.T) {
	cmd := command(t, "devices", "--json")
	cmd.Env = append(cmd.Env, "BITNET_SIMD=sse9")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Run())
	require.Contains(t, errs.String(), `bitnet: BITNET_SIMD is "sse9", want one of generic`)
	require.Equal(t, 1, strings.Count(errs.String(), "\n"))
}

func TestVersion(t *testing.T) {
	var v struct{ Version, Commit, Time, Go, Platform string }
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", "version", "--json")), &v))
	require.Equal(t, runtime.Version(), v.Go)
	require.Equal(t, runtime.GOOS+"/"+runtime.GOARCH, v.Platform)
	line := succeeds(t, "", "version")
	require.Contains(t, line, v.Platform)
	require.Equal(t, line, succeeds(t, "", "--version"))
}

func TestHelpAndCompletion(t *testing.T) {
	require.Contains(t, succeeds(t, ""), "bitnet run \"Once upon a time\"")
	for _, verb := range []string{"run", "show", "tokenize", "tokenizer", "logits", "perplexity", "choices", "bench", "devices", "version", "completion"} {
		require.Contains(t, succeeds(t, "", verb, "--help"), "Usage:")
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		require.Contains(t, succeeds(t, "", "completion", shell), "bitnet")
	}
	require.Contains(t, bitnet(t, "", "__completeNoDesc", "run", "").out, "fable\n")
}
