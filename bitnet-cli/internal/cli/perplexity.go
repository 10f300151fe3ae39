package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type perplexityOptions struct {
	model     modelArg
	docs      string   // path of a JSON array of texts
	file      string   // path of one text
	content   []byte   // of either
	context   int      // 0: the default
	stride    int      // 0: windows do not overlap
	halves    bool     // of windows, the second
	documents bool     // each one's figures, too
	klBase    string   // a model or saved predictions to compare with, or "" for none
	baseModel modelArg // is klBase
	klSave    string   // path of predictions to save, or "" for none
	threads   int
	head      dtype.DType // Invalid: the file's
	headName  string      // the flag
	cache     string      // of keys and values
	reference bool
	page      pageFile
	json      bool
}

func newPerplexity(s *Streams) *cobra.Command {
	var o perplexityOptions
	cmd := &cobra.Command{
		Use:   "perplexity [MODEL]",
		Short: "Measure how well a model predicts a text",
		Long: `Measure how well a model predicts a text: exp of the mean negative logarithm of
the probability that it gives to each token. Lower is better. ± is the standard
error, taking tokens for independent.

--docs takes a JSON array of texts. Each is predicted on its own, after the
beginning-of-text token if the tokenizer adds one, and cut where the context ends.

-f takes one text, which is divided into windows of -c tokens, each begun in the
same way. All tokens are predicted, also those with little before them: the longer
the windows the better the figure. --stride begins a window every so many tokens,
and predicts only what the window before has not: slower, and closer to what the
model can do. --second-half is how llama-perplexity does it, for figures that are
compared with its own: the first half of each window is only read, and what does
not fill a window is left out.

--kl-base compares the predictions with those of another model of the same
vocabulary, such as the one that a smaller file was made from: the Kullback-Leibler
divergence from its probabilities in nats, how often both expect the same token most,
and how the probability of the token that follows has changed. A model that is too
large to be run each time may save what it predicts with --kl-save, 2 bytes for each
token of the vocabulary at each position; --kl-base takes such a file, too, for the
same text and flags.

--head rounds the output head as it does in run, to see what that costs.

--html writes a page with plots, too: of positions, documents and tokens, and of what
--kl-base compares.`,
		Example: `  bitnet perplexity --docs eval_docs.json --per-document
  bitnet perplexity -m ./model.gguf -f wiki.txt --second-half
  bitnet perplexity -m ./model.gguf -f wiki.txt -c 2048 --stride 512 --json
  bitnet perplexity -m ./small.gguf -f wiki.txt --kl-base ./model.gguf
  bitnet perplexity -m ./model.gguf -f wiki.txt --kl-save model.predictions
  bitnet perplexity --docs eval_docs.json --html fable.html
  bitnet perplexity -m ./small.gguf -f wiki.txt --kl-base model.predictions`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd.Flags(), args); err != nil {
				return err
			}
			return printPerplexity(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.StringVar(&o.docs, "docs", "", "`FILE` with a JSON array of texts, - for standard input")
	fs.StringVarP(&o.file, "file", "f", "", "`FILE` with one text, - for standard input")
	fs.IntVarP(&o.context, "ctx-size", "c", 0, "windows of `N` tokens (default: 512, and for --docs the model's context)")
	fs.IntVar(&o.stride, "stride", 0, "begin a window every `N` tokens (default: where the one before ends)")
	fs.BoolVar(&o.halves, "second-half", false, "predict only the second half of each window, as llama-perplexity does")
	fs.BoolVar(&o.documents, "per-document", false, "show each document of --docs")
	fs.StringVar(&o.klSave, "kl-save", "", "save the predictions in `FILE`")
	fs.StringVar(&o.klBase, "kl-base", "", "compare with `BASE`, a model or what --kl-save saved")
	fs.StringVar(&o.cache, "cache-type", "f32", "keep keys and values as `TYPE` f16, f32, q8_0, or auto: as the model's home engine does")
	registerScoring(fs, &o.threads, &o.reference)
	fs.StringVar(&o.headName, "head", "full", "round the output head to `TYPE` f16, q8_0 or q6_k, or use it in full, as it is")
	o.page.register(fs)
	fs.BoolVar(&o.json, "json", false, `print {"tokens":..., "nll_sum":..., "perplexity":..., "stderr":...}, and "documents"`)
	return cmd
}

// registerScoring adds the flags of the commands that evaluate a model.
func registerScoring(fs *pflag.FlagSet, threads *int, reference *bool) {
	fs.IntVarP(threads, "threads", "t", 0, "compute on `N` threads (default: one for each core)")
	fs.BoolVar(reference, "reference", false, "use the slow path that defines the answer")
}

// parseHead checks the value of --head of the commands that evaluate a model.
func parseHead(name string, reference bool) (dtype.DType, error) {
	head := headTypes[name]
	if head == dtype.Invalid && name != "full" {
		return head, usagef("--head is %q, want full, f16, q8_0 or q6_k", name)
	}
	if reference && head != dtype.Invalid {
		return head, usagef("--reference computes with the head as it is, and --head %s rounds it: drop one of them", name)
	}
	return head, nil
}

func (o *perplexityOptions) parse(fs *pflag.FlagSet, args []string) error {
	if err := o.model.resolveOnly(fs, args); err != nil {
		return err
	}
	if (o.docs == "") == (o.file == "") {
		return usagef("give the text to predict with either --docs FILE or -f FILE")
	}
	if o.context < 0 || o.context == 1 {
		return usagef("-c is %d, want at least 2 tokens", o.context)
	}
	switch {
	case o.stride < 0:
		return usagef("--stride is %d, want at least 1 token", o.stride)
	case o.docs != "" && (o.stride > 0 || o.halves):
		return usagef("--stride and --second-half divide one text into windows, and --docs has many: give one with -f")
	case o.stride > 0 && o.halves:
		return usagef("--stride and --second-half are two ways to divide a text: drop one of them")
	case o.klBase != "" && o.klSave != "":
		return usagef("--kl-save and --kl-base are two steps: save with one model, then compare another")
	case o.klSave != "" && (o.reference || o.documents):
		return usagef("--kl-save goes with neither --reference nor --per-document")
	case fs.Changed("kl-save") && o.klSave == "":
		return usagef("--kl-save is empty")
	case o.klBase != "" && (o.reference || o.documents):
		return usagef("--kl-base goes with neither --reference nor --per-document")
	case fs.Changed("kl-base") && o.klBase == "":
		return usagef("--kl-base is empty")
	case o.documents && o.docs == "":
		return usagef("--per-document shows those of --docs")
	}
	err := o.page.parse(fs, map[string]string{"--kl-save": o.klSave})
	if err != nil {
		return err
	}
	o.baseModel.path = o.klBase
	if o.head, err = parseHead(o.headName, o.reference); err != nil {
		return err
	}
	o.threads, err = threads(o.threads)
	return err
}

// perplexityJSON is what perplexity --json prints.
type perplexityJSON struct {
	Tokens     int              `json:"tokens"` // predicted
	NLLSum     float64          `json:"nll_sum"`
	Perplexity *float64         `json:"perplexity"` // null for none, and beyond all numbers
	StdErr     *float64         `json:"stderr"`     // null for a single token, too
	Documents  []perplexityJSON `json:"documents,omitempty"`
}

func newPerplexityJSON(p *score.Perplexity) perplexityJSON {
	out := perplexityJSON{Tokens: p.Tokens, NLLSum: p.NLLSum}
	out.Perplexity, out.StdErr = finite(p.Value()), finite(p.StdErr())
	return out
}

// finite is nil for what JSON has no number for.
func finite(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}

// plusMinus is a mean and its standard error, if there is one: a single token has none.
func plusMinus(format string, mean, stderr float64) string {
	text := fmt.Sprintf(format, mean)
	if stderr-stderr == 0 {
		text += fmt.Sprintf(" ± "+format, stderr)
	}
	return text
}

// checkPerplexity reports a model that does not work.
func checkPerplexity(name string, p *score.Perplexity) error {
	if v := p.Value(); v-v != 0 {
		return fmt.Errorf("the perplexity of %s is %v: its weights are damaged, or it needs something that this version does not do", name, v)
	}
	return nil
}

func printPerplexity(ctx context.Context, s *Streams, o *perplexityOptions) error {
	cache, err := parseCacheType(o.cache)
	if err != nil {
		return err
	}
	if err := o.page.check(); err != nil {
		return err
	}
	if err := o.checkSave(); err != nil {
		return err
	}
	if o.content, err = s.readFile(o.docs + o.file); err != nil {
		return fmt.Errorf("cannot read the text: %w", err)
	}
	ctx, stop := interruptible(ctx) // what is typed has come to its end
	defer stop()
	l, err := load(ctx, s, &o.model, o.threads, transformer.Options{CacheType: cache, Head: transformer.HeadFull, HeadType: o.head})
	if err != nil {
		return err
	}
	defer l.close()
	if l.tokErr != nil {
		return l.tokErr
	}
	sequences, cut, err := o.texts(l)
	if err != nil {
		return err
	}
	if cut > 0 {
		fmt.Fprintf(s.Err, "%d of %s are cut after %d tokens\n", cut, o.pieces(len(sequences)), o.length(l))
	}
	if o.klBase != "" {
		return o.compare(ctx, s, l, sequences)
	}
	var all score.Perplexity
	var each []score.Perplexity
	trace := o.trace()
	if o.klSave != "" {
		all, err = o.save(ctx, s, l, sequences, trace)
	} else {
		all, each, err = o.evaluate(ctx, s, l, sequences, trace)
	}
	if err != nil {
		return err
	}
	if err := checkPerplexity(l.ck.Name, &all); err != nil {
		return err
	}
	if !o.documents {
		each = nil
	}
	return errors.Join(o.print(s, &all, each, sequences), o.writePage(l, sequences, trace, &all))
}

// print prints the figures of all texts, and of each that there are.
func (o *perplexityOptions) print(s *Streams, all *score.Perplexity, each []score.Perplexity, sequences []score.Sequence) (err error) {
	if o.json {
		out := newPerplexityJSON(all)
		for i := range each {
			out.Documents = append(out.Documents, newPerplexityJSON(&each[i]))
		}
		return writeJSON(s.Out, out)
	}
	if err := printDocuments(s, each); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "perplexity %s over %s in %s\n", plusMinus("%.4f", all.Value(), all.StdErr()), plural(all.Tokens, "token"), o.pieces(len(sequences)))
	return err
}

// printDocuments prints a table of documents, if there are any.
func printDocuments(s *Streams, each []score.Perplexity) error {
	if len(each) == 0 {
		return nil
	}
	var rows [][]string
	for i := range each {
		p := &each[i]
		value := "-"
		if p.Tokens > 0 {
			value = fmt.Sprintf("%.4f", p.Value())
		}
		rows = append(rows, []string{fmt.Sprint(i + 1), fmt.Sprint(p.Tokens), fmt.Sprintf("%.3f", p.NLLSum), value})
	}
	return printTable(s.Out, s.width(), []column{{name: "document", right: true}, {name: "tokens", right: true}, {name: "nll", right: true}, {name: "perplexity", right: true}}, rows)
}

// evaluate scores all sequences and shows how long that is going to take.
func (o *perplexityOptions) evaluate(ctx context.Context, s *Streams, l *loaded, sequences []score.Sequence, trace *perplexityTrace) (all score.Perplexity, each []score.Perplexity, err error) {
	scorer, err := l.scorer(o.reference)
	if err != nil {
		return all, nil, err
	}
	show := newProgress(s)
	defer show.done()
	total, done := 0, 0
	for _, q := range sequences {
		total += len(q.IDs)
	}
	start := time.Now()
	err = score.LogProbs(ctx, scorer, sequences, func(i int, logProbs []float64) error {
		var one score.Perplexity
		one.Add(logProbs)
		each = append(each, one)
		all.Add(logProbs)
		trace.add(logProbs...)
		done += len(sequences[i].IDs)
		show.set("%d of %s, perplexity %.3f so far, %s", i+1, o.pieces(len(sequences)), all.Value(), pace(done, total, time.Since(start)))
		return nil
	})
	return all, each, err
}

// pace says how fast tokens are computed, and how long those that are left will take.
func pace(done, total int, elapsed time.Duration) string {
	left := time.Duration(float64(elapsed) / float64(max(done, 1)) * float64(total-done)).Round(time.Second)
	return fmt.Sprintf("%.0f tokens/s, %v left", perSecond(done, elapsed), left)
}
