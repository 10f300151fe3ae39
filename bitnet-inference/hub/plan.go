package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Plan is what a pull will do.
type Plan struct {
	Ref     Ref
	Commit  string
	Licence string // "" if the model's page does not say
	Gated   bool   // its authors ask for consent
	Files   []File
	Size    int64  // bytes of all files
	Have    int64  // bytes of them that are here
	Path    string // of the model once all are here: the GGUF file, or Dir
	Dir     string // which Files are named from
}

// Fetch is how many bytes have to come from the hub.
func (p *Plan) Fetch() int64 { return p.Size - p.Have }

// Tokenizer is the part of the plan that fetches a tokenizer: of a checkpoint directory all files but the weights, which a
// later pull adds to them. A GGUF file holds its tokenizer, and there is nothing less to fetch than all.
func (p *Plan) Tokenizer() (*Plan, error) {
	if p.Path != p.Dir {
		return p, nil
	}
	part := *p
	part.Files, part.Size, part.Have = nil, 0, 0
	found := false
	for _, f := range p.Files {
		if !isWeights(f.Path) && f.Path != index {
			part.Files = append(part.Files, f)
			part.Size += f.Size
			part.Have += f.Have
			found = found || slices.Contains(tokenizers, f.Path)
		}
	}
	if !found {
		return nil, fmt.Errorf("%s: it has no tokenizer: neither %s is there", p.Ref.Repo, strings.Join(tokenizers, " nor "))
	}
	return &part, nil
}

// Resolve asks the hub what a name stands for, and looks at what of it is here.
func (c *Client) Resolve(ctx context.Context, r Ref) (*Plan, error) {
	if c.offline {
		return nil, fmt.Errorf("%s: %w; without it the model would be looked for at %s", r, ErrOffline, c.endpoint.Host)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	l, err := c.list(ctx, r)
	if err != nil {
		return nil, err
	}
	p := &Plan{Ref: r, Commit: l.commit, Licence: l.licence, Gated: l.gated}
	byPath := make(map[string]File, len(l.files))
	var names []string
	for _, f := range l.files {
		byPath[f.Path] = f
		names = append(names, f.Path)
	}
	chosen, err := choose(names, r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Repo, err)
	}
	folded := map[string]bool{}
	for _, name := range chosen.files {
		if err := checkPath(name); err != nil {
			return nil, fmt.Errorf("%s: %w: file %.60q: %w", r.Repo, ErrDangerous, name, err)
		}
		if folded[strings.ToLower(name)] {
			return nil, fmt.Errorf("%s: two of its files are called %s, which many systems cannot tell apart", r.Repo, name)
		}
		folded[strings.ToLower(name)] = true
		f := byPath[name]
		if p.Size+f.Size < p.Size {
			return nil, fmt.Errorf("%s: %w: sizes without an end", r.Repo, ErrDangerous)
		}
		f.Have = c.store.have(r.Repo, p.Commit, f)
		p.Size += f.Size
		p.Have += f.Have
		p.Files = append(p.Files, f)
	}
	slices.SortStableFunc(p.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	p.Path = c.store.full(snapshotPath(r.Repo, p.Commit, chosen.main))
	p.Dir = c.store.full(snapshotPath(r.Repo, p.Commit, ""))
	return p, nil
}
