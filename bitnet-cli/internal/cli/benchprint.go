package cli

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A benchRow is one test of bench as --json prints it.
type benchRow struct {
	Test          string    `json:"test"` // "pp512", "tg64"
	Depth         int       `json:"depth"`
	Threads       int       `json:"threads"`
	Rate          float64   `json:"tps"` // tokens a second, mean of the runs
	Deviation     float64   `json:"tps_stddev"`
	Rates         []float64 `json:"tps_runs"`
	BytesPerToken float64   `json:"bytes_per_token"`
	Share         float64   `json:"bandwidth_share"`            // 1: all of it
	Bandwidth     float64   `json:"bandwidth_bytes_per_second"` // of the memory, measured
	SIMD          string    `json:"simd"`
	Head          string    `json:"head"`
	Cache         string    `json:"cache"`   // type of keys and values
	RSS           *float64  `json:"rss_mib"` // peak by the end of the test; null if unknown
	Model         string    `json:"model"`
	Size          int64     `json:"size_bytes"` // of all tensors in the file
	Parameters    int64     `json:"parameters"`

	label string // the test with its depth
}

// benchFormats are the values of -o.
var benchFormats = map[string]func(w io.Writer, rows []benchRow) error{
	"md":   printBenchTable,
	"csv":  printBenchCSV,
	"json": func(w io.Writer, rows []benchRow) error { return writeJSON(w, rows) },
}

// printBenchTable prints a Markdown table that is aligned as text, too.
func printBenchTable(w io.Writer, rows []benchRow) error {
	table := [][]string{{"model", "size", "params", "threads", "test", "t/s", "simd", "head", "bytes/token", "bandwidth", "RSS"}}
	for _, r := range rows {
		rss := "-"
		if r.RSS != nil {
			rss = size(int64(*r.RSS * (1 << 20)))
		}
		table = append(table, []string{
			strings.ReplaceAll(printable(r.Model), "|", `\|`), size(r.Size), count(r.Parameters), strconv.Itoa(r.Threads), r.label,
			fmt.Sprintf("%.2f ± %.2f", r.Rate, r.Deviation), r.SIMD, r.Head,
			scaled(r.BytesPerToken, 1000, []string{" B", " KB", " MB", " GB", " TB"}), fmt.Sprintf("%.0f %% of %.1f GB/s", 100*r.Share, r.Bandwidth/1e9), rss,
		})
	}
	widths := make([]int, len(table[0]))
	for _, cells := range table {
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	text := map[int]bool{0: true, 6: true, 7: true} // the other columns are numbers
	var b strings.Builder
	for n, cells := range table {
		for i, c := range cells {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if text[i] {
				c += space
			} else {
				c = space + c
			}
			b.WriteString("| " + c + " ")
		}
		b.WriteString("|\n")
		if n > 0 {
			continue
		}
		for i, width := range widths {
			rule := strings.Repeat("-", width)
			if text[i] {
				b.WriteString("| " + rule + " ")
			} else {
				b.WriteString("| " + rule[1:] + ": ")
			}
		}
		b.WriteString("|\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printBenchCSV prints the columns of the JSON, without the single runs.
func printBenchCSV(w io.Writer, rows []benchRow) error {
	c := csv.NewWriter(w)
	record := []string{
		"test", "depth", "threads", "tps", "tps_stddev", "bytes_per_token", "bandwidth_share", "bandwidth_bytes_per_second",
		"simd", "head", "cache", "rss_mib", "model", "size_bytes", "parameters",
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	whole := func(v float64) string { return strconv.FormatFloat(v, 'f', 0, 64) }
	for i := -1; i < len(rows); i++ {
		if i >= 0 {
			r := &rows[i]
			rss := ""
			if r.RSS != nil {
				rss = number(*r.RSS)
			}
			record = []string{
				r.Test, strconv.Itoa(r.Depth), strconv.Itoa(r.Threads), number(r.Rate), number(r.Deviation), whole(r.BytesPerToken),
				number(r.Share), whole(r.Bandwidth), r.SIMD, r.Head, r.Cache, rss, r.Model, strconv.FormatInt(r.Size, 10), strconv.FormatInt(r.Parameters, 10),
			}
		}
		if err := c.Write(record); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
