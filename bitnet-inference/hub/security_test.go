package hub

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub/hubtest"
	"github.com/stretchr/testify/require"
)

// tree lists all files below a directory.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, name)
		}
		return err
	}))
	return names
}

// TestHostileNames: a hub that lists names that lead elsewhere writes nothing at all.
func TestHostileNames(t *testing.T) {
	for _, name := range []string{
		"../../../evil.gguf", "/evil.gguf", "a/../../evil.gguf", `..\..\evil.gguf`, `C:\evil.gguf`, "C:evil.gguf", "a\x00.gguf",
		"a/./evil.gguf", "a//evil.gguf", "NUL.gguf", "com1.gguf", "evil.gguf:stream.gguf", "\x1b[2J.gguf", "~/\n.gguf",
		strings.Repeat("a", 300) + ".gguf", strings.Repeat("a/", 300) + "a.gguf", "a /evil.gguf", "a./evil.gguf",
	} {
		t.Run(fmt.Sprintf("%.30q", name), func(t *testing.T) {
			repo := hubtest.Repo{Name: tinyRepo, Files: []hubtest.File{{Path: name, Data: []byte("evil"), LFS: true}}}
			s := serve(t, repo)
			c := client(t, s)
			_, err := c.Resolve(t.Context(), ref(t, "hf.co/"+tinyRepo))
			require.ErrorIs(t, err, ErrDangerous)
			require.NotContains(t, err.Error(), "\x1b")
			require.NotContains(t, err.Error(), "\n")
			require.Empty(t, tree(t, filepath.Dir(c.store.Dir())))
		})
	}
}

// TestHostileHashes: what names a blob is a hash and nothing else.
func TestHostileHashes(t *testing.T) {
	for _, hash := range []string{"../../../../evil", strings.Repeat("A", 64), strings.Repeat("a", 63), strings.Repeat("a", 63) + "/"} {
		repo := tiny()
		repo.Files[2].Hash = hash
		s := serve(t, repo)
		c := client(t, s)
		_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
		require.ErrorContains(t, err, "neither GGUF files nor")
		require.Empty(t, tree(t, filepath.Dir(c.store.Dir())))
	}
}

// TestHostileSizes: what was listed is the limit, and what is listed has to fit.
func TestHostileSizes(t *testing.T) {
	for size, want := range map[int64]error{
		1 << 62:         ErrNoSpace,
		1<<63 - 1:       ErrNoSpace,
		1 << 20:         ErrCorrupt, // it has 12,345 bytes more
		1<<20 + 1234567: ErrCorrupt,
	} {
		repo := tiny()
		repo.Files[2].Size = size
		s := serve(t, repo)
		c := client(t, s)
		_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
		require.Error(t, err)
		if size < 1<<30 || runtime.GOOS == "linux" || runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
			require.ErrorIs(t, err, want)
		}
	}
}

// TestHostileSizeWithoutRoom: what a size costs in memory does not depend on it, where a system does not tell how much room there is.
func TestHostileSizeWithoutRoom(t *testing.T) {
	for _, size := range []int64{1 << 62, 1<<63 - 1} {
		repo := tiny()
		repo.Files[2].Size = size
		s := serve(t, repo)
		c := client(t, s)
		p, err := c.Resolve(t.Context(), ref(t, "hf.co/"+tinyRepo))
		require.NoError(t, err)
		require.ErrorIs(t, c.pullFile(t.Context(), p, p.Files[0], newMeter(p, nil)), ErrCorrupt)
	}
}

// TestToken: it goes to the hub, and nowhere a redirect leads.
func TestToken(t *testing.T) {
	repo := directory()
	repo.Gated = true
	s := serve(t, repo)
	s.Token = "hf_secret"
	c := client(t, s)
	_, err := pull(t.Context(), c, ref(t, "hf.co/test-org/dir"))
	require.NoError(t, err)
	require.NotEmpty(t, s.Tokens("hub"))
	for _, token := range s.Tokens("hub") {
		require.Equal(t, "Bearer hf_secret", token)
	}
	require.Empty(t, s.Tokens("cdn"))

	// Nor to another port or name of the same machine, nor with the listing's next page.
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			t.Error("a token came to another host")
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer other.Close()
	for _, target := range []string{other.URL, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), strings.Replace(s.URL(), "127.0.0.1", "localhost", 1)} {
		s.Forget()
		s.Inject(hubtest.Fault{Host: "hub", File: "*", Redirect: target + "/x"}, hubtest.Fault{Host: "hub", Redirect: target + "/x", Times: 1})
		c = client(t, s)
		for range 2 { // the second time the listing is no longer redirected
			_, err = pull(t.Context(), c, ref(t, "hf.co/test-org/dir"))
			require.Error(t, err)
		}
		for _, r := range s.Requests() {
			if r.Path == "/x" {
				require.Empty(t, r.Token, target)
			}
		}
	}
}

func TestNextPage(t *testing.T) {
	page, err := url.Parse("https://huggingface.co/api/models/a/b/tree/main?recursive=true")
	require.NoError(t, err)
	for link, want := range map[string]string{
		"": "",
		`<https://huggingface.co/api/x?cursor=1>; rel="next"`:               "https://huggingface.co/api/x?cursor=1",
		`</api/x?cursor=1>; rel="next"`:                                     "https://huggingface.co/api/x?cursor=1",
		`<https://huggingface.co/1>; rel="prev", </2>; a="b"; rel = "next"`: "https://huggingface.co/2",
		`<https://evil.example/api>; rel="next"`:                            "error",
		`<http://huggingface.co/api>; rel="next"`:                           "error",
		`<https://huggingface.co:444/api>; rel="next"`:                      "error",
		`<file:///etc/passwd>; rel="next"`:                                  "error",
		`<https://huggingface.co/api>; rel="last"`:                          "",
		`<`: "",
	} {
		got, err := nextPage(page, http.Header{"Link": {link}})
		switch {
		case want == "error":
			require.ErrorIs(t, err, ErrDangerous, link)
		case want == "":
			require.NoError(t, err, link)
			require.Nil(t, got, link)
		default:
			require.NoError(t, err, link)
			require.Equal(t, want, got.String())
		}
	}
}

// TestGated: what to do stands in the error.
func TestGated(t *testing.T) {
	repo := tiny()
	repo.Gated = true
	s := serve(t, repo)
	s.Token = "hf_right"
	_, err := pull(t.Context(), client(t, s, func(o *Options) { o.Token = "" }), ref(t, "hf.co/"+tinyRepo))
	require.ErrorIs(t, err, ErrGated)
	require.ErrorContains(t, err, "accept its conditions at "+s.URL()+"/"+tinyRepo+", then set HF_TOKEN")

	_, err = pull(t.Context(), client(t, s, func(o *Options) { o.Token = "hf_wrong" }), ref(t, "hf.co/"+tinyRepo))
	require.ErrorContains(t, err, "is not valid")
	require.NotContains(t, err.Error(), "hf_wrong")
	s.Forget()
	_, err = pull(t.Context(), client(t, s, func(o *Options) { o.Token = "" }), ref(t, "hf.co/a/b"))
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "if it is private, set HF_TOKEN")
	require.Len(t, s.Requests(), 1)
	_, err = pull(t.Context(), client(t, s), ref(t, "hf.co/"+tinyRepo+"@v7"))
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, `no revision "v7"`)
}

// public makes a client believe that its hub is on the internet.
func public(c *Client) { c.guard.private.Store(false) }

// TestPrivateAddresses: a hub on the internet does not lead this machine into its own network, by
// address, name or redirect.
func TestPrivateAddresses(t *testing.T) {
	hit := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
	defer inside.Close()
	s := serve(t, tiny())
	for _, target := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "http://169.254.169.254/latest/meta-data"} {
		s.Forget()
		s.Inject(hubtest.Fault{Host: "hub", File: "*", Redirect: target})
		c := client(t, s, func(o *Options) { o.Connections = 1 })
		p, err := c.Resolve(t.Context(), ref(t, "hf.co/"+tinyRepo))
		require.NoError(t, err)
		public(c) // and the connection to it stays open: another would show what it is
		_, err = c.Pull(t.Context(), p, nil)
		require.ErrorIs(t, err, ErrDangerous)
		require.ErrorContains(t, err, "own network")
		require.NotContains(t, err.Error(), "dial", "it was not tried")
		u, err := url.Parse(target)
		require.NoError(t, err)
		_, err = c.get(t.Context(), u, nil, nil) // as if its name had not said it
		require.ErrorIs(t, err, ErrDangerous)
		require.False(t, hit)
	}
}

// TestEndpointMoves: a hub that was on the internet and whose name then leads into this machine's network is no
// endpoint of that network.
func TestEndpointMoves(t *testing.T) {
	s := serve(t, tiny())
	endpoint, err := url.Parse(s.URL())
	require.NoError(t, err)
	elsewhere, err := url.Parse("https://hub.example")
	require.NoError(t, err)
	g := newGuard(elsewhere)
	g.endpoint = address(endpoint) // as if that were its name
	require.NoError(t, g.reached("8.8.8.8:443"))
	_, err = g.dial(t.Context(), "tcp", g.endpoint)
	require.ErrorIs(t, err, ErrDangerous)
	require.Error(t, g.allow("x:1", "10.0.0.1:1"))

	g = newGuard(elsewhere)
	g.endpoint = address(endpoint)
	conn, err := g.dial(t.Context(), "tcp", g.endpoint) // the first one, as behind resolvers that make addresses up
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.NoError(t, g.allow("x:1", "10.0.0.1:1"))
}

func TestGuard(t *testing.T) {
	for addr, private := range map[string]bool{
		"127.0.0.1:80": true, "10.0.0.1:80": true, "172.16.3.4:1": true, "192.168.1.1:443": true, "169.254.169.254:80": true,
		"100.64.0.1:80": true, "0.0.0.0:80": true, "224.0.0.1:80": true, "255.255.255.255:1": true, "198.18.0.1:1": true,
		"[::1]:80": true, "[fe80::1%eth0]:80": true, "[fc00::1]:80": true, "[::ffff:127.0.0.1]:80": true, "[::]:1": true,
		"[64:ff9b::7f00:1]:80": true, "[64:ff9b::a00:1]:80": true, "[2002:7f00:1::]:80": true, "[ff02::1]:80": true, "nonsense": true,
		"8.8.8.8:443": false, "172.32.0.1:1": false, "[2606:4700::1111]:443": false, "[64:ff9b::808:808]:80": false, "[::ffff:8.8.8.8]:80": false,
	} {
		require.Equal(t, private, isPrivateAddress(addr), addr)
	}
	hub, err := url.Parse("https://huggingface.co")
	require.NoError(t, err)
	g := newGuard(hub)
	for target, ok := range map[string]bool{
		"https://cdn-lfs.hf.co/x?y": true, "https://huggingface.co/other": true, "http://cdn-lfs.hf.co/x": false, "https:///x": false,
		"ftp://cdn.example/x": false, "file:///etc/passwd": false, "https://127.0.0.1/x": false, "https://localhost/x": false,
		"https://a.localhost./x": false, "https://[::1]/x": false, "https://10.1.2.3:444/": false, "https://8.8.8.8/": true,
	} {
		u, err := url.Parse(target)
		require.NoError(t, err)
		require.Equal(t, ok, g.redirect(hub, u) == nil, target)
	}
	for _, local := range []string{"http://localhost:8080", "http://127.0.0.1", "http://192.168.0.9:1", "http://[::1]:9"} {
		u, err := url.Parse(local)
		require.NoError(t, err)
		g := newGuard(u)
		require.NoError(t, g.allow("x:1", "10.0.0.1:1"), local)
	}
	require.Error(t, g.allow("x:1", "10.0.0.1:1"))
	for proxy, want := range map[string]string{"http://p": "p:80", "https://P": "p:443", "socks5://p": "p:1080", "socks5h://[::1]": "[::1]:1080", "http://p:3128": "p:3128"} {
		u, err := url.Parse(proxy)
		require.NoError(t, err)
		require.Equal(t, want, address(u))
	}
}

// TestLinksOutOfTheStore: nothing is written through them.
func TestLinksOutOfTheStore(t *testing.T) {
	repo := tiny()
	blob := repo.Files[2].Blob()
	dir := "models--test-org--tiny.model"
	for _, name := range []string{dir, dir + "/blobs", dir + "/snapshots", dir + "/snapshots/" + repo.Commit(), dir + "/refs", ".locks"} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, repo)
			c := client(t, s)
			outside := t.TempDir()
			full := filepath.Join(c.store.Dir(), filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o777))
			if err := os.Symlink(outside, full); err != nil {
				t.Skip("this system makes no links: ", err)
			}
			_, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
			require.ErrorIs(t, err, ErrDangerous)
			require.Empty(t, tree(t, outside))
		})
	}
	// What stands where a file is to be written is not followed.
	for _, name := range []string{blob + ".bitnet.part", blob + ".bitnet.parts"} {
		s := serve(t, repo)
		c := client(t, s)
		target := filepath.Join(t.TempDir(), "precious")
		require.NoError(t, os.WriteFile(target, []byte("precious"), 0o666))
		blobs := filepath.Join(c.store.Dir(), dir, "blobs")
		require.NoError(t, os.MkdirAll(blobs, 0o777))
		if err := os.Symlink(target, filepath.Join(blobs, name)); err != nil {
			t.Skip("this system makes no links: ", err)
		}
		path, err := pull(t.Context(), c, ref(t, "hf.co/"+tinyRepo))
		require.NoError(t, err)
		requireFile(t, path, repo.Files[2].Data)
		requireFile(t, target, []byte("precious"))
	}
}

// TestReadOnly: a file system that cannot be written is one line, as are permissions (TestPullPermission).
func TestReadOnly(t *testing.T) {
	s := &Store{dir: t.TempDir()}
	err := s.failed("models--a--b/refs/main", &fs.PathError{Op: "openat", Path: "x", Err: syscall.EROFS})
	require.EqualError(t, err, filepath.Join(s.dir, "models--a--b", "refs", "main")+" cannot be written: "+syscall.EROFS.Error()+"; HF_HUB_CACHE sets another place")
	require.False(t, retryable(err))
}

// TestHostileNamesInErrors: names that are refused, or offered to choose from, do not fill a screen.
func TestHostileNamesInErrors(t *testing.T) {
	long := "a\n\x1b[2J" + strings.Repeat("a", 5000)
	for _, names := range [][]string{{long + ".gguf", "b.gguf"}, {long[2:] + "-00001-of-00002.gguf"}, {long + ".bin"}} {
		_, err := choose(names, Ref{Repo: "a/b"})
		require.Error(t, err)
		require.Less(t, len(err.Error()), 500)
		require.NotContains(t, err.Error(), "\n")
		require.NotContains(t, err.Error(), "\x1b")
	}
}

func TestOpenStoreErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	for _, dir := range []string{"", file, filepath.Join(file, "x")} {
		_, err := OpenStore(dir)
		require.ErrorContains(t, err, "for models")
	}
	for _, o := range []Options{
		{Endpoint: "file:///x"},
		{Endpoint: "huggingface.co"},
		{Endpoint: "https://u:p@h.example"},
		{Endpoint: "https://h/?x"},
		{Token: "a\nb"},
		{Token: "ü"},
		{},
	} {
		_, err := New(o)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "u:p")
	}
}
