//go:build linux && amd64 && !purego

package isaemu

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Memory of a test begins at address base and is as long as the slice.
type testMemory []byte

const base = 1000

func (m testMemory) at(addr uint64, n int) ([]byte, error) {
	if addr < base || addr+uint64(n) > base+uint64(len(m)) {
		return nil, protection("no memory at %d", addr)
	}
	return m[addr-base:][:n], nil
}

func (m testMemory) read(p []byte, addr uint64) error {
	src, err := m.at(addr, len(p))
	copy(p, src)
	return err
}

func (m testMemory) write(p []byte, addr uint64) error {
	dst, err := m.at(addr, len(p))
	copy(dst, p)
	return err
}

type testVectors [16][32]byte

func (v *testVectors) ymm(i int) ([32]byte, error)        { return v[i], nil }
func (v *testVectors) setYMM(i int, value [32]byte) error { v[i] = value; return nil }

func random(rng *rand.Rand, b []byte) []byte {
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// TestVPDPBUSD takes known sums; TestProgram compares random ones.
func TestVPDPBUSD(t *testing.T) {
	var v testVectors
	for i := range v {
		random(rand.New(rand.NewPCG(1, uint64(i))), v[i][:])
	}
	u, s := [8]byte{255, 255, 255, 255, 1, 2, 3, 4}, [8]byte{0x80, 0x80, 0x80, 0x80, 5, 0xfa, 7, 0xf8}
	copy(v[9][:], u[:])
	copy(v[10][:], s[:])
	binary.LittleEndian.PutUint32(v[8][:], 1<<31|5) // the sum wraps
	binary.LittleEndian.PutUint32(v[8][4:], 1000)
	c := processor{vec: &v}
	require.NoError(t, c.exec(inst{op: vpdpbusd, reg: 8, vvvv: 9, rm: 10}))
	require.Equal(t, uint32(1<<31+5-4*255*128&(1<<32-1)), binary.LittleEndian.Uint32(v[8][:]))
	require.Equal(t, uint32(1000+1*5-2*6+3*7-4*8), binary.LittleEndian.Uint32(v[8][4:]))
	require.Equal(t, [16]byte{}, [16]byte(v[8][16:]), "128 bits clear those above")
}

func TestAddresses(t *testing.T) {
	c := processor{next: 70}
	for i := range c.gpr {
		c.gpr[i] = uint64(1000 * (i + 1))
	}
	for _, tt := range []struct {
		in   inst
		want uint64
	}{
		{inst{base: 2, index: none, disp: -5}, 2995},
		{inst{base: 2, index: 15, scale: 8, disp: 4}, 3004 + 8*16000},
		{inst{base: none, index: 0, scale: 2}, 2000},
		{inst{base: none, index: none, rip: true, disp: -8}, 62},
	} {
		require.Equal(t, tt.want, c.address(tt.in, true))
	}
	tile := inst{base: 2, index: 15, scale: 8, disp: 4}
	require.Equal(t, uint64(3004), c.address(tile, false))
	require.Equal(t, uint64(8*16000), c.stride(tile))
	require.Zero(t, c.stride(inst{base: 2, index: none, scale: 1}))
}

// shape sets the size of tile i in a configuration.
func shape(config *[64]byte, i, rows, colsb int) {
	config[0], config[48+i] = 1, byte(rows)
	binary.LittleEndian.PutUint16(config[16+2*i:], uint16(colsb))
}

func TestConfigure(t *testing.T) {
	var good [64]byte
	shape(&good, 0, 16, 64)
	shape(&good, 7, 1, 4)
	var s tiles
	require.NoError(t, s.configure(&good))
	require.Equal(t, good, s.configuration())
	s.tile[7].data[0][0] = 9
	require.NoError(t, s.configure(&good))
	require.Zero(t, s.tile[7].data, "tiles are zero at first")

	for name, broken := range map[string]func(c *[64]byte){
		"palette":       func(c *[64]byte) { c[0] = 2 },
		"reserved":      func(c *[64]byte) { c[5] = 1 },
		"tile 8":        func(c *[64]byte) { c[32] = 64 },
		"rows of 8":     func(c *[64]byte) { c[56] = 1 },
		"17 rows":       func(c *[64]byte) { c[48] = 17 },
		"65 bytes":      func(c *[64]byte) { c[16] = 65 },
		"rows, no cols": func(c *[64]byte) { c[50] = 1 },
		"cols, no rows": func(c *[64]byte) { c[20] = 4 },
	} {
		config := good
		broken(&config)
		err := s.configure(&config)
		var f *fault
		require.ErrorAs(t, err, &f, name)
		require.Equal(t, unix.SIGSEGV, f.signal)
		require.Equal(t, good, s.configuration(), name)
	}
	require.NoError(t, s.configure(&[64]byte{}))
	require.Equal(t, tiles{}, s)
}

func TestTileMemory(t *testing.T) {
	mem := testMemory(random(rand.New(rand.NewPCG(1, 1)), make([]byte, 100)))
	var config [64]byte
	shape(&config, 2, 3, 8)
	var s tiles
	require.NoError(t, s.configure(&config))
	random(rand.New(rand.NewPCG(1, 2)), s.tile[2].data[15][:])
	const back = 1<<64 - 20 // rows may go backwards
	require.NoError(t, s.load(2, mem, base+50, back))
	var want [16][64]byte
	copy(want[0][:8], mem[50:])
	copy(want[1][:8], mem[30:])
	copy(want[2][:8], mem[10:])
	require.Equal(t, want, s.tile[2].data)

	out := make(testMemory, 100)
	require.NoError(t, s.store(2, out, base+50, back))
	require.Equal(t, mem[30:38], out[30:38])
	require.Zero(t, [12]byte(out[38:]))
	require.Error(t, s.load(2, mem, base+77, 8), "the last byte of the last row is outside")
	require.NoError(t, s.load(2, mem, base+76, 8))

	s.startRow = 2 // goes on with the last row
	before := s.tile[2].data
	require.NoError(t, s.load(2, mem, base, 0))
	require.Equal(t, before[:2], s.tile[2].data[:2])
	require.Equal(t, []byte(mem[:8]), s.tile[2].data[2][:8])
	require.Zero(t, s.startRow)
}

func TestTilesThatDoNotFit(t *testing.T) {
	var config [64]byte
	shape(&config, 0, 5, 12) // sums, 5×3
	shape(&config, 1, 5, 16) // 5×16
	shape(&config, 2, 4, 12) // 16×3
	var s tiles
	require.ErrorContains(t, s.zero(0), "no tile is configured")
	require.NoError(t, s.configure(&config))
	require.NoError(t, s.dot(tdpbssd, 0, 1, 2))
	require.ErrorContains(t, s.zero(3), "tile 3 is not configured")
	require.ErrorContains(t, s.dot(tdpbssd, 0, 1, 3), "tile 3 is not configured")
	require.ErrorContains(t, s.dot(tdpbssd, 0, 1, 1), "not three tiles")
	for _, wrong := range [][3]int{{0, 4, 12}, {0, 5, 16}, {1, 5, 12}, {1, 4, 16}, {2, 3, 12}, {2, 4, 16}, {1, 5, 18}} {
		c := config
		shape(&c, wrong[0], wrong[1], wrong[2])
		require.NoError(t, s.configure(&c))
		var f *fault
		require.ErrorAs(t, s.dot(tdpbssd, 0, 1, 2), &f, wrong)
		require.Equal(t, unix.SIGILL, f.signal)
		require.ErrorContains(t, f, "do not fit")
	}
}
