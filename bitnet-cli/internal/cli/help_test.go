package cli

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		width      int
		text, want string
	}{
		{0, "one two three four five", "one two three four five"},
		{9, "one two three four five", "one two\nthree\nfour five"},
		{9, "one two\nthree four five", "one two\nthree\nfour five"},
		{15, "one two\nthree four five", "one two\nthree four five"},
		{9, "one two\nthree four\n\nfive six seven", "one two\nthree\nfour\n\nfive six\nseven"},
		{16, "  scales  float weights\n  heads   small", "  scales  float\n          weights\n  heads   small"},
		{16, "  scales  float\n          weights more\n  heads   small", "  scales  float\n          weights\n          more\n  heads   small"},
		{20, "  scales  float\n          weights\n  heads   small", "  scales  float\n          weights\n  heads   small"},
		{12, "  one two three", "  one two\n  three"},
		{5, "incomprehensible it is", "incomprehensible\nit is"},
		{6, "größer größer", "größer\ngrößer"},
	} {
		require.Equal(t, c.want, wrap(c.text, c.width))
	}
}

// TestHelpFits: on a terminal of 80 columns no help is wider but for what has no spaces, and
// nothing of it is lost.
func TestHelpFits(t *testing.T) {
	all := []*cobra.Command{newRoot(&Streams{})}
	for i := 0; i < len(all); i++ {
		all = append(all, all[i].Commands()...)
	}
	require.Greater(t, len(all), 20)
	for _, cmd := range all {
		help := func(width int) string {
			var out bytes.Buffer
			root := newRoot(&Streams{Out: &out})
			wrapHelp(root, width)
			root.SetArgs(append(strings.Fields(cmd.CommandPath())[1:], "--help"))
			require.NoError(t, root.Execute())
			return out.String()
		}
		wrapped := help(80)
		for line := range strings.Lines(wrapped) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
				require.Len(t, strings.Fields(line), 1, line)
			}
		}
		require.Equal(t, strings.Fields(help(0)), strings.Fields(wrapped))
	}
}

// TestWrapKeeps: no word is lost, and no line longer than it has to be.
func TestWrapKeeps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`( {0,4}([a-zö]{1,12} {1,3}){0,6}[a-z]{1,9}\n){0,6}`).Draw(t, "text")
		width := rapid.IntRange(5, 40).Draw(t, "width")
		wrapped := wrap(text, width)
		require.Equal(t, strings.Fields(text), strings.Fields(wrapped))
		for line := range strings.SplitSeq(wrapped, "\n") {
			if utf8.RuneCountInString(line) > width {
				require.Len(t, strings.Fields(line), 1, "%q", line)
			}
		}
	})
}
