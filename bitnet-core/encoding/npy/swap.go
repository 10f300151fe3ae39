package npy

import (
	"encoding/binary"
	"io"
	"math/bits"
)

// swapBytes reverses the bytes of each element of b, which holds whole elements of
// 1, 2, 4 or 8 bytes.
func swapBytes(b []byte, size int) {
	le := binary.LittleEndian
	switch size {
	case 2:
		for ; len(b) >= 2; b = b[2:] {
			le.PutUint16(b, bits.ReverseBytes16(le.Uint16(b)))
		}
	case 4:
		for ; len(b) >= 4; b = b[4:] {
			le.PutUint32(b, bits.ReverseBytes32(le.Uint32(b)))
		}
	case 8:
		for ; len(b) >= 8; b = b[8:] {
			le.PutUint64(b, bits.ReverseBytes64(le.Uint64(b)))
		}
	}
}

// A swapper passes elements on with their bytes reversed, in whatever pieces they
// are written.
type swapper struct {
	w    io.Writer
	size int    // of an element, in bytes
	buf  []byte // what is not yet written; its capacity is a multiple of size
}

func (s *swapper) Write(p []byte) (int, error) {
	for done := 0; ; {
		n := copy(s.buf[len(s.buf):cap(s.buf)], p[done:])
		s.buf = s.buf[:len(s.buf)+n]
		done += n
		if done == len(p) {
			return done, nil
		}
		if err := s.flush(); err != nil {
			return done, err
		}
	}
}

// flush writes what is there, whole elements.
func (s *swapper) flush() error {
	swapBytes(s.buf, s.size)
	_, err := s.w.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}
