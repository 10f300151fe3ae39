package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/check"
)

// A faultsError is the result of a check that found errors, which have been printed.
type faultsError struct {
	model  string
	errors int
}

func (e *faultsError) Error() string {
	return fmt.Sprintf("%s has %s", e.model, plural(e.errors, "error"))
}

// checkModel is show --check.
func checkModel(ctx context.Context, s *Streams, o *showOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	if err := o.model.obtain(ctx, s); err != nil {
		return err
	}
	start := time.Now()
	show := newProgress(s)
	defer show.done()
	r, err := readThrough(ctx, &o.model, check.Options{Progress: func(done, total int64) {
		show.set("checking %s: %s of %s", o.model.path, size(done), size(total))
	}})
	show.done()
	if err != nil {
		return err
	}
	if o.json {
		err = writeJSON(s.Out, r)
	} else {
		err = printReport(s.Out, r, time.Since(start))
	}
	if n := r.Count(check.Error); err == nil && n > 0 {
		return &faultsError{r.Model, n}
	}
	return err
}

func readThrough(ctx context.Context, m *modelArg, o check.Options) (*check.Report, error) {
	if m.path != fable.Name {
		var err error
		if o.Read, err = m.reading.options(); err != nil {
			return nil, err
		}
		if err := m.find(); err != nil {
			return nil, err
		}
		return check.File(ctx, m.path, o)
	}
	ck, err := m.open(memory.Mapped())
	if err != nil {
		return nil, err
	}
	defer ck.Close()
	return check.Checkpoint(ctx, ck, o)
}

// printReport prints each finding on lines of its own, and a line that sums up.
func printReport(w io.Writer, r *check.Report, took time.Duration) error {
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%s: %s: %s\n", f.Severity, printable(f.Where), printable(f.What))
		switch {
		case f.Repair != "":
			fmt.Fprintf(w, "  repair: %s\n", printable(f.Repair))
		case f.Severity != check.Note:
			fmt.Fprintln(w, "  no repair in this version")
		}
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s; %s in %d tensors read in %.1f s\n", printable(r.Model),
		plural(r.Count(check.Error), "error"), plural(r.Count(check.Warning), "warning"), size(r.Bytes), r.Tensors, took.Seconds())
	return err
}
