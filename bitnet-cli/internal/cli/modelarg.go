package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

// A modelArg is the choice of a model on a command line: the flag -m, or the
// first positional argument if it looks like one, or the built-in model.
type modelArg struct {
	flag string
	path string
	ref  hub.Ref // of the hub, whose file or directory in the store path is then; or zero
	// guessed says that path was a positional argument, which might have been
	// meant as text.
	guessed bool
	reading reading
}

func (m *modelArg) register(fs *pflag.FlagSet) {
	fs.StringVarP(&m.flag, "model", "m", "", "`MODEL`: a .gguf file, a model directory, a name such as hf.co/ORG/REPO or 2b4t, or fable")
	m.reading.register(fs)
}

// A reading is what command lines say of a model that its files leave open.
type reading struct{ quantization string }

func (r *reading) register(fs *pflag.FlagSet) {
	fs.StringVar(&r.quantization, "quantization", "", "take float weights of a directory for masters to be made ternary: `online` (default: as config.json says)")
}

var errFableOnline = errors.New("the weights of fable are ternary already: drop --quantization")

// options checks the flags.
func (r *reading) options() (checkpoint.Options, error) {
	switch r.quantization {
	case "", "online":
		return checkpoint.Options{Online: r.quantization == "online"}, nil
	}
	return checkpoint.Options{}, usagef("--quantization is %q, want online or nothing", r.quantization)
}

// resolve settles on a model and returns the other positional arguments.
func (m *modelArg) resolve(fs *pflag.FlagSet, args []string) (rest []string, err error) {
	switch {
	case fs.Changed("model") && m.flag == "":
		return nil, usagef("-m, --model is empty")
	case fs.Changed("model"):
		m.path = m.flag
		return args, nil
	case len(args) > 0 && looksLikeModel(args[0]):
		m.path, m.guessed = args[0], true
		return args[1:], nil
	}
	m.path = fable.Name
	return args, nil
}

// resolveOnly is resolve for commands that take nothing but a model, which may
// then be a file of any name.
func (m *modelArg) resolveOnly(fs *pflag.FlagSet, args []string) error {
	switch {
	case len(args) > 1:
		return usagef("%q is one argument too many: the model is %q", args[1], args[0])
	case len(args) == 1 && fs.Changed("model"):
		return usagef("%q is one argument too many: the model is %q", args[0], m.flag)
	case len(args) == 1:
		m.path = args[0]
		return nil
	}
	_, err := m.resolve(fs, nil)
	return err
}

// looksLikeModel reports whether a first positional argument names a model and
// does not begin a prompt.
func looksLikeModel(arg string) bool {
	separators := "/"
	if runtime.GOOS == "windows" {
		separators = `/\`
	}
	if _, ok := gguf.CutExtension(arg); ok || arg == fable.Name || strings.ContainsAny(arg, separators) {
		return true
	}
	if _, ok, _ := hubName(arg); ok { // what is wrong with one has a slash
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.IsDir()
}

// open opens the chosen model; a is for one that has to be unpacked.
func (m *modelArg) open(a memory.Allocator) (*checkpoint.Checkpoint, error) {
	o, err := m.reading.options()
	if err != nil {
		return nil, err
	}
	if m.path == fable.Name {
		if o.Online {
			return nil, errFableOnline
		}
		return fable.Open(memory.Tagged(a, "model file"))
	}
	if err := m.find(); err != nil {
		return nil, err
	}
	return checkpoint.OpenWith(m.path, o)
}

// find replaces a name of the hub by its path in the store, and reports that path cannot be a model, as there is
// none or it is something else.
func (m *modelArg) find() error {
	if err := m.locate(); err != nil {
		return err
	}
	info, err := os.Stat(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		hint := "name a .gguf file, a model directory, a model of the hub (hf.co/ORG/REPO), or fable, the built-in model"
		if m.guessed {
			hint = "if this was meant as text, name the model with -m, such as -m " + fable.Name
		}
		return fmt.Errorf("model %q: no such file or directory; %s", m.path, hint)
	}
	if err == nil && !info.IsDir() {
		switch filepath.Ext(m.path) {
		case ".safetensors", ".json", ".jinja":
			return fmt.Errorf("%s is one file of a model; name the directory it is in: %s", m.path, filepath.Dir(m.path))
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a directory", m.path)
		}
	}
	return nil
}
