package device

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// Relationships of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX records (winnt.h).
const (
	relationProcessorCore = 0
	relationNode          = 1
	relationCache         = 2
)

// instructionCache is the value of PROCESSOR_CACHE_TYPE for one that holds no data.
const instructionCache = 1

// processorInfo fills in the cores, caches and memory nodes that Windows'
// GetLogicalProcessorInformationEx(RelationAll) describes in buf: records of a
// relationship, their own size, both uint32, and a structure for each
// relationship. wordSize is that of a pointer, 4 or 8 bytes. Records that do not
// fit are the end of what is believed.
func (h *host) processorInfo(buf []byte, wordSize int) {
	le := binary.LittleEndian
	for len(buf) >= 8 {
		relation, size := le.Uint32(buf), le.Uint32(buf[4:])
		if size < 8 || uint64(size) > uint64(len(buf)) {
			return
		}
		record := buf[8:size]
		buf = buf[size:]
		switch {
		case relation == relationProcessorCore && len(record) >= 24:
			h.PhysicalCores++
			h.LogicalCores += threadsOf(record, wordSize)
		case relation == relationNode && len(record) >= 24 && len(h.Nodes) < maxNodes:
			// NodeNumber uint32, then as a core. Of a node in several groups the first counts.
			h.Nodes = append(h.Nodes, Node{ID: int(le.Uint32(record) & math.MaxInt32), CPUs: threadsOf(record, wordSize)})
		case relation == relationCache && len(record) >= 12:
			// Level uint8, Associativity uint8, LineSize uint16, Size uint32, Type uint32
			if le.Uint32(record[8:]) == instructionCache {
				continue
			}
			bytes := uint64(le.Uint32(record[4:]))
			switch record[0] {
			case 1:
				h.Cache.L1D = max(h.Cache.L1D, bytes)
			case 2:
				h.Cache.L2 = max(h.Cache.L2, bytes)
			case 3:
				h.Cache.L3 = max(h.Cache.L3, bytes)
			}
		}
	}
}

// threadsOf counts the hardware threads of a core or a node (PROCESSOR_RELATIONSHIP,
// NUMA_NODE_RELATIONSHIP): after 22 other bytes come a uint16 count of groups, 0 for one,
// and for each a GROUP_AFFINITY, a mask of one word, then 8 bytes.
func threadsOf(record []byte, wordSize int) int {
	groups, masks := max(int(binary.LittleEndian.Uint16(record[22:])), 1), record[24:]
	n := 0
	for range groups {
		if len(masks) < wordSize+8 {
			break
		}
		for _, b := range masks[:wordSize] {
			n += bits.OnesCount8(b)
		}
		masks = masks[wordSize+8:]
	}
	return n
}
