package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/agree"
	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

// A report is all that is known of a comparison. Its JSON is what --json prints.
type report struct {
	Date    string `json:"date"` // UTC
	CPU     string `json:"cpu"`
	Cores   int    `json:"cores"`              // that the process may use
	Load    string `json:"load_average"`       // of the last 1, 5 and 15 minutes, at the beginning
	Model   string `json:"model"`              // path
	Size    int64  `json:"size_bytes"`         // of all tensors
	Params  int64  `json:"parameters"`         //
	Runs    int    `json:"runs"`               // of each measurement
	Rounds  int    `json:"rounds"`             //
	Llama   string `json:"llama_cpp_version"`  // and package
	Feature string `json:"llama_cpp_features"` // instructions that the backend was compiled for
	Flash   string `json:"llama_cpp_flash_attention"`
	Bitnet  string `json:"bitnet_version"` // commit and Go

	Agreement []agree.Agreement `json:"agreement"` // after the first and the last token of a prompt
	Agree     bool              `json:"agree"`
	Results   []result          `json:"results"`
}

func newReport(agreement []agree.Agreement, lines []line) *report {
	r := &report{Agreement: agreement, Agree: true}
	for _, a := range agreement {
		r.Agree = r.Agree && a.Same()
	}
	for i := range lines {
		r.Results = append(r.Results, lines[i].result())
	}
	r.Size, r.Params = lines[0].ours[0].size, lines[0].ours[0].parameters
	return r
}

// setting fills in what stands around a comparison.
func (r *report) setting(c *comparison, began time.Time, load string) {
	info := device.Detect()
	r.Date = began.UTC().Format("2006-01-02 15:04 UTC")
	r.CPU, r.Cores, r.Load = info.Name, info.UsableCPUs, load
	r.Model, r.Runs, r.Rounds = c.file.path, c.options.runs, c.options.rounds
	r.Bitnet = strings.TrimSpace(c.options.commit + " " + runtime.Version())
	if l, ok := c.peer.(*llamacpp); ok {
		r.Llama = l.Version + " (npm " + l.pkg + ")"
		r.Feature, r.Flash = features(l.Features), l.flash
	}
}

// loadAverage returns the first three numbers of /proc/loadavg.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(data))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// quiet is how many cores others may use on a machine that counts as idle: this
// leaves room for the kernel's chores and for the coarse clock of /proc/stat.
const quiet = 0.25

// others is what other processes used during the measurements.
func (r *report) others() paired.Spread {
	var all []float64
	for _, x := range r.Results {
		all = slices.Concat(all, x.Peer.Others, x.Ours.Others)
	}
	return paired.Of(all)
}

// features are the names in llama_print_system_info of what it has: "CPU : AVX2 = 1 | …".
func features(info string) string {
	var names []string
	for _, field := range strings.Split(info, "|") {
		if _, after, ok := strings.Cut(field, " : "); ok {
			field = after
		}
		if name, value, ok := strings.Cut(field, "="); ok && strings.TrimSpace(value) == "1" {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return strings.Join(names, " ")
}

func printJSON(w io.Writer, r *report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// printTable prints a Markdown table that is aligned as text, too, and below it
// what one has to know to read it.
func printTable(w io.Writer, r *report) error {
	rows := [][]string{{"test", "threads", "llama.cpp t/s", "bitnet t/s", "ratio", "ratio, min to max", "llama.cpp RSS", "bitnet RSS"}}
	for _, x := range r.Results {
		rows = append(rows, []string{
			x.Test, fmt.Sprint(x.Threads), fmt.Sprintf("%.2f", x.Peer.Rate.Median), fmt.Sprintf("%.2f", x.Ours.Rate.Median),
			fmt.Sprintf("%.2f", x.Ratio.Median), fmt.Sprintf("%.2f to %.2f", x.Ratio.Min, x.Ratio.Max),
			resident(x.Peer.RSS), resident(x.Ours.RSS),
		})
	}
	var b strings.Builder
	markdown(&b, rows)
	first := r.Results[0]
	fmt.Fprintf(&b, "\nMedians of %d rounds, %s counted in each measurement; %s; load average %s before.\n", r.Rounds, plural(r.Runs, "run"), r.Date, r.Load)
	others := r.others()
	fmt.Fprintf(&b, "CPU: %s, %d cores; other processes used %.2f cores meanwhile (%.2f to %.2f).\n", r.CPU, r.Cores, others.Median, others.Min, others.Max)
	if others.Max > quiet {
		fmt.Fprintf(&b, "The machine was not quiet: take the ratios for rough ones.\n")
	}
	fmt.Fprintf(&b, "Model: %s, %.2f GB, %.2f billion parameters.\n", r.Model, float64(r.Size)/1e9, float64(r.Params)/1e9)
	fmt.Fprintf(&b, "llama.cpp %s, backend %s (%s), flash attention %s.\n", r.Llama, first.Peer.Code, r.Feature, r.Flash)
	fmt.Fprintf(&b, "bitnet %s, kernels %s, head %s.\n", r.Bitnet, first.Ours.Code, heads(r.Results))
	for i, a := range r.Agreement {
		fmt.Fprintf(&b, "%s.\n", capital(describe(i, a)))
	}
	if !r.Agree {
		fmt.Fprintf(&b, "The engines do not compute the same (want a correlation of %.2f and ranks up to %d).\n", agree.Correlation, agree.Top)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func plural(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// heads lists the output heads that bitnet computed with.
func heads(all []result) string {
	var names []string
	for _, r := range all {
		if name := r.Ours.Head; !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func resident(mib float64) string {
	if mib == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MiB", mib)
}

// markdown writes rows of equal length, the first as the head. Columns but the
// first are numbers.
func markdown(b *strings.Builder, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, c := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for n, cells := range rows {
		for i, c := range cells {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if i == 0 {
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
			if i == 0 {
				b.WriteString("| " + strings.Repeat("-", width) + " ")
			} else {
				b.WriteString("| " + strings.Repeat("-", width-1) + ": ")
			}
		}
		b.WriteString("|\n")
	}
}
