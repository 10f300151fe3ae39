package check

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-quant/qtensor"
)

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
	head := c.twin()
	for _, info := range c.ck.Tensors() {
		if info.Name == head {
			continue // it is read beside the embedding
		}
		d := c.ck.DType(info.Name)
		l, ternary := qtensor.LayoutOf(d)
		switch {
		case c.scaled[info.Name] != nil:
			tasks = append(tasks, task{info.Bytes, func() { c.scaleTensor(c.scaled[info.Name]) }})
			c.report.Tensors++
		case ternary && (l != qtensor.HF || c.projection(info.Name) != nil):
			tasks = append(tasks, task{info.Bytes, func() { c.ternary(&info, l) }})
			c.report.Tensors++
		case info.Name == c.embed && head != "":
			tasks = append(tasks, c.pass(newDense(d, &info), newDense(d, new(c.stored[head])))...)
		default:
			tasks = append(tasks, c.pass(newDense(d, &info))...)
		}
	}
	for i := range tasks {
		c.report.Bytes += tasks[i].bytes
	}
	return parallel.Each(ctx, len(tasks), func(i int) {
		tasks[i].run()
		c.progress(tasks[i].bytes)
	})
}

// A pass reads a dense tensor, or side by side the embedding and a head that may repeat
// it. It opens them with its first chunk and lets go of them with its last: a file may
// have to copy what it opens.
type pass struct {
	all    []*dense // of one shape
	once   sync.Once
	differ atomic.Bool
	left   atomic.Int64 // chunks
}

// pass returns the tasks that read tensors, none for tensors of another kind (nil).
func (c *checker) pass(all ...*dense) []task {
	if slices.Contains(all, nil) {
		return nil
	}
	c.report.Tensors += len(all)
	p := &pass{all: all}
	var tasks []task
	first := all[0]
	row, _ := nn.RowBytes(first.Type, first.Cols)
	step := max(1, chunkBytes/row)
	for lo := 0; lo < first.Rows; lo += step {
		hi := min(lo+step, first.Rows)
		tasks = append(tasks, task{int64(len(all) * (hi - lo) * row), func() { c.chunk(p, lo, hi) }})
	}
	p.left.Store(int64(len(tasks)))
	return tasks
}

// chunk reads rows lo ≤ r < hi, and with the last of them judges the tensors.
func (c *checker) chunk(p *pass, lo, hi int) {
	p.once.Do(func() {
		p.all = slices.DeleteFunc(p.all, func(d *dense) bool {
			x, err := c.ck.Tensor(d.name)
			if err == nil {
				d.Data = x.Bytes()
			}
			return err != nil // Structure says why, if the model needs it
		})
	})
	for _, d := range p.all {
		d.read(lo, hi)
	}
	if len(p.all) == 2 && !bytes.Equal(p.all[0].bytes(lo, hi), p.all[1].bytes(lo, hi)) {
		p.differ.Store(true)
	}
	for _, d := range p.all {
		c.ck.Forget(d.bytes(lo, hi))
	}
	if p.left.Add(-1) > 0 {
		return
	}
	for _, d := range p.all {
		d.Data = nil
		d.judge(c)
	}
	if len(p.all) == 2 && !p.differ.Load() {
		c.duplicateHead()
	}
}

func (c *checker) progress(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done += bytes; c.opts.Progress != nil {
		c.opts.Progress(c.done, c.report.Bytes)
	}
}

// twin returns the name of a head that could repeat the embedding, "" if there is none.
func (c *checker) twin() string {
	e, h := c.stored[c.embed], c.stored[c.head]
	if e.Name == "" || h.Name == "" || e.Type != h.Type || !slices.Equal(e.Shape, h.Shape) {
		return ""
	}
	return h.Name
}

func (c *checker) duplicateHead() {
	f := Finding{Severity: Warning, Kind: DuplicateHead, Where: c.head}
	f.What = fmt.Sprintf("repeats %s: the file is larger for nothing, and engines hold both", c.embed)
	if c.ck.IsGGUF() {
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
	n, ok := nn.RowBytes(d, 1) // of no blocks
	if !ok || len(data)%n != 0 {
		return nil, false
	}
	v := make([]float32, len(data)/n)
	return v, dtype.Float32s(v, data, d) == nil
}
