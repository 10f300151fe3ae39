package cli

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/choices"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type choicesOptions struct {
	model     modelArg
	file      string
	format    string // "": as the file begins
	count     int    // of items; 0: all
	seed      uint64 // draws them, if seeded
	seeded    bool
	threads   int
	head      dtype.DType // Invalid: the file's
	cache     string      // of keys and values
	reference bool
	items     bool
	page      pageFile
	json      bool
}

func newChoices(s *Streams) *cobra.Command {
	var o choicesOptions
	var head string
	cmd := &cobra.Command{
		Use:   "choices [MODEL] -f FILE",
		Short: "Ask a model multiple-choice questions",
		Long: `Ask a model multiple-choice questions: which of the endings of a text does it find
likeliest? Nothing is generated. An ending's score is the sum of the logarithms of its
tokens' probabilities; that sum divided by its characters, which is the normalised
accuracy (acc_norm) of lm-eval; and divided by its tokens, as llama-perplexity does
for HellaSwag. ± is the standard error.

FILE has one of these formats, which its first character tells:
  instructions  a JSON array of {"instruction":"… to the question: …\n\nAnswer1: …",
                "answer":"answer1"}, as ARC and PIQA are published for language models;
                asked as "Question: …\nAnswer:"
  lines         llama-perplexity's for HellaSwag: six lines an item, the beginning, the
                index of the right ending from 0, four endings
  jsonl         a line an item, {"context":…,"endings":[…],"answer":0}, endings with
                the space they begin with, or HellaSwag's own with ctx, endings, label

-n takes the first items, and with --seed draws them. --html writes a page with plots, too:
of the accuracies, and of how sure the model was.`,
		Example: `  bitnet choices -f ARC-Easy.json -n 100
  bitnet choices -m ./model.gguf -f hellaswag_val_full.txt -n 400 --seed 1
  bitnet choices -m ./model.gguf -f questions.jsonl --items > decisions.jsonl
  bitnet choices -f ARC-Easy.json --html arc.html`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd.Flags(), args, head); err != nil {
				return err
			}
			return printChoices(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.StringVarP(&o.file, "file", "f", "", "`FILE` with questions, - for standard input")
	fs.StringVar(&o.format, "format", "", "read FILE as `FORMAT` instructions, lines or jsonl")
	fs.IntVarP(&o.count, "count", "n", 0, "ask `N` questions (default: all)")
	fs.Uint64Var(&o.seed, "seed", 0, "draw the questions at random by `SEED`")
	fs.StringVar(&o.cache, "cache-type", "f32", "keep keys and values as `TYPE` f16, f32, q8_0, or auto: as the model's home engine does")
	registerScoring(fs, &o.threads, &o.reference)
	fs.StringVar(&head, "head", "full", "round the output head to `TYPE` f16, q8_0 or q6_k, or use it in full, as it is")
	fs.BoolVar(&o.items, "items", false, "print a line of JSON for each question, instead of the accuracies")
	o.page.register(fs)
	fs.BoolVar(&o.json, "json", false, `print {"items":..., "acc":{"mean":..., "stderr":...}, "acc_norm":..., "acc_tokens":...}`)
	return cmd
}

func (o *choicesOptions) parse(fs *pflag.FlagSet, args []string, head string) error {
	if err := o.model.resolveOnly(fs, args); err != nil {
		return err
	}
	o.seeded = fs.Changed("seed")
	switch {
	case o.file == "":
		return usagef("give the questions with -f FILE")
	case o.format != "" && !slices.Contains(choices.Formats, choices.Format(o.format)):
		return usagef("--format is %q, want instructions, lines or jsonl", o.format)
	case o.count < 0:
		return usagef("-n is %d, want at least 1 question, or 0 for all", o.count)
	case o.items && o.json:
		return usagef("--items and --json print two things: drop one of them")
	}
	err := o.page.parse(fs, nil)
	if err != nil {
		return err
	}
	if o.head, err = parseHead(head, o.reference); err != nil {
		return err
	}
	o.threads, err = threads(o.threads)
	return err
}

// read returns the questions to ask.
func (o *choicesOptions) read(s *Streams) ([]choices.Item, error) {
	data, err := s.readFile(o.file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the questions: %w", err)
	}
	format := choices.Format(o.format)
	if format == "" {
		format = choices.Detect(data)
	}
	items, err := choices.Parse(data, format)
	if err != nil {
		return nil, fmt.Errorf("%s, read as %s: %w", inputName(o.file), format, err)
	}
	if o.seeded {
		rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	}
	if o.count > 0 {
		items = items[:min(o.count, len(items))]
	}
	return items, nil
}

// choicesJSON is what choices --json prints.
type choicesJSON struct {
	Items     int          `json:"items"`
	Acc       estimateJSON `json:"acc"`
	AccNorm   estimateJSON `json:"acc_norm"`   // by characters
	AccTokens estimateJSON `json:"acc_tokens"` // by tokens
	Cut       int          `json:"cut"`        // items that had no room as a whole
	Seconds   float64      `json:"seconds"`    // without loading
}

func printChoices(ctx context.Context, s *Streams, o *choicesOptions) error {
	if err := o.page.check(); err != nil {
		return err
	}
	cache, err := parseCacheType(o.cache)
	if err != nil {
		return err
	}
	items, err := o.read(s)
	if err != nil {
		return err
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
	scorer, err := l.scorer(o.reference)
	if err != nil {
		return err
	}
	var counts choices.Counts
	var results []*choices.Result // for the page
	cut := 0
	show, start := newProgress(s), time.Now()
	defer show.done()
	e := &choices.Encoder{Tokenizer: l.tok, BOS: tokenizer.BOS(l.tok), Context: l.ck.Config.ContextLength}
	err = choices.Evaluate(ctx, scorer, e, items, func(r *choices.Result) error {
		counts.Add(r)
		if r.Cut > 0 {
			cut++
		}
		if o.page.wanted() {
			results = append(results, r)
		}
		if o.items {
			if err := writeJSON(s.Out, r); err != nil {
				return err
			}
		}
		elapsed := time.Since(start)
		left := time.Duration(float64(elapsed) / float64(counts.Items) * float64(len(items)-counts.Items)).Round(time.Second)
		show.set("question %d of %d, accuracy %.3f so far, %.1f a second, %v left", counts.Items, len(items), counts.Accuracy(counts.Sum).Mean, perSecond(counts.Items, elapsed), left)
		return nil
	})
	took := time.Since(start)
	show.done()
	if err != nil {
		return err
	}
	if !o.items {
		err = o.print(s, &counts, cut, took)
	}
	return errors.Join(err, o.writePage(l, results))
}

// print prints the accuracies.
func (o *choicesOptions) print(s *Streams, counts *choices.Counts, cut int, took time.Duration) error {
	acc, norm, tokens := counts.Accuracy(counts.Sum), counts.Accuracy(counts.ByChars), counts.Accuracy(counts.ByTokens)
	if o.json {
		return writeJSON(s.Out, choicesJSON{
			counts.Items, newEstimateJSON(acc.Mean, acc.StdErr), newEstimateJSON(norm.Mean, norm.StdErr), newEstimateJSON(tokens.Mean, tokens.StdErr), cut, took.Seconds(),
		})
	}
	var f fields
	f.add("accuracy", percent(acc.Mean, acc.StdErr))
	f.add("by characters (acc_norm)", percent(norm.Mean, norm.StdErr))
	f.add("by tokens", percent(tokens.Mean, tokens.StdErr))
	f.add("questions", fmt.Sprint(counts.Items))
	if cut > 0 {
		f.add("too long, start cut", fmt.Sprint(cut))
	}
	return f.print(s.Out)
}

func percent(mean, stderr float64) string {
	return plusMinus("%.2f %%", 100*mean, 100*stderr)
}
