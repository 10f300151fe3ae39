package choices

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// instruction is an element of an array of [Instructions].
type instruction struct {
	Instruction string `json:"instruction"`
	Answer      string `json:"answer"`
}

// Labels of answers, and what stands before a question and after its answers.
var (
	labels   = []string{"Answer", "Solution"}
	asking   = " to the question: "
	answered = "\n\nAnswer format:"
)

// parseInstructions makes "Question: …\nAnswer:" of a question, as lm-eval does for ARC
// and PIQA.
func parseInstructions(data []byte) ([]Item, error) {
	var all []instruction
	var other *json.UnmarshalTypeError
	switch err := json.Unmarshal(data, &all); {
	case errors.As(err, &other):
		return nil, fmt.Errorf("want a JSON array of objects with instruction and answer, both text; at byte %d is a JSON %s", other.Offset, other.Value)
	case err != nil:
		return nil, fmt.Errorf("want a JSON array of objects with instruction and answer: %w", err)
	}
	items := make([]Item, len(all))
	for i, in := range all {
		it, err := in.item()
		if err == nil {
			err = it.check()
		}
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		items[i] = it
	}
	return items, nil
}

func (in *instruction) item() (Item, error) {
	_, text, ok := strings.Cut(in.Instruction, asking)
	if !ok {
		return Item{}, fmt.Errorf("the instruction has no %q", strings.TrimSpace(asking))
	}
	// The question may have anything in it, and what is after the answers is last.
	if end := strings.LastIndex(text, answered); end >= 0 {
		text = text[:end]
	}
	for _, label := range labels {
		begin := "\n\n" + label + "1:"
		at := strings.LastIndex(text, begin)
		if at < 0 {
			continue
		}
		it := Item{Context: "Question: " + strings.TrimSpace(text[:at]) + "\nAnswer:", Spaced: true}
		rest := text[at+len(begin):]
		for n := 2; ; n++ {
			ending, after, more := strings.Cut(rest, label+strconv.Itoa(n)+":")
			it.Endings = append(it.Endings, strings.TrimSpace(ending))
			if !more {
				break
			}
			rest = after
		}
		number, ok := strings.CutPrefix(in.Answer, strings.ToLower(label))
		n, err := strconv.Atoi(number)
		if !ok || err != nil {
			return Item{}, fmt.Errorf("the answer is %q, want %s1 or the like", in.Answer, strings.ToLower(label))
		}
		it.Answer = n - 1
		return it, nil
	}
	return Item{}, errors.New("the instruction has no Answer1: or Solution1: in a paragraph of its own")
}
