package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// A source is where the bytes of one file come from: an address of the hub, which
// leads to another host for large files. Where it led is asked again for further parts, as
// long as that works.
type source struct {
	c      *Client
	commit string
	file   File
	base   *url.URL

	asking chan struct{} // has a value while one finds out where the hub leads
	mu     sync.Mutex
	direct *url.URL // nil until it is known
	etag   string   // of direct
}

func (c *Client) source(repo, commit string, f File) *source {
	path := append(strings.Split(repo, "/"), "resolve", commit)
	base := c.address(append(path, strings.Split(f.Path, "/")...)...)
	return &source{c: c, commit: commit, file: f, base: base, asking: make(chan struct{}, 1)}
}

// A body is a part of a file on its way, length bytes of it.
type body struct {
	io.ReadCloser
	length int64
}

// open asks for a span: without naming it if that is the whole file.
func (s *source) open(ctx context.Context, part span) (*body, error) {
	whole := part == span{0, s.file.Size}
	header := http.Header{}
	if !whole {
		header.Set("Range", fmt.Sprintf("bytes=%d-%d", part.from, part.to-1))
	}
	from, found, err := s.where(ctx)
	if err != nil {
		return nil, err
	}
	defer found(nil)
	led := from
	a, err := s.c.get(ctx, from, header, func(u *url.URL) {
		led = u
		found(u)
	})
	if err != nil {
		s.mu.Lock()
		if s.direct == from || s.direct == led {
			s.direct, s.etag = nil, "" // the hub may lead elsewhere
		}
		s.mu.Unlock()
		if status := (*StatusError)(nil); errors.As(err, &status) && !status.hub && !status.temporary() {
			status.again = true // a signed address that has expired, perhaps
			return nil, status
		}
		return nil, err
	}
	if err := s.check(a, part, whole); err != nil {
		a.Body.Close()
		return nil, err
	}
	return &body{a.Body, part.size()}, nil
}

// where is the address to ask. As long as that is the hub's, one request at a time asks it; the others wait until that
// calls found, with where the hub led or nil, and ask there.
func (s *source) where(ctx context.Context) (u *url.URL, found func(u *url.URL), err error) {
	known := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		u = s.direct
		return u != nil
	}
	if known() {
		return u, func(*url.URL) {}, nil
	}
	select {
	case s.asking <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, s.c.networkError(ctx, s.base, ctx.Err())
	}
	if known() {
		<-s.asking
		return u, func(*url.URL) {}, nil
	}
	var once sync.Once
	return s.base, func(u *url.URL) {
		once.Do(func() {
			if u != nil {
				s.mu.Lock()
				s.direct, s.etag = u, ""
				s.mu.Unlock()
			}
			<-s.asking
		})
	}, nil
}

// check holds the headers of an answer to what was asked and what the listing said.
func (s *source) check(a *answer, part span, whole bool) error {
	hub, host := s.c.endpoint.Host, a.url.Host
	if etag := strings.Trim(strings.TrimPrefix(a.hub.Get("X-Linked-Etag"), "W/"), `"`); etag != "" && isBlob(etag) && etag != s.file.Blob {
		return permanent("%w: %s lists it as %.12s and sends %.12s", ErrCorrupt, hub, s.file.Blob, etag)
	}
	if size := a.hub.Get("X-Linked-Size"); size != "" && size != strconv.FormatInt(s.file.Size, 10) {
		return permanent("%w: %s lists it with %d bytes and sends %.20s", ErrCorrupt, hub, s.file.Size, size)
	}
	if commit := a.hub.Get("X-Repo-Commit"); isCommit(commit) && commit != s.commit {
		return permanent("%w: %s sends it of commit %.12s when asked for %.12s", ErrCorrupt, hub, commit, s.commit)
	}
	switch {
	case a.StatusCode == http.StatusOK && !whole:
		return errNoRange
	case a.StatusCode == http.StatusPartialContent:
		want := fmt.Sprintf("bytes %d-%d/%d", part.from, part.to-1, s.file.Size)
		if got := a.Header.Get("Content-Range"); got != want {
			return permanent("%w: %s answers with %.60q when asked for %s", ErrCorrupt, host, got, want)
		}
	}
	if a.ContentLength >= 0 && a.ContentLength != part.size() {
		return permanent("%w: %s announces %d bytes where the listing leaves %d", ErrCorrupt, host, a.ContentLength, part.size())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	etag := a.Header.Get("ETag")
	if s.direct != nil && *s.direct == *a.url && s.etag != "" && etag != "" && etag != s.etag {
		s.etag = etag
		return errChanged
	}
	s.direct, s.etag = a.url, etag
	return nil
}

// address is where the next part is asked for.
func (s *source) address() *url.URL {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.direct != nil {
		return s.direct
	}
	return s.base
}

func (s *source) host() string { return s.address().Host }
