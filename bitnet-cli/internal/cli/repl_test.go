package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/lineedit"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
)

// typed is an Editor whose lines are typed by a script; "^C" is that key, and
// "^C^C" is it on a line with something typed already.
type typed []string

func (t *typed) ReadLine(string) (string, error) {
	if len(*t) == 0 {
		return "", io.EOF
	}
	line := (*t)[0]
	*t = (*t)[1:]
	switch line {
	case "^C":
		return "", lineedit.ErrInterrupt
	case "x^C":
		return "x", lineedit.ErrInterrupt
	}
	return line, nil
}

func (t *typed) Close() error { return nil }

// echo is a partner that notes what it was told.
type echo struct {
	heard   []string
	cleared int
	err     error // of the next reply
}

func (e *echo) reply(_ context.Context, message string) error {
	e.heard = append(e.heard, message)
	err := e.err
	e.err = nil
	return err
}
func (e *echo) clear()           { e.cleared++ }
func (e *echo) greeting() string { return "" }

func TestREPL(t *testing.T) {
	for name, tt := range map[string]struct {
		lines   []string
		heard   []string
		left    int // lines that nobody reads
		cleared int
		screen  string
	}{
		"messages":            {lines: []string{"a", "", "b c"}, heard: []string{"a", "", "b c"}},
		"exit":                {lines: []string{"a", "/exit", "b"}, heard: []string{"a"}, left: 1},
		"bye":                 {lines: []string{" /bye ", "b"}, left: 1},
		"clear":               {lines: []string{"/clear", "b"}, heard: []string{"b"}, cleared: 1, screen: "Forgotten."},
		"help":                {lines: []string{"/help"}, screen: "/clear      forgets"},
		"unknown command":     {lines: []string{"/nonsense", "b"}, heard: []string{"b"}, screen: "There is no command /nonsense"},
		"paths are messages":  {lines: []string{"/etc/hosts", "/ or", "/Exit now"}, heard: []string{"/etc/hosts", "/ or", "/Exit now"}},
		"several lines":       {lines: []string{`"""a`, `/exit"""`}, heard: []string{"a\n/exit"}},
		"Ctrl-C twice":        {lines: []string{"^C", "^C", "b"}, left: 1, screen: "Press Ctrl-C again"},
		"Ctrl-C once":         {lines: []string{"^C", "b", "^C", "c"}, heard: []string{"b", "c"}},
		"Ctrl-C drops a line": {lines: []string{"x^C", "x^C", "x^C", "b"}, heard: []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var screen bytes.Buffer
			lines, p := typed(tt.lines), &echo{}
			require.NoError(t, repl(t.Context(), &lines, &screen, p))
			require.Equal(t, tt.heard, p.heard)
			require.Len(t, lines, tt.left)
			require.Equal(t, tt.cleared, p.cleared)
			require.Contains(t, screen.String(), tt.screen)
		})
	}
}

// TestREPLGoesOn shows which failed replies end the session.
func TestREPLGoesOn(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		ends   bool
		screen string
	}{
		"interrupted": {err: context.Canceled},
		"too long":    {err: &engine.PromptTooLongError{Tokens: 9, Context: 8}, screen: "the prompt has 9 tokens"},
		"message":     {err: fmt.Errorf("%w: why", errMessage), screen: "this message cannot be answered: why"},
		"other":       {err: errors.New("the disk is full"), ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			var screen bytes.Buffer
			lines, p := typed{"a", "b"}, &echo{err: tt.err}
			err := repl(t.Context(), &lines, &screen, p)
			if tt.ends {
				require.ErrorIs(t, err, tt.err)
				require.Equal(t, []string{"a"}, p.heard)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{"a", "b"}, p.heard)
			require.Contains(t, screen.String(), tt.screen)
		})
	}
}

func TestJoin(t *testing.T) {
	for _, tt := range [][3]string{
		{"", "a", "a"},
		{"a", "", "a"},
		{"a", "b", "a b"},
		{"a ", "b", "a b"},
		{"a", " b", "a b"},
		{"a\n", "b", "a\nb"},
		{"a", ", b", "a, b"},
		{"a", "\nb", "a\nb"},
	} {
		require.Equal(t, tt[2], join(tt[0], tt[1]))
	}
}
