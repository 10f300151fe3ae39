package qtensor

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireCodes packs weights and reads them one by one, by the formulas of the package
// comment.
func requireCodes(t *testing.T, l Layout, codes []int8, rows, cols int) {
	t.Helper()
	data, err := Pack(l, codes, rows, cols, 0.5)
	require.NoError(t, err)
	tensor, err := Parse(l, data, rows, cols)
	require.NoError(t, err)
	got := make([]int8, cols)
	for r := range rows {
		tensor.Codes(got, r)
		require.Equal(t, codes[r*cols:(r+1)*cols], got, "%v row %d", l, r)
	}
}

var chunkShapes = []struct{ rows, cols int }{{4, 256}, {20, 320}, {12, 768}, {13, 512}, {16, 24}, {5, 3}, {7, 1}, {64, 64}, {3, 2560}}

// TestChunks writes and reads matrices in chunks of every size that a layout allows.
func TestChunks(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for _, l := range layouts {
		for _, s := range chunkShapes {
			if _, err := l.Size(s.rows, s.cols); err != nil {
				continue
			}
			codes := randomCodes(rng, s.rows*s.cols)
			requireCodes(t, l, codes, s.rows, s.cols)
			want, err := Pack(l, codes, s.rows, s.cols, 0.5)
			require.NoError(t, err)
			tensor, err := Parse(l, want, s.rows, s.cols)
			require.NoError(t, err)
			e, err := NewEncoder(l, s.rows, s.cols, 0.5)
			require.NoError(t, err)
			for n := e.Step(); n < e.Rows()+e.Step(); n += e.Step() {
				var got []byte
				for lo := 0; lo < e.Rows(); lo += n {
					hi := min(lo+n, e.Rows())
					var part []int8
					for _, span := range e.Sources(lo, hi) {
						rows := make([]int8, (span.Hi-span.Lo)*s.cols)
						tensor.Decode(rows, span.Lo, span.Hi)
						require.Equal(t, codes[span.Lo*s.cols:span.Hi*s.cols], rows)
						part = append(part, rows...)
					}
					dst := bytes.Repeat([]byte{0xee}, e.Size(lo, hi))
					require.NoError(t, e.Encode(dst, part, lo, hi))
					got = append(got, dst...)
				}
				require.Equal(t, want, append(got, e.Tail()...), "%v %d×%d in chunks of %d", l, s.rows, s.cols, n)
			}
			dst, scratch := make([]byte, e.Size(0, e.Rows())), []int8{1, 2, 3}
			require.NoError(t, e.EncodeFrom(dst, &scratch, 0, e.Rows(), func(dst []int8, lo, hi int) error {
				tensor.Decode(dst, lo, hi)
				return nil
			}))
			require.Equal(t, want, append(dst, e.Tail()...))
		}
	}
}

func TestEncoderMistakes(t *testing.T) {
	_, err := NewEncoder(I2S, 2, 128, 1, 2)
	require.EqualError(t, err, "qtensor: 2 scales for a 2×128 tensor of I2_S")
	_, err = NewEncoder(IQ2, 2, 128)
	require.EqualError(t, err, "qtensor: 0 scales for a 2×128 tensor of IQ2_BN")
	_, err = NewEncoder(IQ1, 2, 128, 1e-9)
	require.EqualError(t, err, "qtensor: IQ1_BN stores scales as float16, which cannot hold 1e-09")
	e, err := NewEncoder(IQ2R4, 8, 64, 1, 2, 3, 4, 5, 6, 7, 8)
	require.NoError(t, err)
	dst := make([]byte, e.Size(0, 4))
	require.NoError(t, e.Encode(dst, make([]int8, 4*64), 4, 8))
	require.PanicsWithValue(t, "qtensor: Encode rows", func() { _ = e.Encode(dst, make([]int8, 4*64), 2, 6) })
	require.PanicsWithValue(t, "qtensor: Encode length", func() { _ = e.Encode(dst, make([]int8, 4*63), 4, 8) })
	hf, err := NewEncoder(HF, 8, 3)
	require.NoError(t, err)
	err = hf.EncodeFrom(make([]byte, 3), new([]int8), 1, 2, func(dst []int8, lo, _ int) error {
		clear(dst)
		if lo == 5 {
			dst[2] = 5
		}
		return nil
	})
	require.EqualError(t, err, "qtensor: weight at row 5, column 2 is 5, want -1, 0 or +1")
	data, err := Pack(IQ2R4, make([]int8, 8*64), 8, 64, 1)
	require.NoError(t, err)
	tensor, err := Parse(IQ2R4, data, 8, 64)
	require.NoError(t, err)
	wrong := errors.New("not read")
	err = e.EncodeFrom(dst, new([]int8), 0, 4, func([]int8, int, int) error { return wrong })
	require.ErrorIs(t, err, wrong)
	require.PanicsWithValue(t, "qtensor: Decode shape", func() { tensor.Decode(make([]int8, 64), 8, 9) })
}

// TestRowScales: scales of rows survive, and rows of zeros take any.
func TestRowScales(t *testing.T) {
	const rows, cols = 8, 256
	codes := randomCodes(rand.New(rand.NewPCG(15, 16)), rows*cols)
	clear(codes[2*cols : 3*cols])
	scale := []float32{1, 2, 3, 0.5, 1, 8, 1, 0.25}
	for _, l := range []Layout{TQ1, TQ2, Q2, IQ2, IQ1, IQ2R4} {
		data, err := Pack(l, codes, rows, cols, scale...)
		require.NoError(t, err)
		tensor, err := Parse(l, data, rows, cols)
		require.NoError(t, err)
		want := append([]float32(nil), scale...)
		for r := range rows {
			if r == 2 || r == 3 { // randomCodes makes the second one zero
				want[r] = 1
			}
		}
		require.Equal(t, want, tensor.Scale, l)
	}
}

func FuzzEncode(f *testing.F) {
	for l := range layouts {
		f.Add(uint8(l), uint64(l), 4, 256, 2)
		f.Add(uint8(l), uint64(l), 8, 320, 5)
	}
	f.Fuzz(func(t *testing.T, l uint8, seed uint64, rows, cols, chunk int) {
		if rows > 64 || cols > 2048 {
			return
		}
		e, err := NewEncoder(Layout(l), rows, cols, 0.5)
		if err != nil {
			return
		}
		codes := randomCodes(rand.New(rand.NewPCG(seed, 1)), rows*cols)
		want, err := Pack(Layout(l), codes, rows, cols, 0.5)
		require.NoError(t, err)
		chunk = max(chunk%32, 1) * e.Step()
		var got []byte
		for lo := 0; lo < e.Rows(); lo += chunk {
			hi := min(lo+chunk, e.Rows())
			var part []int8
			for _, s := range e.Sources(lo, hi) {
				part = append(part, codes[s.Lo*cols:s.Hi*cols]...)
			}
			dst := make([]byte, e.Size(lo, hi))
			require.NoError(t, e.Encode(dst, part, lo, hi))
			got = append(got, dst...)
		}
		require.Equal(t, want, append(got, e.Tail()...))
		tensor, err := Parse(Layout(l), want, rows, cols)
		require.NoError(t, err)
		back := make([]int8, len(codes))
		tensor.Decode(back, 0, rows)
		require.Equal(t, codes, back)
	})
}

// BenchmarkRows counts weights: a byte each.
func BenchmarkRows(b *testing.B) {
	const rows, cols = 64, 2560
	codes := randomCodes(rand.New(rand.NewPCG(1, 2)), rows*cols)
	for _, l := range layouts {
		data, err := Pack(l, codes, rows, cols, 1)
		require.NoError(b, err)
		tensor, err := Parse(l, data, rows, cols)
		require.NoError(b, err)
		e, err := NewEncoder(l, rows, cols, 1)
		require.NoError(b, err)
		dst := make([]int8, rows*cols)
		b.Run(fmt.Sprintf("do=decode/layout=%v", l), func(b *testing.B) {
			b.SetBytes(rows * cols)
			for b.Loop() {
				tensor.Decode(dst, 0, rows)
			}
		})
		b.Run(fmt.Sprintf("do=encode/layout=%v", l), func(b *testing.B) {
			b.SetBytes(rows * cols)
			for b.Loop() {
				if err := e.Encode(data[:e.Size(0, e.Rows())], codes, 0, e.Rows()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
