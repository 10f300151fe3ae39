package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
	"unicode"
)

// writeJSON prints v on one line.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printable replaces control characters, so that text from a file cannot drive
// a terminal, and bytes that are not UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// shorten cuts s to at most n columns, for a table; n <= 0 is no limit.
func shorten(s string, n int) string {
	runes := []rune(s)
	if n <= 0 || len(runes) <= n {
		return s
	}
	return string(runes[:max(n-1, 0)]) + "…"
}

// shortenFront is shorten that keeps the end, and of the beginning only head columns.
func shortenFront(s string, n, head int) string {
	runes := []rune(s)
	if n <= 0 || len(runes) <= n {
		return s
	}
	head = min(head, n-1)
	return string(runes[:head]) + "…" + string(runes[len(runes)-(n-1-head):])
}

// count prints a number of things with a decimal prefix: 29.4 M.
func count(n int64) string { return scaled(float64(n), 1000, []string{"", " K", " M", " B", " T"}) }

// size prints a number of bytes with a binary prefix: 14.1 MiB.
func size(n int64) string {
	return scaled(float64(n), 1024, []string{" B", " KiB", " MiB", " GiB", " TiB"})
}

// scaled prints v with three digits at least, in the largest unit that leaves it
// above one.
func scaled(v, step float64, units []string) string {
	i := 0
	for i+1 < len(units) && math.Abs(v) >= step {
		v /= step
		i++
	}
	decimals := 0
	switch {
	case i > 0 && v < 10:
		decimals = 2
	case i > 0 && v < 100:
		decimals = 1
	}
	return fmt.Sprintf("%.*f%s", decimals, v, units[i])
}

func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}

// perSecond returns a rate, 0 if there was no time.
func perSecond(n int, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
