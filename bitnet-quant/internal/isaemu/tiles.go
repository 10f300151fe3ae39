//go:build linux && amd64 && !purego

package isaemu

import (
	"encoding/binary"
	"fmt"
)

// tiles is the AMX state of a thread. Its zero value is the state before
// LDTILECFG and after TILERELEASE.
type tiles struct {
	palette, startRow byte

	tile [8]tile
}

// A tile has rows of colsb bytes; what lies beyond them is zero.
type tile struct {
	rows, colsb int
	data        [16][64]byte
}

// configure is LDTILECFG of palette 1: eight tiles of up to 16 rows of 64 bytes.
// Bytes of config: 0 palette, 1 start row, 16 to 31 bytes a row (u16 a tile), 48
// to 55 rows; the others are zero.
func (t *tiles) configure(config *[64]byte) error {
	for i, b := range config {
		if b != 0 && (i >= 2 && i < 16 || i >= 32 && i < 48 || i >= 56) {
			return protection("byte %d of the tile configuration is %d, want 0", i, b)
		}
	}
	next := tiles{palette: config[0], startRow: config[1]}
	switch config[0] {
	case 0:
		*t = tiles{}
		return nil
	case 1:
	default:
		return protection("palette %d of tiles does not exist", config[0])
	}
	for i := range next.tile {
		rows, colsb := int(config[48+i]), int(binary.LittleEndian.Uint16(config[16+2*i:]))
		if rows > 16 || colsb > 64 || (rows == 0) != (colsb == 0) {
			return protection("tile %d cannot have %d rows of %d bytes", i, rows, colsb)
		}
		next.tile[i].rows, next.tile[i].colsb = rows, colsb
	}
	*t = next
	return nil
}

// configuration is STTILECFG, the inverse of configure.
func (t *tiles) configuration() (config [64]byte) {
	if t.palette == 0 {
		return config
	}
	config[0], config[1] = t.palette, t.startRow
	for i, tile := range t.tile {
		binary.LittleEndian.PutUint16(config[16+2*i:], uint16(tile.colsb))
		config[48+i] = byte(tile.rows)
	}
	return config
}

// get returns tile i, or an error if it is not configured.
func (t *tiles) get(i int) (*tile, error) {
	switch {
	case t.palette == 0:
		return nil, undefined("no tile is configured")
	case t.tile[i].rows == 0:
		return nil, undefined("tile %d is not configured", i)
	}
	return &t.tile[i], nil
}

func (t *tiles) zero(i int) error {
	tile, err := t.get(i)
	if err != nil {
		return err
	}
	tile.data = [16][64]byte{}
	t.startRow = 0
	return nil
}

// load reads the rows from the start row on and zeroes what is left. It does not
// model restarts: a program whose load faults here does not go on.
func (t *tiles) load(i int, mem memory, addr, stride uint64) error {
	tile, err := t.get(i)
	if err != nil {
		return err
	}
	data := tile.data
	for r := int(t.startRow); r < len(data); r++ {
		data[r] = [64]byte{}
		if r < tile.rows {
			if err := mem.read(data[r][:tile.colsb], addr+uint64(r)*stride); err != nil {
				return fmt.Errorf("row %d: %w", r, err)
			}
		}
	}
	tile.data, t.startRow = data, 0
	return nil
}

func (t *tiles) store(i int, mem memory, addr, stride uint64) error {
	tile, err := t.get(i)
	if err != nil {
		return err
	}
	for r := int(t.startRow); r < tile.rows; r++ {
		if err := mem.write(tile.data[r][:tile.colsb], addr+uint64(r)*stride); err != nil {
			return fmt.Errorf("row %d: %w", r, err)
		}
	}
	t.startRow = 0
	return nil
}

// dot adds the matrix product of bytes A·B to tile dst of 32-bit sums, wrapping.
// A has a row for each row of dst. A row of B holds, for each column of dst, four
// consecutive values of that column of B.
func (t *tiles) dot(o op, dst, a, b int) error {
	if dst == a || dst == b || a == b {
		return undefined("operands %d, %d and %d are not three tiles", dst, a, b)
	}
	var tile [3]*tile
	for i, n := range [...]int{dst, a, b} {
		var err error
		if tile[i], err = t.get(n); err != nil {
			return err
		}
	}
	tc, ta, tb := tile[0], tile[1], tile[2]
	if tc.colsb%4 != 0 || ta.colsb%4 != 0 || tc.rows != ta.rows || tc.colsb != tb.colsb || ta.colsb/4 != tb.rows {
		return undefined("tiles of %d×%d, %d×%d and %d×%d bytes do not fit",
			tc.rows, tc.colsb, ta.rows, ta.colsb, tb.rows, tb.colsb)
	}
	var va, vb [16][64]int32 // of A and B, as numbers
	widen(&va, ta, o == tdpbssd || o == tdpbsud)
	widen(&vb, tb, o == tdpbssd || o == tdpbusd)
	for m := range tc.rows {
		for n := 0; n < tc.colsb; n += 4 {
			sum := int32(binary.LittleEndian.Uint32(tc.data[m][n:]))
			for k := range tb.rows {
				x, y := va[m][4*k:4*k+4], vb[k][n:n+4]
				sum += x[0]*y[0] + x[1]*y[1] + x[2]*y[2] + x[3]*y[3]
			}
			binary.LittleEndian.PutUint32(tc.data[m][n:], uint32(sum))
		}
	}
	t.startRow = 0
	return nil
}

func widen(dst *[16][64]int32, src *tile, signed bool) {
	for r := range src.rows {
		for i, b := range src.data[r] {
			if dst[r][i] = int32(b); signed {
				dst[r][i] = int32(int8(b))
			}
		}
	}
}
