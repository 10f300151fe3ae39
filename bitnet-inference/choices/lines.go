package choices

import (
	"fmt"
	"strconv"
	"strings"
)

// itemLines is how many lines an item of [Lines] has.
const itemLines = 6

func parseLines(data []byte) ([]Item, error) {
	text := strings.TrimRight(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	if text == "" {
		return nil, nil
	}
	lines := strings.Split(text, "\n")
	if n := len(lines); n%itemLines != 0 {
		return nil, fmt.Errorf("the number of lines is %d, which is no multiple of %d, as many as an item has: a beginning, the index of the right ending, four endings", n, itemLines)
	}
	var items []Item
	for at := 0; at < len(lines); at += itemLines {
		answer, err := strconv.Atoi(strings.TrimSpace(lines[at+1]))
		if err != nil {
			return nil, fmt.Errorf("line %d: the index of the right ending is %.20q, want 0 to 3", at+2, lines[at+1])
		}
		it := Item{Context: lines[at], Endings: lines[at+2 : at+itemLines : at+itemLines], Spaced: true, Answer: answer}
		if err := it.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", at+1, err)
		}
		items = append(items, it)
	}
	return items, nil
}
