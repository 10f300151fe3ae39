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
	at, err := obtain(ctx, s, o.name, ref)
	if err != nil {
		return err
	}
	e, err := entryAt(at)
	if err != nil {
		return err
	}
	targets, err := o.targets(e)
	if err != nil {
		return err
	}
	show := newProgress(s)
	defer show.done()
	var done int64
	root := rootOf(e.Path, e.Files)
	for i, name := range e.Files {
		err := copyFile(ctx, targets[i], filepath.Join(root, filepath.FromSlash(name)), func(n int64) {
			done += n
			show.set("copying %s: %s of %s", name, size(done), size(e.Size))
		})
		if err != nil {
			return err
		}
	}
	show.done()
	_, err = fmt.Fprintf(s.Out, "copied %s to %s: %s, %s\n", o.name, o.target, plural(len(e.Files), "file"), size(done))
	return err
}

// entryAt is the model of the store that has a path.
func entryAt(path string) (hub.Entry, error) {
	store, err := openStore()
	if err != nil {
		return hub.Entry{}, err
	}
	defer store.Close()
	entries, err := store.List()
	if err != nil {
		return hub.Entry{}, err
	}
	for _, e := range entries {
		if e.Path == path {
			return e, nil
		}
	}
	return hub.Entry{}, fmt.Errorf("%s: %w", path, hub.ErrNotHere)
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

// copyFile writes a copy beside its place and gives it its name when it is complete.
func copyFile(ctx context.Context, to, from string, progress func(n int64)) (err error) {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	part := to + ".incomplete"
	w, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = w.Close() // it may be closed
			_ = os.Remove(part)
		}
	}()
	for err == nil {
		var n int64
		n, err = io.CopyN(w, r, copyBlock)
		progress(n)
		if err == nil {
			err = ctx.Err()
		}
	}
	if !errors.Is(err, io.EOF) {
		return copyFault(to, err)
	}
	if err = w.Sync(); err == nil {
		err = w.Close()
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	return copyFault(to, err)
}

// copyFault names the copy and not what the system was asked to do.
func copyFault(to string, err error) error {
	var fault *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &fault):
		err = fault.Err
	case errors.As(err, &link):
		err = link.Err
	case err == nil:
		return nil
	}
	return fmt.Errorf("%s: %w", to, err)
}
