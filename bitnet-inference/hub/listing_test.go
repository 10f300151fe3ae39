package hub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestListingOfTheHub reads answers in the form that the hub's documentation shows.
func TestListingOfTheHub(t *testing.T) {
	const sha = "918ba77d0f0c2e5b7a4a8b6d7a5c3c1f0e9d8c7b"
	c, closeServer := answers(t, map[string]string{
		"/api/models/org/repo/revision/refs%2Fpr%2F1": `{"_id":"1","id":"org/repo","sha":"` + sha + `","gated":"manual","cardData":{"license":"other","license_name":"falcon-llm-license"},"siblings":[{"rfilename":"a"}],"unknown":{"x":[1]}}`,
		"/api/models/org/repo/tree/" + sha: `[{"type":"directory","oid":"x","size":0,"path":"d"},
			{"type":"file","oid":"b00361fece0387ca34b4b8b8539ed830d644dbeb","size":519,"path":"config.json","xetHash":"1"},
			{"type":"file","oid":"c00361fece0387ca34b4b8b8539ed830d644dbeb","size":134,"path":"m.gguf","lfs":{"oid":"` + hash64 + `","size":1234,"pointerSize":134}},
			{"type":"file","oid":"not a hash","size":1,"path":"bad"},{"type":"file","oid":"b00361fece0387ca34b4b8b8539ed830d644dbeb","size":-1,"path":"bad"}]`,
	})
	defer closeServer()
	l, err := c.list(t.Context(), ref(t, "hf.co/org/repo@refs/pr/1"))
	require.NoError(t, err)
	require.Equal(t, &listing{commit: sha, licence: "falcon-llm-license", gated: true, files: []File{
		{Path: "config.json", Size: 519, Blob: "b00361fece0387ca34b4b8b8539ed830d644dbeb"},
		{Path: "m.gguf", Size: 1234, Blob: hash64},
	}}, l)
}

const hash64 = "403450e234d65943a7dcf7e05a771ce3c92faa84dd07db4ac20f592037a1e4bd"

// answers is a client of a server that has these paths.
func answers(t testing.TB, pages map[string]string) (*Client, func()) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.EscapedPath()]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(page)) // the client may be gone
	}))
	c, err := New(Options{Endpoint: s.URL, Cache: t.TempDir(), Attempts: 1})
	require.NoError(t, err)
	return c, func() {
		_ = c.Close()
		s.Close()
	}
}

// TestHostileListings: what a listing costs in memory is bounded by checks, not by what its few bytes unfold to.
func TestHostileListings(t *testing.T) {
	const sha = "918ba77d0f0c2e5b7a4a8b6d7a5c3c1f0e9d8c7b"
	info, empty := `{"sha":"`+sha+`"`, strings.Repeat("{},", 10<<20)
	long := `[{"type":"file","oid":"` + hash64 + `","size":5,"path":"` + strings.Repeat("a", 8<<20) + `"}]`
	for name, test := range map[string]struct {
		info, page string
		want       error
	}{
		"entries without end": {info + "}", "[" + empty + "{}]", ErrDangerous},
		"pages without end":   {info + "}", long, ErrDangerous},
		"tags":                {info + `,"tags":[` + strings.Repeat(`"",`, 10<<20) + `""]}`, "[]", nil},
		"licences":            {info + `,"cardData":{"license":[` + empty + `{}]}}`, "[]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			pages := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := test.info
				if strings.Contains(r.URL.Path, "/tree/") {
					answer = test.page
					pages++
					w.Header().Set("Link", fmt.Sprintf(`<%s?%d>; rel="next"`, r.URL.Path, pages))
					if answer == "[]" {
						w.Header().Del("Link")
					}
				}
				_, _ = w.Write([]byte(answer)) // the client may be gone
			}))
			defer s.Close()
			c, err := New(Options{Endpoint: s.URL, Cache: t.TempDir(), Attempts: 1})
			require.NoError(t, err)
			defer c.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			l, err := c.list(t.Context(), Ref{Repo: "a/b"})
			runtime.ReadMemStats(&after)
			if test.want != nil {
				require.ErrorIs(t, err, test.want)
			} else {
				require.NoError(t, err)
				require.Empty(t, l.licence)
			}
			require.Less(t, pages, 10)
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(10*largestJSON))
		})
	}
}

func TestAddress(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://huggingface.co":     "https://huggingface.co/o/r/resolve/refs%2Fpr%2F1/a%20b%25.gguf",
		"https://mirror.example/x/":  "https://mirror.example/x/o/r/resolve/refs%2Fpr%2F1/a%20b%25.gguf",
		"https://mirror.example/%2F": "https://mirror.example/%2F/o/r/resolve/refs%2Fpr%2F1/a%20b%25.gguf",
	} {
		c, err := New(Options{Endpoint: endpoint, Cache: t.TempDir()})
		require.NoError(t, err)
		require.Equal(t, want, c.address("o", "r", "resolve", "refs/pr/1", "a b%.gguf").String())
		require.NoError(t, c.Close())
	}
}

func TestLicence(t *testing.T) {
	for info, want := range map[string]string{
		`{"cardData":{"license":"mit"}}`:                                   "mit",
		`{"cardData":{"license":["mit","apache-2.0"]}}`:                    "mit, apache-2.0",
		`{"cardData":{"license":"other","license_name":"x"},"tags":["a"]}`: "x",
		`{"tags":["x","license:llama3"]}`:                                  "llama3",
		`{"cardData":null}`:                                                "",
		`{"cardData":{"license":"a\u001b[2J\nb"}}`:                         "a [2J b",
		`{"cardData":{"license":7}}`:                                       "",
	} {
		var m modelInfo
		require.NoError(t, json.Unmarshal([]byte(info), &m))
		require.Equal(t, want, m.licence())
	}
}

// FuzzListing feeds both answers of the hub: nothing panics, and a plan holds what checks let through.
func FuzzListing(f *testing.F) {
	f.Add(`{"sha":"918ba77d0f0c2e5b7a4a8b6d7a5c3c1f0e9d8c7b"}`, `[{"type":"file","oid":"`+hash64+`","size":5,"path":"a.gguf"}]`)
	f.Add(`{"sha":"918ba77d0f0c2e5b7a4a8b6d7a5c3c1f0e9d8c7b","cardData":{"license":["a"]}}`, `[{"type":"file","oid":"x","size":5,"path":"../a.gguf","lfs":{"oid":"`+hash64+`","size":9223372036854775807}}]`)
	f.Fuzz(func(t *testing.T, info, entries string) {
		var m modelInfo
		if json.Unmarshal([]byte(info), &m) == nil {
			_ = m.licence()
		}
		files, _, err := parseTree([]byte(entries), 0)
		if err != nil {
			return
		}
		var names []string
		for _, file := range files {
			require.True(t, isBlob(file.Blob))
			require.GreaterOrEqual(t, file.Size, int64(0))
			names = append(names, file.Path)
		}
		chosen, err := choose(names, Ref{Repo: "a/b"})
		if err == nil {
			require.NotEmpty(t, chosen.files)
		}
	})
}
