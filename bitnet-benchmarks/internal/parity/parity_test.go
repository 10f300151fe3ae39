package parity

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// TestPage holds docs/parity.md to the repository.
func TestPage(t *testing.T) {
	dir := filepath.Join("..", "..", "..")
	tree, err := Read(os.DirFS(dir))
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(dir, "docs", "parity.md"))
	require.NoError(t, err)
	require.Empty(t, tree.Missing("docs", string(page)))
}

func TestMissing(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	tree, err := Read(fstest.MapFS{
		"docs/adr/1.md":                  file("x"),
		"bitnet-core/a/b/b.go":           file("package b\n\ntype T[P any] struct{ F int }\n\nfunc (t *T[P]) M() {}\n\nconst C = 1\n\ntype I interface{ N() }\n\nfunc f() {}\n"),
		"bitnet-core/a/b/b_test.go":      file("//go:build never\n\npackage b\n\nfunc TestOne() {}\n\nfunc BenchmarkOneMore() {}\n"),
		"bitnet-core/a/b/testdata/x.go":  file("not Go"),
		"bitnet-core/a/b/_asm/main.go":   file("not Go"),
		"bitnet-core/c/c.go":             file("package c\n\nfunc TestMode() {}\n"),
		"bitnet-core/c/c_internal.go.md": file("not Go"),
	})
	require.NoError(t, err)
	row := func(cell string) string {
		return "| promised | here | shown by |\n|---|---|---|\n| x | y | " + cell + " |\n"
	}
	for _, good := range []string{
		"`TestOne`", "`TestO…`", "`…OneMore`", "`b.TestOne`", "`BenchmarkOneMore`", "`a/b`", "`bitnet-core/a/b`", "`b.T`", "`b.T.M`",
		"`b.T.F`", "`T.M`", "`I.N`", "`b`", "`C`", "`never`", "`b.C`", "`b.f`", "`-race`", "`bitnet run --x`", "waits for a GPU", "[why](adr/1.md#x)", "[far](https://example.org/x) `b`",
	} {
		require.Empty(t, tree.Missing("docs", row(good)), good)
	}
	for cell, want := range map[string]string{
		"`TestTwo`":         "line 3: there is no TestTwo",
		"`TestTw…`":         "line 3: there is no TestTw…",
		"`…Two`":            "line 3: there is no …Two",
		"`c.TestOne`":       "line 3: there is no c.TestOne",
		"`TestMode`":        "line 3: there is no TestMode",
		"`a/c`":             "line 3: there is no a/c",
		"`b.X`":             "line 3: there is no b.X",
		"`b.T.X`":           "line 3: there is no b.T.X",
		"`T.X`":             "line 3: there is no T.X",
		"`d`":               "line 3: there is no d",
		"done":              "line 3: names neither what shows it nor for what it waits",
		"`b` [no](adr/2.m)": "line 3: the link adr/2.m leads nowhere",
		"`b` | more":        "line 3: 4 cells, want 3",
	} {
		require.Equal(t, []string{want}, tree.Missing("docs", row(cell)), cell)
	}
	require.Empty(t, tree.Missing("docs", "Text with `anything` in it, and a [link](adr/1.md).\n"))
	require.Equal(t, []string{"line 1: the link x.md leads nowhere"}, tree.Missing("docs", "a [link](x.md)"))

	_, err = Read(fstest.MapFS{"a.go": file("not Go")})
	require.Error(t, err)
}
