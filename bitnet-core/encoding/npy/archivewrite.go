package npy

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// ArchiveOptions say how the arrays of an archive are stored. The zero value is
// what np.savez does.
type ArchiveOptions struct {
	Options      // of each array
	Deflate bool // compress, as np.savez_compressed does: such arrays cannot be mapped
}

// An ArchiveWriter makes a .npz file, one array after the other.
type ArchiveWriter struct {
	zip   *zip.Writer
	out   *counter
	opts  ArchiveOptions
	names map[string]bool
	last  int64 // bytes of the latest member, -1 if there is none
	err   error // the first one of writing, which leaves half an array behind
}

// NewArchiveWriter returns an ArchiveWriter to w.
func NewArchiveWriter(w io.Writer, o ArchiveOptions) *ArchiveWriter {
	out := &counter{w: w}
	return &ArchiveWriter{zip: zip.NewWriter(out), out: out, opts: o, names: map[string]bool{}, last: -1}
}

// What a zip archive has around the bytes of a member.
const (
	localHeader    = 30 // before the name
	timestamp      = 9  // the extra field that Modified makes
	extraHeader    = 4  // of an extra field
	alignmentField = 0xd935
	descriptor     = 16 // after the bytes
	descriptor64   = 24 // after 4 GiB or more
)

// epoch is the time of members: the first that archives know, and NumPy's, so that
// the same arrays make the same file.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// Add writes an array under t.Name, with the bytes of t in the order that [Write]
// says. An array that cannot be written as it is described is an error that leaves
// the archive as it was; after any other the archive is lost.
func (a *ArchiveWriter) Add(t TensorData) error {
	if a.err != nil {
		return a.err
	}
	header, err := check(&t, a.opts.Options)
	if err != nil {
		return fmt.Errorf("npy: %w", err)
	}
	name := t.Name + extension
	switch {
	case t.Name == "" || !utf8.ValidString(t.Name) || strings.ContainsRune(t.Name, 0) || len(name) > math.MaxUint16:
		return fmt.Errorf("npy: array name %s: want UTF-8 without a zero, not empty, at most %d bytes", quote(t.Name), math.MaxUint16-len(extension))
	case a.names[t.Name]:
		return fmt.Errorf("npy: array %s is given twice", quote(t.Name))
	}
	size, _ := t.Size() // checked
	a.names[t.Name] = true
	a.err = a.add(name, header, &t)
	if a.err != nil {
		a.err = fmt.Errorf("npy: array %s: %w", quote(t.Name), a.err)
	}
	a.last = int64(len(header)) + size
	return a.err
}

func (a *ArchiveWriter) add(name string, header []byte, t *TensorData) error {
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch}
	if !a.opts.Deflate {
		h.Method = zip.Store
		if err := a.zip.Flush(); err != nil {
			return err
		}
		h.Extra = a.padding(len(name))
	}
	w, err := a.zip.CreateHeader(h)
	if err != nil {
		return err
	}
	return writeChecked(w, header, t, a.opts.Options)
}

// padding returns the extra field that lets the bytes of the next member, which is
// stored like those before it, begin at a multiple of 64. Its content is that of
// Android's zipalign: the alignment, then zeros.
func (a *ArchiveWriter) padding(name int) []byte {
	at := a.out.n + localHeader + int64(name) + timestamp + extraHeader + 2
	switch {
	case a.last >= math.MaxUint32:
		at += descriptor64
	case a.last >= 0:
		at += descriptor
	}
	zeros := int(-at & (align - 1))
	b := make([]byte, extraHeader+2+zeros)
	binary.LittleEndian.PutUint16(b, alignmentField)
	binary.LittleEndian.PutUint16(b[2:], uint16(2+zeros))
	binary.LittleEndian.PutUint16(b[4:], align)
	return b
}

// AddTensor writes a tensor of any strides under a name; see [WriteTensor].
func (a *ArchiveWriter) AddTensor(name string, t *tensor.Tensor) error {
	return a.Add(dataOf(name, t, a.opts.Options))
}

// Close writes the directory; without it there is no archive. It does not close
// what the archive is written to.
func (a *ArchiveWriter) Close() error {
	if a.err != nil {
		return a.err
	}
	a.err = errors.New("npy: the archive is closed")
	return a.zip.Close()
}

// WriteArchiveFile writes arrays to a .npz file, which it replaces as a whole or, if
// anything fails, leaves as it was. add adds them and does not close the writer.
func WriteArchiveFile(path string, o ArchiveOptions, add func(a *ArchiveWriter) error) error {
	return encoding.WriteFile(path, func(w io.Writer) error {
		a := NewArchiveWriter(w, o)
		if err := add(a); err != nil {
			return err
		}
		return a.Close()
	})
}

// A counter counts the bytes that were written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
