package cli

import (
	"fmt"
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/chat"
)

// A conversation is a system message and the turns after it.
type conversation struct {
	format *chatFormat
	tok    tokenizer.Tokenizer
	system []chat.Message // one or none
	turns  []chat.Message // user and assistant in turn
}

// newConversation starts one in the model's chat format; nil if it has none.
func newConversation(l *loaded, system string) (*conversation, error) {
	if err := l.needTokenizer(); err != nil {
		return nil, err
	}
	format, err := findChatFormat(l.ck, l.tok)
	if err != nil {
		return nil, err
	}
	if format == nil {
		if system != "" {
			return nil, fmt.Errorf("%s has no chat template, so --system has no place", l.ck.Name)
		}
		return nil, nil
	}
	c := &conversation{format: format, tok: l.tok}
	if system != "" {
		c.system = []chat.Message{{Role: "system", Content: system}}
	}
	return c, nil
}

// with returns all messages and one more of the user's.
func (c *conversation) with(user string) []chat.Message {
	return append(slices.Concat(c.system, c.turns), chat.Message{Role: "user", Content: user})
}

// add records a turn that has been answered.
func (c *conversation) add(user, assistant string) {
	c.turns = append(c.turns, chat.Message{Role: "user", Content: user}, chat.Message{Role: "assistant", Content: assistant})
}

// fit returns the prompt for the user's next message in at most limit tokens and
// how many of the oldest turns had to be forgotten for it.
func (c *conversation) fit(user string, limit int) (ids []int32, forgotten int, err error) {
	for {
		if ids, err = c.ids(c.with(user)); err != nil || len(ids) <= limit {
			return ids, forgotten, err
		}
		if len(c.turns) == 0 {
			return nil, forgotten, fmt.Errorf("the message makes a prompt of %d tokens, and there is room for %d; shorten it or raise the context length (-c)", len(ids), limit)
		}
		c.turns = c.turns[2:]
		forgotten++
	}
}

// prefix returns how many of a prompt's first tokens are the beginning of text
// and the system message: what has to stay when old tokens slide away.
func (c *conversation) prefix(prompt []int32) int {
	// Two conversations that differ from their first word on share just that.
	other, err := c.ids(append(slices.Clone(c.system), chat.Message{Role: "user", Content: "\u2020"}))
	if err != nil {
		return 0
	}
	same := 0
	for same < min(len(other), len(prompt)) && other[same] == prompt[same] {
		same++
	}
	return same
}

// ids renders the messages and returns their tokens. Control tokens that a
// message spells out are text; those of the format are control tokens.
func (c *conversation) ids(messages []chat.Message) ([]int32, error) {
	segments, err := c.format.segments(messages, c.tok)
	if err != nil {
		return nil, err
	}
	var ids []int32
	for _, s := range segments {
		ids = c.tok.Encode(ids, s.Text, tokenizer.Options{NoPostProcess: true, PlainSpecials: !s.Special})
	}
	// Some templates leave the beginning-of-text token to the tokenizer.
	if first := c.tok.Encode(nil, "", tokenizer.Options{}); len(first) > 0 && (len(ids) == 0 || ids[0] != first[0]) {
		ids = append([]int32{first[0]}, ids...)
	}
	return ids, nil
}
