package device

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// record makes a SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX.
func record(relation uint32, body ...byte) []byte {
	le := binary.LittleEndian
	return append(le.AppendUint32(le.AppendUint32(nil, relation), uint32(8+len(body))), body...)
}

// core makes a PROCESSOR_RELATIONSHIP with the masks of its groups.
func core(wordSize int, masks ...uint32) []byte {
	return grouped(relationProcessorCore, make([]byte, 22), wordSize, masks...)
}

// node makes a NUMA_NODE_RELATIONSHIP.
func node(wordSize int, id uint32, masks ...uint32) []byte {
	return grouped(relationNode, append(binary.LittleEndian.AppendUint32(nil, id), make([]byte, 18)...), wordSize, masks...)
}

func grouped(relation uint32, body []byte, wordSize int, masks ...uint32) []byte {
	body = binary.LittleEndian.AppendUint16(body, uint16(len(masks)))
	for _, m := range masks {
		group := make([]byte, wordSize+8)
		binary.LittleEndian.PutUint32(group, m)
		body = append(body, group...)
	}
	return record(relation, body...)
}

// cache makes a CACHE_RELATIONSHIP.
func cache(level byte, size, kind uint32) []byte {
	body := binary.LittleEndian.AppendUint32([]byte{level, 8, 64, 0}, size)
	body = binary.LittleEndian.AppendUint32(body, kind)
	return record(relationCache, append(body, make([]byte, 36)...)...)
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestProcessorInfo(t *testing.T) {
	for _, wordSize := range []int{4, 8} {
		var h host
		h.processorInfo(join(
			core(wordSize, 0b11), core(wordSize, 0b1100), core(wordSize, 0, 0b1),
			record(3, 1, 2, 3), // a package
			node(wordSize, 0, 0b1111), node(wordSize, 2, 0b1),
			cache(1, 32<<10, 2), cache(1, 64<<10, instructionCache), cache(2, 1<<20, 0), cache(3, 32<<20, 0),
		), wordSize)
		require.Equal(t, host{Info: Info{
			PhysicalCores: 3, LogicalCores: 5,
			Cache: Cache{L1D: 32 << 10, L2: 1 << 20, L3: 32 << 20},
			Nodes: []Node{{CPUs: 4}, {ID: 2, CPUs: 1}},
		}}, h)
	}
}

func TestProcessorInfoStopsAtOddRecords(t *testing.T) {
	good := core(8, 1)
	for name, bad := range map[string][]byte{
		"size 0":         {0, 0, 0, 0, 0, 0, 0, 0},
		"size 7":         {0, 0, 0, 0, 7, 0, 0, 0},
		"size past end":  {0, 0, 0, 0, 200, 0, 0, 0},
		"size 2³²-1":     {0, 0, 0, 0, 255, 255, 255, 255},
		"half a header":  {0, 0, 0, 0, 8},
		"empty core":     record(relationProcessorCore),
		"empty cache":    record(relationCache),
		"groups missing": nil,
	} {
		var h host
		h.processorInfo(join(good, bad), 8)
		require.Equal(t, 1, h.PhysicalCores, name)
		require.Equal(t, 1, h.LogicalCores, name)
	}
	var old host
	one := node(8, 0, 0b111)
	one[8+22] = 0 // the count of groups was reserved once
	old.processorInfo(one, 8)
	require.Equal(t, []Node{{CPUs: 3}}, old.Nodes)

	lying := core(8, 1)
	lying[8+22] = 200 // groups that are not there
	var h host
	h.processorInfo(lying, 8)
	require.Equal(t, 1, h.LogicalCores)
}

func FuzzProcessorInfo(f *testing.F) {
	f.Add(join(core(8, 3), cache(2, 1<<20, 0), node(8, 1, 3)))
	f.Fuzz(func(t *testing.T, buf []byte) {
		var h host
		h.processorInfo(buf, 8)
		require.LessOrEqual(t, h.LogicalCores, 8*len(buf))
		require.LessOrEqual(t, len(h.Nodes), maxNodes)
	})
}
