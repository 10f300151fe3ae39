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

// TestStreamMemory measures what Stream allocates for tensors of different sizes: its
// buffers and little else, whatever goes through.
func TestStreamMemory(t *testing.T) {
	for _, chunk := range []int{4 << 10, 64 << 10, 1 << 20} {
		for _, size := range []int64{4 << 20, 64 << 20} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := Stream(io.Discard, zeros(size), dtype.BF16, dtype.F64, Options{Chunk: chunk})
			runtime.ReadMemStats(&after)
			require.NoError(t, err)
			require.Equal(t, size, r.Read)
			require.Equal(t, size/4, r.Written)
			require.LessOrEqual(t, r.Buffers, int64(chunk))
			require.Greater(t, r.Buffers, int64(chunk)*9/10)
			extra := int64(after.TotalAlloc - before.TotalAlloc)
			// Everything ever allocated, so that no peak is missed: the buffers, values between
			// conversions, and a job for each chunk, which the collector takes back.
			perChunk := 256 * (size/r.Buffers + 2)
			require.LessOrEqual(t, extra, int64(chunk)+64<<10+perChunk, "%d bytes by %d", size, chunk)
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
