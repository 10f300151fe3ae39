package report

import (
	"slices"
	"strconv"
)

// Ternary names the shares of the weights −1, 0 and +1, in colours that nothing else
// has.
var Ternary = [3]string{"−1", "0", "+1"}

// page.html has colours for this many series, and for more of one figure this many
// kinds of lines and fillings.
const (
	hues   = 7
	dashes = 3
)

// colours gives the names of a page their colours. The zero value has given none.
type colours struct {
	of   map[string]shade
	used [hues]int // names with the colour
}

// shade is a colour and a kind of line.
type shade struct{ hue, dash int }

// classesOf returns the CSS classes of the series of a figure.
func classesOf[S any](c *colours, series []S, name func(*S) string) []string {
	names := make([]string, len(series))
	for i := range series {
		names[i] = name(&series[i])
	}
	return c.classes(names)
}

// classes returns the CSS classes of the series of a figure. A name keeps the colour
// it had before. A new one gets the colour that the fewest have, and that no other
// name in the figure has while there are some left. If two names have had the same
// colour in figures of their own, the second has another one in this figure.
func (c *colours) classes(names []string) []string {
	if c.of == nil {
		c.of = map[string]shade{}
	}
	taken := map[shade]bool{}
	owner := map[shade]string{} // of the colours that names in this figure had before
	for _, name := range names {
		if s, ok := c.of[name]; ok && !taken[s] {
			taken[s], owner[s] = true, name
		}
	}
	classes := make([]string, len(names))
	for i, name := range names {
		if t := slices.Index(Ternary[:], name); t >= 0 {
			classes[i] = "t" + strconv.Itoa(t)
			continue
		}
		s, ok := c.of[name]
		if !ok {
			s = c.free(taken)
			c.of[name], taken[s] = s, true
			c.used[s.hue]++
		} else if o, had := owner[s]; had && o != name {
			s = c.free(taken)
			taken[s] = true
		}
		classes[i] = "s" + strconv.Itoa(s.hue)
		if s.dash > 0 {
			classes[i] += " d" + strconv.Itoa(s.dash)
		}
	}
	return classes
}

// free returns the first kind of line with colours not taken, and of these the one
// that the fewest names have.
func (c *colours) free(taken map[shade]bool) shade {
	for dash := range dashes {
		best := -1
		for hue := range hues {
			if !taken[shade{hue, dash}] && (best < 0 || c.used[hue] < c.used[best]) {
				best = hue
			}
		}
		if best >= 0 {
			return shade{best, dash}
		}
	}
	return shade{len(c.of) % hues, 0} // more series than anyone can tell apart
}
