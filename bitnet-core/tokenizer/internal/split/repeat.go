package split

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Repeat is the simplest kind of regular expression: one character of a set,
// from Min to Max times. It matches in linear time.
type Repeat struct {
	in       func(r rune) bool
	min, max int
}

// ParseRepeat reads an expression that is one character, \s, \d, \n, \r, \t,
// \ before a sign, or a class of such and of ranges, and then +, {n}, {n,},
// {n,m} or nothing. ok is false for any other.
func ParseRepeat(expr string) (re Repeat, ok bool) {
	re = Repeat{min: 1, max: 1}
	rest := expr
	if class, found := strings.CutPrefix(expr, "["); found {
		if re.in, rest, ok = parseClass(class); !ok {
			return re, false
		}
	} else {
		if expr == "" || strings.ContainsRune("^$.|?*+()]{}", rune(expr[0])) {
			return re, false
		}
		if re.in, _, rest, ok = parseAtom(expr); !ok {
			return re, false
		}
	}
	switch {
	case rest == "":
	case rest == "+":
		re.max = math.MaxInt
	case rest[0] == '{' && rest[len(rest)-1] == '}':
		low, high, comma := strings.Cut(rest[1:len(rest)-1], ",")
		if re.min, ok = smallNumber(low); !ok {
			return re, false
		}
		re.max = re.min
		if comma {
			re.max = math.MaxInt
			if high != "" {
				if re.max, ok = smallNumber(high); !ok || re.max < re.min {
					return re, false
				}
			}
		}
	default:
		return re, false
	}
	return re, true
}

// parseAtom reads one character or escape; lone is the character if it is one.
func parseAtom(s string) (in func(rune) bool, lone rune, rest string, ok bool) {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 || r == utf8.RuneError {
		return nil, 0, "", false
	}
	rest = s[n:]
	if r == '\\' {
		e, n := utf8.DecodeRuneInString(rest)
		if n == 0 {
			return nil, 0, "", false
		}
		rest = rest[n:]
		switch {
		case e == 's':
			return unicode.IsSpace, -1, rest, true
		case e == 'd':
			return unicode.IsDigit, -1, rest, true
		case e == 'n':
			r = '\n'
		case e == 'r':
			r = '\r'
		case e == 't':
			r = '\t'
		case e > ' ' && e < utf8.RuneSelf && !unicode.IsLetter(e) && !unicode.IsDigit(e):
			r = e
		default:
			return nil, 0, "", false
		}
	}
	return func(c rune) bool { return c == r }, r, rest, true
}

// parseClass reads what stands behind the [ of a class up to its ].
func parseClass(s string) (in func(rune) bool, rest string, ok bool) {
	var any []func(rune) bool
	for s != "" && s[0] != ']' {
		if strings.ContainsRune("[&^-", rune(s[0])) {
			return nil, "", false // nested, intersected, negated: engines differ or it is rare
		}
		one, low, after, ok := parseAtom(s)
		if !ok {
			return nil, "", false
		}
		if strings.HasPrefix(after, "-") && !strings.HasPrefix(after, "-]") {
			_, high, end, ok := parseAtom(after[1:])
			if !ok || low < 0 || high < low || strings.ContainsRune("[&", high) {
				return nil, "", false
			}
			one, after = func(c rune) bool { return c >= low && c <= high }, end
		} else if strings.HasPrefix(after, "-]") {
			return nil, "", false
		}
		any, s = append(any, one), after
	}
	if s == "" || len(any) == 0 || len(any) > 64 {
		return nil, "", false
	}
	return func(r rune) bool {
		for _, in := range any {
			if in(r) {
				return true
			}
		}
		return false
	}, s[1:], true
}

// smallNumber reads a number from 1 to 9999.
func smallNumber(s string) (int, bool) {
	n := 0
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, n > 0 && len(s) <= 4
}

// Segments matches re. A byte that is not valid UTF-8 is in no set.
func (re Repeat) Segments(s string, i int) (int, bool) {
	end, n := re.run(s, i)
	if n >= re.min {
		return end, true
	}
	for end < len(s) {
		start := end
		if end, n = re.run(s, start); n >= re.min {
			return start, false
		}
		if end == start {
			_, size := utf8.DecodeRuneInString(s[end:])
			end += size
		}
	}
	return end, false
}

// run returns the end of the characters from s[i] on that are in the set, at
// most re.max, and how many they are.
func (re Repeat) run(s string, i int) (end, n int) {
	for i < len(s) && n < re.max {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !re.in(r) {
			break
		}
		i += size
		n++
	}
	return i, n
}

// Replace returns s with every match replaced by text.
func (re Repeat) Replace(s, text string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		end, match := re.Segments(s, i)
		if match {
			b.WriteString(text)
		} else {
			b.WriteString(s[i:end])
		}
		i = end
	}
	return b.String()
}
