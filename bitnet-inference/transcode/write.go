package transcode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/safetensors"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// Write makes the target. It appears under its name when it is complete, on disk and
// has been opened once; after an error or the end of ctx, and at the latest when the
// next conversion to the same name begins, nothing is left of it. Unless losses are allowed,
// the first that is met ends it, and it goes on as [Plan.Check] for the rest. progress, if not nil,
// is called with the bytes of tensors that have been written and that there will be.
func (p *Plan) Write(ctx context.Context, progress func(done, total int64)) error {
	w := newWorkers(ctx)
	count := &counter{report: progress, total: p.Bytes}
	var tensors []encoding.TensorData
	for _, o := range p.outputs {
		tensors = append(tensors, encoding.TensorData{Name: o.Name, Type: o.kind, Shape: o.Shape, Stream: func(out io.Writer) error {
			loss, err := o.emit(w, count.to(out))
			if err != nil {
				return err
			}
			if loss != nil {
				o.Loss = loss
			}
			if o.lossy() && !p.opts.AllowLossy {
				return errLossy
			}
			return nil
		}})
	}
	defer p.refresh()
	err := p.write(tensors)
	if errors.Is(err, errLossy) {
		return p.Check(ctx)
	}
	if disk.IsFull(err) {
		return fmt.Errorf("%s: there is no room for %d MB: %w", p.Target, p.Bytes/1e6, disk.Cause(err))
	}
	return err
}

// errLossy ends writing when a loss has been met.
var errLossy = errors.New("the conversion would lose something")

// lossy reports whether a loss of the tensor is known.
func (o *output) lossy() bool { return o.Loss != nil && o.Loss.Max > 0 }

func (p *Plan) write(tensors []encoding.TensorData) error {
	t, err := newTemporary(p.Target, !p.toGGUF())
	if err != nil {
		return err
	}
	defer t.end()
	if p.toGGUF() {
		err = t.file("", func(w io.Writer) error { return gguf.Write(w, p.kv, tensors) })
	} else {
		err = p.writeDirectory(t, tensors)
	}
	if err != nil {
		return err
	}
	if err := p.checkResult(t.path); err != nil {
		return fmt.Errorf("%s: the result is not the model that it should be, so it is not kept: %w", p.Target, err)
	}
	return t.commit(p.opts.Replace)
}

// checkResult opens what has been made and looks whether it is the model that is meant.
func (p *Plan) checkResult(path string) error {
	var o checkpoint.Options
	if slices.ContainsFunc(p.outputs, (*output).master) {
		o = p.opts.Source
	}
	made, err := checkpoint.OpenWith(path, o)
	if err != nil {
		return err
	}
	return errors.Join(made.Structure(), p.checkGraph(&made.Config), made.Close())
}

// checkGraph reports where the graph of the result is not the source's, unless settings
// were made to change it.
func (p *Plan) checkGraph(made *model.Config) error {
	for _, text := range p.opts.Set {
		if p.toGGUF() && strings.HasPrefix(text, p.arch()+".") {
			return nil
		}
	}
	want := p.src.ck.Config
	if p.src.ck.LacksActivation() {
		want.Activation = model.ReLU2
	}
	var errs []error
	for _, d := range want.Differences(made) {
		if !slices.Contains(p.meant, d.Name) {
			errs = append(errs, fmt.Errorf("%s would be %s in place of %s", d.Name, d.B, d.A))
		}
	}
	return errors.Join(errs...)
}

func (p *Plan) writeDirectory(t *temporary, tensors []encoding.TensorData) error {
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		if err := t.file(name, func(w io.Writer) error { _, err := w.Write(p.files[name]); return err }); err != nil {
			return err
		}
	}
	return t.file("model.safetensors", func(w io.Writer) error {
		return safetensors.Write(w, map[string]string{"format": "pt"}, tensors)
	})
}

// A counter reports the bytes of tensors.
type counter struct {
	report      func(done, total int64)
	done, total int64
}

type countedWriter struct {
	c *counter
	w io.Writer
}

func (c *counter) to(w io.Writer) io.Writer { return countedWriter{c, w} }

func (w countedWriter) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	w.c.done += int64(n)
	if w.c.report != nil {
		w.c.report(w.c.done, w.c.total)
	}
	return n, err
}
