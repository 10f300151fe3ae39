package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/disk"
)

// Errors that callers tell apart. Their texts say what to do; none holds a token or a
// signed address.
var (
	ErrOffline   = errors.New("the hub is not asked (HF_HUB_OFFLINE)")
	ErrGated     = errors.New("the model is gated")
	ErrNotFound  = errors.New("no such model, revision or file on the hub")
	ErrNotHere   = errors.New("not in the store")
	ErrNoSpace   = errors.New("not enough room on the disk")
	ErrCorrupt   = errors.New("the content is not what the hub's listing says")
	ErrDangerous = errors.New("refused for safety")
)

// A StatusError is an answer of a server that is no success.
type StatusError struct {
	Host       string
	Status     int
	Code       string // X-Error-Code of the hub
	Message    string // X-Error-Message, shortened
	RetryAfter time.Duration
	hub        bool // it is the hub's
	again      bool // it may succeed from another address
}

// Error says what the server said.
func (e *StatusError) Error() string {
	s := fmt.Sprintf("%s answered %d %s", e.Host, e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		s += fmt.Sprintf(" (%s)", e.Message)
	}
	return s
}

// temporary reports whether the same request may succeed later.
func (e *StatusError) temporary() bool {
	return e.again || e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooEarly || e.Status == http.StatusTooManyRequests ||
		e.Status >= 500 && e.Status != http.StatusNotImplemented && e.Status != http.StatusHTTPVersionNotSupported
}

// A permanentError will be the same at the next attempt.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

func permanent(format string, args ...any) error {
	return permanentError{fmt.Errorf(format, args...)}
}

// Causes of attempts that failed.
var (
	errStalled = errors.New("nothing came for too long")
	errShort   = errors.New("the connection ended early")
	errNoRange = errors.New("the server does not answer with parts of a file")
	errChanged = errors.New("the server changed the file while it was fetched")
	errRemoved = errors.New("it was removed while it was fetched; pull again")
)

// retryable reports whether an attempt that failed may be repeated.
func retryable(err error) bool {
	var status *StatusError
	var lasting permanentError
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	var path *os.PathError
	switch {
	case errors.As(err, &lasting), errors.As(err, &certificate), errors.As(err, &path),
		errors.Is(err, context.Canceled), errors.Is(err, errNoRange), errors.Is(err, errChanged), errors.Is(err, ErrDangerous):
		return false
	case errors.As(err, &dns) && dns.IsNotFound:
		return false
	case errors.As(err, &status):
		return status.temporary()
	}
	return true // network
}

// bare drops what other errors say of operations, paths and addresses: an address
// may hold a signature.
func bare(err error) error {
	if address := (*url.Error)(nil); errors.As(err, &address) {
		err = address.Err
	}
	return disk.Cause(err)
}
