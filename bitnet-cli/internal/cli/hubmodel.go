package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

// hubName reads a MODEL as a name of the hub. A path that exists is none, nor is one that
// only a path can be, as with ./ before it: both are left to whoever opens files.
func hubName(model string) (ref hub.Ref, ok bool, err error) {
	if _, err := os.Lstat(model); err == nil || model == fable.Name {
		return hub.Ref{}, false, nil
	}
	ref, err = hub.ParseRef(model)
	if errors.Is(err, hub.ErrNotRef) {
		return hub.Ref{}, false, nil
	}
	return ref, err == nil, err
}

// openStore opens the store of models for reading; nothing is made, and without its directory there is an
// error that wraps hub.ErrNotHere.
func openStore() (*hub.Store, error) {
	o, _ := hub.FromEnvironment() // what may be wrong is the token, which is not needed
	if _, err := os.Stat(o.Cache); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w %s", hub.ErrNotHere, o.Cache)
	}
	return hub.OpenStore(o.Cache)
}

// An extent is how much of a model a command reads.
type extent int

const (
	whole extent = iota
	tokenizerAlone
)

// stored returns a model in the store.
func stored(ref hub.Ref, needed extent) (hub.Entry, error) {
	store, err := openStore()
	if err != nil {
		return hub.Entry{}, fmt.Errorf("%s: %w", ref, err)
	}
	defer store.Close()
	if needed == tokenizerAlone {
		return store.FindTokenizer(ref)
	}
	return store.Find(ref)
}

// A missingModel is one of the hub that is not in the store.
type missingModel struct {
	name    string // as it was given
	offline bool
	err     error
}

func (e *missingModel) Error() string {
	if e.offline {
		return fmt.Sprintf("%v, and HF_HUB_OFFLINE forbids to fetch it; without that: bitnet pull %s", e.err, word(e.name))
	}
	return fmt.Sprintf("%v; this fetches it: bitnet pull %s", e.err, word(e.name))
}

func (e *missingModel) Unwrap() error { return e.err }

// located is stored with an error that says what to do.
func located(name string, ref hub.Ref, needed extent) (string, error) {
	e, err := stored(ref, needed)
	if errors.Is(err, hub.ErrNotHere) {
		o, _ := hub.FromEnvironment() // as in openStore
		return "", &missingModel{name, o.Offline, err}
	}
	return e.Path, err
}

// locate puts the path in the store in the place of a name of the hub. It asks no network.
func (m *modelArg) locate() error {
	ref, ok, err := hubName(m.path)
	if err != nil || !ok {
		return err
	}
	path, err := located(m.path, ref, whole)
	if err == nil {
		m.path, m.ref = path, ref
	}
	return err
}

// obtain is locate that offers whoever sits at the terminal to fetch what is missing.
func (m *modelArg) obtain(ctx context.Context, s *Streams) error {
	return m.obtainPart(ctx, s, whole)
}

// obtainPart is obtain for a command that does not need all of the model.
func (m *modelArg) obtainPart(ctx context.Context, s *Streams, needed extent) error {
	ref, ok, err := hubName(m.path)
	if err != nil || !ok {
		return err
	}
	path, err := obtain(ctx, s, m.path, ref, needed)
	if err == nil {
		m.path, m.ref = path, ref
	}
	return err
}

// obtain returns the path of a model in the store, into which it offers to fetch it.
func obtain(ctx context.Context, s *Streams, name string, ref hub.Ref, needed extent) (string, error) {
	path, err := located(name, ref, needed)
	var missing *missingModel
	if !errors.As(err, &missing) || missing.offline || !s.InTTY || !s.ErrTTY {
		return path, err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	client, err := newHubClient()
	if err != nil {
		return "", err
	}
	defer client.Close()
	p, err := resolve(ctx, s, client, name, ref)
	if err != nil {
		return "", err
	}
	what := ref.String()
	if needed == tokenizerAlone {
		all := p.plan
		if p.plan, err = all.Tokenizer(); err != nil {
			return "", err
		}
		if p.part = p.plan != all; p.part {
			what = "The tokenizer of " + what
		}
	}
	licence := "licence not stated"
	if p.plan.Licence != "" {
		licence = "licence " + p.plan.Licence
	}
	fmt.Fprintf(s.Err, "%s is not in the store. It is %s in %s, %s.\n", what, size(p.plan.Size), plural(len(p.plan.Files), "file"), printable(licence))
	yes, err := confirm(ctx, s, fmt.Sprintf("Download %s into %s? [Y/n] ", size(p.plan.Fetch()), client.Store().Dir()))
	if err != nil {
		return "", err
	}
	if !yes {
		return "", missing
	}
	if err := p.fetch(ctx, s, client); err != nil {
		return "", err
	}
	return p.plan.Path, nil
}

// confirm asks at the terminal. An empty line is yes, the end of input is no.
func confirm(ctx context.Context, s *Streams, question string) (bool, error) {
	fmt.Fprint(s.Err, question)
	line := make(chan string, 1)
	go func() { line <- typedLine(s.In) }() // after Ctrl-C it ends with the process
	select {
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
		return false, ctx.Err()
	case answer := <-line:
		if !strings.HasSuffix(answer, "\n") {
			fmt.Fprintln(s.Err)
			return false, nil
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "", "y", "yes":
			return true, nil
		}
		return false, nil
	}
}

// typedLine reads to the end of a line and no byte further, which are for others.
func typedLine(r io.Reader) string {
	const longest = 1 << 10
	var line []byte
	b := make([]byte, 1)
	for len(line) < longest {
		if n, err := r.Read(b); n == 0 && err != nil {
			break
		} else if n == 1 {
			if line = append(line, b[0]); b[0] == '\n' {
				break
			}
		}
	}
	return string(line)
}

// word writes an argument so that a shell reads it as one.
func word(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_@%+=:,./-", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// completeFlags has the shell complete -m of all commands below one that have it.
func completeFlags(cmd *cobra.Command) {
	if cmd.Flags().Lookup("model") != nil {
		_ = cmd.RegisterFlagCompletionFunc("model", completeFlag) // it is there, and has none
	}
	for _, c := range cmd.Commands() {
		completeFlags(c)
	}
}

// completeFlag offers what -m may be.
func completeFlag(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return modelNames(), cobra.ShellCompDirectiveDefault
}

// completeModel offers what a MODEL may be to the shell, unless -m has named it.
func completeModel(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || cmd.Flags().Changed("model") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return modelNames(), cobra.ShellCompDirectiveDefault
}

func modelNames() []string {
	return append([]string{fable.Name + "\tthe built-in model"}, append(storedNames(), shortNames()...)...)
}

// completeBoth is completeModel for two models.
func completeBoth(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	return completeModel(cmd, args[min(len(args), 1):], begun)
}

// completeShort offers models that can be fetched.
func completeShort(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return shortNames(), cobra.ShellCompDirectiveNoFileComp
}

// completeStored offers models that are here.
func completeStored(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return storedNames(), cobra.ShellCompDirectiveNoFileComp
}

func shortNames() (names []string) {
	for _, k := range hub.KnownModels() {
		names = append(names, k.Name+"\t"+k.Note)
	}
	return names
}

func storedNames() (names []string) {
	store, err := openStore()
	if err != nil {
		return nil
	}
	defer store.Close()
	entries, _ := store.List() // none
	for _, e := range entries {
		names = append(names, e.Ref.String()+"\tin the store")
	}
	return names
}
