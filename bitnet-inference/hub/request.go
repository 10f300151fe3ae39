package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	mostRedirects = 10
	largestJSON   = 64 << 20 // of all answers that make up a listing
)

// An answer is a response that is a success, and where it came from.
type answer struct {
	*http.Response
	url *url.URL
	// hub are the headers of the last answer of the hub itself, whoever sent the body.
	hub http.Header
}

// get asks for an address and follows redirects, each one a new request: it has the token only if
// it goes to the hub itself, the same scheme, host and port. left, if not nil, is called with addresses that are not the
// hub's, before they are asked.
func (c *Client) get(ctx context.Context, u *url.URL, header http.Header, left func(u *url.URL)) (*answer, error) {
	a := &answer{url: u, hub: http.Header{}}
	for range mostRedirects + 1 {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url.String(), nil)
		if err != nil {
			return nil, permanent("an address that is none: %w", bare(err))
		}
		for name, values := range header {
			r.Header[name] = values
		}
		r.Header.Set("User-Agent", c.agent)
		r.Header.Set("Accept-Encoding", "identity")
		if c.atHub(a.url) && c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		a.Response, err = c.http.Do(r) //nolint:bodyclose // each case below closes it or returns it
		if err != nil {
			return nil, c.networkError(ctx, a.url, err)
		}
		if c.atHub(a.url) {
			a.hub = a.Header
		}
		switch a.StatusCode {
		case http.StatusOK, http.StatusPartialContent:
			if e := a.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
				a.Body.Close()
				return nil, permanent("%w: %s sent a compressed answer (%.20q), which was not asked for", ErrDangerous, a.url.Host, e)
			}
			return a, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			_, _ = io.CopyN(io.Discard, a.Body, 4<<10) // so that the connection can be used again
			a.Body.Close()
			next, err := a.url.Parse(a.Header.Get("Location"))
			if err != nil {
				return nil, permanent("%s leads to an address that is none", a.url.Host)
			}
			next.User, next.Fragment = nil, ""
			if err := c.guard.redirect(a.url, next); err != nil {
				return nil, permanentError{err}
			}
			a.url = next
			if left != nil && !c.atHub(next) {
				left(next)
			}
		default:
			a.Body.Close()
			return nil, c.statusError(a.url, a.Response)
		}
	}
	return nil, permanent("%w: %s leads on and on: more than %d redirects", ErrDangerous, c.endpoint.Host, mostRedirects)
}

// atHub reports whether an address is the hub's.
func (c *Client) atHub(u *url.URL) bool {
	return u.Scheme == c.endpoint.Scheme && address(u) == address(c.endpoint)
}

func (c *Client) statusError(u *url.URL, r *http.Response) error {
	return &StatusError{
		Host: u.Host, Status: r.StatusCode, hub: c.atHub(u),
		Code:       printable(r.Header.Get("X-Error-Code"), 40),
		Message:    printable(r.Header.Get("X-Error-Message"), 200),
		RetryAfter: retryAfter(r.Header, time.Now()),
	}
}

// printable shortens what a stranger says, and leaves out what would move a terminal's cursor.
func printable(s string, most int) string {
	var b strings.Builder
	for _, c := range s {
		if b.Len() >= most {
			b.WriteString("…")
			break
		}
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			c = ' '
		}
		b.WriteRune(c)
	}
	return strings.TrimSpace(b.String())
}

// networkError says which host failed, without the address, which may be signed.
func (c *Client) networkError(ctx context.Context, u *url.URL, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, errStalled) {
		return cause
	} else if cause != nil {
		err = cause
	}
	if errors.Is(err, ErrDangerous) {
		if op := (*net.OpError)(nil); errors.As(err, &op) {
			err = op.Err // the guard's own
		}
		return permanentError{bare(err)}
	}
	return fmt.Errorf("%s: %w", u.Host, bare(err))
}

// api asks the hub for JSON, with the retries of everything else, and returns the answer's headers. room is how
// much more of it may come, in this answer and those that follow.
func (c *Client) api(ctx context.Context, u *url.URL, room *int64, read func(data []byte) error) (http.Header, error) {
	var header http.Header
	err := c.retry(ctx, func() (bool, error) {
		w := newWatchdog(ctx, c.stall)
		defer w.stop()
		a, err := c.get(w.ctx, u, nil, nil)
		if err != nil {
			return false, err
		}
		defer a.Body.Close()
		data, err := io.ReadAll(io.LimitReader(w.reader(a.Body), *room+1))
		if err != nil {
			return false, c.networkError(w.ctx, a.url, err)
		}
		if int64(len(data)) > *room {
			return false, permanent("%w: %s sent a listing of more than %d MiB", ErrDangerous, a.url.Host, largestJSON>>20)
		}
		switch err := read(data); {
		case errors.Is(err, ErrDangerous):
			return false, permanentError{err}
		case err != nil:
			return false, permanent("%s sent no JSON as the hub does: %w; is it a hub (HF_ENDPOINT), and is there a login page before this network?", a.url.Host, err)
		}
		*room -= int64(len(data))
		header = a.Header
		return true, nil
	})
	return header, err
}

// A watchdog cancels a request that brings nothing for too long.
type watchdog struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	stall  time.Duration
}

func newWatchdog(ctx context.Context, stall time.Duration) *watchdog {
	w := &watchdog{stall: stall}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(stall, func() { w.cancel(errStalled) })
	return w
}

func (w *watchdog) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// reader resets the watchdog whenever bytes come.
func (w *watchdog) reader(r io.Reader) io.Reader { return &watched{w, r} }

type watched struct {
	*watchdog
	r io.Reader
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(w.stall)
	}
	return n, err
}
