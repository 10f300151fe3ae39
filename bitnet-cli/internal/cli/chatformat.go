package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/chat"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// A chatFormat is how a model wants its conversations: a built-in format, or the
// template that came with the model.
type chatFormat struct {
	builtin *chat.Format
	jinja   chat.Template
	stop    []int32 // tokens that end an answer
}

// findChatFormat returns the format of a model, nil if it has none.
func findChatFormat(ck *checkpoint.Checkpoint, tok tokenizer.Tokenizer) (*chatFormat, error) {
	name, override := chat.Detect(ck.Chat.Template, ck.Config.Architecture, modelName(ck))
	builtin, known := chat.Builtin(name)
	f := &chatFormat{}
	if known {
		for _, s := range builtin.Stops() {
			if id, ok := tok.ID(s); ok {
				f.stop = append(f.stop, id)
			}
		}
	}
	if ck.Chat.Template != "" && !override {
		var err error
		f.jinja, err = chat.FromJinja(ck.Chat.Template, ck.Name, chat.Vars{BOSToken: ck.Chat.BOS, EOSToken: ck.Chat.EOS})
		if err == nil {
			return f, nil
		}
		if !known {
			return nil, fmt.Errorf("%w; --raw continues the prompt without it", err)
		}
	}
	if !known || !spells(tok, builtin) {
		return nil, nil
	}
	f.builtin = builtin
	return f, nil
}

// name says which format it is.
func (f *chatFormat) name() string {
	if f.builtin != nil {
		return "built-in " + f.builtin.Name()
	}
	return "from the model"
}

// spells reports whether a vocabulary has every control token of a format, as
// that of a model which was trained on it must.
func spells(tok tokenizer.Tokenizer, f *chat.Format) bool {
	segments, err := f.Segments([]chat.Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "b"}}, true)
	return err == nil && !slices.ContainsFunc(segments, func(s chat.Segment) bool {
		_, ok := tok.ID(s.Text)
		return s.Special && !ok
	})
}

// modelName returns what a model calls itself, or what its file is called.
func modelName(ck *checkpoint.Checkpoint) string {
	for _, kv := range ck.Metadata() {
		if kv.Key == "general.name" {
			return kv.Value
		}
	}
	path, err := filepath.Abs(ck.Name)
	if err != nil {
		return ck.Name
	}
	name, _ := gguf.CutExtension(filepath.Base(path))
	return name
}

// segments renders messages up to where the answer begins. In segments that are
// Special control tokens are recognised, in the others they are text.
func (f *chatFormat) segments(messages []chat.Message, tok tokenizer.Tokenizer) ([]chat.Segment, error) {
	if f.builtin != nil {
		return f.builtin.Segments(messages, true)
	}
	rendered, err := f.jinja.Render(messages, true)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(messages, func(m chat.Message) bool { return spellsSpecial(tok, m.Content) }) {
		return []chat.Segment{{Text: rendered, Special: true}}, nil
	}
	return f.split(messages, rendered)
}

// spellsSpecial reports whether a text has in it what a tokenizer could take for
// a control token.
func spellsSpecial(tok tokenizer.Tokenizer, text string) bool {
	return !slices.Equal(tok.Encode(nil, text, asText), tok.Encode(nil, text, tokenizer.Options{NoPostProcess: true}))
}

// split finds the contents of messages in what they were rendered to, by
// rendering once more with a mark in the place of each.
func (f *chatFormat) split(messages []chat.Message, rendered string) ([]chat.Segment, error) {
	marked := slices.Clone(messages)
	for i := range marked {
		marked[i].Content = mark(i)
	}
	text, err := f.jinja.Render(marked, true)
	if err != nil {
		return nil, err
	}
	for _, change := range []func(string) string{strings.TrimSpace, strings.Clone} {
		segments := fill(text, messages, change)
		var whole strings.Builder
		for _, s := range segments {
			whole.WriteString(s.Text)
		}
		if whole.String() == rendered {
			return segments, nil
		}
	}
	return nil, fmt.Errorf("a message spells out a control token of this model, and the chat template changes messages in a way that hides where; leave the token out of the message")
}

// mark stands for the content of message i. Private-use characters do not occur
// in templates and are neither spaces nor letters that one would change.
func mark(i int) string { return fmt.Sprintf("\uE0F0%d\uE0F1", i) }

// fill divides text at its marks and puts the messages' contents in their places.
func fill(text string, messages []chat.Message, change func(string) string) []chat.Segment {
	var segments []chat.Segment
	for text != "" {
		at, which := len(text), -1
		for i := range messages {
			if j := strings.Index(text, mark(i)); j >= 0 && j < at {
				at, which = j, i
			}
		}
		if at > 0 {
			segments = append(segments, chat.Segment{Text: text[:at], Special: true})
		}
		if which < 0 {
			break
		}
		segments = append(segments, chat.Segment{Text: change(messages[which].Content)})
		text = text[at+len(mark(which)):]
	}
	return segments
}
