package cli

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are where a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// InTTY, OutTTY and ErrTTY say which of them are terminals.
	InTTY, OutTTY, ErrTTY bool
}

// standard returns the process's own streams.
func standard() *Streams {
	return &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// output is an Out that knows of the first write that failed: who prints many lines need
// not look at each.
type output struct {
	io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// failed returns the error of the first write to Out that failed.
func (s *Streams) failed() error {
	if o, ok := s.Out.(*output); ok {
		return o.err
	}
	return nil
}

// standardInput is the name of standard input among files.
const standardInput = "-"

// readFile returns the content of a file, or of standard input.
func (s *Streams) readFile(path string) ([]byte, error) {
	if path == standardInput {
		return io.ReadAll(s.In)
	}
	return os.ReadFile(path)
}

// inputName is what people are told of a file that readFile has read.
func inputName(path string) string {
	if path == standardInput {
		return "standard input"
	}
	return path
}

// A patientReader reads what may come late or never, until ctx ends: the read that goes on then
// ends with the process.
type patientReader struct {
	ctx context.Context
	r   io.Reader
	own []byte // what is read into, as p is the caller's when Read has returned
}

func (p *patientReader) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err // the last read may go on
	}
	if len(p.own) < len(b) {
		p.own = make([]byte, len(b))
	}
	type result struct {
		n   int
		err error
	}
	came := make(chan result, 1)
	go func() {
		n, err := p.r.Read(p.own[:len(b)])
		came <- result{n, err}
	}()
	select {
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	case r := <-came:
		return copy(b, p.own[:r.n]), r.err
	}
}

// width returns the columns of the terminal that Out is, or 0 if it is none and
// lines may be of any length.
func (s *Streams) width() int {
	if !s.OutTTY {
		return 0
	}
	return columns(s.Out)
}

// columns returns the width of the terminal behind w, 0 if it is not known.
func columns(w io.Writer) int {
	if o, ok := w.(*output); ok {
		w = o.Writer
	}
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}
