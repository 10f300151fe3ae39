package hubtest

import (
	"crypto/sha1" // git names files by it
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// A Repo is a repository of one revision, main.
type Repo struct {
	Name    string // "org/repo"
	Licence string
	Gated   bool // those without the server's token are refused
	Files   []File
}

// A File of a repository.
type File struct {
	Path string
	Data []byte
	// LFS says that it is stored as large files are: named by its SHA-256 and served by the CDN.
	LFS bool
	// Hash and Size are listed in place of the true ones, if set.
	Hash string
	Size int64
}

// Blob is the hash under which the file is listed.
func (f File) Blob() string {
	if f.Hash != "" {
		return f.Hash
	}
	if f.LFS {
		sum := sha256.Sum256(f.Data)
		return hex.EncodeToString(sum[:])
	}
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(f.Data))
	h.Write(f.Data)
	return hex.EncodeToString(h.Sum(nil))
}

func (f File) size() int64 {
	if f.Size != 0 {
		return f.Size
	}
	return int64(len(f.Data))
}

// Commit is the repository's only commit, which depends on all its files.
func (r Repo) Commit() string {
	h := sha1.New() // as git does
	for _, f := range r.Files {
		fmt.Fprintf(h, "%s %s\n", f.Blob(), f.Path)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// A Request is one that the server got.
type Request struct {
	Host  string // "hub" or "cdn"
	Path  string // of the URL
	File  string // of the repository, "" for the listing
	Range string // header
	Token string // what came as Authorization
	Sent  int64  // bytes of the body
}

// A Server is a hub. Its fields are set before it is asked.
type Server struct {
	Token string // of the only account; "" if none is needed anywhere
	Page  int    // entries on a page of a listing, 0 for all

	hub, cdn *httptest.Server
	done     chan struct{}

	mu       sync.Mutex
	repos    map[string]Repo
	blobs    map[string]*File // on the CDN, by its own name, not a hash
	requests []*Request
	faults   []*Fault
}

// New starts a server. Close it after use.
func New(repos ...Repo) *Server {
	s := &Server{repos: map[string]Repo{}, blobs: map[string]*File{}, done: make(chan struct{})}
	s.hub = httptest.NewServer(http.HandlerFunc(s.serveHub))
	s.cdn = httptest.NewServer(http.HandlerFunc(s.serveCDN))
	for _, r := range repos {
		s.Add(r)
	}
	return s
}

// Add adds a repository, or puts another state in its place.
func (s *Server) Add(r Repo) {
	r.Files = slices.Clone(r.Files)
	for i := range r.Files {
		f := &r.Files[i]
		f.Hash, f.Size = f.Blob(), f.size() // once, not for each request
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.repos[r.Name] = r
	for i := range r.Files {
		s.blobs[r.Files[i].Hash] = &r.Files[i]
	}
}

// URL is the hub's, CDN that of the other host.
func (s *Server) URL() string { return s.hub.URL }

// CDN is the address of the host of large files.
func (s *Server) CDN() string { return s.cdn.URL }

// Close ends all connections.
func (s *Server) Close() {
	close(s.done)
	s.hub.CloseClientConnections()
	s.cdn.CloseClientConnections()
	s.hub.Close()
	s.cdn.Close()
}

// Requests are those so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Request, len(s.requests))
	for i, r := range s.requests {
		list[i] = *r
	}
	return list
}

// Forget forgets requests and faults.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.faults = nil, nil
}

// Sent counts the bytes of a file that were sent, "" of all.
func (s *Server) Sent(file string) (n int64) {
	for _, r := range s.Requests() {
		if r.File != "" && (file == "" || r.File == file) {
			n += r.Sent
		}
	}
	return n
}

// Tokens are the tokens that came to a host, "hub" or "cdn".
func (s *Server) Tokens(host string) (tokens []string) {
	for _, r := range s.Requests() {
		if r.Host == host && r.Token != "" {
			tokens = append(tokens, r.Token)
		}
	}
	return tokens
}

func (s *Server) record(host string, r *http.Request, file string) *Request {
	q := &Request{
		Host: host, Path: r.URL.Path, File: file, Range: r.Header.Get("Range"),
		Token: r.Header.Get("Authorization"),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, q)
	return q
}

func (s *Server) serveHub(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/")
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i]) // a test's own client wrote it
	}
	switch {
	case len(parts) == 6 && parts[0] == "api" && parts[1] == "models" && parts[4] == "revision":
		s.listing(w, r, parts[2]+"/"+parts[3], parts[5], s.info)
	case len(parts) == 6 && parts[0] == "api" && parts[1] == "models" && parts[4] == "tree":
		s.listing(w, r, parts[2]+"/"+parts[3], parts[5], s.tree)
	case len(parts) >= 5 && parts[2] == "resolve":
		s.resolve(w, r, parts[0]+"/"+parts[1], parts[3], strings.Join(parts[4:], "/"))
	default:
		s.record("hub", r, "")
		refuse(w, http.StatusNotFound, "", "Not Found")
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	if code != "" {
		w.Header().Set("X-Error-Code", code)
	}
	w.Header().Set("X-Error-Message", message)
	w.WriteHeader(status)
}

// find answers for repositories and revisions that are not there or not for everyone.
func (s *Server) find(w http.ResponseWriter, r *http.Request, name, revision string) (Repo, bool) {
	s.mu.Lock()
	repo, ok := s.repos[name]
	s.mu.Unlock()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok && token == "":
		refuse(w, http.StatusUnauthorized, "RepoNotFound", "Invalid username or password.")
	case !ok:
		refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
	case token != "" && token != s.Token:
		refuse(w, http.StatusUnauthorized, "", "Invalid credentials in Authorization header")
		ok = false
	case repo.Gated && token == "" && strings.Contains(r.URL.Path, "/resolve/"):
		refuse(w, http.StatusUnauthorized, "GatedRepo", "Access to model "+name+" is restricted.")
		ok = false
	case revision != "main" && revision != repo.Commit():
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
		ok = false
	}
	return repo, ok
}

func (s *Server) listing(w http.ResponseWriter, r *http.Request, name, revision string, answer func(*http.Request, http.Header, Repo) any) {
	q := s.record("hub", r, "")
	if s.fault(w, r, q, "") {
		return
	}
	repo, ok := s.find(w, r, name, revision)
	if !ok {
		return
	}
	data, err := json.Marshal(answer(r, w.Header(), repo))
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	n, _ := w.Write(data)
	s.sent(q, n)
}

func (s *Server) info(_ *http.Request, _ http.Header, r Repo) any {
	siblings := []map[string]string{}
	for _, f := range r.Files {
		siblings = append(siblings, map[string]string{"rfilename": f.Path})
	}
	var gated any = false
	if r.Gated {
		gated = "auto"
	}
	return map[string]any{
		"id": r.Name, "modelId": r.Name, "sha": r.Commit(), "private": false, "gated": gated, "siblings": siblings,
		"tags": []string{"gguf", "license:" + r.Licence}, "cardData": map[string]any{"license": r.Licence},
	}
}

func (s *Server) tree(r *http.Request, h http.Header, repo Repo) any {
	entries, dirs := []map[string]any{}, map[string]bool{}
	for _, f := range repo.Files {
		for i := strings.IndexByte(f.Path, '/'); i > 0; {
			if dir := f.Path[:i]; !dirs[dir] {
				dirs[dir] = true
				entries = append(entries, map[string]any{"type": "directory", "oid": fmt.Sprintf("%040x", i), "size": 0, "path": dir})
			}
			next := strings.IndexByte(f.Path[i+1:], '/')
			if next < 0 {
				break
			}
			i += 1 + next
		}
		e := map[string]any{"type": "file", "oid": f.Blob(), "size": f.size(), "path": f.Path}
		if f.LFS {
			pointer := sha1.Sum([]byte(f.Blob())) // of the pointer file
			e["oid"] = hex.EncodeToString(pointer[:])
			e["lfs"] = map[string]any{"oid": f.Blob(), "size": f.size(), "pointerSize": 134}
		}
		entries = append(entries, e)
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i]["path"].(string) < entries[j]["path"].(string) })
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor")) // 0 on the first page
	if s.Page > 0 && from+s.Page < len(entries) {
		next := *r.URL
		next.RawQuery = fmt.Sprintf("recursive=true&cursor=%d", from+s.Page)
		h.Set("Link", fmt.Sprintf(`<%s%s>; rel="next"`, s.hub.URL, next.String()))
		return entries[from : from+s.Page]
	}
	return entries[from:]
}
