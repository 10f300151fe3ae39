package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

type convertOptions struct {
	transcode.Options
	source, target string
	reading        reading
	dryRun, json   bool
}

func newConvert(s *Streams) *cobra.Command {
	var o convertOptions
	cmd := &cobra.Command{
		Use:   "convert SRC DST",
		Short: "Write a model in another format or type",
		Long: `Write a model in another format or type: a Hugging Face directory or a .gguf file
into the other, or into one with other tensor types. SRC may be a name of the hub
(hf.co/ORG/REPO, 2b4t) or fable, too. DST is a file if its name ends in .gguf, else a
directory. It appears when it is complete.

What would change the weights is refused, with the tensor and the difference, unless
--allow-lossy is given.

Float weights of a directory are master weights, to be rounded to ternary, if its
config.json says so or --quantization online does.`,
		Example: `  bitnet convert ./model-directory model.gguf
  bitnet convert fable fable.gguf --type tq1_0
  bitnet convert model.gguf ./model-directory --type hf-bf16
  bitnet convert model.gguf small.gguf --embedding q6_k --allow-lossy
  bitnet convert ./model-directory model.gguf --type tq2_0 --dry-run`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("convert wants two names, the model and what to make: bitnet convert SRC DST")
			}
			return nil
		},
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.source, o.target = args[0], args[1]
			return convertModel(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.Type, "type", "", "`TYPE` of the projections: i2_s, tq1_0, tq2_0, q2_0, f32, f16 or bf16 in a .gguf file (default i2_s); hf (packed), hf-f32, hf-f16 or hf-bf16 in a directory (default hf); keep: each its own")
	o.reading.register(fs)
	registerMaking(fs, &o.Options)
	fs.StringArrayVar(&o.Set, "set", nil, "set metadata: `KEY=VALUE` or KEY=TYPE:VALUE (of config.json in a directory)")
	fs.StringVar(&o.I2SOrder, "i2s-order", "", "`ORDER` of the weights in SRC's I2_S tensors: x86 or, as ARM builds of bitnet.cpp wrote them, arm (default x86)")
	fs.StringVar(&o.WeightScale, "weight-scale", "", "`HOW` weight_scale of a packed directory is meant where its config.json is wrong: multiply or divide")
	fs.BoolVar(&o.AllowLossy, "allow-lossy", false, "permit what changes the weights")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print what would be done and write nothing")
	fs.BoolVar(&o.json, "json", false, "print what was done as JSON")
	return cmd
}

// registerMaking adds the flags of what is made, of whatever kind.
func registerMaking(fs *pflag.FlagSet, o *transcode.Options) {
	fs.StringVar(&o.Embedding, "embedding", "", "`TYPE` of the embedding: f32, f16 or bf16, in a .gguf file q8_0, q6_k or q4_0, too (default: as it is)")
	fs.StringVar(&o.Head, "head", "", "`TYPE` of the output head, where the embedding is not the head (default: as it is)")
	fs.StringArrayVar(&o.Tensors, "tensor-type", nil, "`PATTERN=TYPE` of tensors whose names a regular expression matches; the first that matches counts")
	fs.BoolVar(&o.NoTokenizer, "no-tokenizer", false, "leave the tokenizer and the chat template out")
	fs.BoolVar(&o.Replace, "force", false, "replace a file that is there")
}

// obtainFor is obtain for a model of which target is made, once that is known to be possible:
// gigabytes may have to come.
func (m *modelArg) obtainFor(ctx context.Context, s *Streams, target string, o transcode.Options) error {
	if _, ofHub, _ := hubName(m.path); ofHub {
		if err := o.Check(target); err != nil {
			return err
		}
	}
	return m.obtain(ctx, s)
}

func convertModel(ctx context.Context, s *Streams, o *convertOptions) error {
	defer catchFileLimit()()
	ctx, stop := interruptible(ctx)
	defer stop()
	var err error
	if o.Source, err = o.reading.options(); err != nil {
		return err
	}
	source := modelArg{path: o.source}
	if err := source.obtainFor(ctx, s, o.target, o.Options); err != nil {
		return err
	}
	o.source = source.path
	start := time.Now()
	if err := o.find(); err != nil {
		return err
	}
	if !o.Data.IsZero() {
		defer o.Data.Release()
	}
	p, err := transcode.New(ctx, o.source, o.target, o.Options)
	if err != nil {
		return err
	}
	defer p.Close()
	show := newProgress(s)
	defer show.done()
	if o.dryRun {
		show.later("looking for what would be lost")
		err = p.Check(ctx)
	} else {
		err = p.Write(ctx, show.writing(o.target))
	}
	show.done()
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(s.Out, struct {
			*transcode.Plan
			DryRun  bool    `json:"dry_run"`
			Seconds float64 `json:"seconds"`
		}{p, o.dryRun, time.Since(start).Seconds()})
	}
	return printConversion(s, p, o.dryRun, time.Since(start).Seconds())
}

// writing returns what shows how far the writing of a model is, which begins now.
func (p *progress) writing(target string) func(done, total int64) {
	start := time.Now()
	return func(done, total int64) {
		rate := perSecond(int(done), time.Since(start))
		left := time.Duration(float64(total-done) / max(rate, 1) * float64(time.Second))
		p.set("writing %s: %s of %s, %.0f MB/s, %s left", target, size(done), size(total), rate/1e6, left.Round(time.Second))
	}
}

// find unpacks the built-in model, or reports that another cannot be a model.
func (o *convertOptions) find() (err error) {
	if o.source != fable.Name {
		m := modelArg{path: o.source}
		return m.find()
	}
	if o.Source.Online {
		return errFableOnline
	}
	o.Data, err = fable.GGUF(memory.Mapped())
	return err
}

// printConversion prints a line for all tensors that are alike.
func printConversion(s *Streams, p *transcode.Plan, dryRun bool, seconds float64) error {
	var rows [][]string
	for _, g := range p.Groups() {
		rows = append(rows, []string{g.Name, fmt.Sprint(g.Count), g.FromType, g.Type, g.Action, size(g.Bytes), g.Lost()})
	}
	columns := []column{{name: "tensors", cut: true, front: true}, {name: "number", right: true, spare: true}, {name: "from"}, {name: "to"}, {name: "how"}, {name: "size", right: true}, {name: "loss"}}
	if err := printTable(s.Out, s.width(), columns, rows); err != nil {
		return err
	}
	return printMade(s, p, dryRun, seconds)
}

// printMade prints the notes and what was made.
func printMade(s *Streams, p *transcode.Plan, dryRun bool, seconds float64) error {
	for _, n := range p.Notes {
		fmt.Fprintln(s.Out, "note: "+printable(n))
	}
	done, took := "wrote", fmt.Sprintf(", in %.1f s", seconds)
	if dryRun {
		done, took = "would write", ""
	}
	_, err := fmt.Fprintf(s.Out, "%s %s: %s of tensors, %s%s\n", done, printable(p.Target), size(p.Bytes), p.Format, took)
	return err
}
