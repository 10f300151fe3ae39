package saved

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// Write writes rows of vocab logits, of which there are positions, for the tokens of that
// digest. visit, if not nil, gets each row's logarithms of probabilities before they are
// rounded, which are valid during the call.
func Write(w io.Writer, vocab, positions int, digest Digest, rows score.Rows, visit func(i int, logProbs []float32)) error {
	if vocab < 1 || positions < 1 {
		panic("saved: Write shape")
	}
	header := append(make([]byte, 0, headerBytes), magic...)
	header = binary.LittleEndian.AppendUint32(header, version)
	header = binary.LittleEndian.AppendUint32(header, uint32(vocab))
	header = binary.LittleEndian.AppendUint64(header, uint64(positions))
	header = append(header, digest[:]...)
	if _, err := w.Write(header); err != nil {
		return err
	}
	logProbs, record := make([]float32, vocab), make([]byte, recordBytes(vocab))
	at := 0
	for x, err := range rows {
		if err != nil {
			return err
		}
		for ; len(x) >= vocab; x = x[vocab:] {
			vecmath.LogSoftmax(logProbs, x[:vocab])
			if err := encode(record, logProbs); err != nil {
				return fmt.Errorf("position %d: %w", at, err)
			}
			if visit != nil {
				visit(at, logProbs)
			}
			if _, err := w.Write(record); err != nil {
				return err
			}
			at++
		}
	}
	if at != positions {
		return fmt.Errorf("there are %d positions instead of %d", at, positions)
	}
	return nil
}

// encode sets record to a row of logarithms of probabilities.
func encode(record []byte, logProbs []float32) error {
	least, most := float32(math.Inf(1)), float32(math.Inf(-1))
	for _, v := range logProbs {
		if v-v != 0 {
			return score.ErrLogits
		}
		least, most = min(least, v), max(most, v)
	}
	least = max(least, most-reach)
	step := (most - least) / levels
	binary.LittleEndian.PutUint32(record[4:], math.Float32bits(least))
	binary.LittleEndian.PutUint32(record[8:], math.Float32bits(step))
	inverse := float32(0)
	if step > 0 {
		inverse = 1 / step
	}
	codes := record[recordHead:]
	for i, v := range logProbs {
		code := min(max(v-least, 0)*inverse+0.5, levels)
		binary.LittleEndian.PutUint16(codes[2*i:], uint16(code))
	}
	binary.LittleEndian.PutUint32(record, crc32.Checksum(record[4:], castagnoli))
	return nil
}
