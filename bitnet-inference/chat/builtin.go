package chat

import (
	"fmt"
	"slices"
	"strings"
)

// A Segment is a stretch of a prompt.
type Segment struct {
	Text string
	// Special says that Text is one control token, to be looked up whole in
	// the vocabulary. Other segments are plain text, to be tokenized without
	// recognising special tokens: a user who writes "<|eot_id|>" then gets
	// those ten characters and not the token.
	Special bool
}

// A Format is a built-in template.
type Format struct {
	name  string
	stops []string
	write func(p *prompt, msgs []Message, addGenerationPrompt bool) error
}

// formats are in the order of Builtins.
func formats() []*Format {
	return []*Format{
		{"bitnet-2b4t", []string{"<|eot_id|>", "<|end_of_text|>"}, bitnet2B4T},
		{"chatml", []string{"<|im_end|>", "<|endoftext|>"}, chatML},
		{"falcon3", []string{"<|endoftext|>"}, falcon3},
		{"gemma", []string{"<end_of_turn>", "<eos>"}, gemma},
		{"llama2", []string{"</s>"}, llama2},
		{"llama3", []string{"<|eot_id|>", "<|end_of_text|>"}, llama3},
		{"mistral", []string{"</s>"}, mistral},
		{"zephyr", []string{"</s>"}, zephyr},
	}
}

// Builtin returns the built-in format of that name.
func Builtin(name string) (*Format, bool) {
	for _, f := range formats() {
		if f.name == name {
			return f, true
		}
	}
	return nil, false
}

// Builtins lists the names Builtin knows, sorted.
func Builtins() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// Name returns the format's name.
func (f *Format) Name() string { return f.name }

// Stops returns the texts of the tokens that end the assistant's answer. A
// vocabulary may lack some of them.
func (f *Format) Stops() []string { return slices.Clone(f.stops) }

// Render returns the prompt as one text.
func (f *Format) Render(msgs []Message, addGenerationPrompt bool) (string, error) {
	segments, err := f.Segments(msgs, addGenerationPrompt)
	var text strings.Builder
	for _, s := range segments {
		text.WriteString(s.Text)
	}
	return text.String(), err
}

// Segments returns the prompt with its control tokens apart from what users
// wrote. Plain segments lie between control tokens, so tokenizing them one by
// one gives what a tokenizer gives for the whole text, which divides it there
// too.
func (f *Format) Segments(msgs []Message, addGenerationPrompt bool) ([]Segment, error) {
	for i, m := range msgs {
		switch m.Role {
		case "assistant", "user":
		case "system":
			if i > 0 {
				return nil, fmt.Errorf("chat: message %d: format %s takes a system message only as the first", i+1, f.name)
			}
		default:
			return nil, fmt.Errorf("chat: message %d: role %q, format %s knows system, user and assistant", i+1, m.Role, f.name)
		}
	}
	var p prompt
	if err := f.write(&p, msgs, addGenerationPrompt); err != nil {
		return nil, err
	}
	return p.segments, nil
}

// A prompt collects segments; plain text next to plain text becomes one.
type prompt struct {
	segments []Segment
}

func (p *prompt) token(text string) *prompt {
	p.segments = append(p.segments, Segment{text, true})
	return p
}

func (p *prompt) text(text string) *prompt {
	if n := len(p.segments); n > 0 && !p.segments[n-1].Special {
		p.segments[n-1].Text += text
	} else if text != "" {
		p.segments = append(p.segments, Segment{text, false})
	}
	return p
}
