package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tensor"
)

// sample writes an archive of a few arrays.
func sample(t testing.TB, o ArchiveOptions) []byte {
	var b bytes.Buffer
	a := NewArchiveWriter(&b, o)
	require.NoError(t, a.AddTensor("weights", counting(t, dtype.F32, 3, 5).Transpose(0, 1)))
	require.NoError(t, a.AddTensor("layer/ä", counting(t, dtype.I64, 7)))
	require.NoError(t, a.Add(TensorData{Name: "none", Type: dtype.F64, Shape: []int{0, 2}}))
	require.NoError(t, a.AddTensor("scalar", counting(t, dtype.U8)))
	require.NoError(t, a.Close())
	return b.Bytes()
}

func TestArchive(t *testing.T) {
	for _, o := range []ArchiveOptions{{}, {Deflate: true}, {Options: Options{Fortran: true, BigEndian: true, Version: 3}}} {
		file := sample(t, o)
		buf, err := memory.Heap().Alloc(len(file), 0)
		require.NoError(t, err)
		copy(buf.Bytes(), file)
		a, err := ParseArchive(buf, "m")
		require.NoError(t, err)
		require.Equal(t, []string{"weights", "layer/ä", "none", "scalar"}, a.Names())
		for name, want := range map[string]*tensor.Tensor{
			"weights": counting(t, dtype.F32, 3, 5).Transpose(0, 1),
			"layer/ä": counting(t, dtype.I64, 7),
			"none":    counting(t, dtype.F64, 0, 2),
			"scalar":  counting(t, dtype.U8),
		} {
			x, err := a.Tensor(name)
			require.NoError(t, err)
			require.Equal(t, want.String(), x.String())
			require.Equal(t, elements(t, want), elements(t, x))
			require.NoError(t, a.Verify(name))
		}
		require.NoError(t, a.Close())
		require.False(t, buf.Shared())
		require.Equal(t, file, sample(t, o), "the same arrays make the same file")
	}
}

// TestAligned shows that stored members can be mapped: every one begins at a
// multiple of 64 and is a view of the file.
func TestAligned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	require.NoError(t, WriteArchiveFile(path, ArchiveOptions{}, func(a *ArchiveWriter) error {
		for n := range 130 {
			if err := a.AddTensor(strings.Repeat("x", n+1), counting(t, dtype.F64, n)); err != nil {
				return err
			}
		}
		return nil
	}))
	a, err := OpenArchive(path)
	require.NoError(t, err)
	defer a.Close()
	all := a.buf.Bytes()
	first := uintptr(unsafe.Pointer(&all[0]))
	for n, name := range a.Names() {
		x, err := a.Tensor(name)
		require.NoError(t, err)
		require.Equal(t, counting(t, dtype.F64, n).Bytes(), x.Bytes())
		if n > 0 {
			at := uintptr(unsafe.Pointer(&x.Bytes()[0])) - first
			require.Less(t, at, uintptr(len(all)), name)
			require.Zero(t, at%align, name)
		}
	}
}

// TestAlignedAfterLarge counts on the sizes that archive/zip writes after a member
// of 4 GiB.
func TestAlignedAfterLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 4 GiB to nowhere")
	}
	if bits.UintSize < 64 {
		t.Skip("no array has 4 GiB here")
	}
	large := 32            // a variable, since an int of 32 bits cannot hold the constant
	size := 1<<large - 129 // 128 bytes of header make it the first that does not fit
	tail := &tail{}
	a := NewArchiveWriter(tail, ArchiveOptions{})
	zeros := make([]byte, 1<<20)
	require.NoError(t, a.Add(TensorData{Name: "large", Type: dtype.U8, Shape: []int{size}, Stream: func(w io.Writer) error {
		for left := size; left > 0; left -= len(zeros) {
			if _, err := w.Write(zeros[:min(left, len(zeros))]); err != nil {
				return err
			}
		}
		return nil
	}}))
	require.NoError(t, a.AddTensor("small", counting(t, dtype.F64, 3)))
	require.NoError(t, a.Close())
	at := bytes.LastIndex(tail.b, []byte(magic))
	require.NotEqual(t, -1, at)
	require.Zero(t, (tail.n-int64(len(tail.b)-at))%align)
}

// A tail keeps the end of what is written.
type tail struct {
	b []byte
	n int64
}

func (t *tail) Write(p []byte) (int, error) {
	t.n += int64(len(p))
	t.b = append(t.b, p[max(0, len(p)-4096):]...)
	t.b = t.b[max(0, len(t.b)-4096):]
	return len(p), nil
}

func TestArchiveWriterFaults(t *testing.T) {
	var b bytes.Buffer
	a := NewArchiveWriter(&b, ArchiveOptions{})
	one := TensorData{Name: "x", Type: dtype.U8, Shape: []int{1}, Data: []byte{1}}
	require.NoError(t, a.Add(one))
	require.EqualError(t, a.Add(one), `npy: array "x" is given twice`)
	for _, name := range []string{"", "\xff", "a\x00b", strings.Repeat("n", 1<<16-4)} {
		bad := one
		bad.Name = name
		require.ErrorContains(t, a.Add(bad), "want UTF-8 without a zero, not empty, at most 65531 bytes")
	}
	require.ErrorContains(t, a.Add(TensorData{Name: "y", Type: dtype.BF16}), "has 0 bytes of data")
	// None of these left anything behind.
	require.NoError(t, a.AddTensor("y", counting(t, dtype.F32, 2)))
	require.NoError(t, a.Close())
	require.EqualError(t, a.Close(), "npy: the archive is closed")
	require.EqualError(t, a.Add(one), "npy: the archive is closed")
	r, err := ParseArchive(memory.Wrap(b.Bytes()), "m")
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, r.Names())

	a = NewArchiveWriter(io.Discard, ArchiveOptions{Deflate: true})
	broken := errors.New("broken")
	require.ErrorIs(t, a.Add(TensorData{Name: "x", Type: dtype.U8, Stream: func(io.Writer) error { return broken }}), broken)
	require.ErrorIs(t, a.AddTensor("y", counting(t, dtype.F32, 2)), broken)
	require.ErrorIs(t, a.Close(), broken)

	path := filepath.Join(t.TempDir(), "a.npz")
	require.ErrorIs(t, WriteArchiveFile(path, ArchiveOptions{}, func(*ArchiveWriter) error { return broken }), broken)
	_, err = os.Stat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestArchiveFails breaks off at every call of the underlying writer.
func TestArchiveFails(t *testing.T) {
	for n := 0; ; n++ {
		a := NewArchiveWriter(&failing{left: n}, ArchiveOptions{})
		if errors.Join(a.AddTensor("x", counting(t, dtype.F32, 2)), a.AddTensor("y", counting(t, dtype.F32, 2)), a.Close()) == nil {
			require.Greater(t, n, 1)
			return
		}
	}
}

// archiveOf makes an archive of members as they are given.
func archiveOf(t testing.TB, members ...*zip.FileHeader) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, h := range members {
		raw := []byte(h.Comment)
		h.Comment = ""
		w, err := z.CreateRaw(h)
		require.NoError(t, err)
		_, err = w.Write(raw)
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

// TestCorruptArchive holds what the reader says about archives that lie. Comments
// are the bytes of the members.
func TestCorruptArchive(t *testing.T) {
	const again = ": the file is damaged, write or download it again"
	var one bytes.Buffer
	require.NoError(t, WriteTensor(&one, counting(t, dtype.U8, 4), Options{}))
	npy := one.String()
	size := uint64(len(npy))
	x := func(h zip.FileHeader) []byte {
		h.Name = "x.npy"
		return archiveOf(t, &h)
	}
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, `it is no .npz archive, or is truncated: zip: not a valid zip file`},
		{"npy", []byte(npy), `it is a .npy file, not an archive of them: open it with Open`},
		{"cut", sample(t, ArchiveOptions{})[:700], `it is no .npz archive, or is truncated: zip: not a valid zip file`},
		{"twice", archiveOf(t, &zip.FileHeader{Name: "x.npy"}, &zip.FileHeader{Name: "x.npy"}), `it has the array "x" twice` + again},
		{"no x", archiveOf(t, &zip.FileHeader{Name: "x"}), `has no array "x"`},
		{"encrypted", x(zip.FileHeader{Flags: 1}), `array "x" is encrypted, which is not supported: save it without a password`},
		{"method", x(zip.FileHeader{Method: 14}), `array "x" is compressed by method 14, and 0 (stored) and 8 (deflated) are supported: save it with np.savez or np.savez_compressed`},
		{"large", x(zip.FileHeader{CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40}), `array "x" takes 1099511627776 bytes, and the archive has 136: it is truncated, write or download it again`},
		{"stored", x(zip.FileHeader{CompressedSize64: size, UncompressedSize64: size + 1, Comment: npy}), `array "x" is to have 133 bytes, and takes 132 in the archive` + again},
		{"bomb", x(zip.FileHeader{Method: zip.Deflate, CompressedSize64: 9, UncompressedSize64: 10 * 1032, Comment: "123456789"}), `array "x" is to have 10320 bytes, and takes 9 in the archive` + again},
		{"no header", x(zip.FileHeader{CompressedSize64: 3, UncompressedSize64: 3, Comment: "\x93NU"}), `array "x": it ends after 3 of 8 bytes of the beginning: it is truncated, write or download it again`},
		{"more", x(zip.FileHeader{CompressedSize64: size + 1, UncompressedSize64: size + 1, Comment: npy + "\x00"}), `array "x": it has 133 bytes, and its header describes 128 + 4` + again},
		{"deflate", x(zip.FileHeader{Method: zip.Deflate, CompressedSize64: 2, UncompressedSize64: 20, Comment: "\xff\xff"}), `array "x": flate: corrupt input before offset 1` + again},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := ParseArchive(memory.Wrap(tt.file), "m")
			if err == nil {
				_, err = a.Tensor("x")
				require.Error(t, err)
				_, readErr := a.Read("x", memory.Heap())
				require.EqualError(t, readErr, err.Error())
				_, infoErr := a.Info("x")
				require.EqualError(t, infoErr, err.Error())
			}
			require.EqualError(t, err, "npy: m: "+tt.want)
		})
	}
}

// TestChecksum changes an element: a copy notices, a view only when it is asked to.
func TestChecksum(t *testing.T) {
	file := sample(t, ArchiveOptions{})
	at := bytes.LastIndex(file, counting(t, dtype.I64, 7).Bytes())
	file[at] ^= 1
	a, err := ParseArchive(memory.Wrap(file), "m")
	require.NoError(t, err)
	const want = `npy: m: array "layer/ä": zip: checksum error: the file is damaged, write or download it again`
	_, err = a.Tensor("layer/ä")
	require.NoError(t, err)
	require.EqualError(t, a.Verify("layer/ä"), want)
	alloc := memory.NewChecked(memory.Heap())
	_, err = a.Read("layer/ä", alloc)
	require.EqualError(t, err, want)
	require.Empty(t, alloc.Leaks())
}
