package track

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// textStacks is how many stacks the text form of a report shows, textFrames how many
// calls of each.
const (
	textStacks = 10
	textFrames = 6
)

// WriteText writes r for people: tags as a table, histograms as bars, the stacks
// that hold the most.
func (r Report) WriteText(w io.Writer) error {
	out := bufio.NewWriter(w)
	if r.Level == None {
		fmt.Fprintln(out, "Memory is not tracked (level none).")
		return out.Flush()
	}
	fmt.Fprintf(out, "%s live in %s, at most %s and %d; %d allocations of %s in %s (level %s)\n\n",
		byteText(r.Total.LiveBytes), buffers(r.Total.LiveCount), byteText(r.Total.PeakBytes), r.Total.PeakCount,
		r.Total.Allocs, byteText(r.Total.AllocatedBytes), durationText(r.Elapsed), r.Level)
	r.writeTags(out)
	r.writeUsage(out)
	writeBars(out, "sizes of allocations, from", r.Sizes, byteText)
	duration := func(ns int64) string { return durationText(time.Duration(ns)) }
	writeBars(out, "lifetimes of released buffers, from", r.Lifetimes, duration)
	writeBars(out, "ages of live buffers, from", r.Ages, duration)
	r.writeStacks(out)
	if len(r.Patterns) > 0 {
		fmt.Fprintln(out, "\npatterns")
		for _, p := range r.Patterns {
			fmt.Fprintf(out, "  %.2f %s: %s\n       %s\n", p.Confidence, p.Kind, p.Evidence, p.Suggestion)
		}
	}
	return out.Flush()
}

func (r Report) writeTags(out io.Writer) {
	rows := [][]string{{"device", "tag", "live", "buffers", "peak", "buffers", "allocations", "bytes", "failed"}}
	row := func(device, tag string, a Account) {
		rows = append(rows, []string{
			device, tag, byteText(a.LiveBytes), fmt.Sprint(a.LiveCount), byteText(a.PeakBytes), fmt.Sprint(a.PeakCount),
			fmt.Sprint(a.Allocs), byteText(a.AllocatedBytes), fmt.Sprint(a.Failed),
		})
	}
	for _, t := range r.Tags {
		row(t.Device, tagText(t.Tag), t.Account)
	}
	for _, d := range r.Devices {
		row(d.Device, "all", d.Account)
	}
	if len(r.Devices) > 1 {
		row("all", "all", r.Total)
	}
	writeTable(out, rows)
}

// writeTable writes rows with the first two columns to the left and the others to the
// right.
func writeTable(out io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i < 2 {
				line.WriteString(cell + pad + "  ")
			} else {
				line.WriteString(pad + cell + "  ")
			}
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}

func (r Report) writeUsage(out io.Writer) {
	for _, d := range r.Devices {
		if d.Usage == nil {
			continue
		}
		u := d.Usage
		limit := ""
		if u.Limit > 0 {
			limit = " of at most " + byteText(u.Limit)
		}
		fmt.Fprintf(out, "\n%s: %s requested take %s; %s committed%s, %s reserved\n", d.Device,
			byteText(u.Requested), byteText(u.Allocated), byteText(u.Committed), limit, byteText(u.Reserved))
		fmt.Fprintf(out, "fragmentation: internal %.1f %%, external %.1f %%, largest free block %s\n",
			100*d.Internal, 100*d.External, byteText(u.LargestFree))
	}
}

// barWidth is the length of a histogram's longest bar.
const barWidth = 40

func writeBars(out io.Writer, title string, buckets []Bucket, name func(int64) string) {
	var most int64
	for _, b := range buckets {
		most = max(most, b.Count)
	}
	if most == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", title)
	for _, b := range buckets {
		// A bucket that counts anything has a bar.
		n := int((float64(b.Count)*barWidth + float64(most) - 1) / float64(most))
		fmt.Fprintf(out, "%10s  %-*s  %d\n", name(b.From), barWidth, strings.Repeat("#", n), b.Count)
	}
}

func (r Report) writeStacks(out io.Writer) {
	if len(r.Stacks) == 0 || r.Stacks[0].LiveBytes == 0 {
		return
	}
	fmt.Fprintln(out, "\nstacks by live bytes")
	for i, s := range r.Stacks {
		if i == textStacks || s.LiveBytes == 0 {
			break
		}
		fmt.Fprintf(out, "%10s  in %s, %s on %s\n", byteText(s.LiveBytes), buffers(s.LiveCount), tagText(s.Tag), s.Device)
		for i, f := range s.Stack {
			if i == textFrames {
				fmt.Fprintf(out, "            … %d more\n", len(s.Stack)-i)
				break
			}
			fmt.Fprintf(out, "            %s (%s)\n", f.Function, f.place())
		}
	}
}

// place returns the end of the file's name and the line.
func (f Frame) place() string {
	dir, file := path.Split(f.File)
	return fmt.Sprintf("%s:%d", path.Join(path.Base(dir), file), f.Line)
}

// stackText returns the first calls of a stack in one line.
func stackText(stack []Frame, calls int) string {
	var parts []string
	for i, f := range stack {
		if i == calls {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", f.Function, f.place()))
	}
	return strings.Join(parts, " < ")
}

func tagText(tag string) string {
	if tag == "" {
		return "untagged"
	}
	return tag
}

func buffers(n int64) string {
	if n == 1 {
		return "1 buffer"
	}
	return fmt.Sprintf("%d buffers", n)
}

// byteText returns n with the largest binary unit that it has one of, to a tenth.
func byteText(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	units := [...]string{"KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1<<10-0.05 && unit < len(units)-1 { // 1024.0 is what it would round to
		value, unit = value/(1<<10), unit+1
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", value), ".0") + " " + units[unit]
}

// durationText returns d with about three digits.
func durationText(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < 999500*time.Nanosecond: // from there on it would round to 1000
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	case d < 999500*time.Microsecond:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < 100*time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
