package device

import (
	"runtime"
	"unsafe"

	"github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

var (
	kernel32             = windows.NewLazySystemDLL("kernel32.dll")
	logicalProcessorInfo = kernel32.NewProc("GetLogicalProcessorInformationEx")
)

const (
	relationAll      = 0xffff
	maxProcessorInfo = 16 << 20 // bytes believed
	processorKey     = `HARDWARE\DESCRIPTION\System\CentralProcessor\0`
	wordSize         = int(unsafe.Sizeof(uintptr(0)))
)

func detectHost() host {
	var h host
	h.processorInfo(readProcessorInfo(), wordSize)
	h.affinity = usable(h.PhysicalCores)

	h.MemoryTotal, h.MemoryAvailable, _ = osinfo.Memory() // what is unknown is zero

	key, err := registry.OpenKey(registry.LOCAL_MACHINE, processorKey, registry.QUERY_VALUE)
	if err != nil {
		return h
	}
	defer key.Close()
	if name, _, err := key.GetStringValue("ProcessorNameString"); err == nil {
		h.Name = modelName(name)
	}
	if id, _, err := key.GetStringValue("VendorIdentifier"); err == nil {
		h.Vendor = vendorName(printable(id))
	}
	return h
}

func detectLimits() (processors, float64) {
	var h host
	h.processorInfo(readProcessorInfo(), wordSize)
	return usable(h.PhysicalCores), 0
}

// detectMemoryLimit finds none: limits of job objects are not asked for.
func detectMemoryLimit() (limit, total uint64) { return 0, 0 }

// usable returns the processors of this process. The Go runtime counts those of
// the affinity mask; which of them share a core is not asked, so a mask smaller
// than the machine's cores counts as that many cores.
func usable(cores int) processors {
	n := runtime.NumCPU()
	return processors{logical: n, physical: min(cores, n)}
}

// readProcessorInfo returns what GetLogicalProcessorInformationEx says, or nil.
func readProcessorInfo() []byte {
	var size uint32
	// The first call fails and sets the size.
	_, _, _ = logicalProcessorInfo.Call(relationAll, 0, uintptr(unsafe.Pointer(&size)))
	if size == 0 || size > maxProcessorInfo {
		return nil
	}
	buf := make([]byte, size)
	ok, _, _ := logicalProcessorInfo.Call(relationAll, uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
	if ok == 0 || int(size) > len(buf) {
		return nil
	}
	return buf[:size]
}
