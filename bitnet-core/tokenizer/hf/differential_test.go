//go:build tokenizers

package hf

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"github.com/ulikunitz/xz"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// files are the tokenizers that both implementations read, with what the library
// itself gave for the parity cases, from Python.
var files = []struct{ dir, golden string }{
	{"gpt2", "golden.gpt2.json"},
	{"llama3_1", "golden.llama3_1.json"},
	{"mistral", "golden.mistral_v0.1.json"},
	{"qwen3", "golden.qwen3.json"},
}

// unpacked reads the first size bytes of a file of the test data that lies there
// as name.xz, or all of it.
func unpacked(t testing.TB, size int64, elem ...string) []byte {
	t.Helper()
	elem[len(elem)-1] += ".xz"
	f, err := os.Open(golden.Path(t, elem...))
	require.NoError(t, err)
	defer f.Close()
	r, err := xz.NewReader(f)
	require.NoError(t, err)
	data, err := io.ReadAll(io.LimitReader(r, size))
	require.NoError(t, err)
	return data
}

// A pair is one file in both implementations.
type pair struct {
	ours   tokenizer.Tokenizer
	theirs *Tokenizer
}

// pairs are the ones that tests loaded, which the tests share.
var pairs = map[string]pair{}

// loadPair loads one of smallFiles, or the file in a folder of the test data.
func loadPair(t testing.TB, name string) pair {
	t.Helper()
	if p, ok := pairs[name]; ok {
		return p
	}
	data, ok := smallFiles[name]
	if !ok {
		data = unpacked(t, math.MaxInt64, "tokenizers", name, "tokenizer.json")
	}
	ours, err := tokenizer.LoadJSON(data, name)
	require.NoError(t, err)
	theirs, err := LoadJSON(data, name)
	require.NoError(t, err)
	pairs[name] = pair{ours, theirs}
	return pairs[name]
}

// forEachFile runs a test on every tokenizer of the test data.
func forEachFile(t *testing.T, test func(t *testing.T, p pair)) {
	for _, file := range files {
		t.Run(file.dir, func(t *testing.T) { test(t, loadPair(t, file.dir)) })
	}
}

// check fails unless both encode a text alike, under all options, and decode
// what comes of it alike.
func (p pair) check(t *testing.T, text string) {
	t.Helper()
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	for i := range 4 {
		opt := tokenizer.Options{NoPostProcess: i&1 != 0, PlainSpecials: i&2 != 0}
		ours, theirs := p.ours.Encode(nil, text, opt), p.theirs.Encode(nil, text, opt)
		if !slices.Equal(ours, theirs) {
			t.Fatalf("%+v of %q\nours   %v\ntheirs %v", opt, text, ours, theirs)
		}
		p.checkDecode(t, ours, opt.NoPostProcess)
	}
}

func (p pair) checkDecode(t *testing.T, list []int32, skip bool) {
	t.Helper()
	ours, theirs := p.ours.Decode(list, skip), p.theirs.Decode(list, skip)
	if strings.Contains(ours, "\x00") {
		ours = "" // the library cannot return it
	}
	if ours != theirs {
		t.Fatalf("%v decodes, skip %v\nours   %q\ntheirs %q", list, skip, ours, theirs)
	}
}

// TestParityCases compares with the golden data as well, so that both cannot go
// wrong together.
func TestParityCases(t *testing.T) {
	for _, file := range files {
		t.Run(file.dir, func(t *testing.T) {
			p := loadPair(t, file.dir)
			var cases []struct{ Text string }
			var want []struct {
				IDs     []int32 `json:"ids"`
				Special []int32 `json:"ids_special"`
				Decode  string  `json:"decode"`
			}
			golden.JSON(t, golden.Path(t, "tokenizers", "parity", "cases.json"), &cases)
			golden.JSON(t, golden.Path(t, "tokenizers", "parity", file.golden), &want)
			require.Len(t, want, len(cases))
			require.NotEmpty(t, want)
			for i, c := range cases {
				p.check(t, c.Text)
				if strings.Contains(c.Text, "\x00") {
					continue
				}
				ids := p.theirs.Encode(nil, c.Text, tokenizer.Options{NoPostProcess: true})
				require.True(t, slices.Equal(want[i].IDs, ids), "case %d %q: want %v, have %v", i, c.Text, want[i].IDs, ids)
				ids = p.theirs.Encode(nil, c.Text, tokenizer.Options{})
				require.True(t, slices.Equal(want[i].Special, ids), "case %d %q: want %v, have %v", i, c.Text, want[i].Special, ids)
				require.Equal(t, want[i].Decode, p.theirs.Decode(want[i].IDs, false), "case %d", i)
			}
		})
	}
}

// TestCorpora: stretches of English prose from anywhere in the first 2 MiB, cut within
// words too.
func TestCorpora(t *testing.T) {
	corpora := [][]byte{unpacked(t, 2<<20, "corpus", "stories.txt"), unpacked(t, 2<<20, "corpus", "books.txt")}
	forEachFile(t, func(t *testing.T, p pair) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, corpus := range corpora {
			for range 40 {
				start := rng.IntN(len(corpus))
				end := min(start+rng.IntN(4000), len(corpus))
				p.check(t, string(corpus[start:end]))
			}
		}
	})
}

// odd are pieces of text that tokenizers trip over, alone and next to each other.
var odd = []string{
	" ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u3000", "\u200B", "\u200D", "\uFEFF", "\u2028", "\v", "\x1F", "\x7F", "\x85", "\u0085",
	"a", "The", "don't", "'S", "'ll", "ſ", "'ſ", "İ", "ß", "é", "e\u0301", "ﬁ", "Å", "각", "각", "Ω", "日本", "ไทย", "हिन्दी", "עברית", "العربية",
	"1", "23", "4567", "٣", "Ⅻ", "½", "²", "3.14", "😀", "👩\u200D👩\u200D👧", "🇩🇪", "\U0010FFFF", "\uE000", "\uFFFD",
	"▁", "▁▁", "Ġ", "<0x0A>", "<", "|", ">", "<|", "|>", "<s>", "</s>", "<unk>", "<|endoftext|>", "<|begin_of_text|>", "<|im_start|>", "<think>",
	"_", "-", "==", "...", "!!", "{}", "\\n", "\"", "://", "$", "€", "\u0300", "\u0345", "\U0001D7D8", "ǆ",
}

// TestRandomTexts strings odd pieces and random characters together.
func TestRandomTexts(t *testing.T) {
	forEachFile(t, func(t *testing.T, p pair) {
		rng := rand.New(rand.NewPCG(3, 4))
		for range 3000 {
			var b strings.Builder
			for range rng.IntN(12) {
				if rng.IntN(8) == 0 {
					b.WriteRune(randomRune(rng))
				} else {
					b.WriteString(odd[rng.IntN(len(odd))])
				}
			}
			p.check(t, b.String())
		}
	})
}

// randomRune returns a character, with the planes that have most letters first.
func randomRune(rng *rand.Rand) rune {
	limit := []rune{0x80, 0x800, 0x10000, utf8.MaxRune + 1}[rng.IntN(4)]
	return rng.Int32N(limit)
}

// TestRandomIDs: what no text encodes to decodes alike too.
func TestRandomIDs(t *testing.T) {
	forEachFile(t, func(t *testing.T, p pair) {
		rng := rand.New(rand.NewPCG(5, 6))
		for range 3000 {
			list := make([]int32, rng.IntN(12))
			for i := range list {
				list[i] = rng.Int32N(int32(p.ours.VocabSize()) + 2)
				if rng.IntN(3) == 0 { // where bytes and special tokens are
					list[i] = rng.Int32N(300)
				}
			}
			p.checkDecode(t, list, rng.IntN(2) == 0)
		}
	})
}

// TestVocabularies compares every token.
func TestVocabularies(t *testing.T) {
	forEachFile(t, func(t *testing.T, p pair) {
		require.Equal(t, p.ours.VocabSize(), p.theirs.VocabSize())
		special := 0
		for id := int32(-1); id <= int32(p.ours.VocabSize()); id++ {
			ours, have := p.ours.Token(id)
			theirs, known := p.theirs.Token(id)
			if ours != theirs || have != known {
				t.Fatalf("%d is %q, %v and %q, %v", id, ours, have, theirs, known)
			}
			if have {
				back, ok := p.theirs.ID(theirs)
				require.True(t, ok)
				require.Equal(t, id, back)
			}
			if a, b := p.ours.AppendToken(nil, id), p.theirs.AppendToken(nil, id); !bytes.Equal(a, b) {
				t.Fatalf("%d stands for %q and %q", id, a, b)
			}
			if p.ours.IsSpecial(id) != p.theirs.IsSpecial(id) {
				t.Fatalf("%d is special to one", id)
			}
			if p.ours.IsSpecial(id) {
				special++
			}
		}
		require.Positive(t, special)
	})
}

// FuzzEncode looks for a text that the two do not encode alike; which chooses
// the tokenizer.
func FuzzEncode(f *testing.F) {
	for i, text := range odd {
		f.Add(uint8(i), text+odd[(i+7)%len(odd)])
	}
	names := fileNames(f)
	for _, name := range names {
		loadPair(f, name)
	}
	f.Fuzz(func(t *testing.T, which uint8, text string) {
		loadPair(t, names[int(which)%len(names)]).check(t, ofKnown(text))
	})
}

// BenchmarkEncode is both on one core over English prose; see also package
// tokenizer's own benchmarks.
func BenchmarkEncode(b *testing.B) {
	corpus := unpacked(b, 2<<20, "corpus", "books.txt")
	text := string(bytes.ToValidUTF8(corpus[len(corpus)/2:][:1<<16], nil))
	for _, file := range files {
		p := loadPair(b, file.dir)
		for _, run := range []struct {
			name string
			tok  tokenizer.Tokenizer
		}{{"ours", p.ours}, {"library", p.theirs}} {
			b.Run(file.dir+"/"+run.name, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				var ids []int32
				for b.Loop() {
					ids = run.tok.Encode(ids[:0], text, tokenizer.Options{})
				}
			})
		}
	}
}
