package gguf

import (
	"encoding/binary"
	"fmt"
)

func appendString(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint64(b, uint64(len(s))), s...)
}

// appendValue appends a metadata value: its type, if typed, and its bytes.
func appendValue(b []byte, v any, typed bool, nesting int) ([]byte, error) {
	t, elems, err := typeOf(v)
	if err != nil {
		return b, err
	}
	le := binary.LittleEndian
	if typed {
		b = le.AppendUint32(b, uint32(t))
	}
	if t != typeArray {
		if s, ok := v.(string); ok {
			return appendString(b, s), nil
		}
		return binary.Append(b, le, v)
	}
	b = le.AppendUint32(b, uint32(elems))
	switch a := v.(type) {
	case []string:
		b = le.AppendUint64(b, uint64(len(a)))
		for _, s := range a {
			b = appendString(b, s)
		}
		return b, nil
	case []any:
		if len(a) > 0 && nesting+1 >= maxNesting {
			return b, fmt.Errorf("arrays are nested more than %d deep", maxNesting)
		}
		b = le.AppendUint64(b, uint64(len(a)))
		for i, e := range a {
			if t, _, err := typeOf(e); err != nil || t != typeArray {
				return b, fmt.Errorf("element %d of an array of arrays is %T, want a slice", i, e)
			}
			if b, err = appendValue(b, e, false, nesting+1); err != nil {
				return b, err
			}
		}
		return b, nil
	}
	size := le.AppendUint64(b, uint64(binary.Size(v)/minSize[elems]))
	return binary.Append(size, le, v)
}

// typeOf returns the type of a Go value in a file, and that of its elements if
// it is an array.
func typeOf(v any) (t, elems valueType, err error) {
	switch v.(type) {
	case uint8:
		return typeUint8, 0, nil
	case int8:
		return typeInt8, 0, nil
	case uint16:
		return typeUint16, 0, nil
	case int16:
		return typeInt16, 0, nil
	case uint32:
		return typeUint32, 0, nil
	case int32:
		return typeInt32, 0, nil
	case float32:
		return typeFloat32, 0, nil
	case bool:
		return typeBool, 0, nil
	case string:
		return typeString, 0, nil
	case uint64:
		return typeUint64, 0, nil
	case int64:
		return typeInt64, 0, nil
	case float64:
		return typeFloat64, 0, nil
	case []uint8:
		return typeArray, typeUint8, nil
	case []int8:
		return typeArray, typeInt8, nil
	case []uint16:
		return typeArray, typeUint16, nil
	case []int16:
		return typeArray, typeInt16, nil
	case []uint32:
		return typeArray, typeUint32, nil
	case []int32:
		return typeArray, typeInt32, nil
	case []float32:
		return typeArray, typeFloat32, nil
	case []bool:
		return typeArray, typeBool, nil
	case []string:
		return typeArray, typeString, nil
	case []any:
		return typeArray, typeArray, nil
	case []uint64:
		return typeArray, typeUint64, nil
	case []int64:
		return typeArray, typeInt64, nil
	case []float64:
		return typeArray, typeFloat64, nil
	}
	return 0, 0, fmt.Errorf("a value of Go type %T has no type in the format: want a sized number, bool, string, or a slice of these", v)
}
