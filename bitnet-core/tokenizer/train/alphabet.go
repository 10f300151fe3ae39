package train

import (
	"cmp"
	"math"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
)

// initial returns the bytes that are tokens, by code point of their spelling.
func initial(words *table, opt *Options) []byte {
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
	bySpelling := func(a, b byte) int { return cmp.Compare(alphabet.Spell(a), alphabet.Spell(b)) }
	if limit := opt.LimitAlphabet; limit > 0 && len(kept) > limit {
		slices.SortFunc(kept, func(a, b byte) int {
			return cmp.Or(cmp.Compare(uses[b], uses[a]), bySpelling(a, b))
		})
		kept = kept[:limit]
	}
	slices.SortFunc(kept, bySpelling)
	return kept
}
