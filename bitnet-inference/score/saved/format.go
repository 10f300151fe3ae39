package saved

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"

	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

const (
	magic       = "BITNETLP"
	version     = 1
	headerBytes = 56
	recordHead  = 12 // CRC, least, step
	// reach is how far below the largest logarithm the least is.
	reach  = 32
	levels = 1<<16 - 1
)

// Digest identifies sequences and which of their tokens are predicted.
type Digest [sha256.Size]byte

// DigestOf is the SHA-256 of each sequence's length, From and ids, as int32.
func DigestOf(sequences []score.Sequence) (d Digest) {
	h := sha256.New()
	var b []byte
	for _, q := range sequences {
		b = binary.LittleEndian.AppendUint32(b[:0], uint32(len(q.IDs)))
		b = binary.LittleEndian.AppendUint32(b, uint32(q.From))
		for _, id := range q.IDs {
			b = binary.LittleEndian.AppendUint32(b, uint32(id))
		}
		h.Write(b)
	}
	h.Sum(d[:0])
	return d
}

func recordBytes(vocab int) int64 { return recordHead + 2*int64(vocab) }

// Size returns the bytes of a file.
func Size(vocab, positions int) int64 { return headerBytes + int64(positions)*recordBytes(vocab) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
