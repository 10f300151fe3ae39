package train

import (
	"cmp"
	"math"
	"slices"
)

// spelling holds the character that a byte-level vocabulary writes for a byte:
// the printable ones of Latin-1 as they are, the others from U+0100 on, in order.
var spelling = func() (runes [256]rune) {
	next := rune(0x100)
	for b := range runes {
		if b > ' ' && b < 0x7F || b > 0xA0 && b != 0xAD {
			runes[b] = rune(b)
			continue
		}
		runes[b] = next
		next++
	}
	return runes
}()

// alphabet returns the bytes that are tokens, by code point of their spelling.
func alphabet(words *table, opt *Options) []byte {
	var uses [256]int64
	for i, word := range words.texts {
		for _, b := range []byte(word) {
			uses[b] += words.counts[i]
		}
	}
	if opt.InitialAlphabet == nil {
		for b := range uses {
			uses[b] = math.MaxInt64
		}
	}
	for _, b := range opt.InitialAlphabet {
		uses[b] = math.MaxInt64
	}
	var kept []byte
	for b, n := range uses {
		if n > 0 {
			kept = append(kept, byte(b))
		}
	}
	bySpelling := func(a, b byte) int { return cmp.Compare(spelling[a], spelling[b]) }
	if limit := opt.LimitAlphabet; limit > 0 && len(kept) > limit {
		slices.SortFunc(kept, func(a, b byte) int {
			return cmp.Or(cmp.Compare(uses[b], uses[a]), bySpelling(a, b))
		})
		kept = kept[:limit]
	}
	slices.SortFunc(kept, bySpelling)
	return kept
}
