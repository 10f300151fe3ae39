package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type quantizeOptions struct {
	transcode.Options
	model           modelArg // is source
	source, target  string
	targetSize      string
	importance      string // file of statistics
	text            perplexityOptions
	dryRun, verbose bool
	page            pageFile
	json            bool
}

func newQuantize(s *Streams) *cobra.Command {
	var o quantizeOptions
	cmd := &cobra.Command{
		Use:   "quantize SRC DST",
		Short: "Make a ternary model of float weights, and say what that does",
		Long: `Make a ternary model of one with float weights: each projection becomes s·Q, with
the mean magnitude of its weights as s and -1, 0 and +1 in Q. SRC is a Hugging Face
directory, a .gguf file or a name of the hub (hf.co/ORG/REPO). DST is a file if its name
ends in .gguf, else a directory.

Only models that were trained for it survive that. The report says how far the
weights are from what they become, and whether they look trained for it; with --text
or --docs, the perplexity of the model before and after. --html writes a page with plots
of every layer, too.

--importance searches for scales that leave the least error in the outputs of projections,
given how large their inputs are: by statistics of SRC, which bitnet calibrate -o saves.`,
		Example: `  bitnet quantize ./masters model.gguf --docs eval_docs.json
  bitnet quantize ./masters model.gguf --type tq2_0 --scale row
  bitnet quantize ./masters model.gguf --target-size 900MiB
  bitnet quantize model-f32.gguf model.gguf --text story.txt --dry-run --verbose
  bitnet quantize ./masters model.gguf --html model.html
  bitnet calibrate model-f32.gguf -f wiki.txt -o wiki.stats
  bitnet quantize model-f32.gguf model.gguf --importance wiki.stats`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("quantize wants two names, the model and what to make: bitnet quantize SRC DST")
			}
			return nil
		},
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.source, o.target = args[0], args[1]
			if err := o.parse(cmd.Flags()); err != nil {
				return err
			}
			return quantizeModel(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.Type, "type", "", "`TYPE` of the projections: i2_s, tq1_0, tq2_0 or q2_0 in a .gguf file (default i2_s), hf (packed) in a directory")
	fs.StringVar(&o.Scale, "scale", "tensor", "one scale for each `PART`: tensor; with tq1_0, tq2_0 and q2_0 row or group (a block), too")
	fs.StringVar(&o.importance, "importance", "", "scales that leave the least error of outputs, by the statistics of SRC in `FILE` (bitnet calibrate -o), in place of mean magnitudes")
	fs.StringVar(&o.targetSize, "target-size", "", "choose the best types of embedding and head with which the .gguf file has at most `SIZE` bytes (900MiB, 1.2GB)")
	registerMaking(fs, &o.Options)
	fs.StringVar(&o.text.file, "text", "", "`FILE` with a text whose perplexity is measured before and after, - for standard input")
	fs.StringVar(&o.text.docs, "docs", "", "`FILE` with a JSON array of such texts")
	fs.IntVarP(&o.text.context, "ctx-size", "c", 0, "context of `N` tokens for these (default: that of perplexity)")
	fs.IntVarP(&o.text.threads, "threads", "t", 0, "compute these on `N` threads (default: one for each core)")
	fs.BoolVar(&o.dryRun, "dry-run", false, "report and write nothing")
	fs.BoolVar(&o.verbose, "verbose", false, "report every tensor, not those of all layers together")
	o.page.register(fs)
	fs.BoolVar(&o.json, "json", false, "report everything as JSON")
	return cmd
}

// parse checks the flags.
func (o *quantizeOptions) parse(fs *pflag.FlagSet) (err error) {
	o.Ternarize = true
	text := o.measures()
	switch {
	case o.text.file != "" && o.text.docs != "":
		return usagef("give the text to predict with either --text FILE or --docs FILE")
	case o.text.context < 0 || o.text.context == 1:
		return usagef("-c is %d, want at least 2 tokens", o.text.context)
	case text && o.Scale == "group" && !o.dryRun:
		return usagef("this program does not run models with a scale for each group: drop --text and --docs, or choose --scale row")
	case text && o.NoTokenizer:
		return usagef("a text needs the tokenizer: drop --no-tokenizer")
	}
	if o.targetSize != "" {
		if o.TargetSize, err = parseSize(o.targetSize); err != nil {
			return usagef("--target-size is %q, want a number of bytes such as 900MiB or 1.2GB", o.targetSize)
		}
	}
	if err := o.page.parse(fs, map[string]string{"DST": o.target, "--importance": o.importance}); err != nil {
		return err
	}
	o.text.threads, err = threads(o.text.threads)
	return err
}

// measures reports whether there is a text to predict.
func (o *quantizeOptions) measures() bool { return o.text.file != "" || o.text.docs != "" }

// parseSize reads a number of bytes, with a unit of powers of 1000 (kB, MB, GB) or 1024 (KiB, MiB, GiB).
func parseSize(text string) (int64, error) {
	number, unit := strings.ToLower(strings.TrimSpace(text)), 1.0
	for _, u := range []struct {
		name  string
		bytes float64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"b", 1}} {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	v, err := strconv.ParseFloat(number, 64)
	if v *= unit; err != nil || !(v >= 1 && v < math.MaxInt64) {
		return 0, strconv.ErrSyntax
	}
	return int64(v), nil
}

func quantizeModel(ctx context.Context, s *Streams, o *quantizeOptions) error {
	defer catchFileLimit()()
	if o.source == fable.Name {
		return fmt.Errorf("the weights of %s are ternary already: to have it in other types use bitnet convert", fable.Name)
	}
	if err := o.page.check(); err != nil {
		return err
	}
	if o.measures() {
		text, err := s.readFile(o.text.docs + o.text.file)
		if err != nil {
			return fmt.Errorf("cannot read the text: %w", err)
		}
		o.text.content = text
	}
	ctx, stop := interruptible(ctx) // what is typed has come to its end
	defer stop()
	importance, err := o.weigh(ctx, s)
	if err != nil {
		return err
	}
	m := modelArg{path: o.source}
	if err := m.obtainFor(ctx, s, o.target, o.Options); err != nil {
		return err
	}
	if err := m.find(); err != nil {
		return err
	}
	o.source, o.model = m.path, m
	start := time.Now()
	p, err := transcode.New(ctx, o.source, o.target, o.Options)
	if err != nil {
		return err
	}
	defer p.Close()
	if importance != nil && importance.note != "" {
		p.Notes = append(p.Notes, importance.note)
	}
	show := newProgress(s)
	defer show.done()
	reading := time.Now()
	r := quantizeReport{Plan: p, DryRun: o.dryRun, Importance: importance}
	r.Survey, err = p.Survey(ctx, func(done, total int64) {
		left := time.Duration(float64(total-done) / max(perSecond(int(done), time.Since(reading)), 1) * float64(time.Second))
		show.set("reading %s: %s of %s weights, %s left", o.source, count(done), count(total), left.Round(time.Second))
	})
	show.done()
	if err != nil {
		return err
	}
	if r.Before, err = o.perplexity(ctx, s, o.source); err != nil {
		return err
	}
	if !o.dryRun {
		err = p.Write(ctx, show.writing(o.target))
		show.done()
		if err == nil {
			r.After, err = o.perplexity(ctx, s, o.target)
		}
	}
	if err != nil {
		return err
	}
	r.warn()
	r.Seconds = time.Since(start).Seconds()
	if o.json {
		err = writeJSON(s.Out, r)
	} else {
		err = r.print(s, o.verbose)
	}
	if o.page.wanted() {
		err = errors.Join(err, o.page.write(r.page(o)))
	}
	return err
}

// perplexity measures a model on the text, if there is one.
func (o *quantizeOptions) perplexity(ctx context.Context, s *Streams, path string) (*quantizePerplexity, error) {
	if !o.measures() {
		return nil, nil
	}
	path, err := filepath.Abs(path) // a directory fable is not the built-in model
	if err != nil {
		return nil, err
	}
	l, err := load(ctx, s, &modelArg{path: path}, o.text.threads, transformer.Options{CacheType: dtype.F32, Head: transformer.HeadFull})
	if err != nil {
		return nil, err
	}
	defer l.close()
	if l.tokErr != nil {
		return nil, l.tokErr
	}
	sequences, err := o.text.sequences(l)
	if err != nil {
		return nil, err
	}
	sum, _, err := o.text.evaluate(ctx, s, l, sequences, nil)
	if err != nil {
		return nil, err
	}
	made := &quantizePerplexity{Tokens: sum.Tokens}
	if v := sum.Value(); !math.IsNaN(v) && !math.IsInf(v, 0) {
		made.Perplexity = &v
	}
	return made, nil
}
