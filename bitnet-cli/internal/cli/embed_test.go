package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/convert"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/npy"
)

// embedWith runs embed and returns what it prints.
func embedWith(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newRoot(&Streams{In: strings.NewReader(in), Out: &out, Err: &out})
	cmd.SetArgs(append([]string{"embed"}, args...))
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// TestEmbedForms: texts from arguments, a file and standard input give the same vectors,
// as JSON and as an array.
func TestEmbedForms(t *testing.T) {
	texts := []string{"The fox saw the crow.", "", "A king lived by the sea."}
	want, err := embedWith(t, "", append([]string{"fable"}, texts...)...)
	require.NoError(t, err)
	var vectors []float32
	for i, line := range strings.Split(strings.TrimSuffix(want, "\n"), "\n") {
		var e embeddingJSON
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		require.Equal(t, i, e.Index)
		require.Positive(t, e.Tokens)
		require.Len(t, e.Embedding, 512)
		vectors = append(vectors, e.Embedding...)
	}
	require.Len(t, vectors, 512*len(texts))

	dir := t.TempDir()
	file, array := filepath.Join(dir, "texts"), filepath.Join(dir, "vectors.npy")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(texts, "\r\n")+"\n"), 0o600))
	got, err := embedWith(t, "", "-f", file)
	require.NoError(t, err)
	require.Equal(t, want, got)
	got, err = embedWith(t, strings.Join(texts, "\n"), "-m", "fable", "-f", "-", "--npy", array)
	require.NoError(t, err)
	require.Empty(t, got)
	f, err := npy.Open(array)
	require.NoError(t, err)
	defer f.Release()
	require.EqualValues(t, []int{3, 512}, f.Shape())
	require.Equal(t, convert.Bytes(vectors), f.Bytes())

	mean, err := embedWith(t, "", "fable", texts[0], "--pooling", "mean")
	require.NoError(t, err)
	require.NotEqual(t, strings.SplitAfter(want, "\n")[0], mean)
}

func TestEmbedFaults(t *testing.T) {
	dir := t.TempDir()
	empty, long, array := filepath.Join(dir, "empty"), filepath.Join(dir, "long"), filepath.Join(dir, "vectors.npy")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.NoError(t, os.WriteFile(long, []byte("short\n"+strings.Repeat("so long ", 9000)), 0o600))
	for _, tt := range []struct {
		args  []string
		fault string
	}{
		{[]string{"fable"}, "there is no text"},
		{[]string{"and/or", "a"}, "if this was meant as text, name the model with -m"},
		{[]string{"fable", "a", "-f", empty}, `"a" and -f both give texts`},
		{[]string{"fable", "a", "--pooling", "cls"}, `--pooling is "cls", want last or mean`},
		{[]string{"fable", "-f", empty}, "is empty: want a text in each line"},
		{[]string{"fable", "-f", filepath.Join(dir, "none")}, "cannot read the texts"},
		{[]string{"fable", "-f", long, "--npy", array}, "long: line 2: the text has"},
		{[]string{"fable", "a", "--cache-type", "f8"}, "--cache-type"},
	} {
		_, err := embedWith(t, "", tt.args...)
		require.ErrorContains(t, err, tt.fault)
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "an array that was not completed is left behind")
}
