package saved

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"

	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// A File is what a model predicted.
type File struct {
	Vocab     int
	Positions int
	Digest    Digest

	r     io.ReaderAt
	name  string // in messages
	close func() error
}

// Is reports whether path is a file that begins like one of this format. What cannot be
// read is not.
func Is(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var b [len(magic)]byte
	_, err = io.ReadFull(f, b[:])
	return err == nil && string(b[:]) == magic
}

// Open opens the file at path; the caller closes it.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		var s *File
		if s, err = New(f, info.Size()); err == nil {
			s.close, s.name = f.Close, path+": "
			return s, nil
		}
	}
	f.Close() // nothing was written
	return nil, fmt.Errorf("%s: %w", path, err)
}

// New reads the header of a file of size bytes.
func New(r io.ReaderAt, size int64) (*File, error) {
	var h [headerBytes]byte
	if size < headerBytes {
		return nil, fmt.Errorf("saved: the file has %d bytes, and a header %d", size, headerBytes)
	}
	if _, err := r.ReadAt(h[:], 0); err != nil {
		return nil, fmt.Errorf("saved: header: %w", err)
	}
	if string(h[:8]) != magic {
		return nil, errors.New("saved: these are no saved predictions")
	}
	if v := binary.LittleEndian.Uint32(h[8:]); v != version {
		return nil, fmt.Errorf("saved: version %d of the format; this program reads %d", v, version)
	}
	vocab, positions := int64(binary.LittleEndian.Uint32(h[12:])), binary.LittleEndian.Uint64(h[16:])
	record := recordHead + 2*vocab
	if vocab == 0 || positions == 0 || positions > uint64(size/record) || headerBytes+int64(positions)*record != size {
		return nil, fmt.Errorf("saved: the file has %d bytes, which are not %d positions of a vocabulary of %d: it is cut off or damaged", size, positions, vocab)
	}
	f := &File{Vocab: int(vocab), Positions: int(positions), r: r, close: func() error { return nil }}
	copy(f.Digest[:], h[24:])
	return f, nil
}

// Close ends reading.
func (f *File) Close() error { return f.close() }

// Rows returns the logarithms of the probabilities, but for what rounding did to their
// sums, in blocks of that many rows.
func (f *File) Rows(block int) score.Rows {
	return func(yield func([]float32, error) bool) {
		size := recordBytes(f.Vocab)
		block = min(block, f.Positions)
		records, rows := make([]byte, int64(block)*size), make([]float32, block*f.Vocab)
		for at := 0; at < f.Positions; at += block {
			n := min(block, f.Positions-at)
			if _, err := f.r.ReadAt(records[:int64(n)*size], headerBytes+int64(at)*size); err != nil {
				yield(nil, fmt.Errorf("%ssaved: position %d: %w", f.name, at, err))
				return
			}
			for i := range n {
				if err := decode(rows[i*f.Vocab:][:f.Vocab], records[int64(i)*size:][:size]); err != nil {
					yield(nil, fmt.Errorf("%ssaved: position %d: %w", f.name, at+i, err))
					return
				}
			}
			if !yield(rows[:n*f.Vocab], nil) {
				return
			}
		}
	}
}

var errDamaged = errors.New("the record is damaged: save the predictions again")

func decode(dst []float32, record []byte) error {
	if crc32.Checksum(record[4:], castagnoli) != binary.LittleEndian.Uint32(record) {
		return errDamaged
	}
	least := math.Float32frombits(binary.LittleEndian.Uint32(record[4:]))
	step := math.Float32frombits(binary.LittleEndian.Uint32(record[8:]))
	// Anything else was not made by Write, whose steps are rounded.
	if !(step >= 0 && step <= reach*(1+1e-6)/levels && least <= 0 && least > -math.MaxFloat32) {
		return errDamaged
	}
	codes := record[recordHead:]
	for i := range dst {
		dst[i] = least + step*float32(binary.LittleEndian.Uint16(codes[2*i:]))
	}
	return nil
}
