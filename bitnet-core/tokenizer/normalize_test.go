package tokenizer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestNFC(t *testing.T) {
	nfc := unicodeForm(norm.NFC)
	require.Equal(t, "é 각 K", nfc("e\u0301 \u1100\u1161\u11a8 \u212a", nil))
	require.Equal(t, "plain", nfc("plain", nil))
	// More marks in a row than the norm package keeps together: sorted by class,
	// the first above composed, and no U+034F.
	marks := strings.Repeat("\u0316\u0301", 40)
	require.Equal(t, "é"+strings.Repeat("\u0316", 40)+strings.Repeat("\u0301", 39), nfc("e"+marks, nil))
	require.Equal(t, "\u034fè", nfc("\u034fe\u0300", nil))
	// What is composed takes as many bytes less as U+034F would take.
	acutes := strings.Repeat("\u0301", 31)
	require.Equal(t, "ééx"+acutes, nfc("e\u0301e\u0301x"+acutes, nil))
}

// TestNormalizeLong compares the long way with the norm package where that one
// is right.
func TestNormalizeLong(t *testing.T) {
	alphabet := []rune("aeKé각ạ\u1100\u1161\u11a8\u0301\u0316\u0323\u0307\u0345\u0344\u212a\u2126ﬁ½\u0958\u09c7\u09be\u034f")
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 25).Draw(t, "text"))
		for _, form := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			require.Equal(t, form.String(text), normalizeLong(form, text, nil), "%+q form %d", text, form)
		}
	})
}

func TestSpaces(t *testing.T) {
	marks := spaceMarks("▁", "▁")
	for in, want := range map[string]string{"": "", " ": "▁▁", "a b  c": "▁a▁b▁▁c", "ab": "▁ab"} {
		require.Equal(t, want, marks(in, nil), in)
	}
	for in, want := range map[string]string{"": "", " ": "", "a b  c": "a b c", " a ": "a", "a\n b": "a\n b"} {
		require.Equal(t, want, collapseSpaces(in, nil), in)
	}
}

// TestNormalizedPlaces compares texts and alignments with those of the algorithm for the
// whole text, which aligns every character as a whole.
func TestNormalizedPlaces(t *testing.T) {
	alphabet := []rune("aeKé각ạ日\u1100\u1161\u11a8\u0301\u0316\u0323\u0345\u0344\u212aﬁ\u0958\u09c7\u09be")
	marks := strings.Repeat("\u0316\u0301", 20)
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(alphabet), 0, 12)
		text := string(parts.Draw(t, "text")) + rapid.SampledFrom([]string{"", marks}).Draw(t, "marks") + string(parts.Draw(t, "end"))
		for _, form := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			whole, a := newAlignment(0, len(text)), newAlignment(0, len(text))
			w := newRewriter(text, whole)
			w.apply(normalized(form, text), 0, len(text))
			want := w.end()
			require.Equal(t, want, normalizeLong(form, text, a), "%+q form %d", text, form)
			require.Len(t, a.spans, len(want))
			for i, r := range a.spans {
				require.Equal(t, inCharacters(text, whole.spans[i]), inCharacters(text, r), "%+q form %d, byte %d", text, form, i)
			}
			if want == text && text != "" {
				require.Equal(t, newAlignment(0, len(text)).spans, a.spans, "%+q form %d: nothing changes", text, form)
			}
		}
	})
	for in, want := range map[string]string{"\xffe\u0301\xe2\x82": "\xffé\xe2\x82", "e\xff\u0301": "e\xff\u0301", "\u0301\u0316\xff": "\u0316\u0301\xff", "\xff\u0301\u0316": "\xff\u0316\u0301"} {
		require.Equal(t, want, normalizeLong(norm.NFC, in, newAlignment(0, len(in))), "%q", in)
	}
}
