package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
)

// errMessage reports a message that cannot be answered; others can.
var errMessage = errors.New("this message cannot be answered")

// A typist generates answers and prints them as they are made.
type typist struct {
	l       *loaded
	s       *Streams
	session *engine.Session
	request request
	verbose bool
}

// answer prints the answer to the request, without the space before its first
// word, and ends the line. The answer is returned also if ctx ends.
func (t *typist) answer(ctx context.Context, r request) (answer, error) {
	begun := false
	a, err := t.l.generate(ctx, t.session, r, newProgress(t.s), func(piece string) error {
		if !begun {
			piece = strings.TrimLeftFunc(piece, unicode.IsSpace)
			begun = piece != ""
		}
		_, err := io.WriteString(t.s.Out, piece)
		return err
	})
	if _, lineErr := fmt.Fprintln(t.s.Out); err == nil {
		err = lineErr
	}
	t.request.options.Sampling.Seed++ // other numbers for the next answer
	if t.verbose {
		printStats(t.s.Err, t.l, &r, &a, t.session.ContextLength())
	}
	return a, err
}

// room is how many tokens of the context a prompt may take: the rest is left
// for an answer that does not have to slide at once.
func (t *typist) room() int {
	n := t.session.ContextLength()
	return max(n-max(n/4, 1), 1)
}

// A chatPartner answers messages in the model's chat format.
type chatPartner struct {
	*typist
	conversation *conversation
	told         bool // that turns are being forgotten
}

func (p *chatPartner) greeting() string {
	return fmt.Sprintf("%s answers what you type.", p.l.ck.Name)
}

func (p *chatPartner) clear() { p.conversation.turns, p.told = nil, false }

func (p *chatPartner) reply(ctx context.Context, message string) error {
	if strings.TrimSpace(message) == "" {
		return nil
	}
	ids, forgotten, err := p.conversation.fit(message, p.room())
	if err != nil {
		return fmt.Errorf("%w: %w", errMessage, err)
	}
	if forgotten > 0 && !p.told {
		fmt.Fprintln(p.s.Err, "(The conversation is longer than the model's context: its oldest parts are forgotten from now on.)")
		p.told = true
	}
	r := p.request
	r.prompt = ids
	r.options.Slide, r.options.Keep = true, p.conversation.prefix(ids)
	a, err := p.answer(ctx, r)
	if a.text != "" {
		p.conversation.add(message, strings.TrimSpace(a.text))
	}
	return err
}

// A textPartner goes on with a text: what one types is added to it, then the
// model adds more. Where the model has ended the text a new one begins.
type textPartner struct {
	*typist
	text string
	ids  []int32 // of text; nil at the beginning
}

func (p *textPartner) greeting() string {
	return fmt.Sprintf("%s goes on with the text that you begin; Return alone has it write on.", p.l.ck.Name)
}

func (p *textPartner) clear() { p.text, p.ids = "", nil }

func (p *textPartner) reply(ctx context.Context, message string) error {
	r := p.request
	r.continues, r.prompt = true, p.ids
	text := p.text
	if message != "" || p.ids == nil {
		text = join(p.text, message)
		var err error
		if r.prompt, err = p.l.begin(text); err != nil {
			return err
		}
	}
	if over := len(r.prompt) - p.room(); over > 0 {
		// The beginning-of-text token stays, the text's oldest part goes.
		r.prompt = slices.Concat(r.prompt[:1], r.prompt[1+over:])
	}
	r.options.Slide, r.options.Keep = true, 1
	a, err := p.answer(ctx, r)
	p.text, p.ids = text+a.text, slices.Concat(r.prompt, a.ids)
	if a.result.Reason == engine.StopToken {
		p.clear()
	}
	return err
}

// join adds a message to a text as a new word.
func join(text, message string) string {
	last, _ := utf8.DecodeLastRuneInString(text)
	first, _ := utf8.DecodeRuneInString(message)
	if text == "" || message == "" || unicode.IsSpace(last) || unicode.IsSpace(first) || unicode.IsPunct(first) {
		return text + message
	}
	return text + " " + message
}
