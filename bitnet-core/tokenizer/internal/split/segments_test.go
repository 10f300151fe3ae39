package split

import (
	"strings"
	"testing"

	"github.com/dlclark/regexp2/v2"
	"github.com/stretchr/testify/require"
)

// kept cuts text and leaves out matches.
func kept(f Segments, text string) []string {
	var pieces []string
	for i := 0; i < len(text); {
		end, match := f(text, i)
		if !match {
			pieces = append(pieces, text[i:end])
		}
		i = end
	}
	return pieces
}

func TestBehaviors(t *testing.T) {
	dash := Literal("-")
	for behavior, want := range map[Behavior][][]string{
		Isolated:           {{"-", "-", "a", "-", "b", "-", "-"}, {"-", "-", "a", "-", "b", "-", "-"}},
		Contiguous:         {{"--", "a", "-", "b", "--"}, {"--", "a", "-", "b", "--"}},
		MergedWithPrevious: {{"-", "-", "a-", "b-", "-"}, {"-", "-a", "-b", "-", "-"}},
		MergedWithNext:     {{"-", "-a", "-b", "-", "-"}, {"-", "-", "a-", "b-", "-"}},
	} {
		require.Equal(t, want[0], cut(dash.Cut(behavior), "--a-b--"), behavior)
		require.Equal(t, want[1], cut(dash.Invert().Cut(behavior), "--a-b--"), "inverted %s", behavior)
	}
	require.Equal(t, []string{"a", "b"}, kept(dash, "--a-b--"))
	require.Equal(t, []string{"-", "-", "-", "-", "-"}, kept(dash.Invert(), "--a-b--"))
	require.Nil(t, dash.Cut(Removed))
	require.Nil(t, dash.Cut("Doubled"))
}

func TestWords(t *testing.T) {
	require.Equal(t, []string{"it", "'", "s_1", "...", "é\u0301日", "\xff", "x"}, kept(Words, " it's_1...\té\u0301日\xff x\u3000"))
	require.Equal(t, []string{"it's", "日."}, kept(Spaces, "\nit's \u3000 日. "))
	require.Equal(t, []string{"a", "b"}, kept(Punct, "-a+_。b"))
}

func TestRepeat(t *testing.T) {
	for _, expr := range []string{" {2,}", `\s+`, `\s`, "[ab]+", "[a-c ]{2}", "[a-c]{2,3}", `\n`, `[\n\r]+`, `\.`, "é+", `[\s\-x-z]`, `\d+`, `[.]`} {
		re, ok := ParseRepeat(expr)
		require.True(t, ok, expr)
		o := oracle{regexp2.MustCompile(expr, regexp2.None)}
		for _, text := range append(samples, "aab c  abcabca   ", "x-y-.z", "ééé é") {
			if strings.Contains(expr, `\s`) && strings.ContainsAny(text, "\u200b\ufeff\u0085\u180e") {
				continue // engines differ in what white space is
			}
			require.Equal(t, o.cut(text), cut(Segments(re.Segments).Cut(Isolated), text), "%s %q", expr, text)
		}
	}
	for _, expr := range []string{"", "ab", "a*", "a?", "a+?", "a++", "a|b", "(a)", ".", "^a", "a$", "[^a]", "[a", "[]", "a{0,}", "a{,2}", "a{3,2}", "a{", "a{10000}", `\w`, `\p{L}`, `\`, "[a&&b]", "[[a]]", "[b-a]", `[\s-z]`, "a\xff", "{", "[a-]"} {
		_, ok := ParseRepeat(expr)
		require.False(t, ok, expr)
	}
	re, _ := ParseRepeat(" {2,}")
	require.Equal(t, "a b▁c▁", re.Replace("a b   c  ", "▁"))
}
