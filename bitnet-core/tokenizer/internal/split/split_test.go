package split

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
	"github.com/stretchr/testify/require"
)

// oracle cuts text with a general regular expression engine: matches and the
// gaps between them. The pattern is rewritten where engines read it
// differently: \s by its characters, and the folding of s to U+017F spelled out.
type oracle struct{ re *regexp2.Regexp }

func newOracle(pattern string) oracle {
	const white = `\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000`
	pattern = strings.NewReplacer(
		`(?i:'s|'t|'re|'ve|'m|'ll|'d)`, `(?:'[sSſ]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])`,
		`'(?i:[sdmt]|ll|ve|re)`, `'(?:[sSſdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])`,
		`?+\p{L}`, `?\p{L}`, `++[\r\n]`, `+[\r\n]`,
		`[^\s`, `[^`+white, `\S`, `[^`+white+`]`, `\s`, `[`+white+`]`,
	).Replace(pattern)
	return oracle{regexp2.MustCompile(pattern, regexp2.None)}
}

func (o oracle) cut(text string) []string {
	var pieces []string
	runes := []rune(text)
	end := 0
	for m, err := o.re.FindStringMatch(text); m != nil; m, err = o.re.FindNextMatch(m) {
		if err != nil {
			panic(err)
		}
		if m.RuneIndex > end {
			pieces = append(pieces, string(runes[end:m.RuneIndex]))
		}
		pieces = append(pieces, m.String())
		end = m.RuneIndex + m.RuneLength
	}
	if end < len(runes) {
		pieces = append(pieces, string(runes[end:]))
	}
	return pieces
}

func cut(f Func, text string) []string {
	var pieces []string
	for i := 0; i < len(text); {
		end := f(text, i)
		if end <= i || end > len(text) {
			panic("split: a Func left the text or stood still")
		}
		pieces = append(pieces, text[i:end])
		i = end
	}
	return pieces
}

var samples = []string{
	"", " ", "  ", "Hello  world", "I'm you're he'll we've they'd it's DON'T 'ſ 'ſa", "a 1234567 b12", "½ ⅓ Ⅷ ٠١٢٣",
	"x\n\n\ny \n \n z", "\r\n\r\n", "\u0085next\u00a0\u00a0\u3000x", "!!!\n\n??? ...", " \t\t\n\t end  ", "日本語 テスト。",
	"it’s ''s '''t '", "a\u200bb\ufeff", "😀😀 👨‍👩‍👧", "e\u0301 ñ", "  '", " 'S", "$+<=>^`|~ x_y-z", "12345 0x12ab 1,234", "▁▁a▁b ▁",
	"x'ſa y'Sa z'LLa w'Rea", "x'sa y'lla", "'r", "'l", "'re", "\n '", "\u180e\u1680", "a\r", "#\r\n\r\n#", "\u2028 \u2029",
	"camelCase HTTPServer XMLHttp ABC'S aB'll don'T", "a/b//\n/c .../\r\n", "ǅa ʰA ªb AªB ʰʰAB日A日a", "\u0301a \u0301A \u0301 \u0301\u0301 !\u0301", "日本A語a A\u0301b a\u0301B",
	"x\U000e0100y \U000e0100A", " \u0301", "1\u0301 .\u0301a", "A", "aA'", "Éa'Re ÉÀ'M",
}

var variants = map[string]struct {
	f       Func
	pattern string
}{
	"llama3":          {Llama3, Llama3Pattern},
	"cl100k":          {Llama3, cl100kPattern},
	"qwen2":           {Qwen2, Qwen2Pattern},
	"qwen35":          {Qwen35, qwen35Pattern},
	"o200k":           {O200k, o200kPattern},
	"tekken":          {Tekken, tekkenPattern},
	"clip":            {Segments(CLIP).Cut(Isolated), clipPattern},
	"gpt2":            {GPT2, GPT2Pattern},
	"gpt2 short":      {GPT2, gpt2ShortPattern},
	"digit":           {Digit, `\p{N}`},
	"digits":          {Digits, `\p{N}+`},
	"digits3":         {Digits3, digits3Pattern},
	"punctuation":     {Punctuation(false), "[\\p{P}$+<=>^`|~]+"},
	"punctuation one": {Punctuation(true), "[\\p{P}$+<=>^`|~]"},
	"falcon":          {Falcon(true), "[\\p{P}\\$\\+<=>\\^~\\|`]+"},
	"default":         {Falcon(false), "[\\p{P}\\$\\+<=>\\^~\\|]+"},
	"before":          {Before("▁"), "▁[^▁]*"},
	"after":           {After(" "), "[^ ]* "},
	"around":          {Around(" "), " "},
	"marked":          {Marked, "▁+[^▁]*"},
}

func TestAgainstRegexp(t *testing.T) {
	for name, v := range variants {
		o := newOracle(v.pattern)
		for _, text := range samples {
			require.Equal(t, o.cut(text), cut(v.f, text), "%s %q", name, text)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, p := range []string{Llama3Pattern, cl100kPattern, Qwen2Pattern, qwen35Pattern, o200kPattern, tekkenPattern, GPT2Pattern, gpt2ShortPattern, digits3Pattern, `\p{N}`} {
		f, _ := Pattern(p)
		require.NotNil(t, f, p)
	}
	f, _ := Pattern(Llama3Pattern + " ")
	require.Nil(t, f)
}

func TestClasses(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		var want class
		if unicode.Is(unicode.L, r) {
			want |= letter
		}
		if unicode.Is(unicode.N, r) {
			want |= number
		}
		if unicode.Is(unicode.White_Space, r) {
			want |= space
		}
		if r == '\n' || r == '\r' {
			want |= newline
		}
		punctuation := unicode.Is(unicode.P, r)
		if punctuation {
			want |= punct
		}
		if unicode.Is(unicode.M, r) {
			want |= mark
		}
		if unicode.In(r, unicode.Lu, unicode.Lt, unicode.Lm, unicode.Lo, unicode.M) {
			want |= upper
		}
		if unicode.In(r, unicode.Ll, unicode.Lm, unicode.Lo, unicode.M) {
			want |= lower
		}
		if !utf8.ValidRune(r) {
			continue
		}
		got, n := at(string(r), 0)
		if r >= tableSize {
			want &^= punct // no expression asks for those
		}
		require.Equal(t, want, got, "%U", r)
		require.Equal(t, utf8.RuneLen(r), n)
	}
}

func TestInvalidUTF8(t *testing.T) {
	require.Equal(t, []string{"a", "\xff\xfe", " b", "\xe2\x82"}, cut(GPT2, "a\xff\xfe b\xe2\x82"))
	require.Equal(t, []string{"\xffa", "\xf0\x9f"}, cut(Llama3, "\xffa\xf0\x9f"))
}

func TestByteDigits(t *testing.T) {
	require.Equal(t, []string{"a", "12", "b\xc2", "\xb23", "."}, cut(ByteDigits(false), "a12b²3."))
	require.Equal(t, []string{"a", "1", "2", "b\xc2", "\xb2", "3", "."}, cut(ByteDigits(true), "a12b²3."))
}

func TestLongRunsAreLinear(t *testing.T) {
	const n = 1 << 17
	for _, unit := range []string{"a", " ", "1", "!", "\n", " \n", "▁", "'"} {
		text := strings.Repeat(unit, n/len(unit))
		for name, v := range variants {
			require.NotEmpty(t, cut(v.f, text), name)
		}
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range samples {
		f.Add(s)
	}
	oracles := map[string]oracle{}
	for name, v := range variants {
		oracles[name] = newOracle(v.pattern)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, v := range variants {
			got := cut(v.f, text)
			if strings.Join(got, "") != text {
				t.Fatalf("%s: pieces %q do not cover %q", name, got, text)
			}
			if !utf8.ValidString(text) {
				continue
			}
			want := oracles[name].cut(text)
			if strings.Join(want, "|") != strings.Join(got, "|") {
				t.Fatalf("%s: %q: got %q, want %q", name, text, got, want)
			}
		}
	})
}

func BenchmarkLlama3(b *testing.B) {
	for name, text := range map[string]string{
		"english": strings.Repeat("The quick brown fox jumps over the lazy dog, 42 times.\n", 1000),
		"chinese": strings.Repeat("今天天气很好，我们去公园玩吧。", 1000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for i := 0; i < len(text); {
					i = Llama3(text, i)
				}
			}
		})
	}
}
