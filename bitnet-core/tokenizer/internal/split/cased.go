package split

// The expressions that cut words where case changes.
const (
	o200kPattern  = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	tekkenPattern = `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// O200k cuts as tiktoken's o200k and Llama 4 do: words where a capital follows
// a small letter, with their contraction, and numbers in threes.
func O200k(s string, i int) int { return cased(s, i, 3, true) }

// Tekken cuts as Mistral's Tekken does: as O200k, but contractions are pieces of
// their own and so is every number character.
func Tekken(s string, i int) int { return cased(s, i, 1, false) }

// cased is the common part of O200k and Tekken: the alternatives of their
// expressions in order.
func cased(s string, i, maxDigits int, contract bool) int {
	c, n := at(s, i)
	end := -1
	lead := c&(newline|word) == 0 // [^\r\n\p{L}\p{N}], to be followed by a word
	for _, capitals := range []bool{false, true} {
		if lead {
			end = casedWord(s, i+n, capitals)
		}
		if end < 0 && c&(upper|lower) != 0 {
			end = casedWord(s, i, capitals)
		}
		if end >= 0 {
			if contract && end < len(s) && s[end] == '\'' {
				if n := contractionFold(s[end+1:]); n > 0 {
					end += 1 + n
				}
			}
			return end
		}
	}
	if c&number != 0 {
		return digits(s, i+n, maxDigits)
	}
	if next, m := at(s, i+n); c&space == 0 || s[i] == ' ' && m > 0 && next&notOther == 0 {
		end := runNot(s, i+n, notOther)
		for end < len(s) && (s[end] == '\r' || s[end] == '\n' || s[end] == '/') {
			end++
		}
		return end
	}
	return blanks(s, i, n)
}

// casedWord returns the end of [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+
// at s[i], or if capitals of the same with + and *; -1 if it does not match.
func casedWord(s string, i int, capitals bool) int {
	end, both := i, -1 // both is the end of the last character that is in both sets
	for end < len(s) {
		c, n := at(s, end)
		if c&upper == 0 {
			if c&lower != 0 {
				return run(s, end, lower)
			}
			break
		}
		end += n
		if c&lower != 0 {
			both = end
		}
	}
	if !capitals { // the first set gives back what the second needs
		return both
	}
	if end == i {
		return -1
	}
	return end
}

// Qwen35 cuts as Qwen 3.5 does: as Qwen2, but marks belong to words.
func Qwen35(s string, i int) int { return modern(s, i, 1, letter|mark) }

// clipPattern is CLIP's; what lies between its matches is white space.
const clipPattern = `'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`

// CLIP matches words, single number characters and runs of signs.
func CLIP(s string, i int) (int, bool) {
	c, n := at(s, i)
	switch {
	case c&space != 0:
		return run(s, i, space), false
	case c&letter != 0:
		return run(s, i, letter), true
	case c&number != 0:
		return i + n, true
	}
	if s[i] == '\'' {
		if n := contraction(s[i+1:]); n > 0 {
			return i + 1 + n, true
		}
	}
	return runNot(s, i, notOther), true
}

// PatternSegments is Pattern for expressions whose matches leave gaps.
func PatternSegments(expr string) (Segments, bool) {
	if expr == clipPattern {
		return CLIP, true
	}
	return nil, false
}
