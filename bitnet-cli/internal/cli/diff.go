package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// Exit codes of diff, which are those of diff(1).
const (
	exitDiffers = 1
	exitTrouble = 2
)

type diffOptions struct {
	a, b    modelArg
	texts   []string // to predict; nil: none
	ids     []int32  // instead of texts; nil: none
	threads int
	all     bool
	json    bool
}

func newDiff(s *Streams) *cobra.Command {
	var o diffOptions
	var from promptFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two models: weights, tokenizers, predictions",
		Long: `Compare two models, each a .gguf file, a Hugging Face directory or fable: the graph,
settings, metadata and tokenizer, and the weights tensor by tensor. Tensors are compared
by what they are for, so the formats and the names in them may differ.

--quantization is for the sides that it fits: masters beside the GGUF file that was made
of them with the flag.

With a prompt both models read it, too: how far apart their predictions are at each
position (Kullback–Leibler divergence in nats), and where greedy decoding goes two
ways. -f takes a file of prompts, one a line, or a JSON array of texts.

The exit code is 0 if both compute the same (graph and weights), 1 if not, and 2 for
trouble, as that of diff is.`,
		Example: `  bitnet diff ./model-directory model.gguf
  bitnet diff a.gguf b.gguf --all
  bitnet diff a.gguf b.gguf -f prompts.txt --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("diff wants two models: bitnet diff A B")
			}
			return nil
		},
		ValidArgsFunction: completeBoth,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.a.path, o.b.path, o.b.reading = args[0], args[1], o.a.reading
			var err error
			if _, err = o.a.reading.options(); err != nil {
				return err
			}
			if o.threads, err = threads(o.threads); err != nil {
				return err
			}
			fs := cmd.Flags()
			if fs.Changed("prompt") || fs.Changed("file") || fs.Changed("ids") {
				p, _, err := from.read(fs, nil, s)
				if err != nil {
					return trouble(err)
				}
				if err := o.setPrompt(p, fs.Changed("file")); err != nil {
					return trouble(err)
				}
			}
			return trouble(diff(cmd.Context(), s, &o))
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&from.text, "prompt", "p", "", "compare what the models predict in `TEXT`")
	fs.StringVarP(&from.file, "file", "f", "", "compare what they predict in the texts of `FILE`, one a line or a JSON array, - for standard input")
	fs.StringVar(&from.ids, "ids", "", "compare what they predict after token `IDS` such as 1,2,3")
	o.a.reading.register(fs)
	fs.IntVarP(&o.threads, "threads", "t", 0, "predict on `N` threads, at least one a model (default: one for each core)")
	fs.BoolVar(&o.all, "all", false, "list every tensor and every difference")
	fs.BoolVar(&o.json, "json", false, "print all that was found as JSON")
	return cmd
}

// trouble gives errors the exit code that diff has for them.
func trouble(err error) error {
	var usage *usageError
	var status *statusError
	if err == nil || errors.As(err, &usage) || errors.As(err, &status) {
		return err
	}
	return &statusError{exitTrouble, err}
}

// setPrompt takes the text that is a file's content as one text a line, or as JSON.
func (o *diffOptions) setPrompt(p prompt, file bool) error {
	if o.ids = p.ids; p.ids != nil {
		return nil
	}
	o.texts = []string{p.text}
	if !file {
		return nil
	}
	if isTexts(p.text) {
		if err := json.Unmarshal([]byte(p.text), &o.texts); err != nil {
			return fmt.Errorf("the prompts begin as a JSON array of strings and are none: %w", err)
		}
	} else {
		o.texts = nil
		for line := range strings.Lines(p.text) {
			if line = strings.TrimRight(line, "\r\n"); line != "" {
				o.texts = append(o.texts, line)
			}
		}
	}
	if len(o.texts) == 0 {
		return errors.New("there are no prompts in the file")
	}
	return nil
}

// isTexts reports whether text begins as a JSON array of strings does, or an empty one.
func isTexts(text string) bool {
	array, ok := strings.CutPrefix(strings.TrimSpace(text), "[")
	array = strings.TrimSpace(array)
	return ok && (strings.HasPrefix(array, `"`) || array == "]")
}

func diff(ctx context.Context, s *Streams, o *diffOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	defer catchFileLimit()()
	for _, m := range []*modelArg{&o.a, &o.b} {
		if err := m.obtain(ctx, s); err != nil {
			return err
		}
	}
	show := newProgress(s)
	defer show.done()
	show.later(fmt.Sprintf("reading %s and %s …", o.a.path, o.b.path))
	if err := o.settleReading(); err != nil {
		return err
	}
	a, err := o.a.read(ctx)
	if err != nil {
		return err
	}
	defer closeModel(a)
	b, err := o.b.read(ctx)
	if err != nil {
		return err
	}
	defer closeModel(b)
	r, err := compare.Models(ctx, a, b, func(done, total int64) {
		show.set("comparing weights: %s of %s", count(done), count(total))
	})
	if err != nil {
		return err
	}
	var p *compare.Predictions
	if o.texts != nil || o.ids != nil {
		if p, err = o.predictions(ctx, show, a, b); err != nil {
			return err
		}
	}
	show.done()
	if o.json {
		err = writeJSON(s.Out, diffJSON{Same: r.Same(), Report: r, Predictions: p})
	} else {
		err = printDiff(s, r, p, o.all)
	}
	if err == nil && !r.Same() {
		return &statusError{code: exitDiffers}
	}
	return err
}

// settleReading leaves --quantization to the sides that it fits, which is one of them at
// least.
func (o *diffOptions) settleReading() error {
	if o.a.reading == (reading{}) {
		return nil
	}
	var first error
	unfit := 0
	for _, m := range []*modelArg{&o.a, &o.b} {
		ck, err := m.open(memory.Mapped())
		var misfit *checkpoint.OptionsError
		switch {
		case err == nil:
			_ = ck.Close() // nothing was written
		case errors.As(err, &misfit), errors.Is(err, errFableOnline):
			m.reading = reading{}
			first = cmp.Or(first, err)
			unfit++
		default:
			return err
		}
	}
	if unfit < 2 {
		return nil
	}
	return first
}

// read opens a model and reads it through. The caller closes it.
func (m *modelArg) read(ctx context.Context) (*compare.Model, error) {
	ck, err := m.open(memory.Mapped())
	if err != nil {
		return nil, err
	}
	c, err := compare.Read(ctx, ck)
	if err != nil {
		_ = ck.Close() // nothing was written
	}
	return c, err
}

func closeModel(m *compare.Model) { _ = m.Close() } // nothing was written

// diffJSON is what diff --json prints.
type diffJSON struct {
	Same bool `json:"same"` // graph and weights
	*compare.Report
	Predictions *compare.Predictions `json:"predictions,omitempty"`
}

// predictions runs both models in turns, on all threads each.
func (o *diffOptions) predictions(ctx context.Context, show *progress, a, b *compare.Model) (*compare.Predictions, error) {
	sequences, err := o.sequences(a, b)
	if err != nil {
		return nil, err
	}
	own, err := newMemory()
	if err != nil {
		return nil, err
	}
	defer own.Close()
	show.done()
	show.later("loading …")
	var scorers [2]score.Scorer
	pool := parallel.New(o.threads)
	defer pool.Close()
	for i, m := range []*compare.Model{a, b} {
		x, err := transformer.New(m.Config, m.Weights, transformer.Options{Pool: pool, Memory: own.Memory(), CacheType: dtype.F32, Head: transformer.HeadFull})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		defer x.Close()
		scorers[i] = score.Fast(x)
	}
	return compare.Logits(ctx, scorers[0], scorers[1], sequences, func(done, total int) {
		show.set("predicting: token %d of %d", done, total)
	})
}

// sequences returns the ids that both models are to read: texts as A's tokenizer has
// them, or B's if A has none, cut where the shorter context ends.
func (o *diffOptions) sequences(a, b *compare.Model) ([][]int32, error) {
	all := [][]int32{o.ids}
	if o.ids == nil {
		tok := a.Text
		if a.TextErr != nil {
			tok = b.Text
		}
		if a.TextErr != nil && b.TextErr != nil {
			return nil, fmt.Errorf("neither model has a tokenizer for the prompt; give it as --ids: %w", a.TextErr)
		}
		all = nil
		for _, text := range o.texts {
			ids := tok.Encode(nil, text, tokenizer.Options{})
			if len(ids) > 0 {
				all = append(all, ids)
			}
		}
		if len(all) == 0 {
			return nil, errors.New("the prompt has no tokens")
		}
	}
	for i, ids := range all {
		ids = ids[:min(len(ids), a.Config.ContextLength, b.Config.ContextLength)]
		for _, m := range []*compare.Model{a, b} {
			if err := m.Config.CheckIDs(ids); err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name, err)
			}
		}
		all[i] = ids
	}
	return all, nil
}
