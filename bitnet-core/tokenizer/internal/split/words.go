package split

import "strings"

// A Func returns the end of the piece of s that starts at i; 0 <= i < len(s).
type Func func(s string, i int) int

// Patterns as tokenizer.json files spell them. The cl100k forms differ in
// notation alone: possessive quantifiers where nothing could be given back.
const (
	Llama3Pattern    = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	cl100kPattern    = `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`
	Qwen2Pattern     = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen35Pattern    = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	GPT2Pattern      = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	gpt2ShortPattern = `'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	DigitPattern     = `\p{N}`
	digits3Pattern   = `[0-9][0-9][0-9]`
)

// Pattern returns the Func for a regular expression by its exact text: every
// match and every gap between matches is a piece. whole tells that matches
// leave no gaps. For an expression that is not known, f is nil.
func Pattern(expr string) (f Func, whole bool) {
	switch expr {
	case Llama3Pattern, cl100kPattern:
		return Llama3, true
	case Qwen2Pattern:
		return Qwen2, true
	case qwen35Pattern:
		return Qwen35, true
	case o200kPattern:
		return O200k, true
	case tekkenPattern:
		return Tekken, true
	case GPT2Pattern, gpt2ShortPattern:
		return GPT2, true
	case digits3Pattern:
		return Digits3, false
	case DigitPattern:
		return Digit, false
	}
	return nil, false
}

// Llama3 cuts as Llama-3 and tiktoken's cl100k do: numbers in threes.
func Llama3(s string, i int) int { return modern(s, i, 3, letter) }

// Qwen2 cuts as Llama3 but every number character is a piece of its own.
func Qwen2(s string, i int) int { return modern(s, i, 1, letter) }

// modern is the common part of Llama3 and those like it, the alternatives of
// Llama3Pattern in order, with \p{N}{1,maxDigits} and letters for \p{L}, but for the
// first of [^\r\n\p{L}\p{N}]?.
func modern(s string, i, maxDigits int, letters class) int {
	c, n := at(s, i)
	if s[i] == '\'' {
		if n := contractionFold(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	if c&letters != 0 {
		return run(s, i+n, letters)
	}
	next, m := at(s, i+n)
	if c&(newline|number) == 0 && next&letters != 0 { // [^\r\n\p{L}\p{N}]\p{L}+
		return run(s, i+n+m, letters)
	}
	if c&number != 0 {
		return digits(s, i+n, maxDigits)
	}
	wordOrSpace := letters | number | space
	if c&space == 0 {
		return run(s, runNot(s, i+n, wordOrSpace), newline)
	}
	if s[i] == ' ' && m > 0 && next&wordOrSpace == 0 {
		return run(s, runNot(s, i+n+m, wordOrSpace), newline)
	}
	return blanks(s, i, n)
}

// digits returns the end of a number that ends at end, with up to most-1 more
// number characters.
func digits(s string, end, most int) int {
	for k := 1; k < most; k++ {
		d, size := at(s, end)
		if d&number == 0 {
			break
		}
		end += size
	}
	return end
}

// blanks returns the end of \s*[\r\n]+|\s+(?!\S)|\s+ at s[i], a space of n bytes.
func blanks(s string, i, n int) int {
	end := run(s, i+n, space)
	if last := strings.LastIndexAny(s[i:end], "\r\n"); last >= 0 {
		return i + last + 1
	}
	return spaces(s, i, end)
}

// contractionFold returns the length of the longest of s t re ve m ll d that s
// starts with, in any case. Case folding makes U+017F (ſ) an s.
func contractionFold(s string) int {
	if len(s) == 0 {
		return 0
	}
	switch s[0] | 0x20 {
	case 's', 't', 'm', 'd':
		return 1
	case 'r', 'v':
		if len(s) > 1 && s[1]|0x20 == 'e' {
			return 2
		}
	case 'l':
		if len(s) > 1 && s[1]|0x20 == 'l' {
			return 2
		}
	}
	if strings.HasPrefix(s, "ſ") {
		return len("ſ")
	}
	return 0
}

// GPT2 cuts as GPT-2 does.
func GPT2(s string, i int) int {
	if s[i] == '\'' {
		if n := contraction(s[i+1:]); n > 0 {
			return i + 1 + n
		}
	}
	c, n := at(s, i)
	start := i
	if s[i] == ' ' { // the optional space of the next three alternatives
		if next, m := at(s, i+1); m > 0 && next&space == 0 {
			c, n, start = next, m, i+1
		}
	}
	switch {
	case c&letter != 0:
		return run(s, start+n, letter)
	case c&number != 0:
		return run(s, start+n, number)
	case c&space == 0:
		return runNot(s, start+n, notOther)
	}
	return spaces(s, i, run(s, i+n, space))
}

// contraction is contractionFold for lower case only.
func contraction(s string) int {
	if len(s) == 0 {
		return 0
	}
	switch s[0] {
	case 's', 't', 'm', 'd':
		return 1
	case 'r', 'v':
		if len(s) > 1 && s[1] == 'e' {
			return 2
		}
	case 'l':
		if len(s) > 1 && s[1] == 'l' {
			return 2
		}
	}
	return 0
}
