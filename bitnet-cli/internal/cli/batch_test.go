package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// quoteArray copies an array of strings through convertArray.
func quoteArray(in string, threads int) (string, error) {
	var out bytes.Buffer
	err := convertArray(iotest.HalfReader(strings.NewReader(in)), &out, threads,
		func(s string) int { return len(s) },
		func(dst []byte, s string) []byte {
			q, _ := json.Marshal(s)
			return append(dst, q...)
		})
	return out.String(), err
}

func TestConvertArrayKeepsOrder(t *testing.T) {
	for _, n := range []int{0, 1, chunkElements - 1, chunkElements, chunkElements + 1, 10*chunkElements + 7} {
		texts := make([]string, n)
		for i := range texts {
			texts[i] = fmt.Sprintf("%d %s", i, strings.Repeat("x", i%17))
		}
		texts = append(texts, strings.Repeat("long", chunkBytes)) // a chunk of its own
		in, err := json.Marshal(texts)
		require.NoError(t, err)
		for _, threads := range []int{1, 4} {
			got, err := quoteArray(string(in), threads)
			require.NoError(t, err)
			require.Equal(t, string(in)+"\n", got)
		}
	}
	got, err := quoteArray(" [ ] \n", 2)
	require.NoError(t, err)
	require.Equal(t, "[]\n", got)
}

func TestConvertArrayRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":               "byte 0: unexpected EOF",
		`"text"`:         "want a JSON array, got text",
		`{"a":1}`:        "want a JSON array, got {",
		`["a",1]`:        "cannot unmarshal number into Go value of type string",
		`["a",null]`:     "element 1 is null",
		`["a"`:           "unexpected EOF",
		`["a","b`:        "unexpected EOF",
		`["a"] ["b"]`:    "there is more after the array",
		`["a" "b"]`:      "after array element",
		`[["a"]]`:        "cannot unmarshal array",
		"[\"a\x01\"]":    "invalid character",
		`["\ud800 ok"]x`: "there is more after the array",
	} {
		_, err := quoteArray(in, 2)
		require.ErrorContains(t, err, want, in)
		require.ErrorContains(t, err, "standard input, byte ", in)
	}
}
