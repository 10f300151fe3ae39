package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/tune"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

const (
	// calibrateWindow is the context of each part of the text: longer ones bring no other
	// activations, only more work for attention.
	calibrateWindow = 512
	// calibrateMeasured is how many tokens the gains are measured on.
	calibrateMeasured = 1024
)

type calibrateOptions struct {
	model   modelArg
	file    string   // path of the text; "": none
	merge   []string // paths of statistics
	out     string   // where statistics go; ""
	context int
	threads int
	measure int
	page    pageFile
	json    bool
}

func newCalibrate(s *Streams) *cobra.Command {
	var o calibrateOptions
	cmd := &cobra.Command{
		Use:   "calibrate [MODEL]",
		Short: "Measure a model's activations and what could be gained by them",
		Long: `Measure a model's activations on a text: largest magnitude, root mean square, channels
that stand out, and a histogram, of each input of projections. -o saves the statistics,
and --merge takes in those of other texts.

It then tries what could be gained with them, and measures it on the first --measure
tokens of the text, against the model as it is. Cuts and scales are searched for with the
statistics of other tokens, behind these or of --merge, if there are as many:

  clipping  activations are cut off before they are rounded to int8
  scales    float weights are made ternary with scales that mind how large inputs are
  heads     the output head and the embedding have smaller types

Nothing is changed: a head's type can be chosen with --head of run and perplexity, and
--head and --embedding of convert, scales with --importance of quantize. A difference of
the text's probability within three standard errors counts as nothing.

--html writes a page with plots of all that, too.`,
		Example: `  bitnet calibrate -f story.txt
  bitnet calibrate ./model.gguf -f wiki.txt -o wiki.stats --measure 4096
  bitnet calibrate ./model.gguf -f wiki.txt --html wiki.html
  bitnet calibrate --merge wiki.stats --merge code.stats -o both.stats --json`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd.Flags(), args); err != nil {
				return err
			}
			return runCalibrate(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.StringVarP(&o.file, "file", "f", "", "`FILE` with the text, - for standard input")
	fs.StringVarP(&o.out, "output", "o", "", "save the statistics to `FILE`")
	fs.StringArrayVar(&o.merge, "merge", nil, "take in the statistics of `FILE`, which -o has saved; may be given again")
	fs.IntVarP(&o.context, "ctx-size", "c", 0, fmt.Sprintf("read the text in windows of `N` tokens (default %d, or the model's context)", calibrateWindow))
	fs.IntVarP(&o.threads, "threads", "t", 0, "compute on `N` threads (default: one for each core)")
	fs.IntVar(&o.measure, "measure", calibrateMeasured, "measure gains on the first `N` tokens of the text; 0: none")
	o.page.register(fs)
	fs.BoolVar(&o.json, "json", false, "print all that was found as JSON")
	return cmd
}

func (o *calibrateOptions) parse(fs *pflag.FlagSet, args []string) error {
	if err := o.model.resolveOnly(fs, args); err != nil {
		return err
	}
	switch {
	case fs.Changed("output") && o.out == "":
		return usagef("-o is empty: name a file for the statistics")
	case slices.Contains(o.merge, ""):
		return usagef("--merge is empty: name a file that -o has saved")
	case o.file == "" && len(o.merge) == 0:
		return usagef("give the text to read with -f FILE, or statistics with --merge FILE")
	case o.file == "" && (len(args) > 0 || fs.Changed("model")):
		return usagef("there is no text for the model %q to read: give one with -f FILE, or drop the model to merge statistics", o.model.path)
	case o.file == "" && unread(fs) != "":
		return usagef("there is no text for --%s: give one with -f FILE, or drop it to merge statistics", unread(fs))
	case o.context < 0 || o.context == 1:
		return usagef("-c is %d, want at least 2 tokens", o.context)
	case o.measure < 0 || o.measure == 1:
		return usagef("--measure is %d, want at least 2 tokens, or 0 to measure nothing", o.measure)
	}
	err := o.page.parse(fs, map[string]string{"-o": o.out})
	if err != nil {
		return err
	}
	o.threads, err = threads(o.threads)
	return err
}

// unread returns a flag that was given and says how a text is to be read.
func unread(fs *pflag.FlagSet) string {
	for _, name := range []string{"ctx-size", "threads", "measure"} {
		if fs.Changed(name) {
			return name
		}
	}
	return ""
}

func runCalibrate(ctx context.Context, s *Streams, o *calibrateOptions) error {
	defer catchFileLimit()()
	if err := o.checkOutput(); err != nil {
		return err
	}
	if err := o.page.check(); err != nil {
		return err
	}
	merged, err := o.merged()
	if err != nil {
		return err
	}
	r := &calibrateReport{Merged: o.merge}
	if o.file == "" {
		if err := o.save(r, merged); err != nil {
			return err
		}
		r.take(merged)
		return o.report(s, r)
	}
	text, err := s.readFile(o.file)
	if err != nil {
		return fmt.Errorf("cannot read the text: %w", err)
	}
	ctx, stop := interruptible(ctx) // what is typed has come to its end
	defer stop()
	if err := o.model.obtain(ctx, s); err != nil {
		return err
	}
	own, err := newMemory()
	if err != nil {
		return err
	}
	defer own.Close()
	ck, err := o.model.open(own.Memory())
	if err != nil {
		return err
	}
	defer func() { _ = ck.Close() }() // nothing was written
	w, err := ck.WeightsContext(ctx)
	if err != nil {
		return err
	}
	sequences, err := o.sequences(ck, string(text))
	if err != nil {
		return err
	}
	r.Model = &calibratedModel{Name: ck.Name, Format: ck.Format, Quantization: ck.Quantization}
	pool := parallel.New(o.threads)
	defer pool.Close()
	m := &tune.Model{Config: ck.Config, Weights: w, Pool: pool, Memory: own.Memory()}
	show := newProgress(s)
	defer show.done()
	measured := beginning(sequences, o.measure)
	stats, others, err := o.collect(ctx, show, m, merged, sequences, len(measured))
	if err != nil {
		return err
	}
	// What was read is safe before anything else can fail.
	if err := o.save(r, stats); err != nil {
		return err
	}
	var gains *calibrateGains
	var failed error
	if o.measure > 0 {
		gains, failed = measureGains(ctx, show, ck, m, stats, others, measured)
	}
	show.done()
	r.take(stats)
	switch at := r.notFinite(); {
	case failed == nil:
		r.Measured = gains
	case len(at) > 0:
		failed = fmt.Errorf("cannot measure gains: %s of layer %d is the first input with values that are not finite: %w", at[0].Input, at[0].Layer, failed)
	default:
		failed = fmt.Errorf("cannot measure gains: %w", failed)
	}
	return errors.Join(o.report(s, r), failed)
}

// checkOutput refuses a path for statistics that cannot be written to, or that something else
// has.
func (o *calibrateOptions) checkOutput() error {
	if o.out == "" {
		return nil
	}
	err := checkOutputFile(o.out, func() error {
		switch _, err := calibrate.Load(o.out); {
		case errors.Is(err, calibrate.ErrForeign):
			return fmt.Errorf("%s is there already and holds no statistics, so it is not replaced: name another file", o.out)
		case err != nil:
			return fmt.Errorf("%s is there already and holds no statistics that this program reads, so it is not replaced; name another file: %w", o.out, err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("-o: cannot save the statistics: %w", err)
	}
	return nil
}

// merged returns the statistics of all files of --merge together.
func (o *calibrateOptions) merged() (*calibrate.Statistics, error) {
	all := &calibrate.Statistics{}
	for _, path := range o.merge {
		one, err := calibrate.Load(path)
		if err != nil {
			return nil, fmt.Errorf("cannot merge: %w", err)
		}
		if err := all.Merge(one); err != nil {
			return nil, fmt.Errorf("cannot merge %s: %w", path, err)
		}
	}
	return all, nil
}

// sequences returns the text in windows.
func (o *calibrateOptions) sequences(ck *checkpoint.Checkpoint, text string) ([][]int32, error) {
	length := ck.Config.ContextLength
	if o.context > length {
		return nil, usagef("-c is %d, and this model's context takes 2 to %d tokens", o.context, length)
	}
	if o.context > 0 {
		length = o.context
	} else {
		length = min(length, calibrateWindow)
	}
	tok, err := ck.Tokenizer()
	if err != nil {
		return nil, err
	}
	ids := tok.Encode(nil, text, asText)
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s has no tokens to read", inputName(o.file))
	}
	if err := ck.Config.CheckIDs(ids); err != nil {
		return nil, err
	}
	var all [][]int32
	for _, w := range score.Windows(ids, tokenizer.BOS(tok), length, 0) {
		all = append(all, w.IDs)
	}
	return all, nil
}

// collect returns statistics of all sequences, with those merged, and of others than the
// first ones, which are measured.
func (o *calibrateOptions) collect(ctx context.Context, show *progress, m *tune.Model, merged *calibrate.Statistics, sequences [][]int32, measured int) (all, others *calibrate.Statistics, err error) {
	total, done := 0, 0
	for _, ids := range sequences {
		total += len(ids)
	}
	all, others = &calibrate.Statistics{}, &calibrate.Statistics{}
	err = tune.Collect(ctx, m, merged, sequences, func(i int, s *calibrate.Statistics) error {
		done += len(sequences[i])
		show.set("reading: token %d of %d", done, total)
		if i >= measured {
			if err := others.Merge(s); err != nil {
				return err
			}
		}
		return all.Merge(s)
	})
	if err == nil {
		err = errors.Join(all.Merge(merged), others.Merge(merged))
	}
	return all, others, err
}

// measureGains measures what could be gained on sequences. It is searched for with others, the
// statistics of other tokens, if there are as many of these; else with all there are.
func measureGains(ctx context.Context, show *progress, ck *checkpoint.Checkpoint, m *tune.Model, all, others *calibrate.Statistics, sequences [][]int32) (*calibrateGains, error) {
	b, err := tune.NewBench(ctx, m, sequences, func(what string) { show.set("measuring: %s", what) })
	if err != nil {
		return nil, err
	}
	defer b.Close()
	g := &calibrateGains{Tokens: b.Tokens(), Perplexity: b.Perplexity(), Searched: leastTokens(others, all), HeldOut: true}
	search := others
	if g.Searched < uint64(b.Tokens()) {
		g.Searched, g.HeldOut, search = leastTokens(all, all), false, all
	}
	if g.Clipping, err = b.Clipping(ctx, search); err != nil {
		return nil, err
	}
	if g.Scales, err = scalesOf(ctx, b, ck, m.Weights, search); err != nil {
		return nil, err
	}
	if g.Heads, err = b.Heads(ctx); err != nil {
		return nil, err
	}
	return g, nil
}

// leastTokens returns how many tokens s has of each input of all at least.
func leastTokens(s, all *calibrate.Statistics) uint64 {
	least := uint64(math.MaxUint64)
	for k := range all.Inputs {
		n := uint64(0)
		if in := s.Inputs[k]; in != nil {
			n = in.Tokens
		}
		least = min(least, n)
	}
	return least
}

// scalesOf is nil for weights that are ternary without masters.
func scalesOf(ctx context.Context, b *tune.Bench, ck *checkpoint.Checkpoint, w *model.Weights, stats *calibrate.Statistics) (*tune.Scales, error) {
	masters, err := tune.FindMasters(ck, w)
	if masters == nil || err != nil {
		return nil, err
	}
	return b.Scales(ctx, stats, masters)
}

// beginning returns the first n tokens of sequences.
func beginning(sequences [][]int32, n int) [][]int32 {
	var all [][]int32
	for _, ids := range sequences {
		ids = ids[:min(len(ids), n)]
		if n -= len(ids); len(ids) > 0 {
			all = append(all, ids)
		}
	}
	return all
}

// save saves the statistics where -o says.
func (o *calibrateOptions) save(r *calibrateReport, stats *calibrate.Statistics) error {
	if o.out == "" {
		return nil
	}
	if err := stats.Save(o.out); err != nil {
		return fmt.Errorf("cannot save the statistics: %w", err)
	}
	r.Saved = o.out
	return nil
}

// report prints what was found, and then writes the page of it.
func (o *calibrateOptions) report(s *Streams, r *calibrateReport) error {
	var err error
	if o.json {
		err = writeJSON(s.Out, r)
	} else {
		err = r.print(s)
	}
	if o.page.wanted() {
		err = errors.Join(err, o.page.write(r.page(o)))
	}
	return err
}
