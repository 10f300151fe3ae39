package cli

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// wrapHelp breaks the lines of all help texts after width columns; 0 breaks none.
func wrapHelp(root *cobra.Command, width int) {
	if width < leastWidth {
		return
	}
	usage := root.UsageTemplate()
	for _, flags := range []string{".LocalFlags", ".InheritedFlags"} {
		usage = strings.ReplaceAll(usage, flags+".FlagUsages ", fmt.Sprintf("%s.FlagUsagesWrapped %d ", flags, width))
	}
	root.SetUsageTemplate(usage)
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		cmd.Long = wrap(cmd.Long, width)
		help(cmd, args)
	})
}

// leastWidth is what a line needs to be broken in a readable way.
const leastWidth = 40

// wrap breaks lines of more than width columns; 0 breaks none. Unindented lines that follow
// each other are a paragraph. Of indented ones each is an item, and goes on in lines that begin
// where its second column does. Paragraphs and items are filled anew if a line is too long.
func wrap(text string, width int) string {
	if width == 0 {
		return text
	}
	var done, part []string // lines, and those of a paragraph or item so far
	from, to := 0, 0        // where its first line begins, and where others do
	long := false
	end := func() {
		if long {
			indent := strings.Repeat(" ", to)
			part = breakLine(strings.ReplaceAll(strings.Join(part, "\n"), "\n"+indent, " "), width, indent)
		}
		done = append(done, part...)
		part, long = nil, false
	}
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.TrimLeft(line, " ")
		begin := len(line) - len(words)
		if words != "" && len(part) > 0 && begin == to && (begin == 0 || begin > from) {
			part = append(part, line)
		} else {
			end()
			part, from, to = []string{line}, begin, hang(line, width)
		}
		long = long || utf8.RuneCountInString(line) > width
		if words == "" {
			end()
		}
	}
	end()
	return strings.Join(done, "\n")
}

var firstColumn = regexp.MustCompile(`^ +\S+( \S+)*  +`)

// hang returns where the second column of an indented line begins, or else where the line does.
func hang(line string, width int) int {
	if n := utf8.RuneCountInString(firstColumn.FindString(line)); n > 0 && n <= width*2/3 {
		return n
	}
	return min(len(line)-len(strings.TrimLeft(line, " ")), width/2)
}

// breakLines breaks each line of a text after width columns, 0 none, and indents what follows.
func breakLines(text string, width int) string {
	if width < leastWidth {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, breakLine(line, width, "    ")...)
	}
	return strings.Join(lines, "\n")
}

// breakLine breaks a line at spaces, and begins all but the first of what it makes with indent.
func breakLine(line string, width int, indent string) (lines []string) {
	for {
		begin := len(line) - len(strings.TrimLeft(line, " "))
		cut, column := -1, 0
		for i, r := range line {
			if r == ' ' && i > begin && (column <= width || cut < 0) {
				cut = i
			}
			column++
		}
		if column <= width || cut < 0 {
			return append(lines, line)
		}
		lines = append(lines, strings.TrimRight(line[:cut], " "))
		line = indent + strings.TrimLeft(line[cut:], " ")
	}
}
