package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// A set is the documents of one measurement.
type set struct {
	Name  string
	texts []string
	bytes int
}

func newSet(name string, texts []string) set {
	s := set{Name: name, texts: texts}
	for _, t := range texts {
		s.bytes += len(t)
	}
	return s
}

// prose is how many bytes of English are read.
const prose = 1 << 20

// sets returns English stories, the parity cases, which are of many scripts, and
// texts of the letters of those cases in random order, of which no word comes
// twice, so that no cache of words helps.
func sets(p *peer, dir string) ([]set, error) {
	stories, err := p.unpack(filepath.Join(dir, "corpus", "stories.txt"))
	if err != nil {
		return nil, err
	}
	var english []string
	size := 0
	for story := range strings.SplitSeq(stories, "\n\n") {
		if size += len(story); size > prose {
			break
		}
		english = append(english, story)
	}
	path := filepath.Join(dir, "tokenizers", "parity", "cases.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var cases []struct{ Text string }
	if err := json.Unmarshal(data, &cases); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var many, mixed []string
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range cases {
		many = append(many, c.Text)
		letters := []rune(c.Text)
		for range 20 {
			random.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
			mixed = append(mixed, string(letters))
		}
	}
	return []set{newSet("English", english), newSet("multilingual", many), newSet("multilingual, shuffled", mixed)}, nil
}
