package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// An addedToken is matched in the text before anything else happens to it.
type addedToken struct {
	id         int32
	content    string // what is matched
	special    bool   // a control token: skipped by Decode, text under PlainSpecials
	singleWord bool   // only where no word character touches it
	lstrip     bool   // takes the white space before it
	rstrip     bool   // takes the white space after it
	normalized bool   // matched in the normalized text
}

// A matcher finds added tokens, the leftmost first and the longest among those
// that start at one place. It is a trie in two arrays.
type matcher struct {
	tokens []addedToken
	nodes  []trieNode
	edges  []trieEdge
	first  [256]bool // bytes that a token starts with
	only   int       // the one byte that all start with, or -1
}

type trieNode struct {
	token      int32 // index of the token that ends here, or -1
	start, end int32 // its edges
}

type trieEdge struct {
	label byte
	to    int32
}

// newMatcher returns nil for no tokens. Contents are not empty; of tokens with
// the same content the first counts.
func newMatcher(tokens []addedToken) *matcher {
	if len(tokens) == 0 {
		return nil
	}
	tokens = slices.Clone(tokens)
	slices.SortStableFunc(tokens, func(a, b addedToken) int { return strings.Compare(a.content, b.content) })
	tokens = slices.CompactFunc(tokens, func(a, b addedToken) bool { return a.content == b.content })
	m := &matcher{tokens: tokens, only: -1}
	// Nodes are laid out breadth first: each is a range of the sorted tokens
	// that share a prefix of its depth.
	type group struct{ from, to, depth int }
	queue := []group{{0, len(tokens), 0}}
	for len(queue) > 0 {
		g := queue[0]
		queue = queue[1:]
		node := trieNode{token: -1, start: int32(len(m.edges))}
		if len(tokens[g.from].content) == g.depth {
			node.token = int32(g.from)
			g.from++
		}
		for i := g.from; i < g.to; {
			label, j := tokens[i].content[g.depth], i
			for j < g.to && tokens[j].content[g.depth] == label {
				j++
			}
			queue = append(queue, group{i, j, g.depth + 1})
			m.edges = append(m.edges, trieEdge{label, int32(len(m.edges) + 1)})
			i = j
		}
		node.end = int32(len(m.edges))
		m.nodes = append(m.nodes, node)
	}
	root := m.nodes[0]
	for _, e := range m.edges[root.start:root.end] {
		m.first[e.label] = true
		m.only = int(e.label)
	}
	if root.end-root.start > 1 {
		m.only = -1
	}
	return m
}

// next finds the first match in s at or after i, whatever its token's conditions.
func (m *matcher) next(s string, i int) (start, end int, token *addedToken) {
	for ; i < len(s); i++ {
		if m.only >= 0 {
			k := strings.IndexByte(s[i:], byte(m.only))
			if k < 0 {
				break
			}
			i += k
		} else if !m.first[s[i]] {
			continue
		}
		if end, t := m.longest(s, i); t >= 0 {
			return i, end, &m.tokens[t]
		}
	}
	return len(s), len(s), nil
}

// longest returns the longest token that starts at s[i], or -1.
func (m *matcher) longest(s string, i int) (end int, token int32) {
	token = -1
	node := &m.nodes[0]
walk:
	for ; i < len(s); i++ {
		for _, e := range m.edges[node.start:node.end] {
			if e.label == s[i] {
				node = &m.nodes[e.to]
				if node.token >= 0 {
					end, token = i+1, node.token
				}
				continue walk
			}
		}
		break
	}
	return end, token
}

// cut calls text for what lies between tokens and found for each token, with
// where it starts and ends in s. A match whose conditions fail, or of a special
// token if plain, stays text, and the search goes on behind it.
func (m *matcher) cut(s string, plain bool, text func(start, end int), found func(id int32, start, end int)) {
	done := 0   // end of what was handed out
	blanks := 0 // end of the white space that the last rstrip looked over
	if m != nil {
		for at := 0; at < len(s); {
			start, end, t := m.next(s, at)
			if t == nil {
				break
			}
			at = end
			if t.special && plain || t.singleWord && (endsInWord(s[:start]) || startsWithWord(s[end:])) {
				continue
			}
			if t.lstrip && done < start {
				start = done + len(strings.TrimRightFunc(s[done:start], unicode.IsSpace))
			}
			if t.rstrip {
				if end > blanks {
					blanks = len(s) - len(strings.TrimLeftFunc(s[end:], unicode.IsSpace))
				}
				end = blanks
			}
			if t.lstrip && start < done { // the one before has taken in a part of it
				if start = done; end <= start {
					continue // or all
				}
			}
			if done < start {
				text(done, start)
			}
			found(t.id, start, end)
			done = end
		}
	}
	if done < len(s) {
		text(done, len(s))
	}
}

func endsInWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && split.IsWord(r)
}

func startsWithWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && split.IsWord(r)
}
