package convert

import (
	"fmt"
	"io"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

const defaultChunk = 256 << 10

// Stream converts what r holds up to its end, elements of type from, and writes it to w
// as type to, so that tensors of any size need [Options].Chunk bytes of memory. The result
// is that of [Convert]. Errors are those of reading and writing, types that are not
// [Supported], and an end in the middle of an element or block; the Report then says how
// much was written before. To convert a part of a file, pass an [io.SectionReader].
func Stream(w io.Writer, r io.Reader, to, from dtype.DType, o Options) (Report, error) {
	start := time.Now()
	if !Supported(to, from) {
		return Report{}, unsupported(to, from)
	}
	te, tb := to.Block()
	fe, fb := from.Block()
	// One block of either type is a whole number of those of the other.
	step := max(te, fe)
	chunk := o.Chunk
	if chunk <= 0 {
		chunk = defaultChunk
	}
	steps := max(chunk/(step/te*tb+step/fe*fb), 1)
	in, out := make([]byte, steps*(step/fe*fb)), make([]byte, steps*(step/te*tb))
	report := Report{Buffers: int64(len(in) + len(out))}
	for {
		// io.ReadFull would say io.ErrUnexpectedEOF at the end, as readers do of a source
		// that has been cut short.
		n := 0
		var stop error
		for n < len(in) && stop == nil {
			var m int
			m, stop = r.Read(in[n:])
			n += m
		}
		end := stop == io.EOF
		if stop != nil && !end {
			report.Time = time.Since(start)
			return report, fmt.Errorf("convert: reading %v at byte %d: %w", from, report.Read+int64(n), stop)
		}
		// What the last buffer has of whole blocks is converted before an error.
		whole := n / (step / fe * fb)
		src, dst := in[:whole*(step/fe*fb)], out[:whole*(step/te*tb)]
		part, err := Convert(dst, src, to, from, o)
		if err != nil {
			return report, err
		}
		written, err := w.Write(dst)
		report.Read += part.Read
		report.Written += int64(written)
		report.Elements += part.Elements
		report.Time = time.Since(start)
		if err == nil && written != len(dst) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return report, fmt.Errorf("convert: writing %v at byte %d: %w", to, report.Written, err)
		}
		if n != len(src) {
			return report, fmt.Errorf("convert: %d bytes of %v end in the middle of what makes %d bytes of %v: %w",
				report.Read+int64(n-len(src)), from, step/te*tb, to, io.ErrUnexpectedEOF)
		}
		if end {
			return report, nil
		}
	}
}
