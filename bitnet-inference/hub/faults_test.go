package hub

import (
	"context"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// TestFaultsThatPass: what a connection or a server may do wrong for a while costs time, not the pull.
func TestFaultsThatPass(t *testing.T) {
	for name, faults := range map[string][]hubtest.Fault{
		"cut":                  {{Host: "cdn", File: tinyGGUF, CutAfter: 10_000, Times: 30}},
		"cut at once":          {{Host: "cdn", File: tinyGGUF, CutAfter: 1, Times: 3}},
		"stall":                {{Host: "cdn", File: tinyGGUF, StallAfter: 20_000, Times: 2}},
		"drip":                 {{Host: "cdn", File: tinyGGUF, Drip: 10 * time.Millisecond, DripSize: 8 << 10, Times: 3}},
		"503":                  {{Host: "cdn", File: tinyGGUF, Status: http.StatusServiceUnavailable, Times: 3}},
		"429 at the hub":       {{Host: "hub", File: tinyGGUF, Status: http.StatusTooManyRequests, Times: 3}},
		"500 for the listing":  {{Host: "hub", Status: http.StatusInternalServerError, Times: 2}},
		"stall of the listing": {{Host: "hub", StallAfter: 1, Times: 1}},
		"no ranges":            {{Host: "cdn", File: tinyGGUF, NoRange: true}},
		"no ranges, and cut":   {{Host: "cdn", File: tinyGGUF, NoRange: true, CutAfter: 700_000, Times: 4}, {Host: "cdn", File: tinyGGUF, NoRange: true}},
		"no length":            {{Host: "cdn", File: tinyGGUF, Chunked: true}},
		"expired address":      {{Host: "cdn", File: tinyGGUF, Status: http.StatusForbidden, Skip: 5, Times: 1}},
		"another file for a while": {
			{Host: "cdn", File: tinyGGUF, Skip: 3, Times: 1, NewETag: true, Other: noise(9, 1<<20+12345)},
		},
		"redirects": {{Host: "hub", File: tinyGGUF, Redirect: "/" + tinyRepo + "/resolve/main/" + tinyGGUF, Times: 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			repo := tiny()
			s := serve(t, repo)
			s.Inject(faults...)
			c := client(t, s, stallSoon(faults))
			path, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
			require.NoError(t, err)
			requireFile(t, path, repo.Files[2].Data)
			require.Empty(t, leftovers(t, c))
		})
	}
}

// stallSoon shortens what a client waits for a server that stalls.
func stallSoon(faults []hubtest.Fault) func(*Options) {
	return func(o *Options) {
		if faults[0].StallAfter > 0 {
			o.Stall = 400 * time.Millisecond
		}
	}
}

// TestFaultsThatStay: a pull ends with one line that says what is wrong, keeps nothing under the model's name, and makes
// no more requests than that takes.
func TestFaultsThatStay(t *testing.T) {
	for name, test := range map[string]struct {
		faults   []hubtest.Fault
		want     string
		is       error
		requests int // at most; 0 for any number
	}{
		"wrong content":     {faults: []hubtest.Fault{{Host: "cdn", File: "*", Corrupt: true}}, want: "hash", is: ErrCorrupt, requests: 30},
		"always 502":        {faults: []hubtest.Fault{{Host: "cdn", File: "*", Status: http.StatusBadGateway}}, want: "502"},
		"always stalled":    {faults: []hubtest.Fault{{Host: "hub", StallAfter: 1}}, want: "nothing came for too long", requests: 4},
		"not allowed":       {faults: []hubtest.Fault{{Host: "hub", File: "*", Status: http.StatusForbidden}}, want: "HF_TOKEN", requests: 2 + 4},
		"too many requests": {faults: []hubtest.Fault{{Host: "hub", File: "*", Status: http.StatusTooManyRequests}}, want: "wants fewer requests"},
		"gone":              {faults: []hubtest.Fault{{Host: "hub", File: "*", Status: http.StatusNotFound, Code: "EntryNotFound"}}, want: "the file is gone", is: ErrNotFound, requests: 2 + 4},
		"endless listing":   {faults: []hubtest.Fault{{Host: "hub", Endless: true}}, want: "more than 64 MiB", is: ErrDangerous, requests: 1},
		"endless body":      {faults: []hubtest.Fault{{Host: "cdn", File: "*", Endless: true}}, want: "more than", is: ErrCorrupt, requests: 2 + 2*5},
		"more than listed":  {faults: []hubtest.Fault{{Host: "cdn", File: "*", Chunked: true, LieLength: 1 << 20}}, want: "more than", is: ErrCorrupt},
		"lying length":      {faults: []hubtest.Fault{{Host: "cdn", File: "*", LieLength: 5}}, want: "announces", is: ErrCorrupt},
		"another commit":    {faults: []hubtest.Fault{{Host: "hub", File: "*", LieCommit: true}}, want: "when asked for", is: ErrCorrupt},
		"lying range":       {faults: []hubtest.Fault{{Host: "cdn", File: "*", LieRange: true}}, want: "when asked for", is: ErrCorrupt},
		"lying hash":        {faults: []hubtest.Fault{{Host: "hub", File: "*", LieETag: true}}, want: "lists", is: ErrCorrupt},
		"compressed":        {faults: []hubtest.Fault{{Host: "cdn", File: "*", Gzip: true}}, want: "compressed", is: ErrDangerous},
		"compressed JSON":   {faults: []hubtest.Fault{{Host: "hub", Gzip: true}}, want: "compressed", is: ErrDangerous, requests: 1},
		"no JSON":           {faults: []hubtest.Fault{{Host: "hub", Body: "<html>captive portal</html>"}}, want: "no JSON", requests: 1},
		"no commit":         {faults: []hubtest.Fault{{Host: "hub", Body: `{"sha":"../../../etc"}`}}, want: "no commit", requests: 1},
		"file://":           {faults: []hubtest.Fault{{Host: "hub", File: "*", Redirect: "file:///etc/passwd"}}, want: `"file:"`, is: ErrDangerous},
		"no host":           {faults: []hubtest.Fault{{Host: "hub", File: "*", Redirect: "http:///x"}}, want: "without a host", is: ErrDangerous},
		"redirects forever": {faults: []hubtest.Fault{{Host: "hub", File: "*", Redirect: "/" + tinyRepo + "/resolve/main/" + tinyGGUF}}, want: "more than 10 redirects", is: ErrDangerous},
		"changes always":    {faults: []hubtest.Fault{{Host: "cdn", File: "*", NewETag: true}}, want: "changed the file", is: errChanged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tiny())
			s.Inject(test.faults...)
			c := client(t, s, stallSoon(test.faults))
			_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "\n")
			require.NotContains(t, err.Error(), "Signature", "signed addresses are secrets")
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			if test.requests > 0 {
				require.LessOrEqual(t, len(s.Requests()), test.requests)
			}
			_, err = c.store.Find(ref(t, "hf.co/"+tinyRepo))
			require.ErrorIs(t, err, ErrNotHere)
			blobs, err := filepath.Glob(filepath.Join(c.store.Dir(), "*", "blobs", strings.Repeat("?", 64)))
			require.NoError(t, err)
			require.Empty(t, blobs)
		})
	}
}

// TestResume: of what came before a failure, nothing is asked for again.
func TestResume(t *testing.T) {
	repo := tiny()
	data := repo.Files[2].Data
	s := serve(t, repo)
	s.Inject(hubtest.Fault{Host: "cdn", File: tinyGGUF, Skip: 9, Status: http.StatusBadGateway})
	c := client(t, s)
	_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
	require.ErrorContains(t, err, "502")
	got := s.Sent(tinyGGUF)
	require.EqualValues(t, 9*testPart, got)

	s.Forget()
	p, err := c.Resolve(t.Context(), ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	require.Equal(t, got, p.Have)
	path, err := c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	requireFile(t, path, data)
	require.EqualValues(t, len(data), got+s.Sent(tinyGGUF))
}

// TestResumeOfDamaged: bytes that have changed on the disk since are found, and the file is fetched anew.
func TestResumeOfDamaged(t *testing.T) {
	repo := tiny()
	data := repo.Files[2].Data
	s := serve(t, repo)
	c := client(t, s)
	s.Inject(hubtest.Fault{Host: "cdn", File: tinyGGUF, Skip: 9, Status: http.StatusBadGateway})
	_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
	require.Error(t, err)
	left := leftovers(t, c)
	require.Len(t, left, 2)
	f, err := os.OpenFile(left[0], os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("damage"), 100)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	s.Forget()
	path, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	requireFile(t, path, data)
}

// TestNewCommit: files that a new commit has in common with one that is here are not fetched.
func TestNewCommit(t *testing.T) {
	repo := directory()
	s := serve(t, repo)
	c := client(t, s)
	r := ref(t, "hf.co/test-org/dir")
	old, err := pull(t.Context(), c, r)
	require.NoError(t, err)
	repo.Files[1].Data = []byte(`{"model_type":"bitnet"}`)
	s.Add(repo)
	s.Forget()
	path, err := pull(t.Context(), c, r)
	require.NoError(t, err)
	require.NotEqual(t, old, path)
	require.EqualValues(t, len(repo.Files[1].Data), s.Sent(""))
	found, err := c.store.Find(r)
	require.NoError(t, err)
	require.Equal(t, path, found.Path)
	requireFile(t, filepath.Join(old, "config.json"), []byte(`{"model_type":"llama"}`))
}

func TestRetryAfter(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	s.Inject(hubtest.Fault{Host: "hub", Status: http.StatusTooManyRequests, RetryAfter: "1", Times: 1})
	c := client(t, s)
	began := time.Now()
	_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), time.Second)

	now := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-7": 0, "x": 0, "Thu, 01 Feb 2024 00:00:09 GMT": 9 * time.Second,
		"Wed, 31 Jan 2024 00:00:09 GMT": 0,
	} {
		require.Equal(t, want, retryAfter(http.Header{"Retry-After": {value}}, now), value)
	}
	for value, want := range map[string]time.Duration{`"api";r=0;t=55`: 55 * time.Second, `"api"; r=3; t=55`: 0, `r=0`: 0, `t=x;r=0`: 0} {
		require.Equal(t, want, retryAfter(http.Header{"Ratelimit": {value}}, now), value)
	}
	for _, wait := range []time.Duration{time.Hour, 1 << 62} {
		require.Equal(t, longestRetryAfter, c.wait(&StatusError{RetryAfter: wait}, 1))
	}
	for failures := 1; failures < 100; failures++ {
		require.LessOrEqual(t, c.wait(errShort, failures), longestWait)
	}
}

// TestCancel: whatever a pull waits for, it ends at once, and what came stays.
func TestCancel(t *testing.T) {
	for name, fault := range map[string]hubtest.Fault{
		"a stall":       {Host: "cdn", File: tinyGGUF, Skip: 2, StallAfter: 100},
		"a drip":        {Host: "cdn", File: tinyGGUF, Skip: 2, Drip: 20 * time.Millisecond},
		"a retry":       {Host: "cdn", File: tinyGGUF, Skip: 2, Status: http.StatusServiceUnavailable, RetryAfter: "60"},
		"the listing":   {Host: "hub", StallAfter: 1},
		"an idle start": {Host: "hub", File: tinyGGUF, Status: http.StatusServiceUnavailable, RetryAfter: "60"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tiny())
			s.Inject(fault)
			c := client(t, s, func(o *Options) { o.Stall = time.Minute })
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(200*time.Millisecond, cancel)
			began := time.Now()
			_, err := pull(ctx, c, ref(t, "hf.co/"+tinyRepo))
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, time.Since(began), 5*time.Second)
		})
	}
}

// TestTwoPulls: two of one client do not take each other's connections for stalled.
func TestTwoPulls(t *testing.T) {
	repos := []hubtest.Repo{tiny(), {Name: "test-org/other", Files: []hubtest.File{{Path: "x.gguf", Data: noise(9, 1<<20), LFS: true}}}}
	s := serve(t, repos...)
	s.Inject(hubtest.Fault{Host: "cdn", File: "*", Drip: 20 * time.Millisecond, DripSize: 16 << 10})
	c := client(t, s, func(o *Options) { o.Connections, o.PartSize, o.Stall, o.Attempts = 2, 1<<20, 300*time.Millisecond, 2 })
	var running sync.WaitGroup
	for _, repo := range repos {
		running.Go(func() {
			if _, err := pull(t.Context(), c, Ref{Repo: repo.Name}); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
}

// TestOneResolve: the hub is asked once where a file is, however many parts of it are fetched.
func TestOneResolve(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	c := client(t, s)
	_, err := pull(t.Context(), c, Ref{Repo: tinyRepo})
	require.NoError(t, err)
	asked := 0
	for _, r := range s.Requests() {
		if r.Host == "hub" && r.File == tinyGGUF {
			asked++
		}
	}
	require.Equal(t, 1, asked)
	require.Len(t, s.Requests(), 2+1+17)
}

// TestDrip: a slow connection is not a stalled one.
func TestDrip(t *testing.T) {
	repo := hubtest.Repo{Name: tinyRepo, Files: []hubtest.File{{Path: tinyGGUF, Data: noise(1, 30<<10), LFS: true}}}
	s := serve(t, repo)
	s.Inject(hubtest.Fault{Host: "cdn", File: tinyGGUF, Drip: 50 * time.Millisecond})
	c := client(t, s, func(o *Options) { o.Stall = time.Second })
	path, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	requireFile(t, path, repo.Files[0].Data)
	require.EqualValues(t, len(repo.Files[0].Data), s.Sent(tinyGGUF))
	require.Len(t, s.Requests(), 2+2, "it was cut")
}

// TestSlowConnection: one connection that is slow does not hold up the others, however far they get.
func TestSlowConnection(t *testing.T) {
	repo := tiny()
	s := serve(t, repo)
	s.Inject(hubtest.Fault{Host: "cdn", File: tinyGGUF, Drip: 100 * time.Millisecond, Times: 1})
	c := client(t, s, func(o *Options) { o.Connections = 2 })
	p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = c.Pull(ctx, p, func(p Progress) {
		if p.Done >= p.Total-testPart {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	p, err = c.Resolve(t.Context(), Ref{Repo: tinyRepo})
	require.NoError(t, err)
	require.GreaterOrEqual(t, p.Have, p.Size-testPart)
	require.Less(t, p.Have, p.Size-testPart/2, "the slow one was not slow")
}

// TestNoRangeAndOtherBytes: bytes that were hashed are not written again, whatever a second answer has in their
// place.
func TestNoRangeAndOtherBytes(t *testing.T) {
	repo := tiny()
	data := repo.Files[2].Data
	other := append(noise(9, 600_000), data[600_000:]...)
	s := serve(t, repo)
	s.Inject(
		hubtest.Fault{Host: "cdn", File: tinyGGUF, NoRange: true, Times: 1},
		hubtest.Fault{Host: "cdn", File: tinyGGUF, NoRange: true, CutAfter: 700_000, Times: 1},
		hubtest.Fault{Host: "cdn", File: tinyGGUF, NoRange: true, Other: other, Times: 1},
	)
	c := client(t, s, func(o *Options) { o.Connections = 1 })
	path, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
	require.NoError(t, err)
	requireFile(t, path, data)
	require.Len(t, s.Requests(), 2+1+3)
}

// TestBoundsOfOptions: parts without an end are asked for, and cost neither memory nor a wait without an end.
func TestBoundsOfOptions(t *testing.T) {
	repo := tiny()
	c := client(t, serve(t, repo), func(o *Options) { o.Connections, o.PartSize = math.MaxInt, math.MaxInt64 })
	require.Positive(t, c.window())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	path, err := pull(ctx, c, Ref{Repo: tinyRepo})
	require.NoError(t, err)
	requireFile(t, path, repo.Files[2].Data)
}

// TestRoomOfSeveral: what several pulls bring has to fit together, and counts once.
func TestRoomOfSeveral(t *testing.T) {
	repo := tiny()
	c := client(t, serve(t, repo))
	free, ok := c.store.Free()
	if !ok {
		t.Skip("this system does not say how much room there is")
	}
	plan := func(blob string) *Plan {
		return &Plan{Ref: Ref{Repo: tinyRepo}, Files: []File{{Path: "a", Size: free / 2, Blob: blob}, {Path: "b", Size: free / 2, Blob: blob}}}
	}
	require.NoError(t, c.Room(plan("1"), plan("1")))
	require.ErrorIs(t, c.Room(plan("1"), plan("2"), plan("3")), ErrNoSpace)
	require.ErrorIs(t, c.Room(&Plan{Files: []File{{Size: math.MaxInt64, Blob: "1"}, {Size: math.MaxInt64, Blob: "2"}}}), ErrNoSpace)
}

// TestRoomOfOldPlan: what has come since a plan was made is not counted again.
func TestRoomOfOldPlan(t *testing.T) {
	repo := tiny()
	c := client(t, serve(t, repo))
	p, err := c.Resolve(t.Context(), Ref{Repo: tinyRepo})
	require.NoError(t, err)
	require.Equal(t, p.Size, c.store.lacks(p, p))
	_, err = c.Pull(t.Context(), p, nil)
	require.NoError(t, err)
	require.Zero(t, c.store.lacks(p, p))
}

func TestOffline(t *testing.T) {
	s := serve(t, tiny())
	c := client(t, s, func(o *Options) { o.Offline = true })
	_, err := c.Resolve(t.Context(), ref(t, "2b4t"))
	require.ErrorIs(t, err, ErrOffline)
	_, err = c.Pull(t.Context(), &Plan{}, nil)
	require.ErrorIs(t, err, ErrOffline)
	require.Empty(t, s.Requests())
}

func TestUnreachable(t *testing.T) {
	s := hubtest.New(tiny())
	url := s.URL()
	s.Close()
	c, err := New(Options{Endpoint: url, Cache: t.TempDir(), Attempts: 2})
	require.NoError(t, err)
	defer c.Close()
	c.firstWait = time.Millisecond
	_, err = c.Resolve(t.Context(), ref(t, "2b4t"))
	require.ErrorContains(t, err, "refused")
	require.NotErrorIs(t, err, ErrNotFound)
}
