package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode"
)

// Page is a report. Its zero value is an empty page.
type Page struct {
	Title    string
	Subtitle string // the result in one line
	Program  string // what made the page, with its version
	Made     time.Time
	Facts    []Fact // about the model and the run, in a table at the top
	Sections []Section
}

// Fact is a line of the table at the top.
type Fact struct{ Name, Value string }

// Section is a part of a page under a heading of its own.
type Section struct {
	Title  string
	Blocks []Block
}

// Block is a [Text], [Table], [Bars], [Shares], [Histogram], [Lines] or [Scatter].
type Block interface {
	render(c *colours) rendered
}

// rendered is a block as the template takes it: one field is set.
type rendered struct {
	Paragraphs []string
	Table      *grid
	Figure     *figure
}

// Text is prose; an empty line starts a new paragraph.
type Text string

func (t Text) render(*colours) rendered {
	var r rendered
	for p := range strings.SplitSeq(string(t), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			r.Paragraphs = append(r.Paragraphs, p)
		}
	}
	return r
}

//go:embed page.html
var pageHTML string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// Write writes the page as UTF-8. Its errors are those of w.
func (p Page) Write(w io.Writer) error {
	type section struct {
		Title  string
		Blocks []rendered
	}
	view := struct {
		Page
		Made     string
		Sections []section
	}{Page: p}
	if !p.Made.IsZero() {
		view.Made = p.Made.UTC().Format("2006-01-02 15:04 MST")
	}
	var c colours
	for _, s := range p.Sections {
		out := section{Title: s.Title}
		for _, b := range s.Blocks {
			out.Blocks = append(out.Blocks, b.render(&c))
		}
		view.Sections = append(view.Sections, out)
	}
	var buf bytes.Buffer
	if err := pageTemplate.Execute(&buf, view); err != nil {
		return err
	}
	_, err := w.Write(bytes.Map(displayable, buf.Bytes()))
	return err
}

// displayable replaces what has no place in a page and no picture: control
// characters, what XML does not allow, and the marks that turn the direction of the
// text around them, with which a name could pass for another.
func displayable(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case unicode.IsControl(r), r == 0xFFFE, r == 0xFFFF,
		r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return unicode.ReplacementChar
	}
	return r
}
