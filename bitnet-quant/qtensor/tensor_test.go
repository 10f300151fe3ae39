package qtensor

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-quant/int8act"
	"github.com/bitnet-go/bitnet/bitnet-quant/ternary"
	"github.com/stretchr/testify/require"
)

var layouts = []Layout{HF, I2S, TQ1, TQ2, Plain, Q2, IQ2, IQ1, IQ2R4, I2SARM}

// randomCodes fills a matrix with weights, some of its blocks with zeros.
func randomCodes(rng *rand.Rand, n int) []int8 {
	codes := make([]int8, n)
	for k := range codes {
		if k/tqBlock%5 != 3 {
			codes[k] = int8(rng.IntN(3)) - 1
		}
	}
	return codes
}

// TestRoundTrip packs, parses and repacks shapes that each layout allows, and
// compares with the weights that went in.
func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, l := range layouts {
		for _, s := range []struct{ rows, cols int }{
			{1, 256},
			{2, 512},
			{3, 1024},
			{5, 768},
			{17, 2560},
			{1, 128},
			{2, 320}, // I2_S groups straddle rows from here on
			{4, 8640},
			{3, 384},
			{128, 1},
			{8, 576},
			{3, 64},
			{64, 2},
			{7, 640},
			{1, 1}, // only HF and Plain can hold these
			{6, 7},
			{9, 300},
		} {
			name := fmt.Sprintf("%v %d×%d", l, s.rows, s.cols)
			size, err := l.Size(s.rows, s.cols)
			codes := randomCodes(rng, s.rows*s.cols)
			data, packErr := Pack(l, codes, s.rows, s.cols, 0.5)
			if err != nil {
				require.Equal(t, err, packErr, name)
				continue
			}
			require.NoError(t, packErr, name)
			require.Len(t, data, size, name)
			was := bytes.Clone(data)
			tensor, err := Parse(l, data, s.rows, s.cols)
			require.NoError(t, err, name)
			switch l {
			case HF, Plain:
				require.Nil(t, tensor.Scale)
			default:
				require.Equal(t, []float32{0.5}, tensor.Scale, name)
			}

			got := make([]int8, s.cols)
			const above = 2
			m := ternary.New(s.rows+above+1, s.cols)
			for i := range m.Data {
				m.Data[i] = 0xff
			}
			mid := s.rows / 2
			tensor.PackInto(&m, above, mid, s.rows)
			tensor.PackInto(&m, above, 0, mid)
			stride := ternary.Stride(s.cols)
			require.Equal(t, bytes.Repeat([]byte{0xff}, above*stride), m.Data[:above*stride], name)
			require.Equal(t, bytes.Repeat([]byte{0xff}, stride), m.Data[(above+s.rows)*stride:], name)
			for r := range s.rows {
				want := codes[r*s.cols : (r+1)*s.cols]
				tensor.Codes(got, r)
				require.Equal(t, want, got, "%s: Codes of row %d", name, r)
				m.Row(got, above+r)
				require.Equal(t, want, got, "%s: PackInto of row %d", name, r)
			}

			values := make([]float32, len(codes))
			require.NoError(t, Dequantize(values, l, data, s.rows, s.cols))
			scale := float32(0.5)
			if tensor.Scale == nil {
				scale = 1
			}
			for k, v := range values {
				if v != scale*float32(codes[k]) {
					t.Fatalf("%s: weight %d is %v", name, k, v)
				}
			}
			require.Equal(t, was, data, "%s: data written", name)
		}
	}
}

// TestLayouts states where single weights lie, apart from the code under test.
func TestLayouts(t *testing.T) {
	for _, tt := range []struct {
		l          Layout
		rows, cols int
		k          int // the one weight that is +1; all others are 0
		at         int
		want       byte
	}{
		{HF, 8, 2, 0, 0, 0b01010110},
		{HF, 8, 2, 2*2 + 1, 1, 0b01011001}, // row 2 = 1·R+0
		{HF, 8, 2, 7*2 + 1, 3, 0b10010101}, // row 7 = 3·R+1
		{HF, 5, 1, 4, 0, 0b00100101},       // R = 2: row 4 = 2·R+0, no row 6
		{I2S, 1, 256, 0, 0, 0b10010101},
		{I2S, 1, 256, 33, 1, 0b01100101},
		{I2S, 1, 256, 128 + 127, 63, 0b01010110},
		{TQ2, 1, 256, 0, 0, 0b01010110},
		{TQ2, 1, 256, 33, 1, 0b01011001},
		{TQ2, 1, 256, 128 + 127, 63, 0b10010101},
		{TQ1, 1, 256, 3, 3, (2*81+27+9+3+1)*256/243 + 1},
		{TQ1, 1, 256, 128 + 31, 31, (81+27+9+3+2)*256/243 + 1},
		{TQ1, 1, 256, 160 + 15 + 16, 47, (81+2*27+9+3+1)*256/243 + 1},
		{TQ1, 1, 256, 255, 51, (81+27+9+2*3)*256/243 + 1},
		{Plain, 2, 3, 4, 4, 1},
		{Q2, 1, 128, 64 + 5, 18 + 2 + 1, 0b01011001},
		{IQ2, 2, 64, 64 + 17, 20 + 4 + 1, 0b01011001},
		{IQ2R4, 4, 64, 2*64 + 16 + 9, 16 + 16 + 8 + 1, 0b01100101},
		{IQ1, 1, 128, 64 + 16 + 7, 2 + 13 + 3 + 1, (81+27+2*9+3+1)*256/243 + 1},
		{IQ1, 1, 128, 64 + 47, 2 + 13 + 12, (2*9+3+1+27)*256/243 + 1},
		{I2SARM, 2, 64, 64 + 17, 16 + 1, 0b01100101},
	} {
		codes := make([]int8, tt.rows*tt.cols)
		codes[tt.k] = 1
		data, err := Pack(tt.l, codes, tt.rows, tt.cols, 1)
		require.NoError(t, err)
		require.Equal(t, tt.want, data[tt.at], "%v weight %d: %08b", tt.l, tt.k, data[tt.at])
	}
}

// TestTQ1AllBytes compares the two decoders for every byte value, also the ones
// that no writer makes.
// TestView: a tensor that kernels take as it lies in the file has the weights of one
// that was repacked, and its products.
func TestView(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	const rows, cols, tokens = 21, 1280, 5
	codes := randomCodes(rng, rows*cols)
	x := make([]float32, cols)
	for _, l := range []Layout{HF, I2S, TQ1, TQ2, Plain, Q2} {
		data, err := Pack(l, codes, rows, cols, 1)
		require.NoError(t, err)
		for _, shift := range []int{0, 1, 32} { // files align tensors to 32 bytes
			tensor, err := Parse(l, append(make([]byte, shift), data...)[shift:], rows, cols)
			require.NoError(t, err)
			view, ok := tensor.View()
			require.Equal(t, l == I2S, ok, l)
			if !ok {
				continue
			}
			packed := ternary.New(rows, cols)
			tensor.PackInto(&packed, 0, 0, rows)
			natural, ordered := int8act.Rows{}, int8act.Rows{Order: view.Order}
			natural.Resize(tokens, cols)
			ordered.Resize(tokens, cols)
			for i := range tokens {
				for c := range x {
					x[c] = float32(rng.NormFloat64())
				}
				natural.QuantizeRow(i, x)
				ordered.QuantizeRow(i, x)
			}
			want, got := make([]int32, tokens*rows), make([]int32, tokens*rows)
			packed.Mul(want, rows, &natural, 0, rows)
			view.Mul(got, rows, &ordered, 0, rows)
			require.Equal(t, want, got)
			row := make([]int8, cols)
			for r := range rows {
				view.Row(row, r)
				require.Equal(t, codes[r*cols:(r+1)*cols], row)
			}
			require.PanicsWithValue(t, "ternary: SetRow order", func() { view.SetRow(0, row) })
			require.PanicsWithValue(t, "ternary: SetCodes order", func() { view.SetCodes(0, make([]byte, cols), 0) })
		}
	}
	odd, err := Pack(I2S, codes[:rows*128], rows, 128, 1)
	require.NoError(t, err)
	tensor, err := Parse(I2S, odd, rows, 128)
	require.NoError(t, err)
	_, ok := tensor.View()
	require.False(t, ok, "rows are no whole blocks")
}

func TestTQ1AllBytes(t *testing.T) {
	for v := range 256 {
		var b [tq1Bytes]byte
		for i := range b {
			b[i] = byte(v + i)
		}
		binary.LittleEndian.PutUint16(b[52:], 0x3c00)
		var got [tqBlock]byte
		tq1Decode(&got, b[:])
		for i, c := range got {
			require.Equal(t, tq1Code(b[:], i), c, "weight %d", i)
			require.Less(t, c, byte(3))
		}
	}
}

func TestParseErrors(t *testing.T) {
	good := func(l Layout, rows, cols int) []byte {
		data, err := Pack(l, make([]int8, rows*cols), rows, cols, 1)
		require.NoError(t, err)
		return data
	}
	with := func(data []byte, at int, v ...byte) []byte {
		copy(data[at:], v)
		return data
	}
	inf16 := []byte{0x00, 0x7c}
	for _, tt := range []struct {
		l          Layout
		data       []byte
		rows, cols int
		want       string
	}{
		{HF, good(HF, 5, 3)[1:], 5, 3, "qtensor: 5 bytes of packed uint8 data, a 5×3 tensor takes 6: the file is truncated or its shape or type is wrong"},
		{I2S, nil, 4, 256, "0 bytes of I2_S data, a 4×256 tensor takes 288"},
		{I2S, nil, 3, 100, "multiples of 128 weights"},
		{TQ1, nil, 2, 300, "rows of multiples of 256 weights, 300 is none"},
		{TQ2, nil, 0, 256, "has no weights"},
		{Plain, nil, 1, -1, "has no weights"},
		{Plain, nil, 1, ternary.MaxCols + 1, "longer than the supported"},
		{Plain, nil, math.MaxInt, 1 << 20, "too large"},
		{Layout(99), nil, 1, 256, "unknown layout Layout(99)"},
		{IQ2R4, nil, 6, 256, "multiples of 4 rows, 6 is none"},
		{Q2, nil, 2, 96, "multiples of 64 weights, 96 is none"},
		{Q2, with(good(Q2, 2, 128), 3*18+1, 0x3c, 0b01011101), 2, 128, "Q2_0 weight at row 1, column 65 is 2 times the scale, not -1, 0 or +1: the matrix is not ternary"},
		{IQ2, with(with(good(IQ2, 2, 64), 20, 0, 0, 0x80, 0x3f), 24+15, 0b11010101), 2, 64, "IQ2_BN weight at row 1, column 63 is not"},
		{IQ2R4, with(with(good(IQ2R4, 4, 64), 0, bytes.Repeat([]byte{0, 0, 0x80, 0x3f}, 4)...), 16+16+8+1, 0b01110101), 4, 64, "IQ2_BN_R4 weight at row 2, column 25 is not"},
		{I2SARM, with(good(I2SARM, 2, 64), 16+3, 0b01011101), 2, 64, "weight at row 1, column 35 is not"},
		{IQ1, with(good(IQ1, 2, 64), 15, inf16...), 2, 64, "IQ1_BN scale of row 1, columns 0 to 63 is +Inf"},
		{IQ2, with(good(IQ2, 2, 64), 22, 0xc0, 0x7f), 2, 64, "IQ2_BN scale of row 1, columns 0 to 63 is NaN"},
		{HF, with(good(HF, 8, 2), 3, 0b01110101), 8, 2, "weight at row 5, column 1 is not -1, 0 or +1"},
		{HF, with(good(HF, 5, 3), 2, 0b00110101), 5, 3, "weight at row 4, column 2 is not -1, 0 or +1"},
		{I2S, with(good(I2S, 2, 256), 33, 0b01011101), 2, 256, "weight at row 0, column 193 is not"},
		{TQ2, with(good(TQ2, 2, 256), 66+63, 0b11010101, 0, 0x3c), 2, 256, "weight at row 1, column 255 is not"},
		{Plain, with(good(Plain, 2, 3), 5, 2), 2, 3, "weight at row 1, column 2 is not"},
		{Plain, with(good(Plain, 2, 3), 0, 0x80), 2, 3, "weight at row 0, column 0 is not"},
		{I2S, with(good(I2S, 2, 256), 128, 0, 0, 0x80, 0x7f), 2, 256, "scale is +Inf"},
		{I2S, with(good(I2S, 2, 256), 128, 1, 0, 0x80, 0x7f), 2, 256, "scale is NaN"},
		{TQ1, with(good(TQ1, 2, 512), 3*54+52, inf16...), 2, 512, "TQ1_0 scale of row 1, columns 256 to 511 is +Inf"},
		{TQ2, with(with(good(TQ2, 1, 512), 64, 0, 0x3c), 66+64, 0, 0x40), 1, 512, "row 0 has scale 1 at column 0 and 2 at column 256; group scales are not supported"},
	} {
		_, err := Parse(tt.l, tt.data, tt.rows, tt.cols)
		require.ErrorContains(t, err, tt.want)
		if checked := Check(tt.l, tt.data, tt.rows, tt.cols); strings.Contains(tt.want, "group scales") {
			require.NoError(t, checked)
		} else {
			require.Equal(t, err, checked)
		}
		if !bytes.Contains([]byte(tt.want), []byte("row 0 has scale")) && !bytes.Contains([]byte(tt.want), []byte(" scale of row")) {
			require.Error(t, Dequantize(make([]float32, max(0, min(tt.rows*tt.cols, 1024))), tt.l, tt.data, tt.rows, tt.cols))
		}
	}
	// Codes of rows that are not there mean nothing.
	_, err := Parse(HF, with(good(HF, 5, 3), 3, 0b11110101), 5, 3)
	require.NoError(t, err)
}

// TestTQScales covers rows and blocks of zeros among scaled ones.
func TestTQScales(t *testing.T) {
	const cols = 2 * tqBlock
	for _, tt := range []struct {
		d    [][2]float32 // of the two blocks of each row
		want []float32
	}{
		{[][2]float32{{0, 0}, {0, 0}}, []float32{1}},
		{[][2]float32{{0, 2}, {0, 0}, {2, 0}}, []float32{2}},
		{[][2]float32{{0, 0}, {2, 2}, {3, 0}, {0, 0}, {2, 0}}, []float32{2, 2, 3, 1, 2}},
		{[][2]float32{{-1, -1}, {-1, 0}}, []float32{-1}},
	} {
		for _, l := range []Layout{TQ1, TQ2} {
			var data []byte
			codes := bytes.Repeat([]byte{1}, tqBlock)
			for _, row := range tt.d {
				for _, d := range row {
					block := make([]byte, forms[l].bytes+2)
					encodeBlock(block, l, codes, d)
					data = append(data, block...)
				}
			}
			tensor, err := Parse(l, data, len(tt.d), cols)
			require.NoError(t, err)
			require.Equal(t, tt.want, tensor.Scale)
			got := make([]int8, cols)
			m := ternary.New(len(tt.d), cols)
			tensor.PackInto(&m, 0, 0, len(tt.d))
			for r, row := range tt.d {
				for _, read := range []func(){func() { tensor.Codes(got, r) }, func() { m.Row(got, r) }} {
					read()
					for c, w := range got { // with d = 0, whatever the codes say
						require.Equal(t, row[c/tqBlock] != 0, w == 1, "row %d column %d: %d", r, c, w)
					}
				}
			}
		}
	}
}

func TestPackErrors(t *testing.T) {
	codes := make([]int8, 512)
	_, err := Pack(HF, codes, 2, 255, 1)
	require.EqualError(t, err, "qtensor: 512 weights for a 2×255 tensor")
	bad := slices.Clone(codes)
	bad[300] = -2
	_, err = Pack(I2S, bad, 2, 256, 1)
	require.EqualError(t, err, "qtensor: weight at row 1, column 44 is -2, want -1, 0 or +1")
	_, err = Pack(I2S, codes, 2, 256, float32(math.NaN()))
	require.EqualError(t, err, "qtensor: scale is NaN")
	for _, s := range []float32{0, 1e-9, 1e6, float32(math.Inf(-1)), float32(math.NaN())} {
		_, err = Pack(TQ1, codes, 2, 256, s)
		require.ErrorContains(t, err, "qtensor: TQ1_0 stores scales as float16, which cannot hold")
	}
	w := make([]float32, 512)
	_, err = PackFloat32(I2S, w, 2, 256)
	require.ErrorContains(t, err, "I2_S has no quantizer of its own")
	_, err = PackFloat32(TQ1, w, 2, 128)
	require.ErrorContains(t, err, "multiples of 256")
	_, err = PackFloat32(TQ1, w, 4, 256)
	require.ErrorContains(t, err, "512 weights for a 4×256 tensor")
	w[259] = float32(math.Inf(1))
	_, err = PackFloat32(TQ2, w, 2, 256)
	require.EqualError(t, err, "qtensor: weight at row 1, column 3 is +Inf")
	w[259] = 65520
	_, err = PackFloat32(TQ2, w, 2, 256)
	require.ErrorContains(t, err, "cannot hold 65520 of row 1")
	w[259] = math.SmallestNonzeroFloat32 // its reciprocal is infinite
	data, err := PackFloat32(TQ2, w, 2, 256)
	require.NoError(t, err)
	require.NoError(t, Dequantize(w, TQ2, data, 2, 256))
	require.Zero(t, w[259])
}

func TestShapePanics(t *testing.T) {
	data, err := Pack(HF, make([]int8, 12), 4, 3, 1)
	require.NoError(t, err)
	tensor, err := Parse(HF, data, 4, 3)
	require.NoError(t, err)
	m := ternary.New(4, 3)
	require.PanicsWithValue(t, "qtensor: Codes shape", func() { tensor.Codes(make([]int8, 4), 0) })
	require.PanicsWithValue(t, "qtensor: Codes shape", func() { tensor.Codes(make([]int8, 3), 4) })
	require.PanicsWithValue(t, "qtensor: PackInto shape", func() { tensor.PackInto(&m, 1, 0, 4) })
	require.PanicsWithValue(t, "qtensor: PackInto shape", func() { tensor.PackInto(&m, 0, 0, 5) })
	require.PanicsWithValue(t, "qtensor: PackInto shape", func() { tensor.PackInto(&m, -1, 0, 2) })
	require.PanicsWithValue(t, "qtensor: Dequantize length", func() { _ = Dequantize(nil, HF, data, 4, 3) })
}

// FuzzParse: arbitrary bytes never panic, and what is accepted reads the same by
// the slow and the fast way and survives being written again.
func FuzzParse(f *testing.F) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, l := range layouts {
		codes := randomCodes(rng, 4*512)
		data, err := Pack(l, codes, 4, 512, 0.25)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(l), data, 4, 512)
		f.Add(uint8(l), data[1:], 4, 512)
		f.Add(uint8(l), data, 512, 4)
	}
	f.Add(uint8(HF), []byte{1, 2, 3}, 10, 1)
	f.Add(uint8(I2S), make([]byte, 72), 2, 80)
	f.Fuzz(func(t *testing.T, l uint8, data []byte, rows, cols int) {
		was := bytes.Clone(data)
		tensor, err := Parse(Layout(l), data, rows, cols)
		if err != nil {
			if tensor != nil {
				t.Fatal("a tensor with an error")
			}
			return
		}
		for _, s := range tensor.Scale {
			if !finite(s) {
				t.Fatalf("scale %v", s)
			}
		}
		m := ternary.New(rows, cols)
		tensor.PackInto(&m, 0, 0, rows)
		codes, fast := make([]int8, rows*cols), make([]int8, cols)
		for r := range rows {
			row := codes[r*cols : (r+1)*cols]
			tensor.Codes(row, r)
			m.Row(fast, r)
			if !slices.Equal(row, fast) {
				t.Fatalf("row %d: Codes and PackInto differ", r)
			}
		}
		if !bytes.Equal(data, was) {
			t.Fatal("data written")
		}
		again, err := Pack(Layout(l), codes, rows, cols, 1)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Parse(Layout(l), again, rows, cols)
		if err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			back.Codes(fast, r)
			if !slices.Equal(codes[r*cols:(r+1)*cols], fast) {
				t.Fatalf("row %d does not survive Pack", r)
			}
		}
		if err := Dequantize(make([]float32, rows*cols), Layout(l), data, rows, cols); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	const rows, cols = 2560, 2560
	codes := randomCodes(rand.New(rand.NewPCG(1, 2)), rows*cols)
	for _, l := range layouts {
		data, err := Pack(l, codes, rows, cols, 1)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("step=parse/layout=%v", l), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := Parse(l, data, rows, cols); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("step=pack/layout=%v", l), func(b *testing.B) {
			tensor, err := Parse(l, data, rows, cols)
			if err != nil {
				b.Fatal(err)
			}
			m := ternary.New(rows, cols)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				tensor.PackInto(&m, 0, 0, rows)
			}
		})
	}
}
