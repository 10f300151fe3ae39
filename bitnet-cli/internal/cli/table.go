package cli

import (
	"fmt"
	"io"
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
	cut   bool // shortened where the terminal is too narrow
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
	taken := 0
	for i, c := range columns {
		widest := text.StringWidthWithoutEscSequences(c.name)
		for _, r := range rows {
			widest = max(widest, text.StringWidthWithoutEscSequences(r[i]))
		}
		if !c.cut {
			taken += widest
		}
		taken += 2
	}
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
			config.WidthMaxEnforcer = func(s string, n int) string { return shorten(s, n) }
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
