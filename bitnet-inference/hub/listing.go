package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// A File is one file of a model.
type File struct {
	Path string // in the repository, with slashes
	Size int64
	// Blob is the hash by which it is checked and stored: the SHA-256 of a file in LFS, in
	// 64 hexadecimal digits, or git's SHA-1 of any other, in 40.
	Blob string
	Have int64 // bytes of it that are here already
}

// SHA256 is the checksum that sha256sum prints, "" for small files, of which the hub lists another.
func (f File) SHA256() string {
	if len(f.Blob) == 64 {
		return f.Blob
	}
	return ""
}

// A listing is what the hub says of a revision.
type listing struct {
	commit  string
	licence string
	gated   bool
	files   []File // those that have sizes and hashes
}

// modelInfo is the answer of /api/models/ORG/REPO/revision/REV.
type modelInfo struct {
	SHA   string          `json:"sha"`
	Gated json.RawMessage `json:"gated"` // false, "auto" or "manual"
	Tags  licenceTag      `json:"tags"`
	Card  struct {
		License     json.RawMessage `json:"license"` // a name, or several
		LicenseName string          `json:"license_name"`
	} `json:"cardData"`
}

// A licenceTag is the one of a list of tags that names a licence, "" if none does. The others are not kept.
type licenceTag string

func (t *licenceTag) UnmarshalJSON(data []byte) error {
	const start = `"license:`
	i := bytes.Index(data, []byte(start))
	if i < 0 {
		return nil
	}
	var tag string
	err := json.NewDecoder(bytes.NewReader(data[i:])).Decode(&tag)
	*t = licenceTag(strings.TrimPrefix(tag, start[1:]))
	return err
}

// treeEntry is one of the answer of /api/models/ORG/REPO/tree/REV.
type treeEntry struct {
	Type string `json:"type"`
	Path string `json:"path"`
	OID  string `json:"oid"`
	Size int64  `json:"size"`
	LFS  *struct {
		OID  string `json:"oid"`
		Size int64  `json:"size"`
	} `json:"lfs"`
}

const mostFiles = 100_000 // of a repository; the largest have some thousands

// list asks for a revision and its files.
func (c *Client) list(ctx context.Context, r Ref) (*listing, error) {
	var info modelInfo
	org, name, _ := strings.Cut(r.Repo, "/")
	room := int64(largestJSON)
	if _, err := c.api(ctx, c.address("api", "models", org, name, "revision", r.revision()), &room, func(data []byte) error { return json.Unmarshal(data, &info) }); err != nil {
		return nil, fmt.Errorf("%s: %w", r.Repo, c.explain(err, r, ""))
	}
	if !isCommit(info.SHA) {
		return nil, fmt.Errorf("%s: %s names no commit for revision %s", r.Repo, c.endpoint.Host, r.revision())
	}
	if isCommit(r.Revision) && info.SHA != r.Revision {
		return nil, fmt.Errorf("%s: %s answers with commit %s when asked for %s", r.Repo, c.endpoint.Host, info.SHA, r.Revision)
	}
	l := &listing{commit: info.SHA, licence: info.licence(), gated: len(info.Gated) > 0 && string(info.Gated) != "false" && string(info.Gated) != "null"}
	entries := 0
	next := c.address("api", "models", org, name, "tree", info.SHA)
	next.RawQuery = "recursive=true"
	for next != nil {
		var files []File
		before := entries
		header, err := c.api(ctx, next, &room, func(data []byte) (err error) {
			files, entries, err = parseTree(data, before)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Repo, c.explain(err, r, ""))
		}
		l.files = append(l.files, files...)
		page := next
		if next, err = nextPage(page, header); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Repo, err)
		}
		if next != nil && (entries == before || next.String() == page.String()) {
			return nil, fmt.Errorf("%s: %w: a listing without an end", r.Repo, ErrDangerous)
		}
	}
	return l, nil
}

// parseTree reads a page of entries, one after the other: as values they take many times the room that they take as
// text. It counts them from those of the pages before on.
func parseTree(data []byte, before int) (files []File, entries int, err error) {
	d, entries := json.NewDecoder(bytes.NewReader(data)), before
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, 0, errors.Join(errors.New("no list of files"), err)
	}
	for d.More() {
		if entries++; entries > mostFiles {
			return nil, 0, fmt.Errorf("%w: a listing of more than %d files", ErrDangerous, mostFiles)
		}
		var e treeEntry
		if err := d.Decode(&e); err != nil {
			return nil, 0, err
		}
		if f, ok := e.file(); ok {
			files = append(files, f)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, 0, err
	}
	return files, entries, nil
}

// address is one of the hub, of segments each of which may have slashes: a revision has.
func (c *Client) address(segments ...string) *url.URL {
	u := *c.endpoint
	u.RawPath = u.EscapedPath()
	for _, s := range segments {
		u.Path += "/" + s
		u.RawPath += "/" + url.PathEscape(s)
	}
	return &u
}

// nextPage reads the Link header, which has to lead on at the same hub.
func nextPage(page *url.URL, h http.Header) (*url.URL, error) {
	for _, link := range strings.Split(h.Get("Link"), ",") {
		target, params, ok := strings.Cut(link, ">")
		target = strings.TrimSpace(target)
		if !ok || !strings.HasPrefix(target, "<") || !strings.Contains(strings.ReplaceAll(params, " ", ""), `rel="next"`) {
			continue
		}
		u, err := page.Parse(target[1:])
		if err != nil {
			return nil, errors.New("the listing goes on at an address that is none")
		}
		if u.Scheme != page.Scheme || address(u) != address(page) {
			return nil, fmt.Errorf("%w: the listing goes on at another host, %s", ErrDangerous, u.Host)
		}
		return u, nil
	}
	return nil, nil
}

// file is an entry with everything that it takes to fetch it. Its path is checked when it is
// chosen: strange names that nobody asked for do no harm.
func (e treeEntry) file() (File, bool) {
	f := File{Path: e.Path, Size: e.Size, Blob: e.OID}
	if e.LFS != nil {
		f.Size, f.Blob = e.LFS.Size, strings.TrimPrefix(e.LFS.OID, "sha256:")
		if len(f.Blob) != 64 {
			return File{}, false
		}
	}
	return f, e.Type == "file" && f.Size >= 0 && isBlob(f.Blob) && f.Path != ""
}

func (m modelInfo) licence() string {
	var licence any
	if len(m.Card.License) <= 4<<10 {
		_ = json.Unmarshal(m.Card.License, &licence) // that it is JSON is known
	}
	switch v := licence.(type) {
	case string:
		if v == "other" && m.Card.LicenseName != "" {
			v = m.Card.LicenseName
		}
		return printable(v, 80)
	case []any:
		var names []string
		for _, n := range v {
			names = append(names, fmt.Sprint(n))
		}
		return printable(strings.Join(names, ", "), 80)
	}
	return printable(string(m.Tags), 80)
}

// explain turns the hub's refusals into what to do about them. commit is that of a file, "" for a listing.
func (c *Client) explain(err error, r Ref, commit string) error {
	var s *StatusError
	if !errors.As(err, &s) || !s.hub {
		return err
	}
	page := c.endpoint.JoinPath(r.Repo)
	login := "set HF_TOKEN to a token of an account that may read it (" + c.endpoint.JoinPath("settings", "tokens").String() + ")"
	switch {
	case s.Code == "GatedRepo" && c.token == "":
		return fmt.Errorf("%w: accept its conditions at %s, then %s", ErrGated, page, login)
	case s.Code == "GatedRepo":
		return fmt.Errorf("%w, and the account of the token in use has no access: accept its conditions at %s; some authors then decide themselves", ErrGated, page)
	case s.Code == "RevisionNotFound" && commit != "":
		return fmt.Errorf("%w: commit %.7s is gone; ask for the model again", ErrNotFound, commit)
	case s.Code == "RevisionNotFound":
		return fmt.Errorf("%w: it has no revision %q", ErrNotFound, r.revision())
	case s.Code == "EntryNotFound":
		return fmt.Errorf("%w: the file is gone; ask for the model again", ErrNotFound)
	case s.Code == "RepoNotFound" || s.Status == http.StatusNotFound || s.Status == http.StatusUnauthorized && c.token == "":
		return fmt.Errorf("%w at %s: look at how it is written; if it is private, %s", ErrNotFound, c.endpoint.Host, login)
	case s.Status == http.StatusUnauthorized:
		return fmt.Errorf("%w: the token in use (HF_TOKEN, or the file HF_TOKEN_PATH) is not valid; %s", err, login)
	case s.Status == http.StatusForbidden && c.token == "":
		return fmt.Errorf("%w: it needs a token: %s", err, login)
	case s.Status == http.StatusForbidden:
		return fmt.Errorf("%w: the token in use may not read it; %s", err, login)
	case s.Status == http.StatusTooManyRequests:
		return fmt.Errorf("%w: the hub wants fewer requests; wait some minutes; with a token (HF_TOKEN) it allows more", err)
	}
	return err
}
