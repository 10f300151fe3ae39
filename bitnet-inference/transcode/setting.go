package transcode

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// ParseSetting reads a change of metadata, KEY=VALUE or KEY=TYPE:VALUE with a TYPE of
// u8, i8, u16, i16, u32, i32, u64, i64, f32, f64, bool or str. Without one the value
// gets the type that the entry has now, as old tells; a new entry is a truth value,
// an i32 or i64, an f32 or a string by how it is written. Arrays cannot be set.
func ParseSetting(text string, old func(key string) (any, bool)) (key string, value any, err error) {
	key, v, typed, err := cutSetting(text)
	if err != nil || typed != nil {
		return key, typed, err
	}
	was, there := old(key)
	if !there {
		return key, guess(v), nil
	}
	for name, parse := range settingTypes {
		if fmt.Sprintf("%T", was) == goTypes[name] {
			value, err = parse(v)
			return key, value, settingError(text, name, err)
		}
	}
	return "", nil, fmt.Errorf("the setting %q: %s is an array, which cannot be set", text, key)
}

// jsonSetting is ParseSetting for an entry of config.json: without a TYPE the value is
// JSON if it is written so, else a string.
func jsonSetting(text string) (key string, value any, err error) {
	key, v, typed, err := cutSetting(text)
	switch {
	case err != nil || typed != nil:
		return key, typed, err
	case json.Valid([]byte(v)):
		return key, json.RawMessage(v), nil
	}
	return key, v, nil
}

// cutSetting takes a setting apart. typed is the value if that has a type.
func cutSetting(text string) (key, v string, typed any, err error) {
	key, v, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return "", "", nil, fmt.Errorf("the setting %q is not KEY=VALUE", text)
	}
	if name, rest, ok := strings.Cut(v, ":"); ok {
		if parse, known := settingTypes[name]; known {
			typed, err = parse(rest)
			return key, v, typed, settingError(text, name, err)
		}
	}
	return key, v, nil, nil
}

func settingError(text, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the setting %q: the value is no %s", text, name)
}

var goTypes = map[string]string{
	"u8": "uint8", "i8": "int8", "u16": "uint16", "i16": "int16", "u32": "uint32", "i32": "int32", "u64": "uint64", "i64": "int64",
	"f32": "float32", "f64": "float64", "bool": "bool", "str": "string",
}

var settingTypes = map[string]func(string) (any, error){
	"u8":  func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 8); return uint8(v), err },
	"i8":  func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 8); return int8(v), err },
	"u16": func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 16); return uint16(v), err },
	"i16": func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 16); return int16(v), err },
	"u32": func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 32); return uint32(v), err },
	"i32": func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 32); return int32(v), err },
	"u64": func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 64); return v, err },
	"i64": func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 64); return v, err },
	"f32": func(s string) (any, error) { v, err := strconv.ParseFloat(s, 32); return float32(v), err },
	"f64": func(s string) (any, error) { v, err := strconv.ParseFloat(s, 64); return v, err },
	"bool": func(s string) (any, error) {
		v, err := strconv.ParseBool(s)
		return v, err
	},
	"str": func(s string) (any, error) { return s, nil },
}

// guess types a new value by how it is written.
func guess(s string) any {
	if s == "true" || s == "false" {
		return s == "true"
	}
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		if int64(int32(v)) == v {
			return int32(v)
		}
		return v
	}
	if v, err := strconv.ParseFloat(s, 32); err == nil {
		return float32(v)
	}
	return s
}

// keep is the Type that leaves projections in theirs.
const keep = "keep"

// projectionType returns the type of a projection: its own if it is to keep that and the target
// has it, else the one that is asked for. In GGUF files masters are made ternary.
func (p *Plan) projectionType(m *matrix) dtype.DType {
	d := p.tern
	if own := m.kind; p.kept != nil && (p.toGGUF() && forLinear(own) && own != dtype.U8 && !m.master || !p.toGGUF() && checkpoint.IsFloat(own)) {
		d = own
	}
	if p.kept != nil {
		p.kept[d]++
	}
	return d
}

// settleKept makes what metadata says of the projections' type right where they kept
// theirs: it is that of most, or in a directory that of packed ones if there are any.
func (p *Plan) settleKept() {
	for d, n := range p.kept {
		if most := p.kept[p.tern]; n > most || n == most && d < p.tern {
			p.tern = d
		}
	}
	if !p.toGGUF() && p.kept[dtype.U8] > 0 {
		p.tern = dtype.U8
	}
}
