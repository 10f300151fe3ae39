package synthetic

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// version counts the changes of what a seed means.
const version = 1

// A Model names one file of random weights: equal Models are equal bytes.
type Model struct {
	Shape Shape
	Type  dtype.DType // of ternary matrices: I2_S or TQ2_0
	Seed  uint64
}

// A layout is how a ternary matrix is stored.
type layout struct {
	qtensor   qtensor.Layout
	fileType  uint32 // general.file_type of llama.cpp and bitnet.cpp
	bitnetCPP bool   // bitnet.cpp is the type's home engine, and not llama.cpp
}

var layouts = map[dtype.DType]layout{
	dtype.I2_S:  {qtensor: qtensor.I2S, fileType: 40, bitnetCPP: true},
	dtype.TQ2_0: {qtensor: qtensor.TQ2, fileType: 37},
}

func (m *Model) layout() layout { return layouts[m.Type] }

// Validate reports why there can be no such file.
func (m *Model) Validate() error {
	l, ok := layouts[m.Type]
	if !ok {
		return fmt.Errorf("synthetic: no models are made of type %v, only of I2_S and TQ2_0", m.Type)
	}
	c := &m.Shape.Config
	if err := c.Validate(); err != nil {
		return fmt.Errorf("synthetic: %w", err)
	}
	if c.HeadDim*c.Heads != c.Dim {
		return fmt.Errorf("synthetic: %d heads of %d are not as wide as the model, %d", c.Heads, c.HeadDim, c.Dim)
	}
	if !c.SubNorms && c.Activation != model.SiLU {
		return errors.New("synthetic: there is no architecture without sub-norms but with relu2")
	}
	for _, t := range m.tensors() {
		if t.kind != trits {
			continue
		}
		if _, err := l.qtensor.Size(t.shape[0], t.shape[1]); err != nil {
			return fmt.Errorf("synthetic: shape %s does not go into type %v: %w", m.Shape.Name, m.Type, err)
		}
	}
	return nil
}

// FileName returns a name that says which model it is.
func (m *Model) FileName() string {
	return fmt.Sprintf("synthetic-%s-%s-seed%d-v%d.gguf", m.Shape.Name, strings.ToLower(m.Type.String()), m.Seed, version)
}

// description is the file's general.description, by which Matches knows it.
func (m *Model) description() string {
	c := &m.Shape.Config
	return fmt.Sprintf("random weights in the shape %s (%d wide, %d layers, %d tokens), %v, seed %d, generator %d",
		m.Shape.Name, c.Dim, c.Layers, c.VocabSize, m.Type, m.Seed, version)
}

// Matches reports whether the file at path is this Model, complete. A file that
// does not exist or that cannot be read is not.
func (m *Model) Matches(path string) bool {
	f, err := gguf.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	text, _ := f.String("general.description")
	return text == m.description() && len(f.Tensors()) == len(m.tensors())
}

// WriteFile writes the model to a file, which appears or is replaced when it is
// complete; if ctx ends or writing fails, nothing is left. It computes on all
// processors and keeps a few megabytes in memory. progress, if not nil, is called
// with the bytes of tensors written so far and in all.
func (m *Model) WriteFile(ctx context.Context, path string, progress func(done, total int64)) error {
	if err := m.Validate(); err != nil {
		return err
	}
	w := writer{model: m, ctx: ctx, progress: progress}
	var data []gguf.TensorData
	for i, t := range m.tensors() {
		d := w.tensor(i, t)
		size, err := d.Size()
		if err != nil {
			return fmt.Errorf("synthetic: %w", err)
		}
		w.total += size
		data = append(data, d)
	}
	err := gguf.WriteFile(path, m.metadata(), data)
	if cause := ctx.Err(); err != nil && cause != nil {
		return cause
	}
	var where *os.PathError
	if err != nil && !errors.As(err, &where) {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return err
}

// metadata describes the graph. The tokenizer model is llama.cpp's word for none.
func (m *Model) metadata() []gguf.KV {
	c, arch := &m.Shape.Config, m.architecture()
	kv := []gguf.KV{
		{Key: "general.architecture", Value: arch},
		{Key: "general.name", Value: "synthetic " + m.Shape.Name},
		{Key: "general.description", Value: m.description()},
		{Key: "general.file_type", Value: m.layout().fileType},
		{Key: "general.quantization_version", Value: uint32(2)},
		{Key: arch + ".context_length", Value: uint32(c.ContextLength)},
		{Key: arch + ".embedding_length", Value: uint32(c.Dim)},
		{Key: arch + ".block_count", Value: uint32(c.Layers)},
		{Key: arch + ".feed_forward_length", Value: uint32(c.FFN)},
		{Key: arch + ".rope.dimension_count", Value: uint32(c.HeadDim)},
		{Key: arch + ".rope.freq_base", Value: float32(c.RopeTheta)},
		{Key: arch + ".attention.head_count", Value: uint32(c.Heads)},
		{Key: arch + ".attention.head_count_kv", Value: uint32(c.KVHeads)},
		{Key: arch + ".attention.layer_norm_rms_epsilon", Value: float32(c.NormEps)},
		{Key: arch + ".vocab_size", Value: uint32(c.VocabSize)},
		{Key: "tokenizer.ggml.model", Value: "no_vocab"},
	}
	if arch == "bitnet" {
		kv = append(kv, gguf.KV{Key: "bitnet.hidden_activation", Value: string(c.Activation)})
	}
	return kv
}

// A kind is what a tensor's values are drawn from.
type kind int

const (
	trits   kind = iota // ternary weights
	normals             // embedding and head
	gains               // of norms
)

// A tensor is one of the file's, in its order.
type tensor struct {
	name  string
	kind  kind
	shape []int
}

func (m *Model) tensors() []tensor {
	c := &m.Shape.Config
	all := []tensor{
		{"token_embd.weight", normals, []int{c.VocabSize, c.Dim}},
		{"output_norm.weight", gains, []int{c.Dim}},
	}
	if !m.Shape.Tied {
		all = append(all, tensor{"output.weight", normals, []int{c.VocabSize, c.Dim}})
	}
	for i := range c.Layers {
		add := func(name string, k kind, shape ...int) {
			all = append(all, tensor{fmt.Sprintf("blk.%d.%s.weight", i, name), k, shape})
		}
		add("attn_norm", gains, c.Dim)
		add("attn_q", trits, c.QDim(), c.Dim)
		add("attn_k", trits, c.KVDim(), c.Dim)
		add("attn_v", trits, c.KVDim(), c.Dim)
		add("attn_output", trits, c.Dim, c.QDim())
		add("ffn_norm", gains, c.Dim)
		add("ffn_gate", trits, c.FFN, c.Dim)
		add("ffn_up", trits, c.FFN, c.Dim)
		add("ffn_down", trits, c.Dim, c.FFN)
		if c.SubNorms {
			add("attn_sub_norm", gains, c.QDim())
			add("ffn_sub_norm", gains, c.FFN)
		}
	}
	return all
}

// scale returns γ of a ternary matrix with K inputs: the root mean square of K
// independent terms, each a weight (mean square 2/3) times a normed input, is
// √(2K/3). It is rounded to float16, which every type can hold.
func scale(inputs int) float32 {
	return dtype.F16ToF32(dtype.F32ToF16(float32(math.Sqrt(1.5 / float64(inputs)))))
}
