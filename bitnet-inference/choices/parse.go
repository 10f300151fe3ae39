package choices

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// An Item is a beginning and ways to go on, one of which is right.
type Item struct {
	Number  int // of those in the file, from 0
	Context string
	Endings []string // 2 at least, without the space before them, which Spaced says
	Spaced  bool     // there is one
	Answer  int      // index of the right one
}

// A Format is how items are written.
type Format string

// The formats.
const (
	// Instructions is a JSON array of objects whose "instruction" asks a question and lists
	// "Answer1: … Answer2: …" or "Solution1: …", and whose "answer" is "answer1" or the like.
	Instructions Format = "instructions"
	// Lines is llama-perplexity's for HellaSwag: of six lines an item, the beginning, the
	// index of the right ending, and four endings.
	Lines Format = "lines"
	// JSONL is an object in each line: {"context":…,"endings":[…],"answer":0}, whose endings
	// begin with whatever space they need, or HellaSwag's own, with "ctx", "endings", "label".
	JSONL Format = "jsonl"
)

// Formats are all.
var Formats = []Format{Instructions, Lines, JSONL}

// mark begins some files of UTF-8 on Windows.
var mark = []byte("\ufeff")

// Detect returns the format that data begins like.
func Detect(data []byte) Format {
	switch data = bytes.TrimSpace(bytes.TrimPrefix(data, mark)); {
	case bytes.HasPrefix(data, []byte("{")):
		return JSONL
	case bytes.HasPrefix(data, []byte("[")):
		return Instructions
	}
	return Lines
}

var errNone = errors.New("there are no items")

// Parse reads items of one format. Errors name the line, or the item, from 1.
func Parse(data []byte, f Format) (items []Item, err error) {
	if !utf8.Valid(data) {
		return nil, errors.New("this is not text in UTF-8")
	}
	data = bytes.TrimPrefix(data, mark)
	switch f {
	case Instructions:
		items, err = parseInstructions(data)
	case Lines:
		items, err = parseLines(data)
	case JSONL:
		items, err = parseJSONL(data)
	default:
		panic("choices: Parse format")
	}
	if err == nil && len(items) == 0 {
		err = errNone
	}
	for i := range items {
		items[i].Number = i
	}
	return items, err
}

// check reports what an item lacks.
func (it *Item) check() error {
	if len(it.Endings) < 2 {
		return fmt.Errorf("the number of endings is %d, want 2 at least", len(it.Endings))
	}
	for i, e := range it.Endings {
		if e == "" {
			return fmt.Errorf("ending %d is empty", i+1)
		}
	}
	if it.Answer < 0 || it.Answer >= len(it.Endings) {
		return fmt.Errorf("the right ending is number %d from 0, and there are %d", it.Answer, len(it.Endings))
	}
	return nil
}
