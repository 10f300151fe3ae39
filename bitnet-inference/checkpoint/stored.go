package checkpoint

import (
	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Tensor returns a tensor as the files hold it, a view of the mapping that is valid
// until Close.
func (c *Checkpoint) Tensor(name string) (*tensor.Tensor, error) {
	return c.src.tensorFile().Tensor(name)
}

// DType returns the type of a tensor, Invalid if there is none or it is of a type that this
// version does not know.
func (c *Checkpoint) DType(name string) dtype.DType { return c.src.dtype(name) }

// Forget says that data, the bytes of a tensor or a part of them, are not needed soon:
// they need not stay in memory.
func (c *Checkpoint) Forget(data []byte) { c.src.tensorFile().Forget(data) }

// Value returns a metadata entry of a GGUF file as the file has it. It is false for
// directories, whose entries [Checkpoint.Metadata] lists.
func (c *Checkpoint) Value(key string) (any, bool) {
	if g, ok := c.src.(*ggufModel); ok {
		return g.file.Value(key)
	}
	return nil, false
}

// Structure reports what would keep Weights from finding a tensor for every role and a
// role for every tensor. Unlike Weights it does not read ternary data.
func (c *Checkpoint) Structure() error {
	_, err := c.weights(false)
	return err
}
