package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/transcode"
	"github.com/bitnet-go/bitnet/bitnet-quant/calibrate"
)

// TestQuantizeImportance: scales are those that calibrate tries with the same statistics, the report
// has their errors beside those of mean magnitudes, and a dry run says the same.
func TestQuantizeImportance(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	one, two := texts(t)
	dir := t.TempDir()
	stats, page, file := filepath.Join(dir, "stats"), filepath.Join(dir, "page.html"), filepath.Join(dir, "m.gguf")
	tried := calibrated(t, src, "-f", one, "-o", stats, "--measure", "100000").Measured.Scales.Tensors
	q := quantizeJSON(t, src, file, "--importance", stats, "--text", two, "--html", page)
	require.True(t, q.Survey.Searched)
	require.Equal(t, stats, q.Importance.File)
	require.Positive(t, q.Importance.Tokens)
	require.Zero(t, q.Importance.NotFinite)
	require.Contains(t, q.Warning, "ternarizing such a model destroys it")
	require.Len(t, q.Survey.Tensors, len(tried))
	ck, err := checkpoint.Open(file)
	require.NoError(t, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(t, err)
	names := map[string]string{"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
	for _, x := range tried {
		found := false
		for _, s := range q.Survey.Tensors {
			if s.Name != "blk."+string(rune('0'+x.Layer))+"."+names[x.Name]+".weight" {
				continue
			}
			found = true
			require.InEpsilon(t, x.Scale, s.Scale, 1e-6)
			require.InDelta(t, x.Before, s.Output.Absmean, 2e-3, "which calibrate knows by bins")
			require.InDelta(t, x.After, s.Output.Written, 2e-3)
			require.Less(t, s.Output.Written, s.Output.Absmean)
			require.Len(t, s.Errors, 6)
			for i, e := range s.Errors {
				require.Equal(t, i == 5, e.Written)
				require.Equal(t, i == 5, e.Searched)
			}
		}
		require.True(t, found, "%d %s", x.Layer, x.Name)
		if x.Name == "q" {
			require.InEpsilon(t, x.Scale, w.Layers[x.Layer].Q.Ternary.Scale[0], 1e-6)
		}
	}
	usual := quantizeJSON(t, src, filepath.Join(dir, "usual.gguf"), "--text", two)
	require.NotEqual(t, *usual.After.Perplexity, *q.After.Perplexity)
	require.Equal(t, *usual.Before.Perplexity, *q.Before.Perplexity)
	require.Nil(t, usual.Importance)
	require.False(t, usual.Survey.Searched)
	for i, s := range usual.Survey.Tensors {
		require.Nil(t, s.Output)
		require.Len(t, s.Errors, 5)
		for k, e := range s.Errors {
			require.Equal(t, e.Error, q.Survey.Tensors[i].Errors[k].Error, "errors by mean magnitudes are the same")
		}
	}

	code, out, errs := runQuantize(t.Context(), src, filepath.Join(dir, "dry.gguf"), "--importance", stats, "--dry-run")
	require.Zero(t, code, errs)
	require.NoFileExists(t, filepath.Join(dir, "dry.gguf"))
	require.Regexp(t, `(?m)^tensors .* tensor  +row  +256  +128  +64  searched\*  outputs  outputs\*  density$`, out)
	require.Regexp(t, `(?m)^searched: with the scale for a tensor that leaves the least error of outputs, by \d+ tokens of .*stats; outputs: their error, by mean magnitudes and as written$`, out)
	_, row, _ := strings.Cut(out, "blk.*.attn_q.weight")
	row, _, _ = strings.Cut(row, "\n")
	var most [2]float64
	for _, s := range q.Survey.Tensors {
		if strings.Contains(s.Name, "attn_q") {
			most[0], most[1] = max(most[0], s.Output.Absmean), max(most[1], s.Output.Written)
		}
	}
	require.Regexp(t, inPercent(most[0])+" +"+inPercent(most[1])+` +[\d.]+$`, row, "the largest of all layers")

	requirePage(t, readPage(t, page), []string{"Error", "Shares", "Trained for it?", "Tensors"}, "Less squared error of outputs than with mean magnitudes, by layer", ">error of outputs<",
		"with one scale for a tensor, searched for", "a scale for a tensor, searched for (written)", "that leaves the least error of outputs, by", "and errors of outputs by mean magnitudes and as written; * is written")
}

// TestQuantizeImportanceOfMasters: masters are another model with other scales, which is said.
// Statistics of the model that they make are theirs.
func TestQuantizeImportanceOfMasters(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and its parts are tested there")
	}
	src := golden.Path(t, "models", "fable-29m-master")
	one, two := texts(t)
	dir := t.TempDir()
	stats, file := filepath.Join(dir, "stats"), filepath.Join(dir, "m.gguf")
	quantizeJSON(t, src, file, "--embedding", "q8_0")
	calibrated(t, file, "-f", one, "-o", stats, "--measure", "0")
	for _, scale := range []string{"tensor", "row"} {
		q := quantizeJSON(t, src, filepath.Join(dir, scale+".gguf"), "--type", "tq2_0", "--scale", scale, "--importance", stats, "--text", two)
		require.Equal(t, "the model was trained with the mean magnitude of a tensor as its scale: with others it is not the model that was trained, however small the error of outputs", q.Warning)
		require.Greater(t, *q.After.Perplexity, 2**q.Before.Perplexity)
		require.Equal(t, scale, q.Survey.Tensors[0].Errors[5].Scale)
	}
}

// TestQuantizeWarnsOfSearched: masters, and what only looks so, are best left their scales.
func TestQuantizeWarnsOfSearched(t *testing.T) {
	for _, tt := range []struct {
		survey transcode.Survey
		want   string
	}{
		{transcode.Survey{Declared: true, Trained: true, Scale: "tensor"}, ""},
		{transcode.Survey{Declared: true, Trained: true, Scale: "tensor", Searched: true}, "the model was trained with the mean magnitude of a tensor"},
		{transcode.Survey{Declared: true, Scale: "row", Searched: true}, "the model was trained with the mean magnitude of a tensor"},
		{transcode.Survey{Trained: true, Scale: "tensor", Searched: true}, "these weights look trained for ternary values"},
		{transcode.Survey{Trained: true, Scale: "row"}, ""},
		{transcode.Survey{Scale: "tensor", Searched: true}, "ternarizing such a model destroys it"},
	} {
		r := quantizeReport{Survey: &tt.survey}
		r.warn()
		require.Contains(t, r.Warning, tt.want)
		require.Equal(t, tt.want == "", r.Warning == "", r.Warning)
	}
}

// TestQuantizeImportanceLeftOut: tokens without an importance are told of.
func TestQuantizeImportanceLeftOut(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	one, _ := texts(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "stats")
	calibrated(t, src, "-f", one, "-o", file, "--measure", "0")
	change := func(change func(s *calibrate.Statistics)) string {
		stats, err := calibrate.Load(file)
		require.NoError(t, err)
		change(stats)
		changed := filepath.Join(t.TempDir(), "changed")
		require.NoError(t, stats.Save(changed))
		return changed
	}
	some := change(func(s *calibrate.Statistics) {
		s.Inputs[calibrate.Key{Layer: 2, Group: "down"}].NotFinite = 7
		s.Inputs[calibrate.Key{Layer: 3, Group: "qkv"}].NotFinite = 9
		s.Inputs[calibrate.Key{Layer: 3, Group: "down"}].NotFinite = 9
	})
	q := quantizeJSON(t, src, filepath.Join(dir, "m.gguf"), "--importance", some, "--dry-run")
	require.Contains(t, q.Notes, "of the importance 7 tokens of layer 2, down, and some of 2 inputs after it, have values that are not finite and are left out")
	require.EqualValues(t, 9, q.Importance.NotFinite)

	other := filepath.Join(dir, "other")
	calibrated(t, "-f", one, "-o", other, "--measure", "0")
	packed := golden.Committed(t, "golden", "transformers", "bitnet-2b4t-packed")
	made, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, tt := range []struct {
		src, file string
		want      string
	}{
		{src, "no/such", "--importance: cannot read the statistics: open no/such"},
		{"no/model", one, "--importance: cannot read the statistics: "}, // before anything else is read
		{src, other, "--importance " + other + ": the statistics are of another model, whose layers are "},
		{src, change(func(s *calibrate.Statistics) { delete(s.Inputs, calibrate.Key{Layer: 1, Group: "o"}) }), "the statistics have nothing of layers.1.o"},
		{packed, other, "is ternary already"}, // before the model is made
	} {
		code, out, errs := runQuantize(t.Context(), tt.src, filepath.Join(dir, "m.gguf"), "--importance", tt.file)
		require.Equal(t, exitError, code)
		require.Empty(t, out)
		require.Contains(t, errs, tt.want)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
	}
	after, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, after, len(made), "nothing is made")
	for _, tt := range []struct {
		file string
		own  bool // the statistics are of this model
		want string
	}{
		{other, false, ""},
		{change(func(s *calibrate.Statistics) { delete(s.Inputs, calibrate.Key{Layer: 1, Group: "o"}) }), false, ""},
		{change(func(s *calibrate.Statistics) {
			in := s.Inputs[calibrate.Key{Layer: 2, Group: "o"}]
			*in = calibrate.Input{Rounded: in.Rounded, AbsMax: make([]float32, in.Width()), SumSq: make([]float64, in.Width()), NotFinite: 9}
		}), true, "layer 2, o, has no input that is finite in the statistics (9 tokens left out): collect them with another text, or do without"},
	} {
		_, _, errs := runQuantize(t.Context(), src, filepath.Join(dir, "m.gguf"), "--importance", tt.file)
		require.Contains(t, errs, tt.want)
		require.NotEqual(t, tt.own, strings.Contains(errs, "bitnet calibrate "+src+" -f TEXT -o FILE collects those of this one"), errs)
	}
	code, _, errs := runQuantize(t.Context(), src, "m.gguf", "--importance", "a.html", "--html", "./a.html")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "--html and --importance name one file")
}

// TestQuantizeImportanceMixed: where tensors have scales of several kinds, each line says its own,
// and nothing speaks of one of them as if it were that of all.
func TestQuantizeImportanceMixed(t *testing.T) {
	src := golden.Path(t, "models", "stories260K", "stories260K.f32.gguf")
	one, _ := texts(t)
	dir := t.TempDir()
	stats, file := filepath.Join(dir, "stats"), filepath.Join(dir, "page.html")
	calibrated(t, src, "-f", one, "-o", stats, "--measure", "0")
	code, out, errs := runQuantize(t.Context(), src, filepath.Join(dir, "m.gguf"), "--importance", stats, "--dry-run", "--html", file,
		"--type", "q2_0", "--scale", "row", "--tensor-type", `blk\.0\.attn_v=i2_s`, "--tensor-type", "attn_q=i2_s", "--tensor-type", "ffn_down=i2_s")
	require.Zero(t, code, errs)
	require.Regexp(t, `(?m)^tensors .* tensor  +row  +256  +128  +64  +searched  outputs  outputs\*  density$`, out)
	for name, kind := range map[string]string{"attn_q": "tensor", "attn_k": "row", "attn_v": "several", "ffn_down": "tensor"} {
		require.Regexp(t, `(?m)^blk\.\*\.`+name+`\.weight .* %\* `+kind+`  +[\d.]+ %  +[\d.]+ %  +[\d.]+$`, out)
	}
	require.Regexp(t, `(?m)^all .* %\* several  +[\d.]+ %`, out)
	require.Contains(t, out, "searched: with the scale for what its line names that leaves the least error of outputs, by ")
	requirePage(t, readPage(t, file), []string{"Error", "Shares", "Trained for it?", "Tensors"},
		"with one scale for what its line names, searched for", ">a scale for what its line names, searched for<", "the scale for what its line names that leaves", " %* row<", " %* tensor<")
}

// TestQuantizeImportanceUnread: of what only zeros reach no error of outputs is told, and there is a
// page nevertheless.
func TestQuantizeImportanceUnread(t *testing.T) {
	scales := []transcode.ScaleError{{Scale: "row"}, {Scale: "group", Columns: 64, Searched: true, Written: true}}
	tensor := func(name string, written float64) (x transcode.Ternarized) {
		if x.Name, x.Errors = name, scales; written > 0 {
			x.Output = &transcode.OutputError{Absmean: 0.5, Written: written}
		}
		return x
	}
	known := []transcode.Ternarized{tensor("blk.0.a.weight", 0), tensor("blk.1.a.weight", 0.4), tensor("blk.2.a.weight", 0.3), tensor("blk.0.b.weight", 0)}
	for _, tt := range []struct {
		survey transcode.Survey
		rows   []string
		fact   string
	}{
		{transcode.Survey{Tensors: known, Total: tensor("", 0.35)}, []string{"50.0 % 40.0 %", "– –", "50.0 % 35.0 %"}, "50.0 % with mean magnitudes, 35.0 % as written"},
		{transcode.Survey{Tensors: known[3:], Total: tensor("", 0)}, []string{"– –", "– –"}, "not known: all inputs are 0"},
	} {
		tt.survey.Searched, tt.survey.Scale = true, "group"
		rows := surveyRows(&tt.survey, byRole(tt.survey.Tensors))
		require.Len(t, rows, len(tt.rows))
		for i, want := range tt.rows {
			require.Len(t, rows[i], len(surveyColumns(&tt.survey)))
			require.Equal(t, want, strings.Join(rows[i][7:9], " "))
		}
		r := quantizeReport{Plan: &transcode.Plan{}, Survey: &tt.survey, Importance: &quantizeImportance{File: "stats"}}
		facts := r.page(&quantizeOptions{}).Facts
		require.Contains(t, facts, html.Fact{Name: "error of outputs", Value: tt.fact})
		require.Contains(t, facts, html.Fact{Name: "relative error", Value: "0.0 %, with one scale for a group of 64, searched for"})
		require.Contains(t, facts, html.Fact{Name: "scales", Value: "the scale for a group of 64 that leaves the least error of outputs, by 0 tokens of stats"})
	}
}
