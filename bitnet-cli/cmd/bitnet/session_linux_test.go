package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
)

// A session is the program at a terminal with somebody typing.
type session struct {
	t      *testing.T
	tty    *os.File
	screen strings.Builder // everything since start
	seen   int             // of screen, by earlier calls of see
	chunks chan string     // closed when the program is gone
	exit   chan int
}

func startSession(t *testing.T, home string, env []string, args ...string) *session {
	t.Helper()
	cmd := command(t, args...)
	cmd.Env = append(append(cmd.Env, "XDG_CONFIG_HOME="+home, "TERM=xterm"), env...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 200})
	require.NoError(t, err)
	s := &session{t: t, tty: tty, chunks: make(chan string), exit: make(chan int, 1)}
	go func() {
		defer close(s.chunks)
		buf := make([]byte, 4096)
		for {
			n, err := tty.Read(buf)
			if n > 0 {
				s.chunks <- string(buf[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		for range s.chunks { // lets the reader end
		}
		_ = tty.Close()
	})
	go func() {
		_ = cmd.Wait()
		s.exit <- cmd.ProcessState.ExitCode()
	}()
	return s
}

// see waits until the screen shows what the expression describes, behind what
// was seen before, and returns it.
func (s *session) see(expression string) string {
	s.t.Helper()
	want := regexp.MustCompile(expression)
	deadline := time.After(30 * time.Second)
	for {
		text := s.screen.String()[s.seen:]
		if at := want.FindStringIndex(text); at != nil {
			s.seen += at[1]
			return text[at[0]:at[1]]
		}
		select {
		case chunk, ok := <-s.chunks:
			if !ok {
				s.t.Fatalf("the program ended before the screen showed %s; it shows:\n%q", expression, text)
			}
			s.screen.WriteString(chunk)
		case <-deadline:
			s.t.Fatalf("the screen does not show %s; it shows:\n%q", expression, text)
		}
	}
}

func (s *session) typeKeys(keys string) {
	s.t.Helper()
	_, err := s.tty.WriteString(keys)
	require.NoError(s.t, err)
}

func (s *session) ends(code int) {
	s.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		select {
		case chunk := <-s.chunks:
			s.screen.WriteString(chunk)
		case got := <-s.exit:
			require.Equal(s.t, code, got)
			return
		case <-deadline:
			s.t.Fatalf("the program goes on; the screen shows:\n%q", s.screen.String())
		}
	}
}

const (
	enter  = "\r"
	ctrlC  = "\x03"
	ctrlD  = "\x04"
	up     = "\x1b[A"
	prompt = `>>>  \x08$` // an empty line, and the cursor back on it
)

// TestSession walks through a session: a text, more of it, a new one, an
// interrupt, and the ways out.
func TestSession(t *testing.T) {
	home := t.TempDir()
	s := startSession(t, home, nil, "run", "fable", "-n", "8", "--temp", "0")
	s.see(`fable goes on with the text that you begin`)
	s.see(prompt)
	s.typeKeys("Once upon a time" + enter)
	first := s.see(`there was[^\r\n]+\r\n`)
	s.see(prompt)
	s.typeKeys(enter) // goes on
	s.see(`\r\n[^\r\n]+\r\n`)
	s.see(prompt)
	s.typeKeys("/clear" + enter)
	s.see(`Forgotten\.`)
	s.see(prompt)
	s.typeKeys("Once upon" + `\` + enter)
	s.see(`\.\.\.  \x08$`)
	s.typeKeys("a time" + enter)
	s.see(prompt)
	s.typeKeys("/clear" + enter + up + up + up + up + up + enter) // the first line, from the history
	require.Equal(t, first, s.see(`there was[^\r\n]+\r\n`), "a cleared session begins anew")
	s.see(prompt)
	s.typeKeys("/nonsense" + enter)
	s.see(`There is no command /nonsense`)
	s.see(prompt)
	s.typeKeys("/help" + enter)
	s.see(`/exit +ends`)
	s.see(prompt)
	s.typeKeys("/exit" + enter)
	s.ends(0)

	history, err := os.ReadFile(filepath.Join(home, "bitnet", "history"))
	require.NoError(t, err)
	require.Contains(t, string(history), "Once upon a time\n")
	info, err := os.Stat(filepath.Join(home, "bitnet", "history"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestSessionInterrupts(t *testing.T) {
	s := startSession(t, t.TempDir(), nil, "run", "fable", "--temp", "0", "--ignore-eos")
	s.see(prompt)
	s.typeKeys("Once upon a time" + enter)
	s.see(`there was`) // it writes without end: the context slides
	s.typeKeys(ctrlC)
	s.see(prompt)
	s.typeKeys("half a li" + ctrlC)
	s.see(prompt)
	s.typeKeys(ctrlC)
	s.see(`Press Ctrl-C again`)
	s.see(prompt)
	s.typeKeys(ctrlC)
	s.ends(0)

	s = startSession(t, t.TempDir(), nil, "run", "fable")
	s.see(prompt)
	s.typeKeys(ctrlD)
	s.ends(0)
}

// TestChatSession talks to a model with a chat template.
func TestChatSession(t *testing.T) {
	s := startSession(t, t.TempDir(), nil, "run", chatModel(t), "--temp", "0", "-n", "40", "-c", "96", "--system", "Be brief.")
	s.see(`answers what you type`)
	s.see(prompt)
	s.typeKeys("Tell me a story" + enter)
	first := s.see(`Tell me a story\r\n[^\x1b]+\x1b`)
	s.see(prompt)
	for range 3 {
		s.typeKeys("Tell me a longer story about the sea and the king" + enter)
		s.see(`the king\r\n`)
		s.see(prompt)
	}
	require.Contains(t, s.screen.String(), "oldest parts are forgotten")
	s.typeKeys("/clear" + enter)
	s.see(`Forgotten`)
	s.see(prompt)
	s.typeKeys("Tell me a story" + enter)
	require.Equal(t, first, s.see(`Tell me a story\r\n[^\x1b]+\x1b`))
	s.see(prompt)
	s.typeKeys("/bye" + enter)
	s.ends(0)
}

// TestSessionPromptCache: the first prompt of a session is kept, nothing after it.
func TestSessionPromptCache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "session.cache")
	s := startSession(t, t.TempDir(), nil, "run", "fable", "-n", "8", "--temp", "0", "--prompt-cache", file)
	s.see(prompt)
	s.typeKeys(tale + enter)
	s.see(`kingdom\.\r\n`)
	s.see(prompt)
	first, err := os.ReadFile(file)
	require.NoError(t, err)
	s.typeKeys("And they went" + enter)
	s.see(`went\r\n`)
	s.see(prompt)
	s.typeKeys("/exit" + enter)
	s.ends(0)
	last, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, first, last)
	require.EqualValues(t, 1, runsJSON(t, tale, "--prompt-cache", file).Timings["prefill_tokens"])
}

// TestTerminalShowsThePrompt: on a terminal a text is shown from its beginning,
// and a prompt that was given is not asked for.
func TestTerminalShowsThePrompt(t *testing.T) {
	s := startSession(t, t.TempDir(), nil, "run", "Once upon a time", "--temp", "0", "-n", "8")
	s.see(`^(loading.*)?(\r\x1b\[K)*Once upon a time, there was`)
	s.ends(0)
}
