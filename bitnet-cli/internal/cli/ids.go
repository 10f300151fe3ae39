package cli

import (
	"strconv"
	"strings"
)

// parseIDs reads token ids as people and programs write them: separated by
// commas or spaces, with or without the brackets of a JSON array.
func parseIDs(list string) ([]int32, error) {
	list = strings.TrimSpace(list)
	if inner, ok := strings.CutPrefix(list, "["); ok {
		if list, ok = strings.CutSuffix(inner, "]"); !ok {
			return nil, usagef("token ids %q have no closing bracket", shorten(inner, 40))
		}
	}
	fields := strings.FieldsFunc(list, func(r rune) bool {
		return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t'
	})
	ids := make([]int32, 0, len(fields))
	for _, f := range fields {
		id, err := strconv.ParseInt(f, 10, 32)
		if err != nil || id < 0 {
			return nil, usagef("token id %q is not a whole number from 0 on; write ids as 1,2,3", shorten(f, 40))
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}
