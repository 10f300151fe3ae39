package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

// TensorData is a tensor to be written.
type TensorData = encoding.TensorData

// Write writes a file as the reference implementation does: tensors sorted by
// falling alignment of their type and then by name, the header padded so that
// the data begins at a multiple of 8. Metadata keys are sorted; metadata may be
// nil. Everything but the output of Stream functions is checked before the first
// byte is written, and all faults are reported together.
func Write(w io.Writer, metadata map[string]string, tensors []TensorData) error {
	sorted := slices.Clone(tensors)
	slices.SortStableFunc(sorted, func(a, b TensorData) int {
		return cmp.Or(cmp.Compare(rank(a.Type), rank(b.Type)), cmp.Compare(a.Name, b.Name))
	})
	header, err := encodeHeader(metadata, sorted)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for i := range sorted {
		if _, err := sorted[i].WriteTo(w); err != nil {
			return fmt.Errorf("safetensors: %w", err)
		}
	}
	return nil
}

// WriteFile writes a model to a file, which it replaces as a whole or, if
// anything fails, leaves as it was.
func WriteFile(path string, metadata map[string]string, tensors []TensorData) error {
	return encoding.WriteFile(path, func(w io.Writer) error { return Write(w, metadata, tensors) })
}

// encodeHeader returns the length and the header of sorted tensors.
func encodeHeader(metadata map[string]string, tensors []TensorData) ([]byte, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("safetensors: "+format, args...)) }
	b := append(make([]byte, 8), '{')
	if len(metadata) > 0 {
		b = append(appendJSON(b, metadataKey), ":{"...)
		for i, key := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(key) || !utf8.ValidString(metadata[key]) {
				fault("metadata %s: key and value must be UTF-8", quote(key))
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSON(b, key), ':')
			b = appendJSON(b, metadata[key])
		}
		b = append(b, '}')
	}
	var off int64
	seen := map[string]bool{}
	for i := range tensors {
		t := &tensors[i]
		if t.Name == "" || t.Name == metadataKey || !utf8.ValidString(t.Name) {
			fault("tensor name %s: want UTF-8, not empty and not %s", quote(t.Name), metadataKey)
		}
		if seen[t.Name] {
			fault("tensor %s is given twice", quote(t.Name))
		}
		seen[t.Name] = true
		size, err := t.Size()
		if err != nil {
			fault("%w", err)
		} else if rank(t.Type) < 0 {
			fault("tensor %s: the format has no type %v", quote(t.Name), t.Type)
		}
		if size > math.MaxInt64-off {
			fault("tensor %s: all tensors together are too large", quote(t.Name))
			size = 0
		}
		if i > 0 || len(metadata) > 0 {
			b = append(b, ',')
		}
		b = append(appendJSON(b, t.Name), `:{"dtype":"`...)
		b = append(b, t.Type.String()...)
		b = append(b, `","shape":[`...)
		for d, n := range t.Shape {
			if d > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(n), 10)
		}
		b = fmt.Appendf(b, `],"data_offsets":[%d,%d]}`, off, off+size)
		off += size
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if len(b)-8 > maxHeader {
		fault("the header has %d bytes, at most %d are allowed", len(b)-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b, uint64(len(b)-8))
	return b, errors.Join(errs...)
}

// appendJSON appends a string in JSON, with no more escapes than JSON asks for.
func appendJSON(b []byte, s string) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string and a bytes.Buffer cannot fail
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}
