package hub

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Waiting between attempts: at random up to a limit that doubles each time, so that
// many clients of a hub that comes back do not come back at one moment, or as long
// as the server says.
const (
	firstWait   = 500 * time.Millisecond
	longestWait = 30 * time.Second
	// longestRetryAfter is as long as a server's Retry-After is honoured.
	longestRetryAfter = 2 * time.Minute
)

// wait is the time before the next attempt, failures ≥ 1 of them in a row having brought nothing.
func (c *Client) wait(err error, failures int) time.Duration {
	var status *StatusError
	if errors.As(err, &status) && status.RetryAfter > 0 {
		return min(status.RetryAfter, longestRetryAfter)
	}
	limit := min(c.firstWait<<min(failures-1, 16), longestWait)
	return time.Duration(rand.Int64N(int64(limit) + 1))
}

// retry repeats an attempt while its failures are of the kind that passes. An attempt that brought
// something counts as the first one again.
func (c *Client) retry(ctx context.Context, attempt func() (progress bool, err error)) error {
	for failures := 0; ; {
		progress, err := attempt()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !retryable(err) {
			return err
		}
		if progress {
			failures = 0
		}
		failures++
		if failures >= c.attempts {
			return err
		}
		timer := time.NewTimer(c.wait(err, failures))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// retryAfter reads the header, seconds or a date, or the hub's own RateLimit header where nothing remains,
// as in "api";r=0;t=55; 0 if there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	var remaining, seconds uint64 = 1, 0
	for field := range strings.SplitSeq(h.Get("RateLimit"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		if n, err := strconv.ParseUint(value, 10, 31); err == nil && name == "r" {
			remaining = n
		} else if err == nil && name == "t" {
			seconds = n
		}
	}
	if remaining > 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
