// Package fable carries a small language model inside the program: 29 million
// parameters, ternary weights, trained on public-domain stories. docs/fable.md is
// its model card.
//
// The model is a GGUF file (I2_S weights, BF16 embedding), lossless as to the
// checkpoint it was made from, in parts that are Zstandard frames: `zstd -d` of
// all parts one after another gives the file. The weights are compressed, to 1.6
// bits each; the embedding is stored, because unpacking it would take longer
// than all else that happens before the first token.
//
// Only the program bitnet imports this package, so that the libraries do not
// carry the model.
package fable

import (
	"embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

//go:generate go run ../internal/makefable -o parts

// Name is what the model is called on the command line.
const Name = "fable"

//go:embed parts/*.zst
var parts embed.FS

// Open unpacks and opens the model. The caller closes it.
func Open() (*checkpoint.Checkpoint, error) {
	data, err := GGUF()
	if err != nil {
		return nil, err
	}
	return checkpoint.Parse(memory.Wrap(data), Name)
}

// GGUF returns the model as a GGUF file. The caller owns the bytes.
func GGUF() ([]byte, error) {
	frames, size, err := read()
	if err != nil {
		return nil, damaged(err)
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	all := make([]byte, size)
	errs := make([]error, len(frames))
	var wg sync.WaitGroup
	at := 0
	for i, f := range frames {
		dst := all[at : at : at+f.size]
		at += f.size
		wg.Go(func() {
			out, err := d.DecodeAll(f.data, dst)
			if err == nil && len(out) != f.size {
				err = fmt.Errorf("part %d has %d bytes, want %d", i, len(out), f.size)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, damaged(err)
		}
	}
	return all, nil
}

// A frame is one part and its size when unpacked.
type frame struct {
	data []byte
	size int
}

func read() (frames []frame, total int, err error) {
	entries, err := parts.ReadDir("parts") // sorted by name
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		data, err := parts.ReadFile("parts/" + e.Name())
		if err != nil {
			return nil, 0, err
		}
		var h zstd.Header
		if err := h.Decode(data); err != nil || !h.HasFCS {
			return nil, 0, fmt.Errorf("%s is not a frame of known size: %w", e.Name(), err)
		}
		frames = append(frames, frame{data, int(h.FrameContentSize)})
		total += int(h.FrameContentSize)
	}
	return frames, total, nil
}

func damaged(err error) error {
	return fmt.Errorf("the built-in model is damaged, and so is this program; install it again: %w", err)
}
