package cli

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
	"github.com/bitnet-go/bitnet/bitnet-inference/text"
)

// A request is one text to be generated.
type request struct {
	prompt      []int32
	continues   bool // the answer is the prompt's own text going on
	options     engine.Options
	stopStrings []string
}

// An answer is what came of a request, the whole of it or as far as it got.
type answer struct {
	ids    []int32 // without the prompt, with the token that ended it
	text   string  // without special tokens and stop strings
	result engine.Result
}

// generate answers one request and passes the text on to emit while it is made.
// Where it ends with an error, the answer is what was made until then.
func (l *loaded) generate(ctx context.Context, session *engine.Session, r request, p *progress, emit func(piece string) error) (answer, error) {
	var a answer
	var whole strings.Builder
	var failed error
	put := func(piece string) {
		if piece != "" && failed == nil {
			whole.WriteString(piece)
			failed = emit(piece)
		}
	}
	out := text.NewStream(l.decoder(r), r.stopStrings)
	r.options.Progress = func(done, total int) { p.set("reading the prompt: %d of %d tokens", done, total) }

	var err error
	a.result, err = session.Generate(ctx, r.prompt, r.options, func(id int32) bool {
		if len(a.ids) == 0 {
			p.done()
		}
		a.ids = append(a.ids, id)
		if slices.Contains(r.options.Stop, id) {
			return true // the engine ends; the token's spelling is not text
		}
		piece, stopped := out.Next(id)
		put(piece)
		return !stopped && failed == nil
	})
	p.done()
	put(out.Flush())
	a.text = whole.String()
	return a, errors.Join(failed, err)
}

// decoder turns the answer's ids into text. One that continues the prompt knows
// the prompt, so that its first word keeps the space before it.
func (l *loaded) decoder(r request) text.Decoder {
	if l.tok == nil {
		return mute{}
	}
	d := tokenizer.NewStream(l.tok, true)
	if r.continues {
		d.Seed(r.prompt)
	}
	return d
}

// mute stands in where there is no tokenizer.
type mute struct{}

func (mute) Next(int32) string { return "" }
func (mute) Flush() string     { return "" }
