package convert

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// zeros is a reader of n zero bytes.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

// A meter is a writer that keeps the most memory that was in use at a write.
type meter struct {
	writes int
	most   uint64
}

func (m *meter) Write(b []byte) (int, error) {
	if m.writes++; m.writes%16 == 0 {
		m.most = max(m.most, inUse())
	}
	return len(b), nil
}

// inUse returns the bytes on the heap that somebody still needs.
func inUse() uint64 {
	runtime.GC() // two, for what the first moves out of a sync.Pool
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// TestStreamMemory measures the peak of the memory that Stream holds, for tensors of
// different sizes: its buffers and little else, whatever goes through.
func TestStreamMemory(t *testing.T) {
	for _, p := range [][2]dtype.DType{
		{dtype.BF16, dtype.F32}, // directly
		{dtype.BF16, dtype.F64}, // through F32
		{dtype.I4, dtype.F64},   // through F32 and I8
	} {
		to, from := p[0], p[1]
		for _, chunk := range []int{16 << 10, 256 << 10, 1 << 20} {
			for _, chunks := range []int{20, 60} {
				var m meter
				size := int64(chunks * chunk)
				before := inUse()
				r, err := Stream(&m, zeros(size), to, from, Options{Chunk: chunk})
				require.NoError(t, err)
				require.Equal(t, size, r.Read)
				written, _ := to.Size(size / int64(width(from)))
				require.Equal(t, written, r.Written)
				require.LessOrEqual(t, r.Buffers, int64(chunk))
				require.Greater(t, r.Buffers, int64(chunk)*9/10)
				require.GreaterOrEqual(t, m.writes, 16)
				peak := int64(m.most) - int64(before)
				require.InDelta(t, r.Buffers, peak, 32<<10, "%d bytes of %v to %v by %d", size, from, to, chunk)
			}
		}
	}
}

func TestStreamErrors(t *testing.T) {
	broken := errors.New("broken")
	ten := []byte{0, 0, 0, 1, 0, 2, 0, 3, 0, 4}
	var out bytes.Buffer
	r, err := Stream(&out, bytes.NewReader(ten), dtype.I8, dtype.I32, Options{Chunk: 1})
	require.EqualError(t, err, "convert: 10 bytes of I32 end in the middle of what makes 1 bytes of I8: unexpected EOF")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, 2, out.Len(), "whole elements before are written")
	require.EqualValues(t, 2, r.Written)
	require.EqualValues(t, 5, r.Buffers, "at least one element")

	r, err = Stream(&out, io.MultiReader(bytes.NewReader(ten[:6]), iotest.ErrReader(broken)), dtype.I8, dtype.I16, Options{Chunk: 6})
	require.EqualError(t, err, "convert: reading I16 at byte 6: broken")
	require.ErrorIs(t, err, broken)
	require.EqualValues(t, 4, r.Read)

	// gzip and net/http say so of a source that has been cut short.
	short := io.MultiReader(bytes.NewReader(ten[:6]), iotest.ErrReader(io.ErrUnexpectedEOF))
	_, err = Stream(&out, short, dtype.I8, dtype.I16, Options{})
	require.EqualError(t, err, "convert: reading I16 at byte 6: unexpected EOF")
	r, err = Stream(&out, iotest.DataErrReader(bytes.NewReader(ten)), dtype.I8, dtype.I16, Options{})
	require.NoError(t, err, "the end comes with the last bytes")
	require.EqualValues(t, 10, r.Read)

	_, err = Stream(iotest.TruncateWriter(&out, 0), bytes.NewReader(ten), dtype.I8, dtype.I16, Options{})
	require.NoError(t, err, "this writer lies")
	_, err = Stream(failing{broken}, bytes.NewReader(ten), dtype.I8, dtype.I16, Options{})
	require.EqualError(t, err, "convert: writing I8 at byte 1: broken")
	_, err = Stream(failing{}, bytes.NewReader(ten), dtype.I8, dtype.I16, Options{})
	require.ErrorIs(t, err, io.ErrShortWrite)

	_, err = Stream(&out, zeros(300), dtype.TQ2_0, dtype.U8, Options{})
	require.EqualError(t, err, "convert: 300 bytes of U8 end in the middle of what makes 66 bytes of TQ2_0: unexpected EOF")
	r, err = Stream(&out, zeros(0), dtype.TQ2_0, dtype.F32, Options{})
	require.NoError(t, err)
	require.Zero(t, r.Elements)
}

// failing writes one byte and fails.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 1, f.err }
