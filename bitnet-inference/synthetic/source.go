package synthetic

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// A source is the random bytes of one chunk.
type source struct {
	random *rand.ChaCha8
	buf    [4096]byte
}

func newSource(seed uint64, tensor, chunk int) *source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], uint64(tensor))
	binary.LittleEndian.PutUint64(key[16:], uint64(chunk))
	binary.LittleEndian.PutUint64(key[24:], version)
	return &source{random: rand.NewChaCha8(key)}
}

// next returns a part of n random bytes that the source's buffer holds.
func (s *source) next(n int) []byte {
	b := s.buf[:min(n, len(s.buf))]
	_, _ = s.random.Read(b) // never fails
	return b
}

// uniform is the number of byte values that stand for four weights: 3·81.
const uniform = 243

// fourCodes maps a random byte below uniform to four codes 0, 1, 2, two bits each.
var fourCodes = func() (t [256]byte) {
	for b := range t {
		v := b % 81
		t[b] = byte(v%3 | v/3%3<<2 | v/9%3<<4 | v/27<<6)
	}
	return t
}()

// reversed maps four codes to the same ones in reversed order.
var reversed = func() (t [256]byte) {
	for b := range t {
		t[b] = byte(b>>6 | b>>2&0x0c | b<<2&0x30 | b<<6&0xc0)
	}
	return t
}()

// codes appends the codes of n weights, a multiple of 128, in the order of I2_S.
func (s *source) codes(dst []byte, n int) []byte {
	at := len(dst)
	end := at + n/4
	dst = slices.Grow(dst, n/4)[:end]
	for at < end {
		for _, b := range s.next(end - at) {
			dst[at] = fourCodes[b]
			if b < uniform {
				at++
			}
		}
	}
	return dst
}

// tq2 appends n weights, a multiple of 256, as blocks of TQ2_0 with scale d: the
// same weights that codes draws. I2_S has the first weight of a byte in its
// highest bits, TQ2_0 in its lowest.
func (s *source) tq2(dst []byte, n int, d uint16) []byte {
	dst = slices.Grow(dst, n/blockValues*(blockCodes+2))
	codes := s.codes(nil, n)
	for ; len(codes) > 0; codes = codes[blockCodes:] {
		for _, c := range codes[:blockCodes] {
			dst = append(dst, reversed[c])
		}
		dst = binary.LittleEndian.AppendUint16(dst, d)
	}
	return dst
}

// deviation is that of embeddings.
const deviation = 0.02

// quantiles holds the float16 normal value of every 16 random bits.
var quantiles = sync.OnceValue(func() *[1 << 16]uint16 {
	t := new([1 << 16]uint16)
	for i := range t {
		p := (float64(i) + 0.5) / (1 << 16)
		t[i] = dtype.F32ToF16(float32(deviation * math.Sqrt2 * math.Erfinv(2*p-1)))
	}
	return t
})

// normals appends n normal values in F16.
func (s *source) normals(dst []byte, n int) []byte {
	table := quantiles()
	dst = slices.Grow(dst, 2*n)
	for left := 2 * n; left > 0; {
		b := s.next(left)
		left -= len(b)
		for ; len(b) > 0; b = b[2:] {
			dst = binary.LittleEndian.AppendUint16(dst, table[binary.LittleEndian.Uint16(b)])
		}
	}
	return dst
}

// gains appends n values from 0.9 up to 1.1 in F32.
func (s *source) gains(dst []byte, n int) []byte {
	for range n {
		g := 0.9 + 0.2*float64(s.random.Uint64()>>11)/(1<<53)
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(g)))
	}
	return dst
}
