package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-cli/internal/lineedit"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
)

// A partner is whom one types to: a chat model, or a model that goes on with a
// text.
type partner interface {
	// reply answers one message. When ctx ends it has printed what it had.
	reply(ctx context.Context, message string) error
	// clear forgets everything said so far.
	clear()
	// greeting says in a line or two what to type.
	greeting() string
}

// converse runs a session at the terminal.
func converse(ctx context.Context, s *Streams, o *runOptions) error {
	l, err := load(ctx, s, &o.model, o.threads, o.compute)
	if err != nil {
		return err
	}
	defer l.close()
	if err := l.needTokenizer(); err != nil {
		return err
	}
	r, err := o.requestFor(l)
	if err != nil {
		return err
	}
	session, err := l.session(o.context)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := o.cache.use(session, &r.options); err != nil {
		return err
	}

	screen := s.Out
	if !s.OutTTY {
		screen = s.Err // the answers alone go where standard output was sent
	}
	t := &typist{l: l, s: s, session: session, request: r, verbose: o.verbose}
	p, err := newPartner(t, o)
	if err != nil {
		return err
	}
	editor, err := lineedit.Open(screen, historyFile())
	if err != nil {
		return fmt.Errorf("cannot read from the terminal: %w", err)
	}
	defer editor.Close()
	fmt.Fprintf(screen, "%s\n/help lists what else you can type, /exit ends.\n", p.greeting())
	if err := repl(ctx, editor, screen, p); err != nil {
		return err
	}
	return o.tracked.write(s.Err)
}

func newPartner(t *typist, o *runOptions) (partner, error) {
	if !o.raw {
		c, err := newConversation(t.l, o.system)
		if err != nil {
			return nil, err
		}
		if c != nil {
			o.endAt(&t.request, c)
			return &chatPartner{typist: t, conversation: c}, nil
		}
	}
	return &textPartner{typist: t}, nil
}

const replHelp = `  """         begins and ends a message of several lines; so does \ at the end of a line
  /clear      forgets the conversation so far
  /help       shows this
  /exit       ends, as do /bye and Ctrl-D
  Ctrl-C      stops an answer
`

// repl reads messages and has them answered until the person leaves.
func repl(ctx context.Context, e lineedit.Editor, screen io.Writer, p partner) error {
	interrupted := false
	for {
		message, err := lineedit.ReadMessage(e, ">>> ", "... ")
		switch {
		case errors.Is(err, lineedit.ErrInterrupt):
			if message == "" {
				if interrupted {
					return nil
				}
				fmt.Fprintln(screen, "Press Ctrl-C again or type /exit to end.")
				interrupted = true
			}
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("cannot read from the terminal: %w", err)
		}
		interrupted = false
		switch command := strings.TrimSpace(message); {
		case command == "/exit", command == "/bye", command == "/quit":
			return nil
		case command == "/clear":
			p.clear()
			fmt.Fprintln(screen, "Forgotten.")
			continue
		case command == "/help", command == "/?":
			fmt.Fprint(screen, replHelp)
			continue
		case isCommand(command):
			fmt.Fprintf(screen, "There is no command %s; /help lists them.\n", command)
			continue
		}
		answer, stop := answering(ctx)
		err = p.reply(answer, message)
		stop()
		var tooLong *engine.PromptTooLongError
		switch {
		case err == nil, errors.Is(err, context.Canceled) && ctx.Err() == nil:
		case errors.As(err, &tooLong), errors.Is(err, errMessage):
			fmt.Fprintln(screen, oneLine(err)) // the next message may do better
		default:
			return err
		}
	}
}

// isCommand reports whether a message is a command, known or not: a slash and
// one word of letters. "/etc/hosts" and "/ or not" are messages.
func isCommand(s string) bool {
	word, ok := strings.CutPrefix(s, "/")
	return ok && word != "" && strings.IndexFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

// historyFile returns where typed lines are kept, "" if there is no place.
func historyFile() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "bitnet", "history")
}
