package choices

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// jsonItem is a line of [JSONL], of either kind.
type jsonItem struct {
	Context *string  `json:"context"`
	Endings []string `json:"endings"`
	Answer  *int     `json:"answer"`

	Ctx      *string         `json:"ctx"`
	CtxA     *string         `json:"ctx_a"`
	CtxB     *string         `json:"ctx_b"`
	Activity string          `json:"activity_label"`
	Label    json.RawMessage `json:"label"` // a number, also as a string
}

func parseJSONL(data []byte) ([]Item, error) {
	var items []Item
	for n := 1; len(data) > 0; n++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte("\n"))
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var j jsonItem
		err := json.Unmarshal(line, &j)
		var it Item
		if err == nil {
			it, err = j.item()
		}
		if err == nil {
			err = it.check()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		items = append(items, it)
	}
	return items, nil
}

func (j *jsonItem) item() (Item, error) {
	switch {
	case j.Context != nil && j.Answer != nil:
		return Item{Context: *j.Context, Endings: j.Endings, Answer: *j.Answer}, nil
	case j.Context != nil:
		return Item{}, errors.New(`there is no "answer", the index of the right ending`)
	case j.Ctx == nil:
		return Item{}, errors.New(`want {"context":…,"endings":[…],"answer":…} or HellaSwag's {"ctx":…,"endings":[…],"label":…}`)
	}
	label := strings.Trim(string(j.Label), `"`)
	answer, err := strconv.Atoi(label)
	if err != nil {
		return Item{}, fmt.Errorf("the label is %.20q, want the index of the right ending; HellaSwag's test part has none", label)
	}
	it := Item{Context: *j.Ctx, Spaced: true, Answer: answer}
	if j.CtxA != nil && j.CtxB != nil {
		it.Context = *j.CtxA + " " + capitalize(*j.CtxB)
	}
	if j.Activity != "" {
		it.Context = j.Activity + ": " + it.Context
	}
	it.Context = clean(it.Context)
	for _, e := range j.Endings {
		it.Endings = append(it.Endings, clean(e))
	}
	return it, nil
}

var bracketed = regexp.MustCompile(`\[.*?\]`)

// clean takes WikiHow's marks out of HellaSwag's texts, as lm-eval does.
func clean(s string) string {
	s = strings.TrimSpace(s)
	s = strings.ReplaceAll(s, " [title]", ". ")
	s = bracketed.ReplaceAllString(s, "")
	return strings.ReplaceAll(s, "  ", " ")
}

// capitalize is Python's str.capitalize.
func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(r)) + strings.ToLower(s[n:])
}
