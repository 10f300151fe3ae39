// Package fable carries a small language model inside the program: 29 million
// parameters, ternary weights, trained on public-domain stories. docs/fable.md is
// its model card.
//
// The model is a GGUF file (I2_S weights, BF16 embedding), lossless as to the
// checkpoint it was made from, in Zstandard frames: `zstd -d` gives the file. The
// weights are compressed, to 1.6 bits each; the embedding is stored, because
// unpacking it would take longer than all else that happens before the first
// token.
//
// Only the program bitnet imports this package, so that the libraries do not
// carry the model.
package fable

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

//go:generate go run ../internal/makefable -o fable.gguf.zst

// Name is what the model is called on the command line.
const Name = "fable"

//go:embed fable.gguf.zst
var compressed []byte

// Open unpacks the model into memory from a and opens it. The caller closes it.
func Open(a memory.Allocator) (*checkpoint.Checkpoint, error) {
	buf, err := GGUF(a)
	if err != nil {
		return nil, err
	}
	return checkpoint.Parse(buf, Name)
}

// GGUF unpacks the model to a GGUF file in memory from a. The caller releases it.
func GGUF(a memory.Allocator) (memory.Buffer, error) {
	frames, err := split(compressed)
	if err != nil {
		return memory.Buffer{}, damaged(err)
	}
	size := 0
	for _, f := range frames {
		size += f.size
	}
	buf, err := a.Alloc(size, 0)
	if err != nil {
		return memory.Buffer{}, err
	}
	if err := unpack(buf.Bytes(), frames); err != nil {
		buf.Release()
		return memory.Buffer{}, damaged(err)
	}
	return buf, nil
}

// unpack decodes every frame to its place in dst, all of them at once.
func unpack(dst []byte, frames []frame) error {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0))
	if err != nil {
		return err
	}
	defer d.Close()
	errs := make([]error, len(frames))
	var wg sync.WaitGroup
	for i, f := range frames {
		part := dst[:0:f.size]
		dst = dst[f.size:]
		wg.Go(func() {
			out, err := d.DecodeAll(f.data, part)
			if err == nil && len(out) != f.size {
				err = fmt.Errorf("frame %d has %d bytes, want %d", i, len(out), f.size)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func damaged(err error) error {
	return fmt.Errorf("the built-in model is damaged, and so is this program; install it again: %w", err)
}
