package hubtest

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A Fault is something that goes wrong. The first fault that fits a request and is not used up
// is taken; the fields of what goes wrong may be combined where that makes sense.
type Fault struct {
	// Which requests: of a host, "hub" or "cdn", "" for both; of a file, "*" for any, "" for the listing;
	// after Skip of them; Times of them, 0 for all.
	Host, File  string
	Skip, Times int

	Status     int           // answered with an error
	RetryAfter string        // header of that
	Code       string        // X-Error-Code of that
	Redirect   string        // leads there
	CutAfter   int64         // closes the connection after so many bytes of the body
	StallAfter int64         // sends no more after so many bytes, until the client goes
	Drip       time.Duration // sends DripSize bytes, 1 KiB if 0, in every such time
	DripSize   int
	Corrupt    bool   // the first byte of each body is another
	NewETag    bool   // another ETag each time
	Other      []byte // another content
	NoRange    bool   // the Range header is ignored
	Chunked    bool   // no Content-Length
	Endless    bool   // the body never ends; Chunked
	LieLength  int64  // Content-Length is larger by that
	LieRange   bool   // Content-Range is that of other bytes
	Gzip       bool   // a body that becomes large when decompressed, whether or not it was asked for
	LieCommit  bool   // X-Repo-Commit is that of another commit
	LieETag    bool   // X-Linked-Etag is that of another file
	Body       string // of a listing

	used int
}

// Inject adds faults.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// take returns the fault for a request, the zero one if there is none.
func (s *Server) take(host, file string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Host != "" && f.Host != host || f.File != file && (f.File != "*" || file == "") {
			continue
		}
		f.used++
		if f.used <= f.Skip || f.Times > 0 && f.used > f.Skip+f.Times {
			continue
		}
		return *f
	}
	return Fault{}
}

// fault answers a request for a listing in place of the handler, if it has to.
func (s *Server) fault(w http.ResponseWriter, r *http.Request, q *Request, file string) bool {
	return s.answer(w, r, q, s.take(q.Host, file))
}

// answer sends what takes the place of an answer.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, q *Request, f Fault) bool {
	switch {
	case f.Status != 0:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		refuse(w, f.Status, f.Code, "a fault of the test")
	case f.Redirect != "":
		w.Header().Set("Location", f.Redirect)
		w.WriteHeader(http.StatusFound)
	case f.Gzip:
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		z := gzip.NewWriter(w)
		zeros := make([]byte, 1<<20)
		for range 64 {
			if _, err := z.Write(zeros); err != nil { // the client is gone
				return true
			}
		}
		_ = z.Close() // likewise
	case f.Endless:
		block := []byte(strings.Repeat("[", 64<<10))
		for r.Context().Err() == nil {
			n, err := w.Write(block)
			s.sent(q, n)
			if err != nil {
				return true
			}
		}
	case f.Body != "":
		fmt.Fprint(w, f.Body)
	case q.File == "" && f.StallAfter > 0:
		s.stall(r)
	default:
		return false
	}
	return true
}

func (s *Server) sent(q *Request, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q.Sent += int64(n)
}

// stall holds a connection until the client or the server goes.
func (s *Server) stall(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-s.done:
	}
}
