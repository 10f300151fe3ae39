package saved

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// of is rows in blocks.
func of(x []float32, vocab, block int) score.Rows {
	return func(yield func([]float32, error) bool) {
		for at := 0; at < len(x); at += block * vocab {
			if !yield(x[at:min(at+block*vocab, len(x))], nil) {
				return
			}
		}
	}
}

func noise(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 5)
	}
	return x
}

func write(t testing.TB, x []float32, vocab int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, vocab, len(x)/vocab, Digest{1, 2}, of(x, vocab, 3), nil))
	require.EqualValues(t, Size(vocab, len(x)/vocab), b.Len())
	return b.Bytes()
}

// TestRoundTrip: each logarithm is off by half a step at most, and what is too unlikely is
// as likely as the least that there is.
func TestRoundTrip(t *testing.T) {
	const vocab, positions = 1000, 7
	x := noise(rand.New(rand.NewPCG(1, 2)), vocab*positions)
	x[5], x[6] = 300, -300    // the first row reaches too far
	clear(x[vocab : 2*vocab]) // all alike
	f, err := New(bytes.NewReader(write(t, x, vocab)), Size(vocab, positions))
	require.NoError(t, err)
	require.Equal(t, vocab, f.Vocab)
	require.Equal(t, positions, f.Positions)
	require.Equal(t, Digest{1, 2}, f.Digest)
	var got []float32
	for rows, err := range f.Rows(2) {
		require.NoError(t, err)
		got = append(got, rows...)
	}
	require.Len(t, got, len(x))
	want := make([]float32, vocab)
	for i := range positions {
		row := got[i*vocab:][:vocab]
		vecmath.LogSoftmax(want, x[i*vocab:][:vocab])
		top := want[0]
		for _, v := range want {
			top = max(top, v)
		}
		for j, v := range want {
			require.InDelta(t, max(v, top-reach), row[j], 2.5e-4, "position %d, token %d", i, j)
		}
	}
}

// TestDivergence: divergences from saved predictions are within the error that the
// package states of those from the predictions themselves.
func TestDivergence(t *testing.T) {
	const vocab, positions, h = 3000, 40, 2.5e-4
	rng := rand.New(rand.NewPCG(3, 4))
	x := noise(rng, vocab*positions)
	y := append([]float32{}, x...)
	for i := range y {
		y[i] += float32(rng.NormFloat64()) * 0.3
	}
	f, err := New(bytes.NewReader(write(t, x, vocab)), Size(vocab, positions))
	require.NoError(t, err)
	measure := func(base, model score.Rows) (kl []float64) {
		require.NoError(t, score.Diverge(2, base, model, vocab, vocab, nil, func(_ int, d *score.Divergence) error {
			kl = append(kl, d.KL)
			return nil
		}))
		return kl
	}
	direct, saved := measure(of(x, vocab, 4), of(y, vocab, 4)), measure(f.Rows(4), of(y, vocab, 4))
	for i := range direct {
		p, q := x[i*vocab:][:vocab], y[i*vocab:][:vocab]
		lp, lq, size := vecmath.LogSumExp(p), vecmath.LogSumExp(q), 0.0
		for j := range p {
			size += math.Exp(float64(p[j])-lp) * math.Abs(float64(p[j])-lp-float64(q[j])+lq)
		}
		require.InDelta(t, direct[i], saved[i], 2*h*size+4*h*h, "position %d", i)
	}
	// Its own: half a step twice, squared.
	for _, kl := range measure(f.Rows(4), of(x, vocab, 4)) {
		require.Less(t, kl, 4*h*h)
	}
}

func TestDamaged(t *testing.T) {
	const vocab, positions = 8, 5
	good := write(t, noise(rand.New(rand.NewPCG(5, 6)), vocab*positions), vocab)
	change := func(at int, to ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], to)
		return b
	}
	for fault, data := range map[string][]byte{
		"a header 56":                good[:50],
		"no saved predictions":       change(0, 'G'),
		"version 2 of the format":    change(8, 2),
		"cut off or damaged":         good[:len(good)-1],
		"of a vocabulary of 0":       change(12, 0),
		"which are not 0 positions":  change(16, 0),
		"a vocabulary of 4294967295": change(12, 255, 255, 255, 255),
		"18446744073709551615":       change(16, 255, 255, 255, 255, 255, 255, 255, 255),
	} {
		_, err := New(bytes.NewReader(data), int64(len(data)))
		require.ErrorContains(t, err, fault)
	}
	read := func(data []byte) (err error) {
		f, err := New(bytes.NewReader(data), int64(len(data)))
		require.NoError(t, err)
		for _, e := range f.Rows(2) {
			err = e
		}
		return err
	}
	require.NoError(t, read(good))
	record := headerBytes + 3*int(recordBytes(vocab))
	require.ErrorContains(t, read(change(record+20, ^good[record+20])), "position 3: the record is damaged")
	for _, step := range []float32{float32(math.NaN()), -1e-4, 1.01 * reach / levels, 1} {
		other := bytes.Clone(good)
		binary.LittleEndian.PutUint32(other[record+8:], math.Float32bits(step))
		binary.LittleEndian.PutUint32(other[record:], crc32.Checksum(other[record+4:record+int(recordBytes(vocab))], castagnoli))
		require.ErrorContains(t, read(other), "position 3: the record is damaged", "a step of %v", step)
	}

	var b bytes.Buffer
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.ErrorIs(t, Write(&b, 2, 1, Digest{}, of([]float32{1, float32(v)}, 2, 1), nil), score.ErrLogits, "%v, as Diverge has it", v)
	}
	require.ErrorContains(t, Write(&b, 2, 3, Digest{}, of(make([]float32, 4), 2, 1), nil), "2 positions instead of 3")
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "saved")
	_, err := Open(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.False(t, Is(path))
	require.NoError(t, os.WriteFile(path, []byte("GGUF, not"), 0o600))
	require.False(t, Is(path))
	_, err = Open(path)
	require.ErrorContains(t, err, path+": saved: ")
	require.NoError(t, os.WriteFile(path, write(t, []float32{1, 2, 3, 4}, 2), 0o600))
	require.True(t, Is(path))
	f, err := Open(path)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

func TestDigest(t *testing.T) {
	a := []score.Sequence{{IDs: []int32{1, 2, 3}, From: 1}}
	require.Equal(t, DigestOf(a), DigestOf([]score.Sequence{{IDs: []int32{1, 2, 3}, From: 1}}))
	for _, b := range [][]score.Sequence{nil, {{IDs: []int32{1, 2, 3}, From: 2}}, {{IDs: []int32{1, 2, 4}, From: 1}}, {{IDs: []int32{1, 2}, From: 1}}, {a[0], a[0]}} {
		require.NotEqual(t, DigestOf(a), DigestOf(b))
	}
}

// FuzzRows: no file makes more memory than it has bytes for, some times over, nor
// logarithms that are not finite.
func FuzzRows(f *testing.F) {
	good := write(f, noise(rand.New(rand.NewPCG(7, 8)), 24), 8)
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add(append(bytes.Clone(good[:headerBytes]), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := New(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		n := 0
		for rows, err := range s.Rows(1 << 20) {
			if err != nil {
				return
			}
			n += len(rows)
			for _, v := range rows {
				require.Zero(t, v-v)
			}
		}
		require.Equal(t, s.Vocab*s.Positions, n)
		require.LessOrEqual(t, 2*n, len(data))
	})
}
