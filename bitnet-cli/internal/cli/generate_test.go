package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// quiet are streams into nothing.
func quiet() *Streams { return &Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard} }

// loadFable returns the built-in model, ready, and a session of n tokens.
func loadFable(t *testing.T, n int) (*loaded, *engine.Session) {
	t.Helper()
	l, err := load(t.Context(), quiet(), &modelArg{path: fable.Name}, 1, transformer.Options{})
	require.NoError(t, err)
	t.Cleanup(func() {
		l.close()
		require.Zero(t, l.own.Memory().(memory.Meter).Usage().Requested, "memory that was not released")
	})
	session, err := l.session(n)
	require.NoError(t, err)
	t.Cleanup(session.Close)
	return l, session
}

func onceUpon(t *testing.T, l *loaded) request {
	t.Helper()
	ids, err := l.begin("Once upon a time")
	require.NoError(t, err)
	return request{prompt: ids, continues: true, options: engine.Options{MaxTokens: 12}}
}

func TestGenerateKeepsWhatWasMade(t *testing.T) {
	l, session := loadFable(t, 64)
	r := onceUpon(t, l)
	whole, err := l.generate(t.Context(), session, r, newProgress(quiet()), func(string) error { return nil })
	require.NoError(t, err)
	require.Len(t, whole.ids, 12)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var printed strings.Builder
	a, err := l.generate(ctx, session, r, newProgress(quiet()), func(piece string) error {
		if printed.WriteString(piece); printed.Len() > 10 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, engine.Interrupted, a.result.Reason)
	require.Less(t, len(a.ids), 12)
	require.Equal(t, whole.ids[:len(a.ids)], a.ids)
	require.Equal(t, printed.String(), a.text)
	require.True(t, strings.HasPrefix(whole.text, a.text))

	broken := errors.New("no space left")
	a, err = l.generate(t.Context(), session, r, newProgress(quiet()), func(string) error { return broken })
	require.ErrorIs(t, err, broken)
	require.Len(t, a.ids, 1)
}

func TestGenerateLeavesEndAndStopStringsOut(t *testing.T) {
	l, session := loadFable(t, 64)
	r := onceUpon(t, l)
	generate := func() answer {
		a, err := l.generate(t.Context(), session, r, newProgress(quiet()), func(string) error { return nil })
		require.NoError(t, err)
		return a
	}
	whole := generate()
	r.options.Stop = []int32{whole.ids[5]}
	a := generate()
	require.Equal(t, whole.ids[:6], a.ids, "the token that ends the text is among the ids")
	require.Equal(t, l.tok.Decode(whole.ids[:5], true), strings.TrimPrefix(a.text, " "), "but not in the text")

	r.options.Stop, r.stopStrings = nil, []string{"was"}
	a = generate()
	before, _, _ := strings.Cut(whole.text, "was")
	require.Equal(t, before, a.text)
}

func TestSessionRefusesSillyContexts(t *testing.T) {
	l, _ := loadFable(t, 16)
	_, err := l.session(513)
	require.True(t, isUsage(err))
	require.ErrorContains(t, err, "takes 1 to 512")

	l.ck.Config.ContextLength = 1 << 24
	l.ck.Config.Layers = 1 << 12
	_, err = l.session(0)
	require.ErrorContains(t, err, "choose a shorter one, such as -c ")
}

// spoken returns a partner's typist that prints into a buffer.
func spoken(l *loaded, session *engine.Session) (*typist, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &out, Err: &errs}
	return &typist{l: l, s: s, session: session, request: request{options: engine.Options{MaxTokens: 8, Stop: l.ck.Generation.EOS}}}, &out, &errs
}

func TestTextPartnerGoesOn(t *testing.T) {
	l, session := loadFable(t, 64)
	ty, out, _ := spoken(l, session)
	p := &textPartner{typist: ty}
	require.NoError(t, p.reply(t.Context(), "Once upon a time"))
	first := out.String()
	require.True(t, strings.HasPrefix(first, ", there was"), first)
	require.Equal(t, "Once upon a time"+strings.TrimSuffix(first, "\n"), p.text)

	require.NoError(t, p.reply(t.Context(), ""))
	ids, err := l.begin("Once upon a time")
	require.NoError(t, err)
	require.Len(t, p.ids, len(ids)+16)
	require.Equal(t, p.text, l.tok.Decode(p.ids, true))

	for range 12 { // past the context's end
		require.NoError(t, p.reply(t.Context(), "and then"))
	}
	require.Contains(t, p.text, "and then")
	p.clear()
	out.Reset()
	require.NoError(t, p.reply(t.Context(), "Once upon a time"))
	require.Equal(t, first, out.String(), "after clear nothing of the old text is left")
}

func TestChatPartnerForgets(t *testing.T) {
	l, session := loadFable(t, 96)
	ty, _, errs := spoken(l, session)
	p := &chatPartner{typist: ty, conversation: &conversation{format: builtin(t), tok: l.tok}}
	for range 10 {
		require.NoError(t, p.reply(t.Context(), "Tell me of the sea and the king."))
	}
	require.Equal(t, 1, strings.Count(errs.String(), "oldest parts are forgotten"), "it is said once: %s", errs)
	require.LessOrEqual(t, len(p.conversation.turns), 18)
	require.NoError(t, p.reply(t.Context(), "  "), "nothing is no message")

	err := p.reply(t.Context(), strings.Repeat("long ", 200))
	require.ErrorIs(t, err, errMessage)
	p.clear()
	require.Empty(t, p.conversation.turns)
}
