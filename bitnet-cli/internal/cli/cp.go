package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

type copyOptions struct {
	name, target string
	force        bool
}

func newCopy(s *Streams) *cobra.Command {
	var o copyOptions
	cmd := &cobra.Command{
		Use:   "cp NAME DIR|FILE",
		Short: "Copy a model of the hub out of the cache",
		Long: `Copy a model of the hub out of Hugging Face's cache. A model of one file becomes FILE,
or goes into DIR if that is there or ends in a slash; one of several goes into DIR,
which is made. Files appear when they are complete.`,
		Example: `  bitnet cp 2b4t ./2b4t.gguf
  bitnet cp trilm-99m ./trilm-99m`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return completeStored(cmd, args, begun)
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 || args[1] == "" {
				return usagef("cp wants the name of a model and where it shall go: bitnet cp NAME DIR|FILE")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.target = args[0], args[1]
			return copyModel(cmd.Context(), s, &o)
		},
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "replace files that are there")
	return cmd
}

func copyModel(ctx context.Context, s *Streams, o *copyOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	ref, err := parseName(o.name)
	if err != nil {
		return err
	}
	if _, err := obtain(ctx, s, o.name, ref, whole); err != nil {
		return err
	}
	e, err := stored(ref, whole)
	if err != nil {
		return err
	}
	targets, err := o.targets(e)
	if err != nil {
		return err
	}
	if err := room(filepath.Dir(targets[0]), e.Size); err != nil {
		return err
	}
	show := newProgress(s)
	defer show.done()
	var done int64
	for i, name := range e.Files {
		err := copyFile(ctx, targets[i], filepath.Join(e.Dir, filepath.FromSlash(name)), func(n int64) {
			done += n
			show.set("copying %s: %s of %s", o.name, size(done), size(e.Size))
		})
		if err != nil {
			return err
		}
	}
	show.done()
	_, err = fmt.Fprintf(s.Out, "copied %s to %s: %s, %s\n", o.name, o.target, plural(len(e.Files), "file"), size(done))
	return err
}

// room reports whether bytes fit in a directory, as far as the system tells. What they replace is there until they are.
func room(dir string, need int64) error {
	if free, ok := disk.Free(dir); ok && free < need {
		return fmt.Errorf("%w: %s are needed, and %s has %s", hub.ErrNoSpace, size(need), dir, size(free))
	}
	return nil
}

// targets are the paths of the copies, none of which may be there.
func (o *copyOptions) targets(e hub.Entry) (targets []string, err error) {
	gguf := e.Ref.File != ""
	info, err := os.Stat(o.target)
	isDir := err == nil && info.IsDir() || os.IsPathSeparator(o.target[len(o.target)-1])
	if !isDir && err == nil && len(e.Files) > 1 {
		return nil, fmt.Errorf("%s is a file, and %s has %s: name a directory", o.target, o.name, plural(len(e.Files), "file"))
	}
	for _, name := range e.Files {
		switch {
		case gguf && len(e.Files) == 1 && !isDir:
			targets = append(targets, o.target)
		case gguf:
			targets = append(targets, filepath.Join(o.target, path.Base(name)))
		default:
			targets = append(targets, filepath.Join(o.target, filepath.FromSlash(name)))
		}
	}
	for _, t := range targets {
		switch info, err := os.Stat(t); {
		case err == nil && !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is no file that could be replaced", t)
		case err == nil && !o.force:
			return nil, fmt.Errorf("%s is there already; --force replaces it", t)
		}
	}
	return targets, nil
}

// copyBlock is how much is copied between two looks at the context.
const copyBlock = 16 << 20

// copyFile makes a copy, which appears when it is complete.
func copyFile(ctx context.Context, to, from string, progress func(n int64)) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	if err = os.MkdirAll(filepath.Dir(to), 0o777); err == nil {
		err = encoding.WriteFile(to, func(w io.Writer) error {
			for {
				n, err := io.CopyN(w, r, copyBlock)
				progress(n)
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err == nil {
					err = ctx.Err()
				}
				if err != nil {
					return err
				}
			}
		})
	}
	switch {
	case err == nil:
		return nil
	case disk.IsFull(err):
		return fmt.Errorf("%s: %w: %w", to, hub.ErrNoSpace, disk.Cause(err))
	}
	return fmt.Errorf("%s: %w", to, disk.Cause(err)) // not the temporary file's name
}
