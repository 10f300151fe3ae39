package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

// A pageFile is where --html writes a page with plots of what a command prints.
type pageFile struct{ path string } // "": nowhere

func (p *pageFile) register(fs *pflag.FlagSet) {
	fs.StringVar(&p.path, "html", "", "write a page with plots of it to `FILE`, beside what is printed")
}

// wanted says that there is a page to be written.
func (p *pageFile) wanted() bool { return p.path != "" }

// parse checks the flag. others are the files that the command writes, too, by flag.
func (p *pageFile) parse(set *pflag.FlagSet, others map[string]string) error {
	if set.Changed("html") && p.path == "" {
		return usagef("--html is empty")
	}
	for name, path := range others {
		if p.wanted() && path != "" && absolute(path) == absolute(p.path) {
			return usagef("--html and %s name one file, %s: name two", name, path)
		}
	}
	return nil
}

// absolute is a path from the root, or as it is where there is no working directory.
func absolute(path string) string {
	if a, err := filepath.Abs(path); err == nil {
		return a
	}
	return filepath.Clean(path)
}

// check refuses a path that no page can be written to, or that something else than a page
// of this program has, before there is any work that could be lost.
func (p *pageFile) check() error {
	if !p.wanted() {
		return nil
	}
	if err := checkOutputFile(p.path, p.foreign); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	return nil
}

// foreign refuses to replace what is no page.
func (p *pageFile) foreign() error {
	f, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer f.Close() // nothing was written
	begin, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return err
	}
	if !bytes.Contains(begin, []byte(pageMark)) {
		return fmt.Errorf("--html %s is there already and is no page of this program, so it is not replaced: name another file", p.path)
	}
	return nil
}

const (
	pageProgram = "bitnet " // and its version
	pageMark    = `<meta name="generator" content="` + pageProgram
)

// write writes the page, at once or not at all. It comes after results are printed, which
// are not to be lost with a page; and it looks again at what has the path by now, which
// may be another result of the same run, by another name.
func (p *pageFile) write(page *html.Page) error {
	if err := p.check(); err != nil {
		return err
	}
	page.Program, page.Made = pageProgram+buildVersion().String(), time.Now()
	if err := encoding.WriteFile(p.path, page.Write); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	return nil
}

// pageFacts are lines of the table at the top of a page.
type pageFacts []html.Fact

// add adds a line, if there is a value.
func (f *pageFacts) add(name, value string) {
	if value != "" {
		*f = append(*f, html.Fact{Name: name, Value: value})
	}
}

// shownName is what a page calls a model: its name on the hub, or of its file.
func shownName(m *modelArg) string {
	if m.ref.Repo != "" {
		return m.ref.String()
	}
	return fileName(m.path)
}

// addModel adds what a model is, under its role.
func (f *pageFacts) addModel(role string, m *modelArg) {
	f.add(role, shownName(m))
	if m.ref.Repo == "" {
		return
	}
	if e, err := stored(m.ref, whole); err == nil && e.Path == m.path { // else it is another by now
		f.add("file of the "+role, e.Ref.File)
		f.add("commit of the "+role, e.Commit)
	}
}

// fileName is what a page says of a path, which it keeps to itself.
func fileName(path string) string {
	if path == "" || path == standardInput {
		return inputName(path)
	}
	return filepath.Base(absolute(path)) // . has a name, too
}

// pageTable returns a block of what is printed as a table, too.
func pageTable(title string, columns []column, rows [][]string) html.Table {
	t := html.Table{Title: title, Rows: rows}
	for _, c := range columns {
		t.Head = append(t.Head, html.Column{Name: c.name, Right: c.right})
	}
	return t
}
