package report

import "strconv"

// Ternary names the shares of the weights −1, 0 and +1, in colours that nothing else
// has.
var Ternary = [3]string{"−1", "0", "+1"}

// hues is how many colours page.html has for series, dashes how many kinds of lines.
const (
	hues   = 7
	dashes = 3
)

// colours gives every name of a page its colour, in order of appearance. The zero
// value has given none.
type colours struct{ of map[string]string }

// class returns the CSS class of a series.
func (c *colours) class(name string) string {
	for i, t := range Ternary {
		if name == t {
			return "t" + strconv.Itoa(i)
		}
	}
	if class, ok := c.of[name]; ok {
		return class
	}
	if c.of == nil {
		c.of = map[string]string{}
	}
	n := len(c.of)
	class := "s" + strconv.Itoa(n%hues)
	if dash := n / hues % dashes; dash > 0 {
		class += " d" + strconv.Itoa(dash)
	}
	c.of[name] = class
	return class
}
