package convert

import (
	"encoding/binary"
	"math"
	"math/big"
	"math/rand/v2"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// The trivial reference: one value at a time, in exact arithmetic.

var plain = []dtype.DType{
	dtype.F64, dtype.F32, dtype.F16, dtype.BF16, dtype.I64, dtype.I32, dtype.I16, dtype.I8,
	dtype.U64, dtype.U32, dtype.U16, dtype.U8, dtype.Bool,
}

func width(d dtype.DType) int {
	_, n := d.Block()
	return n
}

// An exact is a value of any plain type.
type exact struct {
	nan bool
	big *big.Float // infinities and zeros with their sign
}

func isFloat(d dtype.DType) bool {
	return d == dtype.F64 || d == dtype.F32 || d == dtype.F16 || d == dtype.BF16
}

func signed(d dtype.DType) bool {
	return d == dtype.I64 || d == dtype.I32 || d == dtype.I16 || d == dtype.I8
}

// bits reads an element.
func bits(b []byte, d dtype.DType) uint64 {
	var all [8]byte
	copy(all[:], b[:width(d)])
	return binary.LittleEndian.Uint64(all[:])
}

func floatOf(bits uint64, d dtype.DType) float64 {
	switch d {
	case dtype.F64:
		return math.Float64frombits(bits)
	case dtype.F32:
		return float64(math.Float32frombits(uint32(bits)))
	case dtype.F16:
		return float64(dtype.F16ToF32(uint16(bits)))
	default:
		return float64(dtype.BF16ToF32(uint16(bits)))
	}
}

func decode(bits uint64, d dtype.DType) exact {
	x := new(big.Float).SetPrec(200)
	switch {
	case isFloat(d):
		f := floatOf(bits, d)
		if f != f {
			return exact{nan: true}
		}
		return exact{big: x.SetFloat64(f)}
	case signed(d):
		shift := 64 - 8*width(d)
		return exact{big: x.SetInt64(int64(bits<<shift) >> shift)}
	case d == dtype.Bool && bits != 0:
		bits = 1
	}
	return exact{big: x.SetUint64(bits)}
}

// encode returns the element of type d nearest to v, saturated if d is an integer.
func (v exact) encode(d dtype.DType) uint64 {
	switch {
	case d == dtype.Bool && (v.nan || v.big.Sign() != 0):
		return 1
	case d == dtype.Bool:
		return 0
	case v.nan && isFloat(d):
		return map[dtype.DType]uint64{dtype.F64: 0x7ff8 << 48, dtype.F32: 0x7fc00000, dtype.F16: 0x7e00, dtype.BF16: 0x7fc0}[d]
	case v.nan:
		return 0
	case d == dtype.F64:
		f, _ := v.big.Float64()
		return math.Float64bits(f)
	case d == dtype.F32:
		f, _ := v.big.Float32()
		return uint64(math.Float32bits(f))
	case d == dtype.F16:
		return v.nearest16(d, 0x7c00, 16)
	case d == dtype.BF16:
		return v.nearest16(d, 0x7f80, 128)
	}
	w := uint(8 * width(d))
	lo, hi := new(big.Int), new(big.Int).Lsh(big.NewInt(1), w)
	if signed(d) {
		hi.Rsh(hi, 1)
		lo.Neg(hi)
	}
	hi.Sub(hi, big.NewInt(1))
	n := lo
	if v.big.IsInf() {
		if v.big.Sign() > 0 {
			n = hi
		}
	} else {
		n = v.integer()
	}
	if n.Cmp(lo) < 0 {
		n = lo
	}
	if n.Cmp(hi) > 0 {
		n = hi
	}
	return new(big.Int).And(n, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), w), big.NewInt(1))).Uint64()
}

// integer rounds to nearest even.
func (v exact) integer() *big.Int {
	n, _ := v.big.Int(nil)
	rest := new(big.Float).Sub(v.big, new(big.Float).SetPrec(2000).SetInt(n))
	c := rest.Abs(rest).Cmp(big.NewFloat(0.5))
	if c > 0 || c == 0 && n.Bit(0) == 1 {
		n.Add(n, big.NewInt(int64(v.big.Sign())))
	}
	return n
}

// nearest16 looks for the nearest of all magnitudes. Infinity counts as the power of
// two that would come next.
func (v exact) nearest16(d dtype.DType, infinity uint64, power int) uint64 {
	at := func(code uint64) *big.Float {
		if code == infinity {
			return new(big.Float).SetMantExp(big.NewFloat(1), power)
		}
		return big.NewFloat(floatOf(code, d))
	}
	x := new(big.Float).Abs(v.big)
	code := uint64(sort.Search(int(infinity), func(c int) bool { return at(uint64(c)).Cmp(x) >= 0 }))
	if code > 0 {
		below, above := new(big.Float).Sub(x, at(code-1)), new(big.Float).SetPrec(200).Sub(at(code), x)
		if x.IsInf() {
			return sign16(v) | infinity
		}
		if c := below.Cmp(above); c < 0 || c == 0 && code%2 == 1 {
			code--
		}
	}
	return sign16(v) | code
}

func sign16(v exact) uint64 {
	if v.big.Signbit() {
		return 0x8000
	}
	return 0
}

// requireValues compares got, elements of type to, with the reference's for src.
func requireValues(t require.TestingT, got, src []byte, to, from dtype.DType) {
	for i := range len(src) / width(from) {
		g, s := bits(got[i*width(to):], to), bits(src[i*width(from):], from)
		v := decode(s, from)
		if v.nan && isFloat(to) {
			require.True(t, decode(g, to).nan, "%v %#x to %v: %#x", from, s, to, g)
			continue
		}
		if w := v.encode(to); w != g {
			require.Failf(t, "wrong value", "%v %#x to %v: %#x, want %#x", from, s, to, g, w)
		}
	}
}

// edges are float64 values at and beside the borders of types and of rounding.
func edges() []float64 {
	var all []float64
	for _, v := range []float64{
		0, 0.5, 1.5, 2.5, 126.5, 127, 127.5, 128, 128.5, 254.5, 255.5, 256, 32767.5, 32768.5, 65504, 65519, 65520, 65535.5, 65536,
		1 + 0x1p-11, 1 + 0x1p-8, 1 + 3*0x1p-11, 1 + 3*0x1p-8, 0x1p-14, 0x1p-24, 0x1p-25, 3 * 0x1p-25, 0x1p-126, 0x1p-133, 0x1p-134, 0x1p-149, 0x1p-150,
		0x1p24, 0x1p31 - 0.5, 0x1p31, 0x1p32 - 0.5, 0x1p32, 0x1p53, 0x1p63, 0x1p64, math.MaxFloat32, 0x1.fffffefp127, 0x1.fep127, 0x1.ffp127,
		math.MaxFloat64, math.Inf(1), math.NaN(), math.SmallestNonzeroFloat64,
	} {
		for _, e := range []float64{v, v * (1 + 0x1p-20), v * (1 - 0x1p-20), math.Nextafter(v, math.Inf(1)), math.Nextafter(v, 0)} {
			all = append(all, e, -e)
		}
	}
	return all
}

// samples returns n elements of type d: edges, values of moderate size, and any bits.
func samples(rng *rand.Rand, d dtype.DType, n int) []byte {
	list := edges()
	var b []byte
	for range n {
		var v uint64
		switch f := list[rng.IntN(len(list))]; {
		case rng.IntN(4) == 0:
			v = rng.Uint64()
		case !isFloat(d) && rng.IntN(2) == 0:
			v = uint64(int64(rng.IntN(9)-4)) + 1<<rng.IntN(65) // next to powers of two
		case rng.IntN(4) == 0:
			v = anyBits(rng.NormFloat64()*300, d)
		default:
			v = anyBits(f, d)
		}
		b = append(b, binary.LittleEndian.AppendUint64(nil, v)[:width(d)]...)
	}
	return b
}

// anyBits brings f into type d somehow.
func anyBits(f float64, d dtype.DType) uint64 {
	switch d {
	case dtype.F64:
		return math.Float64bits(f)
	case dtype.F32:
		return uint64(math.Float32bits(float32(f)))
	case dtype.F16:
		return uint64(dtype.F32ToF16(float32(f)))
	case dtype.BF16:
		return uint64(dtype.F32ToBF16(float32(f)))
	}
	return uint64(int64(max(min(f, 1<<62), -1<<62)))
}

// withVariants runs body with every set of kernels that this CPU has.
func withVariants(t *testing.T, body func(t *testing.T)) {
	was := kernels
	defer func() { kernels = was }()
	seen := map[string]bool{}
	for _, level := range levels() {
		kernels = choose(level)
		if !seen[kernels.name] {
			seen[kernels.name] = true
			t.Run("kernel="+kernels.name, body)
		}
	}
}
