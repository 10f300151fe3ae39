package gguf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

// TensorData is a tensor to be written.
type TensorData = encoding.TensorData

// Write writes a model: version 3, little-endian, metadata and tensors in the
// order given, so that the same arguments give the same bytes. An entry
// general.alignment, if there is one, sets the alignment of tensors. Everything
// but the output of Stream functions is checked before the first byte is
// written, and all faults are reported together.
func Write(w io.Writer, kv []KV, tensors []TensorData) error {
	header, align, err := encodeHeader(kv, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	padding := make([]byte, align)
	for i := range tensors {
		n, err := tensors[i].WriteTo(w)
		if err != nil {
			return fmt.Errorf("gguf: %w", err)
		}
		if _, err := w.Write(padding[:pad(n, align)-n]); err != nil {
			return err
		}
	}
	return nil
}

// Size returns the bytes that [Write] of the same writes. Tensors need no data, only a
// Stream function that is not called.
func Size(kv []KV, tensors []TensorData) (int64, error) {
	header, align, err := encodeHeader(kv, tensors)
	n := int64(len(header))
	for i := range tensors {
		if err == nil {
			var size int64
			size, err = tensors[i].Size()
			n += pad(size, align)
		}
	}
	return n, err
}

// WriteFile writes a model to a file, which it replaces as a whole or, if
// anything fails, leaves as it was.
func WriteFile(path string, kv []KV, tensors []TensorData) error {
	return encoding.WriteFile(path, func(w io.Writer) error { return Write(w, kv, tensors) })
}

// WriteSplit writes a model as parts named prefix-00001-of-0000N.gguf and
// returns their paths. Parts are filled in order while their tensors stay within
// maxBytes; a tensor that is larger has a part to itself. The first part carries
// the metadata. Keys that begin with "split." are the writer's own. After an error none of
// the parts that were written is left.
func WriteSplit(prefix string, kv []KV, tensors []TensorData, maxBytes int64) ([]string, error) {
	var groups [][]TensorData
	var sum int64
	for i := range tensors {
		size, err := tensors[i].Size()
		if err != nil {
			return nil, fmt.Errorf("gguf: %w", err)
		}
		if len(groups) == 0 || size > maxBytes-sum {
			groups, sum = append(groups, nil), 0
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], tensors[i])
		sum += size
	}
	if len(groups) == 0 {
		groups = make([][]TensorData, 1)
	}
	if len(groups) > math.MaxUint16 || len(tensors) > math.MaxInt32 {
		return nil, fmt.Errorf("gguf: %d tensors in parts of %d bytes make too many parts", len(tensors), maxBytes)
	}
	paths := make([]string, len(groups))
	for no, group := range groups {
		var entries []KV
		if i := slices.IndexFunc(kv, func(e KV) bool { return e.Key == alignmentKey }); no == 0 {
			entries = slices.Clone(kv)
		} else if i >= 0 {
			entries = append(entries, kv[i])
		}
		entries = append(entries,
			KV{splitNoKey, uint16(no)},
			KV{splitCountKey, uint16(len(groups))},
			KV{splitTensorsKey, int32(len(tensors))})
		paths[no] = newPartName(prefix, no, len(groups)).String()
		if err := WriteFile(paths[no], entries, group); err != nil {
			for _, path := range paths[:no] {
				err = errors.Join(err, os.Remove(path))
			}
			return nil, err
		}
	}
	return paths, nil
}

// encodeHeader returns everything before the tensor data, padding included.
func encodeHeader(kv []KV, tensors []TensorData) ([]byte, int64, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("gguf: "+format, args...)) }
	le := binary.LittleEndian
	b := []byte(magic)
	b = le.AppendUint32(b, 3)
	b = le.AppendUint64(b, uint64(len(tensors)))
	b = le.AppendUint64(b, uint64(len(kv)))
	align := int64(defaultAlignment)
	seen := map[string]bool{}
	for _, e := range kv {
		if e.Key == "" || len(e.Key) > maxKey || !utf8.ValidString(e.Key) {
			fault("metadata key %s: want 1 to %d bytes of UTF-8", quote(e.Key), maxKey)
		}
		if seen[e.Key] {
			fault("metadata key %s is given twice", quote(e.Key))
		}
		seen[e.Key] = true
		if e.Key == alignmentKey {
			a, ok := e.Value.(uint32)
			if !ok || a == 0 || a&(a-1) != 0 || a > maxAlignment {
				fault("%s is %v (%T), want a power of two up to %d, as uint32", alignmentKey, e.Value, e.Value, maxAlignment)
			} else {
				align = int64(a)
			}
		}
		b = appendString(b, e.Key)
		var err error
		if b, err = appendValue(b, e.Value, true, 0); err != nil {
			fault("metadata %s: %w", quote(e.Key), err)
		}
	}
	clear(seen)
	var off int64
	for i := range tensors {
		t := &tensors[i]
		if t.Name == "" || !utf8.ValidString(t.Name) {
			fault("tensor %d: name %s: want UTF-8, not empty", i, quote(t.Name))
		}
		if seen[t.Name] {
			fault("tensor %s is given twice", quote(t.Name))
		}
		seen[t.Name] = true
		if len(t.Shape) > maxDims {
			fault("tensor %s has %d dimensions, the format has room for %d", quote(t.Name), len(t.Shape), maxDims)
		}
		size, err := t.Size()
		if err != nil {
			fault("%w", err)
		}
		id, ok := typeID(t.Type)
		if err == nil && !ok {
			fault("tensor %s: the format has no type %v", quote(t.Name), t.Type)
		}
		b = appendString(b, t.Name)
		b = le.AppendUint32(b, uint32(len(t.Shape)))
		for _, d := range slices.Backward(t.Shape) {
			b = le.AppendUint64(b, uint64(d))
		}
		b = le.AppendUint32(b, id)
		b = le.AppendUint64(b, uint64(off))
		if size > math.MaxInt64-2*align-off {
			fault("tensor %s: all tensors together are too large", quote(t.Name))
		} else {
			off = pad(off+size, align)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, 0, err
	}
	return append(b, make([]byte, pad(int64(len(b)), align)-int64(len(b)))...), align, nil
}

// pad rounds n up to a multiple of align, a power of two.
func pad(n, align int64) int64 { return (n + align - 1) &^ (align - 1) }
