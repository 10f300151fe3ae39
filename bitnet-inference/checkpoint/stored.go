package checkpoint

import (
	"context"
	"encoding/json"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Tensor returns a tensor as the files hold it, a view of the mapping that is valid
// until Close.
func (c *Checkpoint) Tensor(name string) (*tensor.Tensor, error) {
	return c.src.tensorFile().Tensor(name)
}

// DType returns the type of a tensor, Invalid if there is none or it is of a type that this
// version does not know.
func (c *Checkpoint) DType(name string) dtype.DType {
	d, _ := c.src.info(name)
	return d
}

// Forget says that data, the bytes of a tensor or a part of them, are not needed soon:
// they need not stay in memory.
func (c *Checkpoint) Forget(data []byte) { c.src.tensorFile().Forget(data) }

// Value returns a metadata entry of a GGUF file as the file has it. It is false for
// directories, whose entries [Checkpoint.Metadata] lists.
func (c *Checkpoint) Value(key string) (any, bool) {
	if f := c.GGUF(); f != nil {
		return f.Value(key)
	}
	return nil, false
}

// GGUF returns the file of a GGUF checkpoint, which closes it; nil for directories.
func (c *Checkpoint) GGUF() *gguf.File {
	if g, ok := c.src.(*ggufModel); ok {
		return g.file
	}
	return nil
}

// ConfigJSON returns the entries of a directory's config.json as they are written there,
// nil for GGUF files.
func (c *Checkpoint) ConfigJSON() map[string]json.RawMessage {
	var entries map[string]json.RawMessage
	if h, ok := c.src.(*hf); ok {
		_ = json.Unmarshal(h.config.raw, &entries) // opening has read it as an object
	}
	return entries
}

// SmallFile reads a file that lies beside the weights of a directory, as
// tokenizer.ReadFile does. ok is false if there is none, as for GGUF files.
func (c *Checkpoint) SmallFile(name string) (data []byte, ok bool, err error) {
	if h, isHF := c.src.(*hf); isHF {
		return readSmall(h.dir, name)
	}
	return nil, false, nil
}

// Structure reports what would keep Weights from finding a tensor for every role and a
// role for every tensor. Unlike Weights it does not read ternary data.
func (c *Checkpoint) Structure() error {
	_, err := c.weights(context.Background(), false)
	return err
}
