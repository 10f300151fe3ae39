package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type perplexityOptions struct {
	model     modelArg
	docs      string // path of a JSON array of texts
	file      string // path of one text
	context   int    // 0: the model's own
	threads   int
	head      dtype.DType // Invalid: the file's
	cache     string      // of keys and values
	reference bool
	json      bool
}

func newPerplexity(s *Streams) *cobra.Command {
	var o perplexityOptions
	var head string
	cmd := &cobra.Command{
		Use:   "perplexity [MODEL]",
		Short: "Measure how well a model predicts a text",
		Long: `Measure how well a model predicts a text: exp of the mean negative logarithm of
the probability that it gives to each token. Lower is better.

--docs takes a JSON array of texts. Each is predicted on its own from the
beginning-of-text token and cut where the context ends. -f takes one text, which
is divided into windows of the context's length, each begun in the same way.

--head rounds the output head as it does in run, to see what that costs.`,
		Example: `  bitnet perplexity --docs eval_docs.json
  bitnet perplexity -m ./model.gguf -f wiki.txt -c 2048 --json`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd.Flags(), args, head); err != nil {
				return err
			}
			return printPerplexity(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.StringVar(&o.docs, "docs", "", "`FILE` with a JSON array of texts")
	fs.StringVarP(&o.file, "file", "f", "", "`FILE` with one text")
	fs.IntVarP(&o.context, "ctx-size", "c", 0, "context of `N` tokens (default: the model's)")
	fs.StringVar(&o.cache, "cache-type", "f32", "keep keys and values as `TYPE` f16, f32, q8_0, or auto: as the model's home engine does")
	registerScoring(fs, &o.threads, &o.reference)
	fs.StringVar(&head, "head", "full", "round the output head to `TYPE` f16, q8_0 or q6_k, or use it in full, as it is")
	fs.BoolVar(&o.json, "json", false, `print {"tokens":...,"nll_sum":...,"perplexity":...,"stderr":...}`)
	return cmd
}

// registerScoring adds the flags of the commands that evaluate a model.
func registerScoring(fs *pflag.FlagSet, threads *int, reference *bool) {
	fs.IntVarP(threads, "threads", "t", 0, "compute on `N` threads (default: one for each core)")
	fs.BoolVar(reference, "reference", false, "use the slow path that defines the answer")
}

func (o *perplexityOptions) parse(fs *pflag.FlagSet, args []string, head string) error {
	if err := o.model.resolveOnly(fs, args); err != nil {
		return err
	}
	if (o.docs == "") == (o.file == "") {
		return usagef("give the text to predict with either --docs FILE or -f FILE")
	}
	if o.context < 0 || o.context == 1 {
		return usagef("-c is %d, want at least 2 tokens", o.context)
	}
	if o.head = headTypes[head]; o.head == dtype.Invalid && head != "full" {
		return usagef("--head is %q, want full, f16, q8_0 or q6_k", head)
	}
	if o.reference && o.head != dtype.Invalid {
		return usagef("--reference computes with the head as it is, and --head %s rounds it: drop one of them", head)
	}
	var err error
	o.threads, err = threads(o.threads)
	return err
}

// perplexityJSON is what perplexity --json prints.
type perplexityJSON struct {
	Tokens     int      `json:"tokens"` // predicted
	NLLSum     float64  `json:"nll_sum"`
	Perplexity float64  `json:"perplexity"`
	StdErr     *float64 `json:"stderr"` // null for a single token
}

func printPerplexity(ctx context.Context, s *Streams, o *perplexityOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	cache, err := parseCacheType(o.cache)
	if err != nil {
		return err
	}
	l, err := load(ctx, s, &o.model, o.threads, transformer.Options{CacheType: cache, Head: transformer.HeadFull, HeadType: o.head})
	if err != nil {
		return err
	}
	defer l.close()
	if l.tokErr != nil {
		return l.tokErr
	}
	sequences, err := o.sequences(l)
	if err != nil {
		return err
	}
	scorer, err := l.scorer(o.reference)
	if err != nil {
		return err
	}
	p, err := evaluate(ctx, scorer, sequences, newProgress(s))
	if err != nil {
		return err
	}
	if p.Tokens == 0 {
		return fmt.Errorf("%s%s has nothing to predict: a text needs two tokens at least", o.docs, o.file)
	}
	value, stderr := p.Value(), p.StdErr()
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return fmt.Errorf("the perplexity of %s is %v: its weights are damaged, or it needs something that this version does not do", l.ck.Name, value)
	}
	if o.json {
		out := perplexityJSON{Tokens: p.Tokens, NLLSum: p.NLLSum, Perplexity: value}
		if !math.IsNaN(stderr) {
			out.StdErr = &stderr
		}
		return writeJSON(s.Out, out)
	}
	_, err = fmt.Fprintf(s.Out, "perplexity %.4f ± %.4f over %d tokens in %d texts\n", value, stderr, p.Tokens, len(sequences))
	return err
}

// sequences reads the texts and returns them as the token sequences to score.
func (o *perplexityOptions) sequences(l *loaded) ([][]int32, error) {
	length := l.ck.Config.ContextLength
	if o.context > length {
		return nil, usagef("-c is %d, and this model's context takes 2 to %d tokens", o.context, length)
	}
	if o.context > 0 {
		length = o.context
	}
	path := o.docs + o.file
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the text: %w", err)
	}
	bos := l.ck.Generation.BOS
	// A text to be predicted is text, whatever it spells out.
	opt := tokenizer.Options{NoPostProcess: true, PlainSpecials: true}
	if o.file != "" {
		return score.Windows(l.tok.Encode(nil, string(data), opt), bos, length), nil
	}
	var docs []string
	if err := json.Unmarshal(data, &docs); err != nil {
		return nil, fmt.Errorf("%s: want a JSON array of strings: %w", path, err)
	}
	if len(docs) == 0 {
		return nil, errors.New(path + ": the array of texts is empty")
	}
	sequences := make([][]int32, len(docs))
	for i, doc := range docs {
		var ids []int32
		if bos >= 0 {
			ids = append(ids, bos)
		}
		ids = l.tok.Encode(ids, doc, opt)
		sequences[i] = ids[:min(len(ids), length)]
	}
	return sequences, nil
}

// evaluate scores all sequences and shows how long that is going to take.
func evaluate(ctx context.Context, scorer score.Scorer, sequences [][]int32, show *progress) (score.Perplexity, error) {
	var p score.Perplexity
	defer show.done()
	total, done := 0, 0
	for _, ids := range sequences {
		total += len(ids)
	}
	start := time.Now()
	for i, ids := range sequences {
		if err := p.Add(ctx, scorer, ids); err != nil {
			return p, err
		}
		done += len(ids)
		elapsed := time.Since(start)
		left := time.Duration(float64(elapsed) / float64(max(done, 1)) * float64(total-done)).Round(time.Second)
		show.set("text %d of %d, perplexity %.3f so far, %.0f tokens/s, %v left", i+1, len(sequences), p.Value(), perSecond(done, elapsed), left)
	}
	return p, nil
}
