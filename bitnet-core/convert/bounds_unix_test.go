//go:build unix

package convert

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// atEnd returns size bytes that end where an inaccessible page begins.
func atEnd(t *testing.T, size int) []byte {
	page := os.Getpagesize()
	whole := (size + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, whole+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Munmap(all)) })
	require.NoError(t, unix.Mprotect(all[whole:], unix.PROT_NONE))
	return all[whole-size : whole : whole]
}

// TestBounds puts operands where reading or writing one byte past them faults.
func TestBounds(t *testing.T) {
	const most = 8 * 512
	a, b, s := atEnd(t, most), atEnd(t, most), atEnd(t, 4)
	rng := rand.New(rand.NewPCG(1, 2))
	withVariants(t, func(t *testing.T) {
		types := append([]dtype.DType{dtype.I4, dtype.U4, dtype.TQ1_0, dtype.TQ2_0}, plain...)
		for _, from := range types {
			for _, to := range types {
				for _, n := range []int{0, 1, 15, 16, 31, 64, 65, 127, 256, 512} {
					in, ok := from.Size(int64(n))
					out, ok2 := to.Size(int64(n))
					if !ok || !ok2 {
						continue
					}
					src, dst := a[most-in:], b[most-out:]
					if from.Plain() {
						copy(src, samples(rng, from, n))
					}
					_, err := Convert(dst, src, to, from, Options{})
					require.NoError(t, err)
				}
			}
		}
		for n := 1; n < 200; n++ {
			x := numbers[float32](a[most-4*n:])
			copy(x, randomFloats(rng, n))
			scales := numbers[float32](s)
			QuantizeI8(numbers[int8](b[most-n:]), scales, x)
			DequantizeI8(x, numbers[int8](b[most-n:]), scales)
			QuantizeU8(b[most-n:], scales, x)
			DequantizeU8(x, b[most-n:], scales)
			QuantizeI4(b[most-I4Bytes(n):], scales, x)
			DequantizeI4(x, b[most-I4Bytes(n):], scales)
			QuantizeU4(b[most-I4Bytes(n):], scales, x)
			DequantizeU4(x, b[most-I4Bytes(n):], scales)
		}
	})
}
