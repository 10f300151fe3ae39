package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
)

// TestQuantizePage: the page has every tensor of --json, the perplexities and the warning.
func TestQuantizePage(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	dir := t.TempDir()
	text, file := filepath.Join(dir, "text.txt"), filepath.Join(dir, "page.html")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("Once upon a time, there was a little girl named Lily. ", 8)), 0o600))
	q := quantizeJSON(t, src, filepath.Join(dir, "m.gguf"), "--text", text, "-c", "256", "--html", file)
	page := readPage(t, file)
	require.NotContains(t, page, filepath.Dir(src))
	requirePage(t, page, []string{"Error", "Shares", "Trained for it?", "Tensors"},
		"Ternarization of stories260K.f32.gguf", "Warning: "+q.Warning, "<td>m.gguf, GGUF</td>",
		q.Before.String(), q.After.String(), fmt.Sprintf("text.txt, %d tokens", q.After.Tokens), "a scale for a tensor (written)", "so many weights of a row; * is written")
	for _, n := range q.Notes {
		requirePage(t, page, nil, strings.NewReplacer("'", "&#39;", `"`, "&#34;").Replace(n))
	}
	for _, x := range q.Survey.Tensors {
		row := fmt.Sprintf("<td>%s</td>", x.Name)
		_, after, found := strings.Cut(page, row)
		require.True(t, found, row)
		cells, _, _ := strings.Cut(after, "</tr>")
		for _, e := range x.Errors {
			require.Contains(t, cells, ">"+inPercent(e.Error)+"<", x.Name)
		}
		require.Contains(t, cells, ">"+inPercent(x.Zero)+"<")
	}

	code, _, errs := runQuantize(t.Context(), src, "m.gguf", "--html", "./m.gguf")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "--html and DST name one file")
	code, _, errs = runQuantize(t.Context(), src, filepath.Join(dir, "other.gguf"), "--html", text)
	require.Equal(t, exitError, code)
	require.Contains(t, errs, "is no page of this program")
	require.NoFileExists(t, filepath.Join(dir, "other.gguf"))
}

// TestByLayer sorts by what a tensor does, then by layer.
func TestByLayer(t *testing.T) {
	var got []string
	for _, name := range []string{"blk.10.b.weight", "blk.10.a.weight", "blk.2.b.weight", "model.layers.0.self_attn.q_proj.weight", "output.weight", "x.99999999999999999999.a"} {
		for _, l := range byLayer([]transcode.Ternarized{{Name: name}}) {
			got = append(got, fmt.Sprint(l.layer, " ", l.role))
		}
	}
	require.Equal(t, []string{"10 b", "10 a", "2 b", "0 self_attn.q_proj"}, got)
	all := byLayer([]transcode.Ternarized{{Name: "blk.10.b.weight"}, {Name: "blk.10.a.weight"}, {Name: "blk.2.b.weight"}})
	require.Equal(t, []int{2, 10, 10}, []int{all[0].layer, all[1].layer, all[2].layer})
	require.Equal(t, "a", all[2].role)
}
