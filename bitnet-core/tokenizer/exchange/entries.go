package exchange

import (
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

const prefix = tokenizer.GGUFPrefix

// entries are metadata on their way into a file, for a tokenizer to be read from.
type entries []gguf.KV

func get[T any](e entries, key string) (v T, ok bool) {
	for _, kv := range e {
		if kv.Key == key {
			v, ok = kv.Value.(T)
			return v, ok
		}
	}
	return v, false
}

func (e entries) String(key string) (string, bool)      { return get[string](e, key) }
func (e entries) Strings(key string) ([]string, bool)   { return get[[]string](e, key) }
func (e entries) Int32s(key string) ([]int32, bool)     { return get[[]int32](e, key) }
func (e entries) Float32s(key string) ([]float32, bool) { return get[[]float32](e, key) }
func (e entries) Bytes(key string) ([]byte, bool)       { return get[[]byte](e, key) }
func (e entries) Bool(key string) (bool, bool)          { return get[bool](e, key) }

func (e entries) Uint(key string) (uint64, bool) {
	v, ok := get[uint32](e, key)
	return uint64(v), ok
}

// put adds an entry or replaces it.
func (e *entries) put(key string, v any) {
	for i := range *e {
		if (*e)[i].Key == prefix+key {
			(*e)[i].Value = v
			return
		}
	}
	*e = append(*e, gguf.KV{Key: prefix + key, Value: v})
}
