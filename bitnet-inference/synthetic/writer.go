package synthetic

import (
	"context"
	"encoding/binary"
	"io"
	"math"
	"runtime"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
)

// chunkValues is how many values one draw makes: a chunk of ternary weights is
// 256 KiB. It is a multiple of every type's block.
const chunkValues = 1 << 20

const (
	blockValues = 256 // of TQ2_0; I2_S has two groups in as many
	blockCodes  = blockValues / 4
	i2sTail     = 32 // bytes after the codes of I2_S: a float32 scale, zeros
)

// A writer makes the tensors of one file in turn.
type writer struct {
	model       *Model
	ctx         context.Context
	progress    func(done, total int64)
	done, total int64
}

// tensor returns tensor number i with its stream.
func (w *writer) tensor(i int, t tensor) gguf.TensorData {
	n := 1
	for _, d := range t.shape {
		n *= d
	}
	d := gguf.TensorData{Name: t.name, Shape: t.shape}
	switch t.kind {
	case trits:
		d.Type = w.model.Type
		d.Stream = func(out io.Writer) error { return w.ternary(out, i, n, scale(t.shape[1])) }
	case normals:
		d.Type = dtype.F16
		d.Stream = func(out io.Writer) error { return w.chunks(out, i, n, (*source).normals) }
	default:
		d.Type = dtype.F32
		d.Stream = func(out io.Writer) error { return w.chunks(out, i, n, (*source).gains) }
	}
	return d
}

// ternary writes n weights with scale g.
func (w *writer) ternary(out io.Writer, tensor, n int, g float32) error {
	if w.model.Type == dtype.TQ2_0 {
		d := dtype.F32ToF16(g)
		return w.chunks(out, tensor, n, func(s *source, dst []byte, n int) []byte { return s.tq2(dst, n, d) })
	}
	if err := w.chunks(out, tensor, n, (*source).codes); err != nil {
		return err
	}
	var tail [i2sTail]byte
	binary.LittleEndian.PutUint32(tail[:], math.Float32bits(g))
	return w.write(out, tail[:])
}

// chunks draws n values and writes them in order; as many chunks as there are
// processors are drawn at a time. draw appends the bytes of n values to dst.
func (w *writer) chunks(out io.Writer, tensor, n int, draw func(s *source, dst []byte, n int) []byte) error {
	count := (n + chunkValues - 1) / chunkValues
	parts := make([][]byte, min(runtime.GOMAXPROCS(0), count))
	for chunk := 0; chunk < count; chunk += len(parts) {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		parts = parts[:min(len(parts), count-chunk)]
		var drawn sync.WaitGroup
		for i := range parts {
			drawn.Go(func() {
				size := min(chunkValues, n-(chunk+i)*chunkValues)
				parts[i] = draw(newSource(w.model.Seed, tensor, chunk+i), parts[i][:0], size)
			})
		}
		drawn.Wait()
		for _, p := range parts {
			if err := w.write(out, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *writer) write(out io.Writer, p []byte) error {
	if _, err := out.Write(p); err != nil {
		return err
	}
	w.done += int64(len(p))
	if w.progress != nil {
		w.progress(w.done, w.total)
	}
	return nil
}
