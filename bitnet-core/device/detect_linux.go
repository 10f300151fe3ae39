package device

import (
	"os"
	"runtime"

	"github.com/bitnet-go/bitnet/bitnet-core/internal/osinfo"
	"golang.org/x/sys/unix"
)

func detectHost() host {
	return machine{osinfo.Tree{Root: os.DirFS("/")}}.host(affinityMask())
}

func detectLimits() (processors, float64) {
	return machine{osinfo.Tree{Root: os.DirFS("/")}}.limits(affinityMask())
}

func detectMemoryLimit() (limit, total uint64) {
	m := machine{osinfo.Tree{Root: os.DirFS("/")}}
	total, _, _ = m.Memory() // what is unknown is zero
	return m.controlGroups().memoryLimit(), total
}

// affinityMask returns the processors this thread may run on, which is those of
// the process unless the program itself pinned threads. Where the kernel has
// more processors than a CPUSet holds, it returns as many as the runtime counted.
func affinityMask() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		ids := make([]int, runtime.NumCPU())
		for i := range ids {
			ids[i] = i
		}
		return ids
	}
	ids := make([]int, 0, set.Count())
	for id := 0; len(ids) < cap(ids); id++ {
		if set.IsSet(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
