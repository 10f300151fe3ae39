package check

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

// layouts are the ternary types. U8 is the packed matrix of directories.
var layouts = map[dtype.DType]qtensor.Layout{
	dtype.U8: qtensor.HF, dtype.I2_S: qtensor.I2S, dtype.TQ1_0: qtensor.TQ1, dtype.TQ2_0: qtensor.TQ2, dtype.Q2_0: qtensor.Q2,
	dtype.IQ1_BN: qtensor.IQ1, dtype.IQ2_BN: qtensor.IQ2, dtype.IQ2_BN_R4: qtensor.IQ2R4,
}

// chunkBytes is how much of a dense tensor is read at a time.
const chunkBytes = 4 << 20

// A task reads some bytes of the file.
type task struct {
	bytes int64
	run   func()
}

// tensors reads all of them, on all processors.
func (c *checker) tensors(ctx context.Context) error {
	var tasks []task
	var ends []func()
	twin, head := c.twin()
	for _, info := range c.ck.Tensors() {
		if strings.HasSuffix(info.Name, ".weight_scale") || strings.HasSuffix(info.Name, ".scale") {
			tasks = append(tasks, task{info.Bytes, func() { c.scaleTensor(info.Name) }})
			continue
		}
		x, err := c.ck.Tensor(info.Name)
		if err != nil {
			continue // Structure says why, if the model needs it
		}
		if l, ok := layouts[x.DType()]; ok && (l != qtensor.HF || strings.HasSuffix(info.Name, "_proj.weight")) {
			tasks = append(tasks, task{info.Bytes, func() { c.ternary(info.Name, l, x.Bytes(), info.Shape) }})
			continue
		}
		d := newDense(info.Name, x.DType(), info.Shape, x.Bytes())
		if d == nil || d.name == head {
			continue // the head is read beside the embedding
		}
		all := []*dense{d}
		if d.name == twin {
			x, err := c.ck.Tensor(head)
			if err != nil {
				continue
			}
			all = append(all, newDense(head, x.DType(), info.Shape, x.Bytes()))
		}
		same := new(atomic.Bool)
		same.Store(len(all) == 2)
		step := max(1, chunkBytes/max(1, d.rowBytes()))
		for lo := 0; lo < d.Rows; lo += step {
			hi := min(lo+step, d.Rows)
			tasks = append(tasks, task{int64(len(all) * (hi - lo) * d.rowBytes()), func() {
				for _, d := range all {
					d.read(lo, hi)
				}
				if len(all) == 2 && !bytes.Equal(all[0].bytes(lo, hi), all[1].bytes(lo, hi)) {
					same.Store(false)
				}
				for _, d := range all {
					c.ck.Forget(d.bytes(lo, hi))
				}
			}})
		}
		ends = append(ends, func() {
			for _, d := range all {
				d.judge(c)
			}
			if same.Load() {
				c.duplicateHead(head, twin)
			}
		})
	}
	if err := c.each(ctx, tasks); err != nil {
		return err
	}
	for _, end := range ends {
		end()
	}
	return nil
}

// each runs the tasks.
func (c *checker) each(ctx context.Context, tasks []task) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(tasks)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(tasks) {
					return
				}
				tasks[i].run()
				c.progress(tasks[i].bytes)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func (c *checker) progress(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done += bytes; c.opts.Progress != nil {
		c.opts.Progress(c.done, c.total)
	}
}

// twin returns the names of the embedding and of a head that could be the same.
func (c *checker) twin() (embed, head string) {
	for _, pair := range [][2]string{{"token_embd.weight", "output.weight"}, {"model.embed_tokens.weight", "lm_head.weight"}} {
		e, h := c.stored[pair[0]], c.stored[pair[1]]
		if e.Name != "" && h.Name != "" && e.Type == h.Type && slices.Equal(e.Shape, h.Shape) {
			return pair[0], pair[1]
		}
	}
	return "", ""
}

func (c *checker) duplicateHead(head, embed string) {
	f := Finding{Severity: Warning, Kind: DuplicateHead, Where: head}
	f.What = fmt.Sprintf("repeats %s: the file is larger for nothing, and engines hold both", embed)
	if c.gguf() {
		f.Repair = c.repair()
	} else {
		f.Severity = Note
	}
	c.add(f)
}

// floats reads a small tensor of floats.
func (c *checker) floats(name string) ([]float32, bool) {
	x, err := c.ck.Tensor(name)
	if err != nil {
		return nil, false
	}
	d, data := x.DType(), x.Bytes()
	n, ok := nn.RowBytes(d, 1)
	if !ok || !isFloat(d) || len(data)%n != 0 {
		return nil, false
	}
	v := make([]float32, len(data)/n)
	return v, dtype.Float32s(v, data, d) == nil
}

func isFloat(d dtype.DType) bool { return d == dtype.F32 || d == dtype.F16 || d == dtype.BF16 }
