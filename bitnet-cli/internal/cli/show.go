package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
)

type showOptions struct {
	model                   modelArg
	tensors, metadata, json bool
	check                   bool
}

func newShow(s *Streams) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show [MODEL]",
		Short: "Show what is in a model: sizes, quantization, metadata, tensors",
		Long: `Show what is in a model: its architecture and sizes, how its weights are
quantized, its tokenizer and chat template, and on request its metadata and its
tensors. The weights are not loaded.

With --check the whole model is read, and what is wrong with it is listed, with the
command that repairs it if there is one. The exit status is 1 if there are errors.`,
		Example: `  bitnet show
  bitnet show ./model.gguf --tensors
  bitnet show ./model-directory --json
  bitnet show ./model.gguf --check`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.model.resolveOnly(cmd.Flags(), args); err != nil {
				return err
			}
			if o.check && (o.tensors || o.metadata) {
				return usagef("--check lists faults; use it without --tensors and --metadata")
			}
			if o.check {
				return checkModel(cmd.Context(), s, &o)
			}
			return showModel(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.BoolVar(&o.tensors, "tensors", false, "list the tensors")
	fs.BoolVar(&o.metadata, "metadata", false, "list the file's own key-value pairs")
	fs.BoolVar(&o.check, "check", false, "read the model through and list what is wrong with it")
	fs.BoolVar(&o.json, "json", false, "print all of it as JSON")
	return cmd
}

func showModel(ctx context.Context, s *Streams, o *showOptions) error {
	if err := o.model.obtain(ctx, s); err != nil {
		return err
	}
	ck, err := o.model.open(memory.Mapped())
	if err != nil {
		return err
	}
	defer ck.Close()
	d := describe(ck)
	if o.json {
		return writeJSON(s.Out, d)
	}
	if err := d.print(s.Out); err != nil {
		return err
	}
	if o.metadata {
		var rows [][]string
		for _, kv := range ck.Metadata() {
			rows = append(rows, []string{printable(kv.Key), printable(kv.Value)})
		}
		fmt.Fprintln(s.Out)
		if err := printTable(s.Out, s.width(), []column{{name: "key"}, {name: "value", cut: true}}, rows); err != nil {
			return err
		}
	}
	if o.tensors {
		var rows [][]string
		for _, t := range d.Tensors {
			rows = append(rows, []string{printable(t.Name), t.Type, shape(t.Shape), size(t.Bytes)})
		}
		fmt.Fprintln(s.Out)
		columns := []column{{name: "tensor", cut: true}, {name: "type"}, {name: "shape", right: true}, {name: "size", right: true}}
		return printTable(s.Out, s.width(), columns, rows)
	}
	return nil
}

// A description is what show prints of a model.
type description struct {
	Name          string            `json:"name"`
	Format        string            `json:"format"`
	Bytes         int64             `json:"bytes"` // of all tensors
	Architecture  string            `json:"architecture"`
	Parameters    int64             `json:"parameters"`
	Quantization  string            `json:"quantization"`
	ContextLength int               `json:"context_length"`
	VocabSize     int               `json:"vocab_size"`
	Dim           int               `json:"embedding_length"`
	FFN           int               `json:"feed_forward_length"`
	Layers        int               `json:"layers"`
	Heads         int               `json:"heads"`
	KVHeads       int               `json:"kv_heads"`
	HeadDim       int               `json:"head_dim"`
	Activation    string            `json:"activation"`
	SubNorms      bool              `json:"sub_norms"`
	HeadNorms     bool              `json:"head_norms"`
	PostNorms     bool              `json:"post_norms"`
	SlidingWindow int               `json:"sliding_window"` // tokens; 0: all layers see everything
	SlidingLayers int               `json:"sliding_layers"` // that have it
	TiedHead      bool              `json:"tied_head"`
	RopeTheta     float64           `json:"rope_theta"`
	NormEps       float64           `json:"norm_epsilon"`
	Tokenizer     tokenizerJSON     `json:"tokenizer"`
	Chat          chatJSON          `json:"chat"`
	Sampling      *samplingJSON     `json:"sampling"` // null where the authors recommend none
	Metadata      map[string]string `json:"metadata"`
	Tensors       []tensorJSON      `json:"tensors"`
}

type tokenizerJSON struct {
	VocabSize int     `json:"vocab_size"` // 0: there is none, and Error says why
	BOS       *int32  `json:"bos"`
	EOS       []int32 `json:"eos"`
	Error     string  `json:"error,omitempty"`
}

type chatJSON struct {
	Format   string `json:"format"` // "" without one
	Template string `json:"template,omitempty"`
	Error    string `json:"error,omitempty"`
}

type samplingJSON struct {
	Temperature   float32 `json:"temperature"`
	TopK          int     `json:"top_k"`
	TopP          float32 `json:"top_p"`
	MinP          float32 `json:"min_p"`
	RepeatPenalty float32 `json:"repeat_penalty"`
}

type tensorJSON struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Shape []int  `json:"shape"`
	Bytes int64  `json:"bytes"`
}

func describe(ck *checkpoint.Checkpoint) *description {
	c := &ck.Config
	d := &description{
		Name: ck.Name, Format: ck.Format, Architecture: c.Architecture, Quantization: ck.Quantization,
		ContextLength: c.ContextLength, VocabSize: c.VocabSize, Dim: c.Dim, FFN: c.FFN, Layers: c.Layers,
		Heads: c.Heads, KVHeads: c.KVHeads, HeadDim: c.HeadDim, Activation: string(c.Activation),
		SubNorms: c.SubNorms, HeadNorms: c.HeadNorms, PostNorms: c.PostNorms, TiedHead: ck.Tied(), RopeTheta: c.RopeTheta, NormEps: c.NormEps,
		Metadata: map[string]string{},
	}
	for i := range c.Layers {
		if n := c.WindowOf(i); n > 0 {
			d.SlidingWindow = n
			d.SlidingLayers++
		}
	}
	for _, t := range ck.Tensors() {
		d.Bytes += t.Bytes
		d.Tensors = append(d.Tensors, tensorJSON(t))
	}
	for _, kv := range ck.Metadata() {
		d.Metadata[kv.Key] = kv.Value
	}
	d.Parameters = parameters(ck)
	if s := ck.Generation.Sampling; s != nil {
		d.Sampling = &samplingJSON{s.Temperature, s.TopK, s.TopP, s.MinP, s.Repeat}
	}
	d.describeText(ck)
	return d
}

// describeText fills in what has to do with text.
func (d *description) describeText(ck *checkpoint.Checkpoint) {
	d.Chat.Template = ck.Chat.Template
	d.Tokenizer.EOS = append([]int32{}, ck.Generation.EOS...)
	if bos := ck.Generation.BOS; bos >= 0 {
		d.Tokenizer.BOS = &bos
	}
	tok, err := ck.Tokenizer()
	if err != nil {
		d.Tokenizer.Error = oneLine(err)
		return
	}
	d.Tokenizer.VocabSize = tok.VocabSize()
	format, err := findChatFormat(ck, tok)
	switch {
	case err != nil:
		d.Chat.Error = oneLine(err)
	case format != nil:
		d.Chat.Format = format.name()
	}
}

// parameters counts the weights that the architecture has, however they are packed.
func parameters(ck *checkpoint.Checkpoint) int64 {
	var n int64
	for _, r := range ck.Roles(ck.Tied()) {
		n += int64(r.Rows) * int64(r.Cols)
	}
	return n
}

func (d *description) print(w io.Writer) error {
	var f fields
	f.add("model", printable(d.Name))
	f.add("format", fmt.Sprintf("%s, %s of tensors", d.Format, size(d.Bytes)))
	f.add("architecture", printable(d.Architecture))
	f.add("parameters", count(d.Parameters))
	f.add("quantization", printable(d.Quantization))
	f.add("context", fmt.Sprintf("%d tokens", d.ContextLength))
	f.add("layers", fmt.Sprintf("%d, %d wide, feed-forward %d wide (%s)", d.Layers, d.Dim, d.FFN, d.graph()))
	f.add("attention", fmt.Sprintf("%d heads of %d over %d key-value heads, rope theta %g", d.Heads, d.HeadDim, d.KVHeads, d.RopeTheta))
	f.add("vocabulary", d.vocabulary())
	f.add("chat", d.chat())
	f.add("sampling", d.sampling())
	return f.print(w)
}

func (d *description) graph() string {
	parts := []string{d.Activation}
	if d.SubNorms {
		parts = append(parts, "sub-norms")
	}
	if d.HeadNorms {
		parts = append(parts, "norms of heads")
	}
	if d.PostNorms {
		parts = append(parts, "post-norms")
	}
	if d.SlidingLayers > 0 {
		parts = append(parts, fmt.Sprintf("windows of %d tokens in %s", d.SlidingWindow, plural(d.SlidingLayers, "layer")))
	}
	if d.TiedHead {
		parts = append(parts, "tied head")
	}
	return strings.Join(parts, ", ")
}

func (d *description) vocabulary() string {
	if d.Tokenizer.Error != "" {
		return fmt.Sprintf("%d tokens; %s", d.VocabSize, d.Tokenizer.Error)
	}
	text := fmt.Sprintf("%d tokens", d.VocabSize)
	if n := d.Tokenizer.VocabSize; n != d.VocabSize {
		text += fmt.Sprintf(", %d of them in the tokenizer", n)
	}
	if d.Tokenizer.BOS != nil {
		text += fmt.Sprintf(", begin %d", *d.Tokenizer.BOS)
	}
	if len(d.Tokenizer.EOS) > 0 {
		text += ", end " + strings.Trim(fmt.Sprint(d.Tokenizer.EOS), "[]")
	}
	return text
}

func (d *description) chat() string {
	switch {
	case d.Chat.Error != "":
		return d.Chat.Error
	case d.Chat.Format != "":
		return "template " + d.Chat.Format
	case d.Tokenizer.Error != "":
		return ""
	}
	return "no template: the model continues text"
}

func (d *description) sampling() string {
	if d.Sampling == nil {
		return ""
	}
	s := d.Sampling
	return describeSampling(&sample.Options{Temperature: s.Temperature, TopK: s.TopK, TopP: s.TopP, MinP: s.MinP, RepeatPenalty: s.RepeatPenalty})
}

// shape prints dimensions: 512 × 1536.
func shape(dims []int) string {
	parts := make([]string, len(dims))
	for i, n := range dims {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, " × ")
}
