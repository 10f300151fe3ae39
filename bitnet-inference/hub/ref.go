package hub

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrNotRef says that a name is none of a model of the hub; it may be a path.
var ErrNotRef = errors.New("not a model of the hub")

// A Ref names a model of the hub.
type Ref struct {
	Repo string // "ORG/REPO"
	// File is the path of a GGUF file in the repository, the first part of a split one
	// or any. Quant chooses a file by what its name says, "i2_s", or the checkpoint
	// directory by "safetensors". At most one of the two is set.
	File, Quant string
	Revision    string // branch, tag or commit; "" is main
}

// DefaultRevision is what a Ref without one means.
const DefaultRevision = "main"

// Directory is the Quant of a checkpoint directory in a repository that has GGUF files too.
const Directory = "safetensors"

// hosts are the names under which people know the hub.
var hosts = []string{"huggingface.co", "www.huggingface.co", "hf.co"}

// ParseRef reads
//
//	hf.co/ORG/REPO[:FILE|QUANT][@REVISION]     also huggingface.co/…, hf:…, hf://…
//	https://huggingface.co/ORG/REPO/blob/REVISION/FILE     also resolve, tree, raw
//	a short name of the table, like 2b4t, with [:FILE|QUANT][@REVISION]
//
// What looks like none of these is an [ErrNotRef].
func ParseRef(s string) (Ref, error) {
	rest, found := s, false
	for _, prefix := range []string{"https://", "http://"} {
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			return parseURL(s)
		}
	}
	for _, prefix := range append(hosts, "hf:/", "hf:") {
		separator := "/"
		if strings.HasSuffix(prefix, ":") {
			separator = ""
		}
		if p := prefix + separator; len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) {
			rest, found = s[len(p):], true
			break
		}
	}
	name, revision, hasRevision := cutLast(rest, "@")
	name, choice, hasChoice := strings.Cut(name, ":")
	r := Ref{Repo: name, Revision: revision}
	if !found {
		known, ok := Lookup(name)
		if !ok {
			return Ref{}, fmt.Errorf("%q: %w", s, ErrNotRef)
		}
		r = known.Ref()
		if hasRevision {
			r.Revision = revision
		}
		if hasChoice {
			r.File, r.Quant = "", ""
		}
	}
	if hasChoice {
		if isGGUF(choice) {
			r.File = choice
		} else {
			r.Quant = choice
		}
	}
	if hasChoice && choice == "" || hasRevision && revision == "" {
		return Ref{}, fmt.Errorf("%q: nothing stands behind the last : or @; a model is named hf.co/ORG/REPO[:FILE|QUANT][@REVISION]", s)
	}
	if err := r.check(); err != nil {
		return Ref{}, fmt.Errorf("%q: %w", s, err)
	}
	return r, nil
}

func parseURL(s string) (Ref, error) {
	u, err := url.Parse(s)
	if err != nil || !isHub(u.Host) {
		return Ref{}, fmt.Errorf("%q: %w: only addresses of huggingface.co are known", s, ErrNotRef)
	}
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/") // a revision has its slashes as %2F
	for i := range parts {
		if parts[i], err = url.PathUnescape(parts[i]); err != nil {
			return Ref{}, fmt.Errorf("%q: %w", s, ErrNotRef)
		}
	}
	if len(parts) < 2 {
		return Ref{}, fmt.Errorf("%q: the address of a model is https://huggingface.co/ORG/REPO", s)
	}
	switch parts[0] {
	case "datasets", "spaces", "api", "models":
		return Ref{}, fmt.Errorf("%q is not the page of a model", s)
	}
	r := Ref{Repo: parts[0] + "/" + parts[1]}
	if len(parts) > 2 {
		switch parts[2] {
		case "blob", "resolve", "raw", "tree":
		default:
			return Ref{}, fmt.Errorf("%q: of a model's addresses …/blob/REVISION/FILE, …/resolve/REVISION/FILE and …/tree/REVISION are known", s)
		}
		if len(parts) > 3 {
			r.Revision = parts[3]
		}
		if len(parts) > 4 {
			r.File = strings.Join(parts[4:], "/")
			if parts[2] == "tree" || !isGGUF(r.File) {
				return Ref{}, fmt.Errorf("%q: a single file of a model is a GGUF file; without one all files of a checkpoint are meant", s)
			}
		}
	}
	if err := r.check(); err != nil {
		return Ref{}, fmt.Errorf("%q: %w", s, err)
	}
	return r, nil
}

func isHub(host string) bool {
	for _, h := range hosts {
		if strings.EqualFold(host, h) {
			return true
		}
	}
	return false
}

// cutLast cuts s around the last separator.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return s, "", false
}

// String is the canonical name, which ParseRef reads.
func (r Ref) String() string {
	s := "hf.co/" + r.Repo
	choice := r.File + r.Quant
	if choice != "" {
		s += ":" + choice
	}
	if revision := r.revision(); revision != DefaultRevision || strings.Contains(choice, "@") {
		s += "@" + revision
	}
	return s
}

func (r Ref) revision() string {
	if r.Revision == "" {
		return DefaultRevision
	}
	return r.Revision
}

func (r Ref) check() error {
	if err := checkRepo(r.Repo); err != nil {
		return err
	}
	if r.File != "" && r.Quant != "" {
		return errors.New("a file and a quantization exclude each other")
	}
	if r.File != "" {
		if err := checkPath(r.File); err != nil {
			return fmt.Errorf("file %q: %w", r.File, err)
		}
	}
	for _, c := range r.Quant {
		if !isWord(c) && c != '.' && c != '-' {
			return fmt.Errorf("%q is neither a .gguf file nor a quantization like i2_s", r.Quant)
		}
	}
	if r.Revision != "" {
		if err := checkPath(r.Revision); err != nil {
			return fmt.Errorf("revision %q: %w", r.Revision, err)
		}
		if strings.Contains(r.Revision, "@") { // behind which names have it
			return fmt.Errorf("revision %q: an @ in its name is not supported", r.Revision)
		}
	}
	return nil
}
