package report

// Table is rows of cells. A long one scrolls under its head.
type Table struct {
	Title string
	Head  []Column
	Rows  [][]string // each as long as Head; missing cells are empty
}

// Column heads part of a table.
type Column struct {
	Name  string
	Right bool // aligned there and in one line, as numbers are
}

// listed is how many values a plot has at most of which it has a table, too: for those
// who cannot see or point at it.
const listed = 300

// grid is a table as the template takes it.
type grid struct {
	Title string
	Head  []cell
	Rows  [][]cell
}

type cell struct {
	Text  string
	Right bool
}

func (t Table) render(*colours) rendered { return rendered{Table: t.grid(t.Title)} }

func (t *Table) grid(title string) *grid {
	g := &grid{Title: title}
	for _, h := range t.Head {
		g.Head = append(g.Head, cell{h.Name, h.Right})
	}
	for _, row := range t.Rows {
		cells := make([]cell, max(len(row), len(g.Head)))
		for i := range cells {
			if i < len(row) {
				cells[i].Text = row[i]
			}
			cells[i].Right = i < len(g.Head) && g.Head[i].Right
		}
		g.Rows = append(g.Rows, cells)
	}
	return g
}
