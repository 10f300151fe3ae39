package lineedit

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/chzyer/readline"
)

// ErrInterrupt reports that Ctrl-C was pressed while a line was being typed.
var ErrInterrupt = errors.New("interrupted")

// An Editor reads lines from a person.
type Editor interface {
	// ReadLine shows prompt and returns the line without its newline. Ctrl-C
	// is ErrInterrupt, beside what had been typed until then; Ctrl-D on an
	// empty line is io.EOF.
	ReadLine(prompt string) (string, error)
	Close() error
}

// historyLines is how many lines are remembered between sessions.
const historyLines = 1000

// Open returns an editor on the process's terminal that draws on out. Lines are
// remembered in the history file, which only its owner may read; "" keeps them
// for this session alone, and so does a file that cannot be written.
func Open(out io.Writer, history string) (Editor, error) {
	rl, err := readline.NewEx(&readline.Config{
		Stdout:            out,
		Stderr:            out,
		HistoryFile:       prepare(history),
		HistoryLimit:      historyLines,
		HistorySearchFold: true,
		InterruptPrompt:   "^C",
		EOFPrompt:         "^D",
	})
	if err != nil {
		return nil, err
	}
	return (*editor)(rl), nil
}

// prepare makes sure of the history file and its mode; it returns "" if there
// can be none.
func prepare(path string) string {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return ""
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return ""
	}
	if f.Close() != nil {
		return ""
	}
	return path
}

type editor readline.Instance

func (e *editor) ReadLine(prompt string) (string, error) {
	rl := (*readline.Instance)(e)
	rl.SetPrompt(prompt)
	line, err := rl.Readline()
	if errors.Is(err, readline.ErrInterrupt) {
		err = ErrInterrupt
	}
	return line, err
}

func (e *editor) Close() error { return (*readline.Instance)(e).Close() }
