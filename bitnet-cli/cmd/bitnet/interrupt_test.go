//go:build unix

package main_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endless are the arguments of a text that would go on for long.
var endless = []string{"run", "Once upon a time", "--ignore-eos", "--temp", "0"}

// startWriting starts a run and returns once the first of its text is there.
func startWriting(t *testing.T, cmd *exec.Cmd) (read *bufio.Reader, errs *bytes.Buffer) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	errs = &bytes.Buffer{}
	cmd.Stderr = errs
	require.NoError(t, cmd.Start())
	read = bufio.NewReader(out)
	_, err = read.Peek(1)
	require.NoError(t, err)
	return read, errs
}

// TestInterrupt: Ctrl-C keeps what was written and says so by its exit code.
func TestInterrupt(t *testing.T) {
	whole := succeeds(t, "", "run", "Once upon a time", "--ignore-eos", "--temp", "0", "-n", "200")
	cmd := command(t, append(endless, "-t", "1")...)
	read, errs := startWriting(t, cmd)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	text, err := io.ReadAll(read)
	require.NoError(t, err)
	require.Error(t, cmd.Wait())
	require.Equal(t, 130, cmd.ProcessState.ExitCode())
	require.Empty(t, errs.String())
	require.True(t, bytes.HasSuffix(text, []byte("\n")))
	text = bytes.TrimSuffix(text, []byte("\n"))
	require.NotEmpty(t, text)
	n := min(len(text), len(whole)-1)
	require.Equal(t, whole[:n], string(text[:n]), "what was written is the text's beginning")
}

// TestClosedPipe: a reader that has seen enough is no error worth a message.
func TestClosedPipe(t *testing.T) {
	cmd := command(t, endless...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	require.NoError(t, cmd.Start())
	_, err = out.Read(make([]byte, 1))
	require.NoError(t, err)
	require.NoError(t, out.Close())
	require.Error(t, cmd.Wait())
	require.Empty(t, errs.String())
}

// TestFullDisk: text that cannot be written is an error.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	defer full.Close()
	for _, args := range [][]string{{"run", "x", "-n", "3"}, {"run", "x", "-n", "3", "--json"}, {"show"}, {"bench", "-p", "1", "-n", "0", "-r", "1"}, {"tokenize", "x"}, {"logits", "x"}} {
		cmd := command(t, args...)
		var errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &errs
		require.Error(t, cmd.Run())
		require.Equal(t, 1, cmd.ProcessState.ExitCode(), args)
		require.Regexp(t, `^bitnet: .*no space left on device\n$`, errs.String())
	}
}

// TestInterruptedSynthetic: a model that is being made leaves no file behind.
func TestInterruptedSynthetic(t *testing.T) {
	dir := t.TempDir()
	files := func() int {
		list, err := os.ReadDir(dir)
		require.NoError(t, err)
		return len(list)
	}
	cmd := command(t, "bench", "--synthetic", "8b", "--synthetic-out", filepath.Join(dir, "m.gguf"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return files() > 0 }, time.Minute, time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.Error(t, cmd.Wait())
	require.Equal(t, 130, cmd.ProcessState.ExitCode())
	require.Empty(t, out.String())
	require.Empty(t, errs.String())
	require.Zero(t, files())
}

// TestInterruptedTraining: a tokenizer that is being made leaves the old one as it is.
func TestInterruptedTraining(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "tokenizer.json")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	cmd := command(t, "tokenizer", "train", "-f", "-", "-o", path)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	require.NoError(t, cmd.Start())
	text := bytes.Repeat([]byte("some words and others\n"), 1<<16)
	for i := 0; err == nil; i++ { // until nobody reads any more
		if i == 3 {
			require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		}
		_, err = in.Write(text)
	}
	require.Error(t, cmd.Wait())
	require.Equal(t, 130, cmd.ProcessState.ExitCode())
	require.Empty(t, out.String())
	require.Empty(t, errs.String())
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "old", string(data))
}

// names lists a directory.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestInterruptedConversion: neither a target is left nor what was unpacked for it.
func TestInterruptedConversion(t *testing.T) {
	for _, name := range []string{"m.gguf", "model"} {
		dir, temporary := t.TempDir(), t.TempDir()
		kind := "f32"
		if name == "model" {
			kind = "hf-f32"
		}
		cmd := command(t, "convert", "fable", filepath.Join(dir, name), "--type", kind)
		cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		require.NoError(t, cmd.Start())
		require.Eventually(t, func() bool { return len(names(t, dir)) > 0 }, time.Minute, time.Millisecond)
		require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
		require.Error(t, cmd.Wait())
		require.Equal(t, 130, cmd.ProcessState.ExitCode())
		require.Empty(t, out.String())
		require.Empty(t, errs.String())
		require.Empty(t, names(t, dir))
		require.Empty(t, names(t, temporary))
	}
}

// TestInterruptedReading: a check and a measurement end as Ctrl-C ends all commands. When the
// check has begun shows nowhere, so the interrupt comes later where it was too early, and
// sooner where all was done.
func TestInterruptedReading(t *testing.T) {
	dense := filepath.Join(t.TempDir(), "dense.gguf")
	succeeds(t, "", "convert", "fable", dense, "--type", "f32")
	for _, args := range [][]string{{"show", dense, "--check"}, {"devices", "--measure"}} {
		wait, code := 20*time.Millisecond, 0
		for try := 0; code != 130; try++ {
			require.Less(t, try, 200, "%s was never interrupted", args)
			cmd := command(t, args...)
			cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+t.TempDir())
			var errs bytes.Buffer
			cmd.Stderr = &errs
			require.NoError(t, cmd.Start())
			time.Sleep(wait)
			_ = cmd.Process.Signal(syscall.SIGINT) // it may be done
			_ = cmd.Wait()
			require.Empty(t, errs.String())
			if code = cmd.ProcessState.ExitCode(); code == 0 {
				wait = wait * 7 / 8
			} else {
				wait = wait * 5 / 4
			}
		}
	}
}

// TestConversionWithoutRoom: a disk or a limit that is reached is said in one line, and what
// was written is gone.
func TestConversionWithoutRoom(t *testing.T) {
	dir, src := t.TempDir(), filepath.Join(t.TempDir(), "fable.gguf")
	succeeds(t, "", "convert", "fable", src)
	for _, name := range []string{"m.gguf", "model"} {
		dst := filepath.Join(dir, name)
		cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 20000 && exec "$0" "$@"`, program, "convert", src, dst, "--embedding", "f32")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		require.Error(t, cmd.Run())
		require.Equal(t, 1, cmd.ProcessState.ExitCode())
		require.Empty(t, out.String())
		require.Regexp(t, `^bitnet: `+dst+`: there is no room for \d+ MB: file too large\n$`, errs.String())
		require.Empty(t, names(t, dir))
	}
}
