package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

type pullOptions struct {
	names        []string
	revision     string
	token        string // always refused
	dryRun, json bool
}

func newPull(s *Streams) *cobra.Command {
	var o pullOptions
	cmd := &cobra.Command{
		Use:   "pull NAME...",
		Short: "Fetch models from the Hugging Face hub",
		Long: `Fetch models from the Hugging Face hub into the cache that Hugging Face's own library
uses. What is there already is not fetched again, and a pull that was ended goes on
where it was. What comes is checked by its hash, and of models that are here already
the files are read and checked.

A NAME is hf.co/ORG/REPO[:FILE|QUANT][@REVISION], the address of a model's page, or a
short name of this table. All commands take the same names for models that are here.

` + shortTable() + `
A token for gated and private models is read from HF_TOKEN, or from the file that
HF_TOKEN_PATH names ($HF_HOME/token), never from the command line, where every
program could see it. HF_ENDPOINT, HF_HOME, HF_HUB_CACHE and HF_HUB_OFFLINE are
read as Hugging Face's own tools read them.`,
		Example: `  bitnet pull 2b4t
  bitnet pull hf.co/microsoft/bitnet-b1.58-2B-4T-gguf:i2_s
  bitnet pull hf.co/tiiuae/Falcon-E-1B-Base --revision prequantized
  bitnet pull trilm-99m trilm-190m --dry-run`,
		ValidArgsFunction: completeShort,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("token") {
				return usagef("a token on a command line can be seen by every program: set HF_TOKEN, or write it into the file that HF_TOKEN_PATH names")
			}
			if len(args) == 0 {
				return usagef("pull wants the name of a model, such as hf.co/ORG/REPO or 2b4t")
			}
			o.names = args
			return pull(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.revision, "revision", "", "fetch the branch, tag or commit `REV` of names without @ (default: main)")
	fs.BoolVar(&o.dryRun, "dry-run", false, "show what would be fetched and fetch nothing")
	fs.BoolVar(&o.json, "json", false, "print what was fetched as JSON, an array of models")
	fs.StringVar(&o.token, "token", "", "")
	_ = fs.MarkHidden("token") // it is there
	return cmd
}

// A pulling is a model that is being fetched.
type pulling struct {
	name  string // for command lines
	plan  *hub.Plan
	known hub.Known // of the table, "" where it has none
	sums  []string  // SHA-256 of the files, once they are here
	part  bool      // the plan is a part of what bitnet pull fetches under the name
}

func newHubClient() (*hub.Client, error) {
	o, err := hub.FromEnvironment()
	if err != nil {
		return nil, err
	}
	o.UserAgent = "bitnet/" + strings.Trim(buildVersion().Version, "()")
	return hub.New(o)
}

func pull(ctx context.Context, s *Streams, o *pullOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	refs := make([]hub.Ref, len(o.names))
	for i, name := range o.names {
		var err error
		if refs[i], err = parseName(name); err != nil {
			return err
		}
		if o.revision != "" {
			if refs[i].Revision != "" {
				return usagef("%q names a revision, and so does --revision", name)
			}
			refs[i].Revision = o.revision
		}
	}
	client, err := newHubClient()
	if err != nil {
		return err
	}
	defer client.Close()
	var models []*pulling
	for i, name := range o.names {
		if o.revision != "" {
			name = refs[i].String()
		}
		p, err := resolve(ctx, s, client, name, refs[i])
		if err != nil {
			return err
		}
		models = append(models, p)
		if !o.json {
			if i > 0 {
				fmt.Fprintln(s.Out)
			}
			if err := p.print(s, client.Store()); err != nil {
				return err
			}
		}
	}
	if !o.dryRun {
		var plans []*hub.Plan
		for _, p := range models {
			plans = append(plans, p.plan)
		}
		if err := client.Room(plans...); err != nil {
			return err
		}
	}
	for _, p := range models {
		if o.dryRun {
			continue
		}
		if err := p.fetch(ctx, s, client); err != nil {
			return err
		}
		if p.sums, err = p.check(ctx, s); err != nil {
			return err
		}
		if !o.json {
			if err := p.printResult(s); err != nil {
				return err
			}
		}
	}
	if o.json {
		return writeJSON(s.Out, newPulledJSON(models, o.dryRun))
	}
	return nil
}

// parseName reads a name that can only be one of the hub.
func parseName(name string) (hub.Ref, error) {
	ref, err := hub.ParseRef(name)
	if err == nil || !errors.Is(err, hub.ErrNotRef) {
		return ref, err
	}
	hint := "want hf.co/ORG/REPO[:FILE|QUANT][@REVISION] or a short name; bitnet pull --help lists those"
	if ref, err := hub.ParseRef("hf.co/" + name); err == nil {
		hint = "did you mean " + ref.String() + "?"
	}
	return hub.Ref{}, usagef("%q is no name of a model of the hub: %s", shorten(name, 80), hint)
}

// resolve asks the hub what a name stands for.
func resolve(ctx context.Context, s *Streams, client *hub.Client, name string, ref hub.Ref) (*pulling, error) {
	show := newProgress(s)
	show.later("asking the hub for " + ref.String() + " …")
	defer show.done()
	plan, err := client.Resolve(ctx, ref)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, connectionFault(err)
	}
	return &pulling{name: name, plan: plan, known: knownAs(ref)}, nil
}

// knownAs is what the table says of a model.
func knownAs(ref hub.Ref) hub.Known {
	for _, k := range hub.KnownModels() {
		of := k.Ref()
		if strings.EqualFold(of.Repo, ref.Repo) && (ref.File == "" && ref.Quant == "" || ref.File == of.File && strings.EqualFold(ref.Quant, of.Quant)) {
			return k
		}
	}
	return hub.Known{}
}

// fetch brings what is missing and says where that leaves things if it fails.
func (p *pulling) fetch(ctx context.Context, s *Streams, client *hub.Client) error {
	show := newProgress(s)
	defer show.done()
	here := p.plan.Have
	_, err := client.Pull(ctx, p.plan, func(state hub.Progress) {
		here = state.Done
		switch {
		case state.Phase == hub.Waiting:
			show.later(state.File + ": " + string(state.Phase) + " …")
		case state.ETA > 0:
			show.set("fetching %s: %s of %s, %.1f MB/s, %s left", p.name, size(state.Done), size(state.Total), state.Speed/1e6, state.ETA.Round(time.Second))
		default:
			show.set("fetching %s: %s of %s", p.name, size(state.Done), size(state.Total))
		}
	})
	again, command := "pulling again", "bitnet pull "+word(p.name)
	if p.part {
		again, command = "the same command", "the same command"
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &statusError{interruptedBy(), fmt.Errorf("stopped with %s of %s; %s goes on from there", size(here), size(p.plan.Size), command)}
	case here > 0 && !errors.Is(err, hub.ErrCorrupt) && !errors.Is(err, hub.ErrDangerous):
		return fmt.Errorf("%w (%s of %s are here; %s goes on from there)", connectionFault(err), size(here), size(p.plan.Size), again)
	}
	return connectionFault(err)
}

// connectionFault says what to look at where there was no connection.
func connectionFault(err error) error {
	var connection *net.OpError
	if errors.As(err, &connection) && connection.Op == "dial" {
		return fmt.Errorf("%w; is there a network? HTTPS_PROXY sets a proxy, HF_ENDPOINT another hub", err)
	}
	return err
}
