//go:build tokenizers

package hf

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// known are the characters of Unicode 8.0 and all symbols. The library classes
// characters by tables that are as old as that, some of them; ones that came later
// are letters, marks or punctuation here and nothing to it. Symbols, emoji among
// them, mean nothing to either.
var known = rangetable.Merge(rangetable.Assigned("8.0.0"), unicode.So, unicode.Co)

// reclassified are what of these is different all the same: characters that went
// to or from punctuation and marks since, and later symbols that stand for others in
// normal forms. Every character but Han, Hangul and private ones was tried.
const reclassified = "\u166D\u1734\u1885\u1886\u1CF2\u1CF3\uA9BD\U000111C9" + "\u32FF\U0001F16C"

// ofKnown replaces all other characters.
func ofKnown(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(known, r) && !strings.ContainsRune(reclassified, r) {
			return r
		}
		return utf8.RuneError
	}, text)
}

// scripts has the letters and marks of every script.
var scripts = func() (list []*unicode.RangeTable) {
	for _, name := range slices.Sorted(maps.Keys(unicode.Scripts)) {
		list = append(list, unicode.Scripts[name])
	}
	return list
}()

// scriptText returns a text of characters of any scripts, controls, symbols and odd
// pieces, of which some repeat, up to some thousand bytes.
func scriptText(rng *rand.Rand) string {
	var b strings.Builder
	for range 1 + rng.IntN(10) {
		piece := odd[rng.IntN(len(odd))]
		switch rng.IntN(8) {
		case 0, 1: // an odd one
		case 2:
			piece = string(randomRune(rng))
		case 3:
			piece = string(rng.Int32N(0xA1))
		case 4:
			piece = string(runeOf(rng, unicode.So))
		default:
			piece = ""
			script := scripts[rng.IntN(len(scripts))]
			for range 1 + rng.IntN(12) {
				piece += string(runeOf(rng, script))
			}
		}
		times := 1
		switch rng.IntN(40) {
		case 0:
			times = rng.IntN(2000 / len(piece))
		case 1, 2, 3:
			times = rng.IntN(8)
		}
		b.WriteString(strings.Repeat(piece, times))
	}
	return b.String()
}

// runeOf returns a character of t.
func runeOf(rng *rand.Rand, t *unicode.RangeTable) rune {
	lo, hi, stride := rune(0), rune(0), rune(0)
	if n := rng.IntN(len(t.R16) + len(t.R32)); n < len(t.R16) {
		lo, hi, stride = rune(t.R16[n].Lo), rune(t.R16[n].Hi), rune(t.R16[n].Stride)
	} else {
		r := t.R32[n-len(t.R16)]
		lo, hi, stride = rune(r.Lo), rune(r.Hi), rune(r.Stride)
	}
	return lo + stride*rng.Int32N((hi-lo)/stride+1)
}

// TestScripts runs the texts of FuzzScripts through every file, the small ones too.
func TestScripts(t *testing.T) {
	names := fileNames(t)
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(7, uint64(i)))
			for range 400 {
				loadPair(t, name).check(t, ofKnown(scriptText(rng)))
			}
		})
	}
}

// FuzzScripts is for long runs: it looks for texts of all scripts that the two do
// not encode alike. FuzzEncode follows what the code does with a text; here every
// seed is another text, of a kind that mutating bytes seldom makes.
func FuzzScripts(f *testing.F) {
	names := fileNames(f)
	for i, name := range names {
		loadPair(f, name)
		f.Add(uint8(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, which uint8, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, uint64(which)))
		loadPair(t, names[int(which)%len(names)]).check(t, ofKnown(scriptText(rng)))
	})
}
