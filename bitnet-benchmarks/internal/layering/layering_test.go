package layering

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// goCommand runs the go command at the root of the workspace and returns its
// standard output.
func goCommand(t *testing.T, env []string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), &stderr)
	return out
}

func TestWorkspace(t *testing.T) {
	modules := strings.Fields(string(goCommand(t, nil, "list", "-m")))
	require.Len(t, modules, len(mayImport))

	args := []string{"list", "-deps", "-json=ImportPath,Imports,TestImports,XTestImports,CgoFiles"}
	for _, m := range modules {
		args = append(args, m+"/...")
	}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		out := json.NewDecoder(bytes.NewReader(goCommand(t, []string{"GOOS=" + goos, "CGO_ENABLED=1"}, args...)))
		var pkgs []Package
		for {
			var p Package
			err := out.Decode(&p)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			pkgs = append(pkgs, p)
		}
		require.Greater(t, len(pkgs), len(modules))
		require.Empty(t, Violations(pkgs), "on %s", goos)
	}
}

func TestViolations(t *testing.T) {
	pkg := func(path string, imports ...string) Package {
		for i := range imports {
			imports[i] = prefix + imports[i]
		}
		return Package{ImportPath: prefix + path, Imports: imports}
	}
	cgo := pkg("bitnet-core/memory")
	cgo.CgoFiles = []string{"mmap.go"}
	testOnly := pkg("bitnet-quant/ternary")
	testOnly.XTestImports = []string{prefix + "bitnet-inference/model"}

	for _, tt := range []struct {
		pkg  Package
		want string
	}{
		{pkg("bitnet-core/nn", "bitnet-core/simd"), ""},
		{pkg("bitnet-cli/cmd/bitnet", "bitnet-metal", "bitnet-training/lora", "bitnet-cli/fable"), ""},
		{pkg("bitnet-training/eval", "bitnet-inference/engine"), ""},
		{Package{ImportPath: "net", CgoFiles: []string{"cgo_linux.go"}}, ""},
		{pkg("bitnet-core/nn", "bitnet-quant/ternary"), "bitnet-core/nn imports bitnet-quant/ternary"},
		{pkg("bitnet-training/qat", "bitnet-inference/engine"), "bitnet-training/qat imports bitnet-inference/engine"},
		{pkg("bitnet-inference/engine", "bitnet-metal"), "bitnet-inference/engine imports bitnet-metal"},
		{pkg("bitnet-metal", "bitnet-quant/ternary"), "bitnet-metal imports bitnet-quant/ternary"},
		{pkg("bitnet-benchmarks", "bitnet-cli/fable"), "bitnet-benchmarks imports bitnet-cli/fable"},
		{pkg("bitnet-extra/x"), "module bitnet-extra is not in the list of modules"},
		{cgo, "bitnet-core/memory uses cgo in mmap.go"},
		{testOnly, "bitnet-quant/ternary imports bitnet-inference/model"},
	} {
		got := strings.Join(Violations([]Package{tt.pkg}), "; ")
		require.Equal(t, tt.want, got)
	}
}
