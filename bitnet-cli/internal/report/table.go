package report

import "strings"

// Table is rows of cells. Columns of numbers are aligned to the right, and a long
// table scrolls under its head.
type Table struct {
	Title string
	Head  []string
	Rows  [][]string // each as long as Head; missing cells are empty
}

func (t Table) render(*colours) rendered { return rendered{Table: &t} }

// Cell is a cell with its alignment.
type Cell struct {
	Text   string
	Number bool
}

// Columns returns the head, aligned as the cells below it.
func (t *Table) Columns() []Cell {
	cells := make([]Cell, len(t.Head))
	for i, h := range t.Head {
		cells[i] = Cell{h, t.numeric(i)}
	}
	return cells
}

// Cells returns the rows.
func (t *Table) Cells() [][]Cell {
	head := t.Columns()
	rows := make([][]Cell, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = make([]Cell, max(len(row), len(head)))
		for j := range rows[i] {
			if j < len(row) {
				rows[i][j].Text = row[j]
			}
			rows[i][j].Number = j < len(head) && head[j].Number
		}
	}
	return rows
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
