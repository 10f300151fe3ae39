package gguf

import "math"

// Metadata returns the entries in the order of the file; of a split model, those
// of the first part. The caller must not change them.
func (f *File) Metadata() []KV { return f.kv }

// Value returns the value of a key as the file has it.
func (f *File) Value(key string) (any, bool) {
	i, ok := f.keys[key]
	if !ok {
		return nil, false
	}
	return f.kv[i].Value, true
}

// get returns the value of a key if it has type T.
func get[T any](f *File, key string) (T, bool) {
	v, _ := f.Value(key)
	t, ok := v.(T)
	return t, ok
}

// String returns a string value. Like the other getters it is false if the key
// is missing or its value is of another kind.
func (f *File) String(key string) (string, bool) { return get[string](f, key) }

// Bool returns a truth value.
func (f *File) Bool(key string) (bool, bool) { return get[bool](f, key) }

// Strings returns an array of strings, which the caller must not change.
func (f *File) Strings(key string) ([]string, bool) { return get[[]string](f, key) }

// Float32s returns an array of float32, which the caller must not change.
func (f *File) Float32s(key string) ([]float32, bool) { return get[[]float32](f, key) }

// Uint returns a value of any integer type that is not negative.
func (f *File) Uint(key string) (uint64, bool) {
	v, _ := f.Value(key)
	return asUint(v)
}

// Int returns a value of any integer type that an int64 holds.
func (f *File) Int(key string) (int64, bool) {
	v, _ := f.Value(key)
	i, ok := asInt(v)
	if !ok {
		return 0, false
	}
	return i, true
}

// Float returns a value of a floating-point or integer type.
func (f *File) Float(key string) (float64, bool) {
	v, _ := f.Value(key)
	switch v := v.(type) {
	case float32:
		return float64(v), true
	case float64:
		return v, true
	case uint64:
		return float64(v), true
	}
	i, ok := asInt(v)
	return float64(i), ok
}

// Int32s returns an array of int32, or one of uint32 whose elements an int32
// holds. The caller must not change it.
func (f *File) Int32s(key string) ([]int32, bool) {
	u, ok := get[[]uint32](f, key)
	if !ok {
		return get[[]int32](f, key)
	}
	a := make([]int32, len(u))
	for i, v := range u {
		if v > math.MaxInt32 {
			return nil, false
		}
		a[i] = int32(v)
	}
	return a, true
}

// Bytes returns an array of uint8 or int8, the latter as a copy. The caller must
// not change it.
func (f *File) Bytes(key string) ([]byte, bool) {
	signed, ok := get[[]int8](f, key)
	if !ok {
		return get[[]uint8](f, key)
	}
	b := make([]byte, len(signed))
	for i, v := range signed {
		b[i] = byte(v)
	}
	return b, true
}

// asInt converts the integer types except a uint64 beyond an int64.
func asInt(v any) (int64, bool) {
	switch v := v.(type) {
	case uint8:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case int16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case int32:
		return int64(v), true
	case int64:
		return v, true
	case uint64:
		return int64(v), v <= math.MaxInt64
	}
	return 0, false
}

func asUint(v any) (uint64, bool) {
	if u, ok := v.(uint64); ok {
		return u, true
	}
	if i, ok := asInt(v); ok && i >= 0 {
		return uint64(i), true
	}
	return 0, false
}
