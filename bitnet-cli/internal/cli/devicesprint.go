package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

// print prints a table of the devices, what there is to say of each, and a table
// of the backends, within width columns if that is not 0.
func (l *deviceList) print(w io.Writer, width int) error {
	table := [][]string{}
	for _, d := range l.devices() {
		table = append(table, []string{
			d.ID, known(printable(d.Name)), number(d.PhysicalCores), strconv.Itoa(d.UsableCPUs),
			bytesOrDash(d.MemoryTotal), bytesOrDash(free(d)), rate(d.Bandwidth.Read), d.Level.String(),
		})
	}
	columns := []column{
		{name: "device"},
		{name: "name", cut: true},
		{name: "cores", right: true},
		{name: "usable", right: true},
		{name: "memory", right: true},
		{name: "free", right: true},
		{name: "read", right: true},
		{name: "kernels"},
	}
	if err := printTable(w, width, columns, table); err != nil {
		return err
	}
	for _, d := range l.devices() {
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
		if err := l.printDevice(w, d); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	var backends [][]string
	for _, e := range l.entries {
		state := "absent: "
		if e.Err != nil {
			state += printable(reason(e.Err))
		} else {
			state = plural(len(e.Devices), "device")
		}
		backends = append(backends, []string{e.Name, state})
	}
	return printTable(w, width, []column{{name: "backend"}, {name: "state"}}, backends)
}

// printDevice prints a line for each thing that is known of d.
func (l *deviceList) printDevice(w io.Writer, d device.Info) error {
	var f fields
	f.add("device", d.ID)
	f.add("name", printable(d.Name))
	f.add("vendor", printable(d.Vendor))
	cores := plural(d.LogicalCores, "hardware thread")
	if d.PhysicalCores > 0 {
		cores = fmt.Sprintf("%d, %s", d.PhysicalCores, cores)
		if d.SMT() {
			cores += " (SMT)"
		}
	}
	f.add("cores", cores)
	usable := fmt.Sprintf("%s, so -t is %d by default", plural(d.UsableCPUs, "hardware thread"), l.threads)
	if d.CPUQuota > 0 {
		usable += fmt.Sprintf(" (quota of %g processors)", d.CPUQuota)
	}
	f.add("usable", usable)
	var caches []string
	for _, c := range []struct {
		name  string
		bytes uint64
	}{{"L1d", d.Cache.L1D}, {"L2", d.Cache.L2}, {"L3", d.Cache.L3}} {
		if c.bytes > 0 {
			caches = append(caches, c.name+" "+size(int64(c.bytes)))
		}
	}
	f.add("caches", strings.Join(caches, ", "))
	f.add("memory", describeMemory(d))
	f.add("bandwidth", describeBandwidth(d.Bandwidth))
	if len(d.Nodes) > 1 {
		f.add("NUMA nodes", describeNodes(d.Nodes))
	}
	f.add("vectors", strings.Join(d.SIMD, " "))
	kernels := d.Level.String()
	if d.Level < l.detected {
		kernels += fmt.Sprintf(" (lowered by BITNET_SIMD from %s)", l.detected)
	}
	f.add("kernels", kernels)
	return f.print(w)
}

func describeMemory(d device.Info) string {
	var parts []string
	if d.MemoryTotal > 0 {
		parts = append(parts, size(int64(d.MemoryTotal)))
	}
	if d.MemoryAvailable > 0 {
		parts = append(parts, size(int64(d.MemoryAvailable))+" available")
	}
	if d.MemoryLimit > 0 {
		parts = append(parts, "limited to "+size(int64(d.MemoryLimit)))
	}
	return strings.Join(parts, ", ")
}

func describeBandwidth(b device.Bandwidth) string {
	if b.Read == 0 {
		return "not measured yet, bitnet devices --measure does it"
	}
	return fmt.Sprintf("%s read, %s written, %s copied by %s, measured on %s",
		rate(b.Read), rate(b.Write), rate(b.Copy), plural(b.Threads, "thread"), b.Time.UTC().Format("2006-01-02"))
}

func describeNodes(nodes []device.Node) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = fmt.Sprintf("%d: %s", n.ID, plural(n.CPUs, "hardware thread"))
		if n.Memory > 0 {
			parts[i] += ", " + size(int64(n.Memory))
		}
	}
	return strings.Join(parts, "; ")
}

// free returns the bytes that a process can still have, 0 if that is not known.
func free(d device.Info) uint64 {
	if d.MemoryLimit > 0 && (d.MemoryAvailable == 0 || d.MemoryLimit < d.MemoryAvailable) {
		return d.MemoryLimit
	}
	return d.MemoryAvailable
}

// A cell of a table for what is not known.
const unknown = "-"

func known(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

func number(n int) string {
	if n == 0 {
		return unknown
	}
	return strconv.Itoa(n)
}

func bytesOrDash(n uint64) string {
	if n == 0 {
		return unknown
	}
	return size(int64(n))
}

// rate prints bytes a second, with a decimal prefix as memory is sold.
func rate(v float64) string {
	if v == 0 {
		return unknown
	}
	return scaled(v, 1000, []string{" B/s", " KB/s", " MB/s", " GB/s", " TB/s"})
}
