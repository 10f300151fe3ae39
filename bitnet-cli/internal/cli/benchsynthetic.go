package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-inference/synthetic"
)

// syntheticFlags choose a model of random weights and where its file is kept.
type syntheticFlags struct {
	shape string // "": none
	kind  string // type of the ternary weights
	seed  uint64
	out   string // "": in the user's cache directory

	model synthetic.Model // set by parse
}

func (f *syntheticFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.shape, "synthetic", "", "measure a model of random weights in this `SHAPE`: "+shapeNames())
	fs.StringVar(&f.kind, "type", "i2_s", "`TYPE` of its ternary weights: i2_s or tq2_0")
	fs.Uint64Var(&f.seed, "seed", 1, "`SEED` of its weights")
	fs.StringVar(&f.out, "synthetic-out", "", "`FILE` to make it in, or to use if it is there (default: in the user's cache directory)")
}

// shapeNames lists the shapes for people.
func shapeNames() string {
	var names []string
	for _, s := range synthetic.Shapes() {
		names = append(names, s.Name)
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func (f *syntheticFlags) parse(fs *pflag.FlagSet) error {
	if f.shape == "" {
		for _, name := range []string{"synthetic", "type", "seed", "synthetic-out"} {
			if fs.Changed(name) {
				return usagef("--%s goes with --synthetic SHAPE: %s", name, shapeNames())
			}
		}
		return nil
	}
	shape, ok := synthetic.Named(f.shape)
	if !ok {
		return usagef("--synthetic is %q, want %s", f.shape, shapeNames())
	}
	f.model = synthetic.Model{Shape: shape, Seed: f.seed}
	switch strings.ToLower(f.kind) {
	case "i2_s":
		f.model.Type = dtype.I2_S
	case "tq2_0":
		f.model.Type = dtype.TQ2_0
	default:
		return usagef("--type is %q, want i2_s or tq2_0", f.kind)
	}
	if err := f.model.Validate(); err != nil {
		return &usageError{err}
	}
	return nil
}

// make returns the path of the model's file, which it writes if it is not there.
func (f *syntheticFlags) make(ctx context.Context, show *progress) (string, error) {
	path := f.out
	if path == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("there is no cache directory to make the model in (%w); name a file with --synthetic-out FILE", err)
		}
		dir = filepath.Join(dir, "bitnet")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", fmt.Errorf("cannot make the cache directory: %w; name a file with --synthetic-out FILE", err)
		}
		path = filepath.Join(dir, f.model.FileName())
	}
	if f.model.Matches(path) {
		return path, nil
	}
	if _, err := os.Stat(path); f.out != "" && err == nil {
		return "", fmt.Errorf("%s is there and is not this model (%s, %v, seed %d); remove it, or name another file", path, f.shape, f.model.Type, f.seed)
	}
	defer show.done()
	start := time.Now()
	err := f.model.WriteFile(ctx, path, func(done, total int64) {
		show.set("making %s: %s of %s, %.0f MB/s", filepath.Base(path), size(done), size(total), perSecond(int(done), time.Since(start))/1e6)
	})
	return path, err
}
