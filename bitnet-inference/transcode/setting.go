package transcode

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// parseSetting reads a change of a GGUF file's metadata; see [Options]. old tells what an
// entry is now.
func parseSetting(text string, old func(key string) (any, bool)) (key string, value any, err error) {
	key, v, typed, err := cutSetting(text)
	if err != nil || typed != nil {
		return key, typed, err
	}
	was, there := old(key)
	if !there {
		return key, guess(v), nil
	}
	for _, s := range settingTypes {
		if fmt.Sprintf("%T", was) == s.goType {
			value, err = s.parse(v)
			return key, value, settingError(text, s.name, err)
		}
	}
	return "", nil, fmt.Errorf("the setting %q: %s is an array, which cannot be set", text, key)
}

// jsonSetting is parseSetting for an entry of config.json: without a TYPE the value is
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
		for _, s := range settingTypes {
			if s.name == name {
				typed, err = s.parse(rest)
				return key, v, typed, settingError(text, name, err)
			}
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

// settingTypes are the types of values by their names in settings, and in Go.
var settingTypes = []struct {
	name, goType string
	parse        func(string) (any, error)
}{
	{"u8", "uint8", func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 8); return uint8(v), err }},
	{"i8", "int8", func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 8); return int8(v), err }},
	{"u16", "uint16", func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 16); return uint16(v), err }},
	{"i16", "int16", func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 16); return int16(v), err }},
	{"u32", "uint32", func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 32); return uint32(v), err }},
	{"i32", "int32", func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 32); return int32(v), err }},
	{"u64", "uint64", func(s string) (any, error) { v, err := strconv.ParseUint(s, 0, 64); return v, err }},
	{"i64", "int64", func(s string) (any, error) { v, err := strconv.ParseInt(s, 0, 64); return v, err }},
	{"f32", "float32", func(s string) (any, error) { v, err := strconv.ParseFloat(s, 32); return float32(v), err }},
	{"f64", "float64", func(s string) (any, error) { v, err := strconv.ParseFloat(s, 64); return v, err }},
	{"bool", "bool", func(s string) (any, error) { v, err := strconv.ParseBool(s); return v, err }},
	{"str", "string", func(s string) (any, error) { return s, nil }},
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
