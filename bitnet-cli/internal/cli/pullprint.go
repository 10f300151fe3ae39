package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

// shortTable lists the short names for a help text.
func shortTable() string {
	var b strings.Builder
	for _, k := range hub.KnownModels() {
		weight := ""
		if k.Bytes > 0 {
			weight = size(k.Bytes)
		}
		line := fmt.Sprintf("  %-15s %8s  %-18s  %s", k.Name, weight, k.Licence, k.Note)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// print shows a plan.
func (p *pulling) print(s *Streams, store *hub.Store) error {
	plan := p.plan
	var f fields
	f.add("model", plan.Ref.String())
	f.add("commit", plan.Commit)
	f.add("licence", printable(plan.Licence))
	if plan.Gated {
		f.add("gated", "its authors ask for consent on its page")
	}
	f.add("store", store.Dir())
	fetch := fmt.Sprintf("%s of %s", size(plan.Fetch()), size(plan.Size))
	if plan.Fetch() == 0 {
		fetch = "nothing: all is here"
	}
	if free, ok := store.Free(); ok {
		fetch += fmt.Sprintf("; %s free on the disk", size(free))
	}
	f.add("to fetch", fetch)
	f.add("convert", p.conversion())
	if err := f.print(s.Out); err != nil {
		return err
	}
	fmt.Fprintln(s.Out)
	var rows [][]string
	for _, file := range plan.Files {
		here := ""
		switch file.Have {
		case 0:
		case file.Size:
			here = "all"
		default:
			here = size(file.Have)
		}
		rows = append(rows, []string{printable(file.Path), size(file.Size), here})
	}
	return printTable(s.Out, s.width(), []column{{name: "file", cut: true}, {name: "size", right: true}, {name: "here", right: true}}, rows)
}

// printResult prints checksums as sha256sum does, and the command that runs the model.
func (p *pulling) printResult(s *Streams) error {
	fmt.Fprintln(s.Out)
	for i, file := range p.plan.Files {
		fmt.Fprintf(s.Out, "%s  %s\n", p.sums[i], printable(file.Path))
	}
	_, err := fmt.Fprintf(s.Out, "\nrun it: %s\n", p.command())
	return err
}

// command is what a model is for.
func (p *pulling) command() string {
	c := fmt.Sprintf("bitnet run %s \"Once upon a time\"", word(p.name))
	if p.embeds() {
		c = fmt.Sprintf("bitnet embed %s \"A text.\"", word(p.name))
	}
	if conversion := p.conversion(); conversion != "" {
		c += "; it starts faster after " + conversion
	}
	return c
}

func (p *pulling) embeds() bool {
	for _, f := range p.plan.Files {
		if f.Path == "modules.json" { // of sentence-transformers
			return true
		}
	}
	return strings.HasPrefix(p.known.Note, "embedding")
}

// conversion is the command that the table has for a model, "" if it needs none.
func (p *pulling) conversion() string {
	flags, ok := strings.CutPrefix(p.known.Convert, "bitnet convert")
	if !ok {
		return ""
	}
	return fmt.Sprintf("bitnet convert %s %s.gguf%s", word(p.name), p.known.Name, flags)
}

// check returns the SHA-256 of the files of a plan that has been carried out. Those of the files that have come are
// known; what was here before is read, and must be what the hub lists.
func (p *pulling) check(ctx context.Context, s *Streams) (sums []string, err error) {
	show := newProgress(s)
	defer show.done()
	for _, f := range p.plan.Files {
		sum := f.SHA256()
		if sum == "" || f.Have == f.Size {
			var done int64
			listed := f.Digest()
			h, w := listed, io.Writer(listed)
			if sum == "" {
				h = sha256.New()
				w = io.MultiWriter(h, listed)
			}
			err := readInto(ctx, w, filepath.Join(p.plan.Dir, filepath.FromSlash(f.Path)), func(n int64) {
				done += n
				show.set("checking %s: %s of %s", f.Path, size(done), size(f.Size))
			})
			if err != nil {
				return nil, err
			}
			if got := hex.EncodeToString(listed.Sum(nil)); got != f.Blob {
				all := hub.Ref{Repo: p.plan.Ref.Repo} // of which another revision may have the same file
				return nil, fmt.Errorf("%s: %s, which was here: %w: its hash is %.12s…, that of the listing %.12s…; bitnet rm %s removes it",
					p.plan.Ref.Repo, printable(f.Path), hub.ErrCorrupt, got, f.Blob, word(all.String()))
			}
			sum = hex.EncodeToString(h.Sum(nil))
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

// readInto writes the content of a file to w.
func readInto(ctx context.Context, w io.Writer, path string, progress func(n int64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		n, err := io.CopyN(w, f, copyBlock)
		progress(n)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// pulledJSON is one model of what pull --json prints.
type pulledJSON struct {
	Name     string           `json:"name"`
	Repo     string           `json:"repo"`
	Revision string           `json:"revision"`
	Commit   string           `json:"commit"`
	Licence  string           `json:"licence"` // "" if the model's page does not say
	Gated    bool             `json:"gated"`
	Path     string           `json:"path"`
	Bytes    int64            `json:"bytes"`
	Fetched  int64            `json:"fetched_bytes"` // or to be fetched
	Convert  string           `json:"convert"`       // the command that saves work at each start, "" if there is none
	DryRun   bool             `json:"dry_run"`
	Files    []pulledFileJSON `json:"files"`
}

type pulledFileJSON struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	Here   int64  `json:"here_bytes"` // before
	SHA256 string `json:"sha256"`     // of a small file "" until it is here
}

func newPulledJSON(models []*pulling, dryRun bool) []pulledJSON {
	all := []pulledJSON{}
	for _, p := range models {
		j := pulledJSON{
			Name: p.plan.Ref.String(), Repo: p.plan.Ref.Repo, Revision: p.plan.Ref.Revision, Commit: p.plan.Commit,
			Licence: p.plan.Licence, Gated: p.plan.Gated, Path: p.plan.Path, Bytes: p.plan.Size, Fetched: p.plan.Fetch(),
			Convert: p.conversion(), DryRun: dryRun,
		}
		if j.Revision == "" {
			j.Revision = hub.DefaultRevision
		}
		for i, f := range p.plan.Files {
			sum := f.SHA256()
			if !dryRun {
				sum = p.sums[i]
			}
			j.Files = append(j.Files, pulledFileJSON{f.Path, f.Size, f.Have, sum})
		}
		all = append(all, j)
	}
	return all
}
