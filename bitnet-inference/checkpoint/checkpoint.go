package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A Checkpoint is an open model file or directory.
type Checkpoint struct {
	Name   string // path, or the name given to Parse
	Format string // "GGUF v3", "safetensors"
	Config model.Config
	// Quantization says how the linear weights are stored and to be read, for people:
	// "I2_S", "packed ternary, multiplied by weight_scale (autobitlinear)".
	Quantization string
	Generation   Generation
	Chat         Chat
	// Pooling is how the model's authors make one vector of a text, "" if the files
	// do not say.
	Pooling Pooling
	// CacheType is the KV cache that the format's own engines use: F32 for
	// checkpoints of the transformers library, F16 for GGUF files.
	CacheType dtype.DType

	src source
}

// A source is one file format.
type source interface {
	close() error
	// weights reads ternary data through only if read is true.
	weights(ctx context.Context, c *model.Config, read bool) (*model.Weights, error)
	tensorFile() tensorFile
	forms() (inHF, inGGUF names)
	isGGUF() bool
	isTied() bool
	master(name string) bool
	tokenizer() (tokenizer.Tokenizer, error)
	tensors() []TensorInfo
	// info is the type of a tensor, Invalid if it is not known, and its shape.
	info(name string) (dtype.DType, []int)
	metadata() []Pair
}

// A tensorFile is named tensors, as both file formats offer them.
type tensorFile interface {
	Tensor(name string) (*tensor.Tensor, error)
	Forget(data []byte)
}

// A TensorInfo describes one stored tensor.
type TensorInfo struct {
	Name  string
	Type  string
	Shape []int
	Bytes int64
}

// A Pair is one entry of a file's metadata, its value shortened for people.
type Pair struct{ Key, Value string }

// A Chat is what a file says about conversations.
type Chat struct {
	Template string // Jinja source; "" if the file has none
	BOS, EOS string // texts of the tokens that templates name
}

// Generation is what a file says about sampling and about where to stop.
type Generation struct {
	BOS      int32   // -1 if the model has none
	EOS      []int32 // tokens that end a text
	Sampling *Sampling
}

// Sampling is the sampling that a model's authors recommend. Zero means off.
type Sampling struct {
	Temperature float32
	TopK        int
	TopP, MinP  float32
	Repeat      float32 // repetition penalty
}

// Options say what files leave open. The zero value takes them at their word.
type Options struct {
	// Online says that linear weights stored as floats in a Hugging Face directory are
	// masters, to be made ternary whenever the model runs, as quantization_mode "online"
	// says in config.json. Directories of masters without it look like those of dense
	// models.
	Online bool
}

// An OptionsError says that [Options] do not fit what is in the files.
type OptionsError struct{ what string }

func (e *OptionsError) Error() string { return e.what }

// Open opens a GGUF file (any part of a split one) or a Hugging Face directory.
func Open(path string) (*Checkpoint, error) { return OpenWith(path, Options{}) }

// OpenWith is Open for files that do not say enough. Options that do not fit what is
// in the files are an [OptionsError].
func OpenWith(path string, o Options) (*Checkpoint, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", path, unwrapPath(err))
	}
	if info.IsDir() {
		return openHF(path, o)
	}
	if o.Online {
		return nil, &OptionsError{path + " is not a Hugging Face directory, whose float weights alone can be taken for masters to be quantized online"}
	}
	return openGGUF(path)
}

// Parse opens a GGUF file that is in memory already. It takes over buf.
func Parse(buf memory.Buffer, name string) (*Checkpoint, error) { return parseGGUF(buf, name) }

// Close unmaps the files.
func (c *Checkpoint) Close() error { return c.src.close() }

// Weights finds every tensor's role. The result aliases the mapped files.
func (c *Checkpoint) Weights() (*model.Weights, error) {
	return c.WeightsContext(context.Background())
}

// WeightsContext is Weights, which may have gigabytes to read or to round. It ends with
// ctx's error if that is done first.
func (c *Checkpoint) WeightsContext(ctx context.Context) (*model.Weights, error) {
	return c.weights(ctx, true)
}

func (c *Checkpoint) weights(ctx context.Context, read bool) (*model.Weights, error) {
	w, err := c.src.weights(ctx, &c.Config, read)
	if err != nil {
		return nil, err
	}
	if err := w.Validate(&c.Config); err != nil {
		return nil, fmt.Errorf("%s: the tensors do not fit the configuration: %w", c.Name, err)
	}
	return w, nil
}

// Tokenizer loads the tokenizer that came with the model.
func (c *Checkpoint) Tokenizer() (tokenizer.Tokenizer, error) { return c.src.tokenizer() }

// Tensors lists what the files hold, in their order.
func (c *Checkpoint) Tensors() []TensorInfo { return c.src.tensors() }

// Metadata lists the files' own key-value pairs.
func (c *Checkpoint) Metadata() []Pair { return c.src.metadata() }

// unwrapPath drops the operation and path that os errors repeat.
func unwrapPath(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// IsFloat reports whether d is one of the float types that weights may have.
func IsFloat(d dtype.DType) bool { return d == dtype.F32 || d == dtype.F16 || d == dtype.BF16 }
