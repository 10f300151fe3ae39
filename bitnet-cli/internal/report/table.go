package report

import "strings"

// Table is rows of cells. Columns of numbers are aligned to the right, and a long
// table scrolls under its head.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string // each as long as Head; missing cells are empty
}

// grid is a table as the template takes it.
type grid struct {
	Title string
	Head  []cell
	Rows  [][]cell
}

type cell struct {
	Text   string
	Number bool // aligned to the right
}

func (t Table) render(*colours) rendered {
	g := &grid{Title: t.Title}
	for i, h := range t.Head {
		g.Head = append(g.Head, cell{h, t.numeric(i)})
	}
	for _, row := range t.Rows {
		cells := make([]cell, max(len(row), len(g.Head)))
		for i := range cells {
			if i < len(row) {
				cells[i].Text = row[i]
			}
			cells[i].Number = i < len(g.Head) && g.Head[i].Number
		}
		g.Rows = append(g.Rows, cells)
	}
	return rendered{Table: g}
}

// numeric says that every cell of a column that says something starts as a number.
func (t *Table) numeric(column int) bool {
	some := false
	for _, row := range t.Rows {
		if column >= len(row) || row[column] == "" || row[column] == "—" {
			continue
		}
		digits := strings.TrimLeft(row[column], "+-−±<>≈ .")
		if digits == "" || digits[0] < '0' || digits[0] > '9' {
			return false
		}
		some = true
	}
	return some
}
