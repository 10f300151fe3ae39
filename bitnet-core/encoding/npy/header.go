package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// Info describes an array in a file.
type Info struct {
	Type      dtype.DType
	TypeName  string // NumPy's, such as "<f4"
	Shape     []int
	BigEndian bool
	Fortran   bool  // the first index runs fastest, not the last
	Version   int   // of the format: 1, 2 or 3
	Offset    int64 // of the first element, from the beginning of the file or archive member
	Size      int64 // of all elements, in bytes
}

const (
	magic   = "\x93NUMPY"
	align   = 64 // of the data
	maxDims = 64 // NumPy's limit
	// maxHeader is far beyond what a header without structured types needs: 64
	// dimensions of 20 digits are 1,400 bytes.
	maxHeader = 1 << 20
	// growth is the number of digits that NumPy leaves room for in the dimension that
	// appending would change.
	growth = 21

	damaged = "the file is damaged, write or download it again"
)

// ReadInfo reads the header of a .npy file and stops at the first element. Errors
// do not name a file.
func ReadInfo(r io.Reader) (Info, error) {
	info, err := readHeader(r)
	if err != nil {
		return Info{}, fmt.Errorf("npy: %w", err)
	}
	return info, nil
}

// readHeader reads up to the first element.
func readHeader(r io.Reader) (Info, error) {
	start := make([]byte, len(magic)+2, len(magic)+6)
	if err := readFull(r, start, "the beginning"); err != nil {
		return Info{}, err
	}
	if string(start[:len(magic)]) != magic {
		return Info{}, notNPY(start)
	}
	major, minor := start[len(magic)], start[len(magic)+1]
	if major < 1 || major > 3 || minor != 0 {
		return Info{}, fmt.Errorf("it has version %d.%d of the format, and 1.0, 2.0 and 3.0 are known", major, minor)
	}
	width := 4
	if major == 1 {
		width = 2
	}
	length := make([]byte, 4)
	if err := readFull(r, length[:width], "the length of the header"); err != nil {
		return Info{}, err
	}
	n := int64(binary.LittleEndian.Uint32(length))
	if n > maxHeader {
		return Info{}, fmt.Errorf("its header takes %d bytes, and at most %d are allowed: it has a structured type, which is not supported, or %s", n, maxHeader, damaged)
	}
	// What is read grows with what is there, whatever the length says.
	text, err := io.ReadAll(io.LimitReader(r, n))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Info{}, err
	}
	if int64(len(text)) < n {
		return Info{}, fmt.Errorf("it ends after %d of %d bytes of the header: it is truncated, write or download it again", len(text), n)
	}
	info, err := (&literal{text: string(text)}).header()
	if err != nil {
		return Info{}, fmt.Errorf("header: %w", err)
	}
	info.Version = int(major)
	info.Offset = int64(len(start)+width) + n
	return info, info.measure()
}

// measure sets the size.
func (info *Info) measure() error {
	size, ok := info.Type.TensorSize(info.stored())
	if _, fits := tensor.Shape(info.stored()).Elems(); !ok || !fits || int64(int(size)) != size {
		return fmt.Errorf("its shape %v has too many elements: %s", tensor.Shape(info.Shape), damaged)
	}
	info.Size = size
	return nil
}

// stored returns the dimensions in the order in which the file has them, the one
// that runs fastest last.
func (info *Info) stored() []int {
	if !info.Fortran {
		return info.Shape
	}
	s := slices.Clone(info.Shape)
	slices.Reverse(s)
	return s
}

// readFull reads exactly len(b) bytes.
func readFull(r io.Reader, b []byte, what string) error {
	n, err := io.ReadFull(r, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("it ends after %d of %d bytes of %s: it is truncated, write or download it again", n, len(b), what)
	}
	return err
}

// notNPY says what a file is that is no .npy file.
func notNPY(start []byte) error {
	switch {
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return errors.New("it is a zip archive, not a .npy file: open it with OpenArchive")
	case start[0] == 0x80:
		return errors.New("it is a pickle of Python, not a .npy file: save it with np.save")
	case string(start) == "version ":
		return errors.New("it is no .npy file but text, perhaps a Git LFS pointer: fetch the file with git lfs pull")
	}
	return fmt.Errorf("it is no .npy file: it begins with %s", quote(string(start)))
}

// formatHeader returns all that stands before the data.
func formatHeader(t *encoding.TensorData, o Options) ([]byte, error) {
	descr, err := typeName(t.Type, o.BigEndian)
	if err != nil {
		return nil, err
	}
	if len(t.Shape) > maxDims {
		return nil, fmt.Errorf("it has %d dimensions, and NumPy allows %d", len(t.Shape), maxDims)
	}
	order := "False"
	if o.Fortran {
		order = "True"
	}
	b := []byte(magic)
	b = append(b, byte(o.Version), 0, 0, 0)
	if o.Version > 1 {
		b = append(b, 0, 0)
	}
	start := len(b)
	b = fmt.Appendf(b, "{'descr': '%s', 'fortran_order': %s, 'shape': (", descr, order)
	for i, n := range t.Shape {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(strconv.AppendInt(b, int64(n), 10), ',')
	}
	if len(t.Shape) > 1 {
		b = b[:len(b)-1]
	}
	b = append(b, "), }"...)
	if n := len(t.Shape); n > 0 {
		grows := t.Shape[0]
		if o.Fortran {
			grows = t.Shape[n-1]
		}
		b = append(b, strings.Repeat(" ", growth-len(strconv.Itoa(grows)))...)
	}
	// Between 1 and 64 spaces: NumPy adds a whole row of them where none is needed.
	b = append(b, strings.Repeat(" ", align-(len(b)+1)%align)...)
	b = append(b, '\n')
	if o.Version == 1 {
		binary.LittleEndian.PutUint16(b[start-2:], uint16(len(b)-start))
	} else {
		binary.LittleEndian.PutUint32(b[start-4:], uint32(len(b)-start))
	}
	return b, nil
}
