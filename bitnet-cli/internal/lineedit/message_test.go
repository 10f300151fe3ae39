package lineedit

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// script is an Editor that plays lines and notes the prompts it was given.
type script struct {
	lines   []string
	prompts []string
}

func (s *script) ReadLine(prompt string) (string, error) {
	s.prompts = append(s.prompts, prompt)
	if len(s.lines) == 0 {
		return "", io.EOF
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	if line == "^C" {
		return "typed", ErrInterrupt
	}
	return line, nil
}

func (s *script) Close() error { return nil }

func TestReadMessage(t *testing.T) {
	for name, tt := range map[string]struct {
		lines []string
		want  string
		read  int // lines consumed
	}{
		"one line":                 {[]string{"hello", "x"}, "hello", 1},
		"empty":                    {[]string{"", "x"}, "", 1},
		"backslash":                {[]string{`one\`, `two\`, "three", "x"}, "one\ntwo\nthree", 3},
		"lone backslash":           {[]string{`\`, "a"}, "\na", 2},
		"quotes on one line":       {[]string{`"""a b"""`, "x"}, "a b", 1},
		"quotes over lines":        {[]string{`"""`, "a", "", "b", `"""`, "x"}, "a\n\nb", 5},
		"quotes with text":         {[]string{`  """a`, `b"""`, "x"}, "a\nb", 2},
		"text after closing":       {[]string{`"""a`, `b""" c`}, "a\nb c", 2},
		"backslash within quotes":  {[]string{`"""a\`, `b"""`}, "a\\\nb", 2},
		"quotes inside, no opener": {[]string{`say """x"""`}, `say """x"""`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{lines: tt.lines}
			got, err := ReadMessage(s, "> ", ". ")
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			require.Len(t, s.prompts, tt.read)
			for i, p := range s.prompts {
				want := ". "
				if i == 0 {
					want = "> "
				}
				require.Equal(t, want, p)
			}
		})
	}
}

func TestReadMessageErrors(t *testing.T) {
	got, err := ReadMessage(&script{lines: []string{"^C"}}, "> ", ". ")
	require.ErrorIs(t, err, ErrInterrupt)
	require.Equal(t, "typed", got) // callers tell an empty line from a discarded one

	for _, lines := range [][]string{{`a\`, "^C"}, {`"""a`, "^C"}} {
		got, err = ReadMessage(&script{lines: lines}, "> ", ". ")
		require.ErrorIs(t, err, ErrInterrupt)
		require.Empty(t, got)
	}
	for _, lines := range [][]string{{}, {`a\`}, {`"""a`}} {
		_, err = ReadMessage(&script{lines: lines}, "> ", ". ")
		require.ErrorIs(t, err, io.EOF)
	}
}
