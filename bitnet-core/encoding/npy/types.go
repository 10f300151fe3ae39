package npy

import (
	"fmt"
	"strconv"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
)

// codes are the element types by NumPy's kind and size in bytes.
var codes = map[string]dtype.DType{
	"b1": dtype.Bool,
	"i1": dtype.I8,
	"i2": dtype.I16,
	"i4": dtype.I32,
	"i8": dtype.I64,
	"u1": dtype.U8,
	"u2": dtype.U16,
	"u4": dtype.U32,
	"u8": dtype.U64,
	"f2": dtype.F16,
	"f4": dtype.F32,
	"f8": dtype.F64,
}

// kinds say what other types hold, by NumPy's letter.
var kinds = map[byte]string{
	'O': "Python objects",
	'S': "text",
	'a': "text",
	'U': "text",
	'V': "bytes without a meaning; arrays of bfloat16 look like this",
	'c': "complex numbers",
	'M': "times",
	'm': "spans of time",
	'f': "floats of a size that depends on the machine",
}

const supported = "save it as bool, integers of 8 to 64 bits or floats of 16 to 64 bits, for example with a.astype(np.float32)"

// parseType reads a descr such as "<f4". Bytes are little-endian where it says
// nothing, as on the machines that this project runs on.
func parseType(descr string) (d dtype.DType, bigEndian bool, err error) {
	code := descr
	if code != "" {
		switch code[0] {
		case '<', '=', '|':
			code = code[1:]
		case '>':
			code, bigEndian = code[1:], true
		}
	}
	d, ok := codes[code]
	if !ok {
		what := ""
		if code != "" && kinds[code[0]] != "" {
			what = " (" + kinds[code[0]] + ")"
		}
		return dtype.Invalid, false, fmt.Errorf("elements of type %s%s are not supported: %s", quote(descr), what, supported)
	}
	_, size := d.Block()
	return d, bigEndian && size > 1, nil
}

// typeName is the descr of a type in a file.
func typeName(d dtype.DType, bigEndian bool) (string, error) {
	for code, t := range codes {
		if t != d {
			continue
		}
		switch _, size := d.Block(); {
		case size == 1:
			return "|" + code, nil
		case bigEndian:
			return ">" + code, nil
		default:
			return "<" + code, nil
		}
	}
	return "", fmt.Errorf("NumPy has no type %v: convert the tensor to F32", d)
}

// quote quotes a string of a file for a message, shortened if it is long.
func quote(s string) string {
	if len(s) > 80 {
		s = s[:80] + "…"
	}
	return strconv.Quote(s)
}
