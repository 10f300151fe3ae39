package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/memory/track"
	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// runOptions is everything the command line decides about a run.
type runOptions struct {
	model       modelArg
	prompt      prompt
	interactive bool // no prompt, and a person at the terminal

	flags     *pflag.FlagSet // which of the sampling flags were given
	sampling  samplingFlags
	maxTokens int // 0: until the model ends or the context is full
	context   int // 0: the model's own
	threads   int
	memory    memoryFlags
	compute   transformer.Options // what memory says
	speculate string              // whether to guess tokens
	cache     promptCacheFlags
	stop      []string

	ignoreEOS, raw, echo, json, verbose, memReport bool

	tracked *trackedMemory // what memReport asks for
	system  string
}

func newRun(s *Streams) *cobra.Command {
	var o runOptions
	var from promptFlags
	cmd := &cobra.Command{
		Use:   "run [MODEL] [PROMPT...]",
		Short: "Write text with a model, or talk to it",
		Long: `Write text with a model, or talk to it.

The first argument is MODEL if it is fable, ends in .gguf, contains a slash, is a
directory or a short name of the hub (bitnet pull --help); otherwise it belongs to the PROMPT. A model that was made for
conversations (it has a chat template) answers the prompt, any other continues
it; --raw has every model continue it. The prompt comes from the arguments, -p,
-f, --ids or standard input. Without one, on a terminal, you can type: /help
there says how.

Standard output gets the new text and a newline. On a terminal, text that is
continued is shown from its beginning; --echo does so elsewhere, too.

--prompt-cache keeps the state after the prompt, without the answer, in a file.
The next run whose prompt begins with the same tokens, such as another question
about the same document, computes only the rest and writes the same text as
without the file; its own prompt replaces the one in the file. Of a conversation
the first prompt is kept, with the system message. The file belongs to one model
and one --cache-type.

Sampling is what the model's authors recommend, else the defaults below; flags
replace single values. Ctrl-C ends the text where it is, with exit code 130.`,
		Example: `  bitnet run "Once upon a time"
  bitnet run "The old king" --temp 0 -n 64       the likeliest 64 tokens
  bitnet run -p "" --seed 7                      any text, the same every time
  bitnet run ./model.gguf                        a conversation
  bitnet run ./model.gguf --system "Be brief." "Why is the sky blue?"
  bitnet run -f letter.txt > more.txt
  bitnet run -f manual.txt --prompt-cache manual.cache
  bitnet run --ids 0,1033,618 -n 24 --temp 0 --json`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.flags = cmd.Flags()
			if err := o.parse(s, &from, args); err != nil {
				return err
			}
			if o.memReport {
				var err error
				if o.tracked, err = newTrackedMemory(); err != nil {
					return err
				}
				o.compute.Memory = o.tracked.tracker
			}
			do := write
			if o.interactive {
				do = converse
			}
			err := do(cmd.Context(), s, &o)
			return errors.Join(err, o.tracked.close())
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	from.register(fs)
	fs.IntVarP(&o.maxTokens, "n-predict", "n", -1, "make at most `N` tokens; -1 goes on until the model ends or the context is full")
	o.sampling.register(fs)
	fs.StringArrayVar(&o.stop, "stop", nil, "end before this `TEXT`; may be given more than once")
	fs.BoolVar(&o.ignoreEOS, "ignore-eos", false, "go on when the model ends its text")
	fs.StringVar(&o.system, "system", "", "`TEXT` that tells a chat model how to behave")
	fs.BoolVar(&o.raw, "raw", false, "continue the prompt as it is, without the chat template")
	fs.BoolVar(&o.echo, "echo", s.OutTTY, "show the prompt before the text that continues it")
	fs.IntVarP(&o.context, "ctx-size", "c", 0, "context of `N` tokens (default: the model's)")
	o.memory.register(fs)
	fs.IntVarP(&o.threads, "threads", "t", 0, "compute on `N` threads (default: one for each core)")
	fs.StringVar(&o.speculate, "speculate", "auto", "guess tokens from the text so far `WHEN` auto: it pays, off: never; the text is the same")
	o.cache.register(fs)
	fs.BoolVar(&o.json, "json", false, "print prompt_ids, ids, text and timings as JSON at the end")
	fs.BoolVar(&o.memReport, "mem-report", false, "print who took how much memory on standard error at the end; with --json as memory")
	fs.BoolVar(&o.verbose, "verbose", false, "print seed, timings and context use on standard error")
	return cmd
}

var speculations = map[string]engine.Speculation{"auto": engine.SpeculateAuto, "off": engine.SpeculateOff}

// parse settles everything that can be settled without the model.
func (o *runOptions) parse(s *Streams, from *promptFlags, args []string) error {
	rest, err := o.model.resolve(o.flags, args)
	if err != nil {
		return err
	}
	if o.threads, err = threads(o.threads); err != nil {
		return err
	}
	switch {
	case o.maxTokens == -1, o.maxTokens == -2: // llama.cpp's two ways to say no limit
		o.maxTokens = 0
	case o.maxTokens < 1:
		return usagef("-n is %d, want 1 or more tokens, or -1 for no limit", o.maxTokens)
	}
	if o.context < 0 {
		return usagef("-c is %d, want 1 or more tokens", o.context)
	}
	if o.compute, err = o.memory.parse(); err != nil {
		return err
	}
	if _, ok := speculations[o.speculate]; !ok {
		return usagef("--speculate is %q, want auto or off", o.speculate)
	}
	if err := o.cache.check(o.flags); err != nil {
		return err
	}
	if o.raw && o.system != "" {
		return usagef("--system needs the chat template that --raw leaves out")
	}
	if _, err := o.sampling.options(o.flags, nil); err != nil {
		return err
	}
	prompt, ok, err := from.read(o.flags, rest, s)
	if err != nil {
		return err
	}
	if o.prompt, o.interactive = prompt, !ok; o.interactive && o.json {
		return usagef("--json needs a prompt; -p \"\" begins a text from nothing")
	}
	return nil
}

// requestFor returns a request with everything but the prompt.
func (o *runOptions) requestFor(l *loaded) (request, error) {
	sampling, err := o.sampling.options(o.flags, l.ck.Generation.Sampling)
	if err != nil {
		return request{}, err
	}
	r := request{
		options:     engine.Options{Sampling: sampling, MaxTokens: o.maxTokens, Speculate: speculations[o.speculate]},
		stopStrings: o.stop,
	}
	if !o.ignoreEOS {
		r.options.Stop = l.ck.Generation.EOS
	}
	return r, nil
}

// write answers one prompt.
func write(ctx context.Context, s *Streams, o *runOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	l, err := load(ctx, s, &o.model, o.threads, o.compute)
	if err != nil {
		return err
	}
	defer l.close()
	r, err := o.requestFor(l)
	if err != nil {
		return err
	}
	if err := o.setPrompt(l, &r); err != nil {
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

	emit := func(piece string) error {
		_, err := io.WriteString(s.Out, piece)
		return err
	}
	if o.json {
		emit = func(string) error { return nil }
	} else if o.echo && r.continues {
		if err := emit(o.promptText(l, &r)); err != nil {
			return err
		}
	}
	a, err := l.generate(ctx, session, r, newProgress(s), emit)
	if err != nil && len(a.ids) == 0 && !errors.Is(err, context.Canceled) {
		return err
	}
	if printErr := o.printEnd(s, l, &r, &a); err == nil {
		err = printErr
	}
	if !o.json {
		if reportErr := o.tracked.write(s.Err); err == nil {
			err = reportErr
		}
	}
	if o.verbose {
		printStats(s.Err, l, &r, &a, session.ContextLength())
	}
	if a.result.Reason == engine.ContextFull {
		fmt.Fprintf(s.Err, "bitnet: the context of %d tokens is full (%d of the prompt, %d new), so the text ends here\n",
			session.ContextLength(), a.result.PromptTokens, len(a.ids))
	}
	return err
}

// setPrompt puts the prompt into the request, through the chat template if the
// model has one and nobody said otherwise.
func (o *runOptions) setPrompt(l *loaded, r *request) error {
	if o.prompt.ids != nil {
		r.prompt, r.continues = o.prompt.ids, true
		return l.ck.Config.CheckIDs(r.prompt)
	}
	if o.raw || o.prompt.text == "" {
		r.continues = true
		var err error
		r.prompt, err = l.begin(o.prompt.text)
		return err
	}
	c, err := newConversation(l, o.system)
	if err != nil {
		return err
	}
	if c == nil {
		r.continues = true
		r.prompt, err = l.begin(o.prompt.text)
		return err
	}
	o.endAt(r, c)
	r.prompt, err = c.ids(c.with(o.prompt.text))
	return err
}

// endAt has the answer end where the conversation's format says so.
func (o *runOptions) endAt(r *request, c *conversation) {
	if !o.ignoreEOS {
		r.options.Stop = slices.Concat(r.options.Stop, c.format.stop)
	}
}

// promptText returns the prompt as it is shown before its continuation.
func (o *runOptions) promptText(l *loaded, r *request) string {
	if o.prompt.ids != nil && l.tok != nil {
		return l.tok.Decode(r.prompt, true)
	}
	return o.prompt.text
}

// printEnd prints what follows the text, or all of it as JSON.
func (o *runOptions) printEnd(s *Streams, l *loaded, r *request, a *answer) error {
	if o.json {
		all := newRunJSON(l, r, a)
		all.Memory = o.tracked.report()
		return writeJSON(s.Out, all)
	}
	if l.tok == nil {
		fmt.Fprintf(s.Err, "bitnet: printing token ids, there is no tokenizer: %s\n", oneLine(l.tokErr))
		if _, err := fmt.Fprint(s.Out, strings.Trim(fmt.Sprint(a.ids), "[]")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(s.Out)
	return err
}

// runJSON is what run --json prints.
type runJSON struct {
	PromptIDs []int32    `json:"prompt_ids"`
	IDs       []int32    `json:"ids"` // without the prompt, with a final EOS
	Text      string     `json:"text"`
	Timings   runTimings `json:"timings"`

	Memory *track.Report `json:"memory,omitempty"` // with --mem-report
}

type runTimings struct {
	Load          float64 `json:"load_ms"`
	CachedTokens  int     `json:"cached_tokens"` // of the prompt, not computed
	PrefillTokens int     `json:"prefill_tokens"`
	Prefill       float64 `json:"prefill_ms"`
	DecodeTokens  int     `json:"decode_tokens"`
	Decode        float64 `json:"decode_ms"`
	Drafted       int     `json:"drafted"`
	Accepted      int     `json:"accepted"`
}

func newRunJSON(l *loaded, r *request, a *answer) runJSON {
	t := &a.result
	return runJSON{
		PromptIDs: r.prompt,
		IDs:       append([]int32{}, a.ids...), // [] where there are none
		Text:      a.text,
		Timings: runTimings{
			Load:          milliseconds(l.took),
			CachedTokens:  t.CachedTokens,
			PrefillTokens: t.PrefillTokens,
			Prefill:       milliseconds(t.Prefill),
			DecodeTokens:  t.DecodeTokens,
			Decode:        milliseconds(t.Decode),
			Drafted:       t.Drafted,
			Accepted:      t.Accepted,
		},
	}
}

// printStats prints what --verbose shows.
func printStats(w io.Writer, l *loaded, r *request, a *answer, context int) {
	t := &a.result
	used := t.PromptTokens + t.DecodeTokens - t.Dropped
	fmt.Fprintf(w, "seed      %d\n", r.options.Sampling.Seed)
	fmt.Fprintf(w, "sampling  %s\n", describeSampling(&r.options.Sampling))
	fmt.Fprintf(w, "load      %.1f ms, %d threads\n", milliseconds(l.took), l.pool.Threads())
	fmt.Fprintf(w, "cached    %d tokens of the prompt\n", t.CachedTokens)
	fmt.Fprintf(w, "prefill   %d tokens in %.1f ms, %.0f tokens/s\n", t.PrefillTokens, milliseconds(t.Prefill), perSecond(t.PrefillTokens, t.Prefill))
	fmt.Fprintf(w, "decode    %d tokens in %.1f ms, %.0f tokens/s\n", t.DecodeTokens, milliseconds(t.Decode), perSecond(t.DecodeTokens, t.Decode))
	fmt.Fprintf(w, "guessed   %d tokens, %d of them right\n", t.Drafted, t.Accepted)
	fmt.Fprintf(w, "context   %d of %d tokens\n", used, context)
	fmt.Fprintf(w, "ended by  %s\n", t.Reason)
}

func describeSampling(o *sample.Options) string {
	if o.Temperature == 0 {
		return "temperature 0, always the likeliest token"
	}
	parts := []string{fmt.Sprintf("temperature %g", o.Temperature)}
	add := func(on bool, name string, value any) {
		if on {
			parts = append(parts, fmt.Sprintf("%s %v", name, value))
		}
	}
	add(o.TopK > 0, "top-k", o.TopK)
	add(o.TopP > 0 && o.TopP < 1, "top-p", o.TopP)
	add(o.MinP > 0, "min-p", o.MinP)
	add(o.RepeatPenalty != 0 && o.RepeatPenalty != 1, "repeat penalty", o.RepeatPenalty)
	add(o.FrequencyPenalty != 0, "frequency penalty", o.FrequencyPenalty)
	add(o.PresencePenalty != 0, "presence penalty", o.PresencePenalty)
	return strings.Join(parts, ", ")
}
