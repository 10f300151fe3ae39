package device

import (
	"strconv"
	"strings"
)

const cpuDir = "sys/devices/system/cpu/"

// maxProcessors bounds the processor numbers that are believed. Linux can be
// built for 8,192.
const maxProcessors = 1 << 16

// onlineProcessors returns the numbers of the hardware threads that are online.
func (m machine) onlineProcessors() []int {
	return parseList(m.Text(cpuDir + "online"))
}

// countCores returns how many cores the given hardware threads belong to, 0 when
// the kernel does not say for one of them.
func (m machine) countCores(ids []int) int {
	cores := map[int]bool{} // by the first hardware thread of each
	for _, id := range ids {
		siblings := m.siblings(id)
		if len(siblings) == 0 {
			return 0
		}
		cores[siblings[0]] = true
	}
	return len(cores)
}

// siblings returns the hardware threads, id among them, that share id's core.
func (m machine) siblings(id int) []int {
	dir := cpuDir + "cpu" + strconv.Itoa(id) + "/topology/"
	for _, name := range []string{"core_cpus_list", "thread_siblings_list"} { // new name, old name
		if ids := parseList(m.Text(dir + name)); len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// caches returns the sizes of the caches that processor id uses.
func (m machine) caches(id int) Cache {
	var c Cache
	for index := range 16 {
		dir := cpuDir + "cpu" + strconv.Itoa(id) + "/cache/index" + strconv.Itoa(index) + "/"
		level := m.Text(dir + "level")
		if level == "" {
			break
		}
		kind, size := m.Text(dir+"type"), parseSize(m.Text(dir+"size"))
		switch {
		case kind == "Instruction":
		case level == "1":
			c.L1D = size
		case level == "2":
			c.L2 = size
		case level == "3":
			c.L3 = size
		}
	}
	return c
}

// parseList parses the kernel's list form, "0-3,8,10-11", to ascending numbers.
// It returns nil when any part of it is not of that form.
func parseList(s string) []int {
	var ids []int
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.ParseUint(low, 10, 32)
		last, err2 := strconv.ParseUint(high, 10, 32)
		if err1 != nil || err2 != nil || first > last || last >= maxProcessors {
			return nil
		}
		if len(ids) > 0 && int(first) <= ids[len(ids)-1] {
			return nil
		}
		for id := first; id <= last; id++ {
			ids = append(ids, int(id))
		}
	}
	return ids
}

// parseSize parses the kernel's cache size, "32K" or "1M", to bytes.
func parseSize(s string) uint64 {
	shift := 0
	switch {
	case strings.HasSuffix(s, "K"):
		shift = 10
	case strings.HasSuffix(s, "M"):
		shift = 20
	case strings.HasSuffix(s, "G"):
		shift = 30
	}
	n, err := strconv.ParseUint(strings.TrimRight(s, "KMG"), 10, 32)
	if err != nil {
		return 0
	}
	return n << shift
}
