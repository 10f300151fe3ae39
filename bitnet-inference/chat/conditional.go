package chat

import "slices"

// find returns the index of the first of words outside brackets, or -1.
func find(tokens []token, words ...string) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case depth == 0 && slices.Contains(words, t.text):
			return i
		case t.opens():
			depth++
		case t.closes():
			depth--
		}
	}
	return -1
}

// quoted makes tokens without white space.
func quoted(texts ...string) []token {
	out := make([]token, len(texts))
	for i, text := range texts {
		out[i] = token{text: text}
	}
	return out
}

// expression rewrites one expression: "a if c else b" binds weaker than any
// operator, so it reaches from one end to the other.
func expression(tokens []token) []token {
	test := find(tokens, "if")
	if test < 0 {
		return operands(tokens)
	}
	then, rest := tokens[:test], tokens[test+1:]
	otherwise := quoted("[", "]", "[", "0", "]") // undefined
	condition := rest
	if i := find(rest, "else"); i >= 0 {
		condition, otherwise = rest[:i], expression(rest[i+1:])
	}
	return slices.Concat(
		quoted("(", "("), operands(condition), quoted(")"), []token{{" ", "and"}, {" ", "["}},
		operands(then), quoted("]"), []token{{" ", "or"}, {" ", "["}}, otherwise,
		quoted("]", ")", "[", "0", "]"))
}

// operands rewrites an expression that is not itself conditional: what is in
// its brackets, and the right sides of "in".
func operands(tokens []token) []token {
	var out []token
	for i := 0; i < len(tokens); {
		t := tokens[i]
		out = append(out, t)
		i++
		switch {
		case t.opens():
			n := find(tokens[i:], ")", "]", "}")
			if n < 0 {
				n = len(tokens) - i
			}
			out = append(out, items(tokens[i:i+n])...)
			i += n
		case t.text == "in":
			n := find(tokens[i:], "and", "or", "not", "is", "in", "if", "else", "==", "!=", "<", ">", "<=", ">=", ",", "=", ":")
			if n < 0 {
				n = len(tokens) - i
			}
			out = append(out, token{" ", "("})
			out = append(out, operands(tokens[i:i+n])...)
			out = append(out, token{"", ")"})
			i += n
		}
	}
	return out
}

// items rewrites what stands between two brackets: expressions with commas,
// colons and the equals signs of named arguments between them.
func items(tokens []token) []token {
	var out []token
	for {
		i := find(tokens, ",", ":", "=")
		if i < 0 {
			return append(out, expression(tokens)...)
		}
		out = append(out, expression(tokens[:i])...)
		out = append(out, tokens[i])
		tokens = tokens[i+1:]
	}
}
