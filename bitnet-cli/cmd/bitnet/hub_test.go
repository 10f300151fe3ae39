package main_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
)

const (
	tinyRepo   = "hf.co/org/tiny-gguf"
	packedRepo = "hf.co/org/packed"
)

// models are the repositories of a test's hub: a GGUF file and a directory that run.
func models(t *testing.T) []hubtest.Repo {
	t.Helper()
	read := func(elem ...string) []byte {
		data, err := os.ReadFile(golden.Committed(t, elem...))
		require.NoError(t, err)
		return data
	}
	directory := []string{"golden", "transformers", "llama-bitlinear-packed"}
	return []hubtest.Repo{
		{Name: "org/tiny-gguf", Licence: "mit", Files: []hubtest.File{
			{Path: "README.md", Data: []byte("# Tiny\n")},
			{Path: "tiny-tq2_0.gguf", Data: read("golden", "ternary", "models", "tiny-b158-tq2_0.gguf"), LFS: true},
		}},
		{Name: "org/packed", Licence: "apache-2.0", Files: []hubtest.File{
			{Path: "config.json", Data: read(append(directory, "config.json")...)},
			{Path: "model.safetensors", Data: read(append(directory, "model.safetensors")...), LFS: true},
		}},
	}
}

// A place is a hub and a store that nobody else uses.
type place struct {
	*hubtest.Server
	store string
	env   []string
}

func newPlace(t *testing.T, repos ...hubtest.Repo) *place {
	t.Helper()
	p := &place{Server: hubtest.New(repos...), store: filepath.Join(t.TempDir(), "hub")}
	t.Cleanup(p.Close)
	p.env = []string{
		"HF_ENDPOINT=" + p.URL(), "HF_HUB_CACHE=" + p.store, "HF_HOME=" + t.TempDir(), "HF_TOKEN=", "HF_HUB_OFFLINE=",
		"HUGGING_FACE_HUB_TOKEN=", "HF_TOKEN_PATH=", "HF_HUB_DISABLE_IMPLICIT_TOKEN=",
	}
	return p
}

// bitnet runs the program with this hub and variables of its own.
func (p *place) bitnet(t *testing.T, env []string, args ...string) result {
	t.Helper()
	return p.run(command(t, args...), env)
}

func (p *place) run(cmd *exec.Cmd, env []string) result {
	cmd.Env = append(append(cmd.Env, p.env...), env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // its exit code is what counts
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

func (p *place) succeeds(t *testing.T, args ...string) string {
	t.Helper()
	r := p.bitnet(t, nil, args...)
	require.Equal(t, 0, r.code, r.err)
	require.Empty(t, r.err)
	return r.out
}

// plain writes what differs from run to run as words.
func (p *place) plain(text string) string {
	host := func(address string) string { return strings.TrimPrefix(address, "http://") }
	text = strings.NewReplacer(p.URL(), "https://HUB", host(p.URL()), "HUB", host(p.CDN()), "CDN", nobody, "HUB", p.store, "STORE").Replace(text)
	return varying.ReplaceAllString(text, "$1…$2")
}

// nobody listens there.
const nobody = "127.0.0.1:1"

// varying is what systems say in words of their own.
var varying = regexp.MustCompile(`(dial tcp |STORE has )[^;]+(;)`)

// varyingHash is that of a damaged file.
var varyingHash = regexp.MustCompile(`[0-9a-f]{12}…,`)

// TestPull: what is fetched runs under its name, is listed, copied and removed, and is not fetched twice.
func TestPull(t *testing.T) {
	p := newPlace(t, models(t)...)
	plan := p.succeeds(t, "pull", tinyRepo, "--dry-run")
	require.Regexp(t, `(?m)^licence +mit$`, plan)
	require.Regexp(t, `(?m)^to fetch +[\d.]+ [KM]iB of [\d.]+ [KM]iB; .* free on the disk$`, plan)
	require.Regexp(t, `(?m)^tiny-tq2_0.gguf +[\d.]+ [KM]iB$`, plan)
	require.Zero(t, p.Sent(""), "a dry run fetches nothing")
	require.Equal(t, "[]\n", p.succeeds(t, "list", "--json"))

	data := models(t)[0].Files[1]
	out := p.succeeds(t, "pull", tinyRepo)
	require.Contains(t, out, "\n"+data.Blob()+"  tiny-tq2_0.gguf\n")
	require.Contains(t, out, "\nrun it: bitnet run "+tinyRepo+` "`)
	sent := p.Sent("")
	require.Contains(t, p.succeeds(t, "pull", tinyRepo), "nothing: all is here")
	require.Equal(t, sent, p.Sent(""), "what is here is not fetched again")

	var pulled []struct {
		Name, Repo, Revision, Commit, Licence, Path string
		Bytes                                       int64
		Fetched                                     int64 `json:"fetched_bytes"`
		Files                                       []struct{ Path, SHA256 string }
	}
	require.NoError(t, json.Unmarshal([]byte(p.succeeds(t, "pull", packedRepo, "--json")), &pulled))
	require.Len(t, pulled, 1)
	require.Equal(t, packedRepo, pulled[0].Name)
	require.Equal(t, "main", pulled[0].Revision)
	require.Equal(t, pulled[0].Bytes, pulled[0].Fetched)
	require.Len(t, pulled[0].Files, 2)
	for _, f := range pulled[0].Files {
		require.Len(t, f.SHA256, 64, f.Path)
		require.FileExists(t, filepath.Join(pulled[0].Path, f.Path))
	}

	asked := len(p.Requests()) // from here on the store has to do
	for _, model := range []string{tinyRepo, tinyRepo + ":tq2_0", "hf:org/tiny-gguf@main", packedRepo} {
		r := p.bitnet(t, nil, "run", model, "--ids", "1,2", "-n", "2", "--temp", "0")
		require.Equal(t, 0, r.code, r.err) // without a tokenizer it says so
		p.succeeds(t, "show", model)
		p.succeeds(t, "bench", model, "-p", "0", "-n", "1", "-r", "1", "-t", "1")
	}
	require.Contains(t, p.succeeds(t, "show", packedRepo, "--check"), "0 errors")
	p.succeeds(t, "convert", packedRepo, filepath.Join(t.TempDir(), "x.gguf"), "--no-tokenizer")
	p.succeeds(t, "diff", tinyRepo, tinyRepo)

	list := p.succeeds(t, "list")
	require.Regexp(t, `(?m)^hf.co/org/packed:safetensors +2 `, list)
	require.Regexp(t, `(?m)^hf.co/org/tiny-gguf:tiny-tq2_0.gguf +1 `, list)
	var listed []struct{ Name, Path string }
	require.NoError(t, json.Unmarshal([]byte(p.succeeds(t, "list", "--json")), &listed))
	require.Len(t, listed, 2)
	require.Equal(t, pulled[0].Path, listed[0].Path)
	completed := p.bitnet(t, nil, "__completeNoDesc", "run", "").out
	require.Contains(t, completed, listed[1].Name+"\n")
	require.Contains(t, completed, "\n2b4t\n")

	require.Len(t, p.Requests(), asked)
	// What is here is read, not believed.
	require.NoError(t, os.WriteFile(listed[1].Path, append([]byte("X"), data.Data[1:]...), 0o666))
	r := p.bitnet(t, nil, "pull", tinyRepo+":tq2_0", "--json")
	failsInOneLine(t, r)
	said := varyingHash.ReplaceAllString(strings.ReplaceAll(p.plain(r.err), data.Blob()[:12], "HASH"), "OTHER…,")
	requireRow(t, "a file that was damaged since", "`"+strings.TrimSpace(said)+"`")
	require.NoError(t, os.WriteFile(listed[1].Path, data.Data, 0o666))
	config := filepath.Join(pulled[0].Path, "config.json") // of which the hub lists git's hash
	was, err := os.ReadFile(config)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config, append([]byte("["), was[1:]...), 0o666))
	failsInOneLine(t, p.bitnet(t, nil, "pull", packedRepo, "--json"), "config.json, which was here: the content is not what the hub's listing says")
	require.NoError(t, os.WriteFile(config, was, 0o666))
	p.succeeds(t, "pull", packedRepo)
	asked = len(p.Requests())

	p.copies(t, data.Data)
	require.Len(t, p.Requests(), asked)
	require.Regexp(t, `^removed hf.co/org/tiny-gguf: [\d.]+ [KM]iB freed\n$`, p.succeeds(t, "rm", tinyRepo))
	failsInOneLine(t, p.bitnet(t, nil, "rm", tinyRepo), "not in the store", "bitnet list")
	failsInOneLine(t, p.bitnet(t, nil, "run", tinyRepo, "x"), "not in the store", "bitnet pull "+tinyRepo)
	p.succeeds(t, "rm", packedRepo)
	r = p.bitnet(t, nil, "list")
	require.Equal(t, result{err: "There are no models; bitnet pull NAME fetches one.\n"}, r)
}

// TestCapitals: a model whose files end in .GGUF, here in two parts, is one like others.
func TestCapitals(t *testing.T) {
	f, err := gguf.Open(golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	require.NoError(t, err)
	defer f.Close()
	var tensors []gguf.TensorData
	var total int64
	for _, info := range f.Tensors() {
		x, err := f.Tensor(info.Name)
		require.NoError(t, err)
		tensors = append(tensors, gguf.TensorData{Name: info.Name, Type: info.Type, Shape: info.Shape, Data: x.Bytes()})
		total += int64(len(x.Bytes()))
	}
	parts, err := gguf.WriteSplit(filepath.Join(t.TempDir(), "tiny-tq2_0"), f.Metadata(), tensors, total*2/3)
	require.NoError(t, err)
	require.Len(t, parts, 2)
	repo := hubtest.Repo{Name: "org/capitals", Files: []hubtest.File{{Path: "OTHER-F16.GGUF", Data: []byte("no model"), LFS: true}}}
	for _, part := range parts {
		data, err := os.ReadFile(part)
		require.NoError(t, err)
		repo.Files = append(repo.Files, hubtest.File{Path: strings.ToUpper(filepath.Base(part)), Data: data, LFS: true})
	}
	p := newPlace(t, repo)
	const name = "hf.co/org/capitals"
	p.succeeds(t, "pull", name)
	require.Regexp(t, `(?m)^hf.co/org/capitals:TINY-TQ2_0-00001-OF-00002.GGUF +2 `, p.succeeds(t, "list"))
	for _, model := range []string{name, name + ":tq2_0", name + ":TINY-TQ2_0-00002-OF-00002.GGUF"} {
		p.succeeds(t, "show", model)
	}
	dir := t.TempDir()
	p.succeeds(t, "cp", name, dir)
	cmd := command(t, "run", "TINY-TQ2_0-00002-OF-00002.GGUF", "--ids", "1,2", "-n", "2")
	cmd.Dir = dir
	r := p.run(cmd, nil)
	require.Equal(t, 0, r.code, r.err)
	p.succeeds(t, "rm", name+":tq2_0")
	require.Equal(t, "[]\n", p.succeeds(t, "list", "--json"))
}

func (p *place) copies(t *testing.T, data []byte) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "tiny.gguf")
	require.NoError(t, os.WriteFile(file+".incomplete", []byte("the user's"), 0o666))
	p.succeeds(t, "cp", tinyRepo, file)
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, data, got)
	failsInOneLine(t, p.bitnet(t, nil, "cp", tinyRepo, file), file+" is there already; --force")
	p.succeeds(t, "cp", tinyRepo, file, "--force")
	p.succeeds(t, "cp", tinyRepo, dir)
	require.FileExists(t, filepath.Join(dir, "tiny-tq2_0.gguf"))
	p.succeeds(t, "cp", packedRepo, filepath.Join(dir, "new", "packed"))
	p.succeeds(t, "show", filepath.Join(dir, "new", "packed"))
	failsInOneLine(t, p.bitnet(t, nil, "cp", packedRepo, file), file+" is a file", "name a directory")
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	require.Empty(t, left)
	other, err := os.ReadFile(file + ".incomplete")
	require.NoError(t, err)
	require.Equal(t, "the user's", string(other))
}

// TestPathsWin: a name is one of the hub only where no path has it.
func TestPathsWin(t *testing.T) {
	p := newPlace(t)
	dir := t.TempDir()
	data, err := os.ReadFile(golden.Committed(t, "golden", "ternary", "models", "tiny-b158-tq2_0.gguf"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "2b4t"), data, 0o644))
	show := func(model string) result {
		cmd := command(t, "show", model)
		cmd.Env, cmd.Dir = append(cmd.Env, p.env...), dir
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run() // its exit code is what counts
		return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
	}
	require.Equal(t, 0, show("2b4t").code)
	failsInOneLine(t, show("bitnet-3b"), "hf.co/1bitLLM/bitnet_b1_58-3B:safetensors", "bitnet pull bitnet-3b")
	failsInOneLine(t, show("./bitnet-3b"), `model "./bitnet-3b": no such file or directory`)
	failsInOneLine(t, show("hf.co/org"), "ORG/REPO")
	require.Empty(t, p.Requests())
	require.NoDirExists(t, p.store, "looking makes nothing")
}

func TestPullUsage(t *testing.T) {
	p := newPlace(t)
	for want, args := range map[string][]string{
		"pull wants the name":          {"pull"},
		"did you mean hf.co/org/x?":    {"pull", "org/x"},
		"is no name of a model":        {"rm", "./x.gguf"},
		"HF_TOKEN":                     {"pull", "2b4t", "--token", "hf_secret"},
		"and so does --revision":       {"pull", "hf.co/org/x@main", "--revision", "y"},
		"bitnet cp NAME DIR|FILE":      {"cp", "2b4t"},
		"rm wants the name of a model": {"rm"},
	} {
		r := p.bitnet(t, nil, args...)
		require.Equal(t, 2, r.code, args)
		require.Contains(t, r.err, want)
		require.NotContains(t, r.err, "hf_secret")
	}
	require.Empty(t, p.Requests())
}

// requireRow requires that docs/hub.md says what the program does when something happens.
func requireRow(t *testing.T, happens, said string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "hub.md"))
	require.NoError(t, err)
	row := "| " + happens + " | " + said + " |\n"
	require.True(t, strings.Contains(string(page), row), "docs/hub.md wants the row\n%s", row) //nolint:testifylint // without the page
}

// TestPullFaults holds the table of docs/hub.md to what the program says: of faults that pass, nothing.
func TestPullFaults(t *testing.T) {
	large := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{1}).Read(large)
	repo := func(change func(*hubtest.Repo)) hubtest.Repo {
		r := hubtest.Repo{Name: "org/model", Licence: "mit", Files: []hubtest.File{{Path: "model.gguf", Data: large, LFS: true}}}
		if change != nil {
			change(&r)
		}
		return r
	}
	file := func(f hubtest.Fault) []hubtest.Fault {
		f.Host, f.File = "cdn", "*"
		return []hubtest.Fault{f}
	}
	for name, test := range map[string]struct {
		repo   func(*hubtest.Repo)
		faults []hubtest.Fault
		env    []string
		model  string
		passes bool
	}{
		"connections that are cut": {faults: file(hubtest.Fault{CutAfter: 100_000, Times: 5}), passes: true},
		"an answer 503 or 429":     {faults: file(hubtest.Fault{Status: http.StatusServiceUnavailable, RetryAfter: "1", Times: 2}), passes: true},
		"a slow connection":        {faults: file(hubtest.Fault{Drip: 10 * time.Millisecond, DripSize: 64 << 10, Times: 1}), passes: true},
		"no network":               {env: []string{"HF_ENDPOINT=http://" + nobody}},
		"a hub that is down":       {faults: []hubtest.Fault{{Host: "hub", Status: http.StatusServiceUnavailable, RetryAfter: "1"}}},
		"`HF_HUB_OFFLINE`":         {env: []string{"HF_HUB_OFFLINE=1"}},
		"a gated model":            {repo: func(r *hubtest.Repo) { r.Gated = true }},
		"a wrong token":            {env: []string{"HF_TOKEN=hf_wrong"}},
		"no such model":            {model: "hf.co/org/other"},
		"no such revision":         {model: "hf.co/org/model@v2"},
		"no such type":             {model: "hf.co/org/model:i2_s"},
		"a full disk":              {repo: func(r *hubtest.Repo) { r.Files[0].Size = 1 << 60 }},
		"a wrong hash":             {faults: file(hubtest.Fault{Corrupt: true})},
		"more bytes than listed":   {faults: file(hubtest.Fault{Chunked: true, LieLength: 1 << 20})},
		"a compressed answer":      {faults: file(hubtest.Fault{Gzip: true})},
		"a redirect to a file":     {faults: file(hubtest.Fault{Redirect: "file:///etc/passwd"})},
		"a dangerous name":         {repo: func(r *hubtest.Repo) { r.Files[0].Path = "../../model.gguf" }},
		"a page that is no hub":    {faults: []hubtest.Fault{{Host: "hub", Body: "<html>log in</html>"}}},
		"weights that are pickles": {repo: func(r *hubtest.Repo) { r.Files[0].Path = "pytorch_model.bin" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, repo(test.repo))
			p.Inject(test.faults...)
			model := test.model
			if model == "" {
				model = "hf.co/org/model"
			}
			args, said := []string{"pull", model, "--json"}, "nothing: it goes on"
			r := p.bitnet(t, test.env, args...)
			if test.passes {
				require.Equal(t, 0, r.code, r.err)
				require.Empty(t, r.err)
			} else {
				failsInOneLine(t, r)
				require.NotContains(t, r.err, "secret", "signatures of addresses")
				said = "`" + strings.TrimSpace(p.plain(r.err)) + "`"
				require.Equal(t, "[]\n", p.succeeds(t, "list", "--json"))
			}
			requireRow(t, name, said)
		})
	}
}
