package hubtest

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// resolve answers for a file: large ones are at the CDN.
func (s *Server) resolve(w http.ResponseWriter, r *http.Request, name, revision, path string) {
	q := s.record("hub", r, path)
	f := s.take("hub", path)
	if f.Endless || f.Gzip || f.Status != 0 || f.Redirect != "" {
		s.answer(w, r, q, f)
		return
	}
	repo, ok := s.find(w, r, name, revision)
	if !ok {
		return
	}
	w.Header().Set("X-Repo-Commit", repo.Commit())
	if f.LieCommit {
		w.Header().Set("X-Repo-Commit", strings.Repeat("0", 40))
	}
	for i := range repo.Files {
		file := &repo.Files[i]
		if file.Path != path {
			continue
		}
		w.Header().Set("ETag", strconv.Quote(file.Blob()))
		w.Header().Set("Accept-Ranges", "bytes")
		if !file.LFS {
			s.send(w, r, q, file, f)
			return
		}
		linked := file.Blob()
		if f.LieETag {
			linked = strings.Repeat("0", 64)
		}
		w.Header().Set("X-Linked-Etag", strconv.Quote(linked))
		w.Header().Set("X-Linked-Size", strconv.FormatInt(file.size(), 10))
		w.Header().Set("Location", s.cdn.URL+"/repos/"+file.Blob()+"?X-Signature=secret")
		w.WriteHeader(http.StatusFound)
		return
	}
	refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
}

func (s *Server) serveCDN(w http.ResponseWriter, r *http.Request) {
	blob := strings.TrimPrefix(r.URL.Path, "/repos/")
	s.mu.Lock()
	file := s.blobs[blob]
	s.mu.Unlock()
	if file == nil {
		s.record("cdn", r, "")
		http.Error(w, "no such key", http.StatusNotFound)
		return
	}
	q := s.record("cdn", r, file.Path)
	w.Header().Set("ETag", `"cdn-`+blob[:12]+`"`) // CDNs have their own
	s.send(w, r, q, file, s.take("cdn", file.Path))
}

// send answers with the bytes of a file that were asked for, as far as a fault lets it.
func (s *Server) send(w http.ResponseWriter, r *http.Request, q *Request, file *File, f Fault) {
	if f.Endless || f.Gzip || f.Status != 0 || f.Redirect != "" {
		s.answer(w, r, q, f)
		return
	}
	data := file.Data
	if f.Other != nil {
		data = f.Other
	}
	if f.NewETag {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, time.Now().UnixNano()))
	}
	from, to, status := 0, len(data), http.StatusOK
	if header := r.Header.Get("Range"); header != "" && !f.NoRange {
		var last int
		n, _ := fmt.Sscanf(header, "bytes=%d-%d", &from, &last) // n counts
		if n < 2 {
			last = len(data) - 1
		}
		if n < 1 || from > last || from >= len(data) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes */%d", len(data)))
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		to, status = min(last+1, len(data)), http.StatusPartialContent
		shown := from
		if f.LieRange {
			shown++
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", shown, to-1, len(data)))
	}
	body := data[from:to]
	if !f.Chunked {
		w.Header().Set("Content-Length", strconv.FormatInt(int64(len(body))+f.LieLength, 10))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if f.Corrupt && len(body) > 0 {
		body = append([]byte{body[0] ^ 1}, body[1:]...)
	}
	s.body(w, r, q, body, f)
}

func (s *Server) body(w http.ResponseWriter, r *http.Request, q *Request, body []byte, f Fault) {
	flush := func() { w.(http.Flusher).Flush() }
	write := func(p []byte) bool {
		n, err := w.Write(p)
		s.sent(q, n)
		return err == nil
	}
	switch {
	case f.CutAfter > 0 && f.CutAfter < int64(len(body)):
		write(body[:f.CutAfter])
		flush()
		panic(http.ErrAbortHandler)
	case f.StallAfter > 0 && f.StallAfter < int64(len(body)):
		write(body[:f.StallAfter])
		flush()
		s.stall(r)
	case f.Drip > 0:
		size := f.DripSize
		if size == 0 {
			size = 1 << 10
		}
		for len(body) > 0 && r.Context().Err() == nil {
			n := min(size, len(body))
			if !write(body[:n]) {
				return
			}
			flush()
			body = body[n:]
			time.Sleep(f.Drip)
		}
	case f.Chunked:
		if write(body) {
			flush() // before its end, so that there is no length
		}
		if f.LieLength > 0 {
			_, _ = io.CopyN(w, zeros{}, f.LieLength) // more than there should be
		}
	default:
		const step = 1 << 20 // so that Sent is what a client that goes has got
		for len(body) > 0 {
			n := min(step, len(body))
			if !write(body[:n]) {
				return
			}
			body = body[n:]
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
