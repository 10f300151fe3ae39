// Package contents takes model files apart, for tests that write them again with something
// changed. Only tests import it.
package contents

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// GGUF returns copies of all that a file holds, for gguf.WriteFile.
func GGUF(t testing.TB, path string) (kv []gguf.KV, tensors []gguf.TensorData) {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, x := range f.Tensors() {
		tensors = append(tensors, gguf.TensorData{Name: x.Name, Type: x.Type, Shape: x.Shape, Data: data(t, f, x.Name)})
	}
	return slices.Clone(f.Metadata()), tensors
}

// Safetensors returns copies of the tensors of a file or directory, for
// safetensors.WriteFile.
func Safetensors(t testing.TB, path string) (tensors []safetensors.TensorData) {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, x := range f.Tensors() {
		tensors = append(tensors, safetensors.TensorData{Name: x.Name, Type: x.Type, Shape: x.Shape, Data: data(t, f, x.Name)})
	}
	return tensors
}

func data(t testing.TB, f interface {
	Tensor(name string) (*tensor.Tensor, error)
}, name string,
) []byte {
	t.Helper()
	x, err := f.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(x.Bytes())
}

// Misalign makes the header of a safetensors file a byte longer, so that data is at
// addresses that do not suit its types.
func Misalign(t testing.TB, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(file)
	binary.LittleEndian.PutUint64(file, n+1)
	if err := os.WriteFile(path, slices.Insert(file, int(8+n), ' '), 0o600); err != nil {
		t.Fatal(err)
	}
}
