package chat

import (
	"fmt"
	"slices"
	"strings"
)

// prepare rewrites template source into what the template engine understands,
// with the same meaning and the same lines:
//
//   - a conditional expression anywhere, not only alone in its tag:
//     (a if c else b) becomes (((c) and [a] or [b])[0])
//   - the right side of "in" in parentheses: the engine would apply a filter
//     behind it to the answer of "in"
//   - a space after and, or, in, is, not, where the engine needs one
//
// It also refuses what would make the engine recurse too deep, and tags that
// prompts have no use for.
func prepare(source string) (string, error) {
	if len(source) > maxSource {
		return "", fmt.Errorf("is %d bytes long, more than the %d a chat template may have", len(source), maxSource)
	}
	var out strings.Builder
	blocks := 0
	for pos := 0; ; {
		open := strings.IndexByte(source[pos:], '{')
		if open < 0 || pos+open+1 >= len(source) {
			out.WriteString(source[pos:])
			return out.String(), nil
		}
		out.WriteString(source[pos : pos+open])
		pos += open
		switch source[pos+1] {
		case '#':
			end := strings.Index(source[pos:], "#}")
			if end < 0 {
				return "", fmt.Errorf("line %d: the comment does not end", line(source, pos))
			}
			out.WriteString(source[pos : pos+end+2])
			pos += end + 2
		case '{', '%':
			t, err := scanTag(source, pos)
			if err != nil {
				return "", err
			}
			if blocks += t.opens(); blocks > maxBlocks {
				return "", fmt.Errorf("line %d: more than %d blocks inside each other", line(source, pos), maxBlocks)
			}
			out.WriteString(t.rewrite())
			pos = t.end
			if t.name() == "raw" {
				n := rawLen(source[pos:])
				if n < 0 {
					return "", fmt.Errorf("line %d: the raw block does not end", line(source, pos))
				}
				out.WriteString(source[pos : pos+n])
				pos += n
			}
		default:
			out.WriteByte('{')
			pos++
		}
	}
}

// rawLen is the length of s up to {% endraw, or -1.
func rawLen(s string) int {
	for n := 0; ; n += 2 {
		i := strings.Index(s[n:], "{%")
		if i < 0 {
			return -1
		}
		n += i
		if strings.HasPrefix(strings.TrimLeft(s[n+2:], "-+ \t\r\n"), "endraw") {
			return n
		}
	}
}

func line(source string, pos int) int {
	return 1 + strings.Count(source[:pos], "\n")
}

// A token of a tag, with the white space before it.
type token struct {
	space, text string
}

func (t token) opens() bool  { return strings.Contains("([{", t.text) }
func (t token) closes() bool { return strings.Contains(")]}", t.text) }

// A tag is {{ … }} or {% … %}.
type tag struct {
	begin  string  // "{{", "{%-" …
	tokens []token // without begin and finish
	finish string  // with the white space before it
	end    int     // offset behind the tag
}

func scanTag(source string, start int) (tag, error) {
	closing := "}}"
	if source[start+1] == '%' {
		closing = "%}"
	}
	pos := start + 2
	if pos < len(source) && (source[pos] == '-' || source[pos] == '+') {
		pos++
	}
	t := tag{begin: source[start:pos]}
	depth, ifs := 0, 0
	for {
		space := pos
		for pos < len(source) && strings.IndexByte(" \t\r\n", source[pos]) >= 0 {
			pos++
		}
		rest := source[pos:]
		if depth == 0 {
			for _, end := range []string{closing, "-" + closing, "+" + closing} {
				if strings.HasPrefix(rest, end) {
					t.end = pos + len(end)
					t.finish = source[space:t.end]
					return t, nil
				}
			}
		}
		n, err := tokenLen(rest)
		if err != nil {
			return t, fmt.Errorf("line %d: %w", line(source, min(pos, len(source)-1)), err)
		}
		tok := token{source[space:pos], rest[:n]}
		pos += n
		switch {
		case tok.opens():
			depth++
		case tok.closes():
			depth--
		}
		if depth < 0 || depth > maxBrackets {
			return t, fmt.Errorf("line %d: brackets do not match, or more than %d inside each other", line(source, pos-n), maxBrackets)
		}
		if tok.text == "if" {
			if ifs++; ifs > maxBrackets {
				return t, fmt.Errorf("line %d: more than %d conditions in one expression", line(source, pos-n), maxBrackets)
			}
		}
		t.tokens = append(t.tokens, tok)
	}
}

// tokenLen is the length of the token that s begins with.
func tokenLen(s string) (int, error) {
	if s == "" {
		return 0, fmt.Errorf("the tag does not end")
	}
	switch c := s[0]; {
	case c == '"' || c == '\'':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case c:
				if strings.HasSuffix(s[:i], `\\`) {
					return 0, fmt.Errorf("unsupported construct: a string that ends with a backslash")
				}
				return i + 1, nil
			}
		}
		return 0, fmt.Errorf("the string does not end")
	case c == '_' || isLetter(c) || '0' <= c && c <= '9':
		n := 1
		for n < len(s) && (s[n] == '_' || isLetter(s[n]) || '0' <= s[n] && s[n] <= '9') {
			n++
		}
		return n, nil
	case len(s) > 1 && slices.Contains([]string{"==", "!=", "<=", ">=", "**", "//"}, s[:2]):
		return 2, nil
	}
	return 1, nil
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// name is the block's name, "" for {{ … }}.
func (t tag) name() string {
	if t.begin[1] != '%' || len(t.tokens) == 0 {
		return ""
	}
	return t.tokens[0].text
}

// opens is by how much the tag changes the depth of blocks.
func (t tag) opens() int {
	switch name := t.name(); name {
	case "for", "if", "macro", "call", "filter", "generation":
		return 1
	case "set":
		if find(t.tokens, "=") < 0 {
			return 1
		}
	case "endfor", "endif", "endmacro", "endcall", "endfilter", "endgeneration", "endset":
		return -1
	}
	return 0
}

func (t tag) rewrite() string {
	body := t.tokens
	var out []token
	keep := func(n int) { out, body = append(out, body[:n]...), body[n:] }
	switch t.name() {
	case "":
		out = expression(body)
	case "if", "elif":
		keep(1)
		out = append(out, expression(body)...)
	case "for":
		keep(find(body, "in") + 1)
		if i := find(body, "if"); i >= 0 {
			out = append(append(out, operands(body[:i])...), body[i])
			body = body[i+1:]
		}
		out = append(out, operands(body)...)
	case "set":
		keep(find(body, "=") + 1)
		out = append(out, expression(body)...)
	case "raw", "endraw":
		out = body
	default:
		out = operands(body)
	}
	var s strings.Builder
	s.WriteString(t.begin)
	s.WriteByte(' ')
	lines := 0
	for i, tok := range out {
		switch {
		case i == 0: // the engine wants the name on the tag's first line
			lines, tok.space = strings.Count(tok.space, "\n"), ""
		case needsSpace(out[i-1].text):
			s.WriteByte(' ')
		}
		s.WriteString(tok.space)
		s.WriteString(tok.text)
	}
	s.WriteByte(' ')
	s.WriteString(strings.Repeat("\n", lines))
	s.WriteString(t.finish)
	return s.String()
}

func needsSpace(word string) bool {
	switch word {
	case "and", "or", "in", "is", "not":
		return true
	}
	return false
}
