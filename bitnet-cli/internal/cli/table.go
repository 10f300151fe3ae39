package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// fields are lines of a name and a value. Those without a value are left out.
type fields struct{ rows [][]string }

func (f *fields) add(name, value string) {
	if value != "" {
		f.rows = append(f.rows, []string{name, value})
	}
}

func (f *fields) print(w io.Writer) error {
	width := 0
	for _, r := range f.rows {
		width = max(width, len(r[0]))
	}
	var b strings.Builder
	for _, r := range f.rows {
		fmt.Fprintf(&b, "%-*s  %s\n", width, r[0], r[1])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// A column heads part of a table.
type column struct {
	name  string
	right bool // numbers
	spare bool // left out where the terminal is too narrow for all; the last one first
	cut   bool // shortened where it is too narrow even so
	front bool // what is cut off is the beginning
}

// printTable prints rows under columns, without lines around them, at most width
// columns wide if that is not 0.
func printTable(w io.Writer, width int, columns []column, rows [][]string) error {
	t := table.NewWriter()
	t.SetStyle(table.Style{
		Box:     table.BoxStyle{PaddingRight: "  "},
		Format:  table.FormatOptions{Header: text.FormatDefault},
		Options: table.OptionsNoBordersAndSeparators,
	})
	if width > 0 {
		columns, rows = withoutSpare(width, columns, rows)
	}
	taken := 0
	for i, c := range columns {
		if !c.cut {
			taken += widest(i, columns, rows)
		}
		taken += 2
	}
	taken -= 2 // there is nothing behind the last
	var header table.Row
	var configs []table.ColumnConfig
	for i, c := range columns {
		header = append(header, c.name)
		config := table.ColumnConfig{Number: i + 1}
		if c.right {
			config.Align, config.AlignHeader = text.AlignRight, text.AlignRight
		}
		if c.cut && width > 0 {
			config.WidthMax = max(width-taken, 8)
			config.WidthMaxEnforcer = shorten
			if c.front {
				config.WidthMaxEnforcer = func(s string, n int) string { return shortenFront(s, n, 0) }
			}
		}
		configs = append(configs, config)
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(header)
	for _, r := range rows {
		var row table.Row
		for _, cell := range r {
			row = append(row, cell)
		}
		t.AppendRow(row)
	}
	t.SuppressTrailingSpaces()
	_, err := io.WriteString(w, t.Render()+"\n")
	return err
}

// widest is the width of a column and its name.
func widest(i int, columns []column, rows [][]string) int {
	widest := text.StringWidthWithoutEscSequences(columns[i].name)
	for _, r := range rows {
		widest = max(widest, text.StringWidthWithoutEscSequences(r[i]))
	}
	return widest
}

// withoutSpare leaves out spare columns until the rest is no wider than width, or there are
// none.
func withoutSpare(width int, columns []column, rows [][]string) ([]column, [][]string) {
	whole, last := -2, -1
	for i, c := range columns {
		whole += widest(i, columns, rows) + 2
		if c.spare {
			last = i
		}
	}
	if whole <= width || last < 0 {
		return columns, rows
	}
	without := make([][]string, len(rows))
	for i, r := range rows {
		without[i] = slices.Delete(slices.Clone(r), last, last+1)
	}
	return withoutSpare(width, slices.Delete(slices.Clone(columns), last, last+1), without)
}
