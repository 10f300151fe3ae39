package device

import (
	"strconv"
	"strings"
)

const nodeDir = "sys/devices/system/node/"

// maxNodes bounds the number of nodes that is believed: Linux can be built for 1,024.
const maxNodes = 1 << 10

// nodes returns the memory nodes that are online, nil when the kernel does not say.
//
// Source: kernel documentation ABI/stable/sysfs-devices-node.
func (m machine) nodes() []Node {
	ids := parseList(m.Text(nodeDir + "online"))
	if len(ids) > maxNodes {
		return nil
	}
	var nodes []Node
	for _, id := range ids {
		dir := nodeDir + "node" + strconv.Itoa(id) + "/"
		nodes = append(nodes, Node{
			ID:     id,
			CPUs:   len(parseList(m.Text(dir + "cpulist"))), // empty for memory alone
			Memory: nodeMemory(m.Text(dir + "meminfo")),
		})
	}
	return nodes
}

// nodeMemory returns the bytes of memory that a node's meminfo tells, in lines such as
// "Node 0 MemTotal:       12544216 kB".
func nodeMemory(meminfo string) uint64 {
	for line := range strings.Lines(meminfo) {
		f := strings.Fields(line)
		if len(f) != 5 || f[2] != "MemTotal:" || f[4] != "kB" {
			continue
		}
		if kib, err := strconv.ParseUint(f[3], 10, 54); err == nil {
			return kib << 10
		}
	}
	return 0
}
