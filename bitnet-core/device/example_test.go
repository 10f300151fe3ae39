package device_test

import (
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/device"
)

func ExampleCompare() {
	laptop := device.Info{
		PhysicalCores: 8, UsableCPUs: 8, MemoryTotal: 16 << 30,
		SIMD: []string{"dotprod", "i8mm", "neon"}, Bandwidth: device.Bandwidth{Read: 100e9},
	}
	server := device.Info{
		PhysicalCores: 32, UsableCPUs: 16, MemoryTotal: 256 << 30, MemoryLimit: 64 << 30,
		SIMD: []string{"avx2", "avx512vnni"}, Bandwidth: device.Bandwidth{Read: 80e9},
	}
	names := map[int]string{-1: "laptop", 0: "neither", 1: "server"}
	for _, v := range device.Compare(laptop, server) {
		fmt.Printf("%s: %s (%s)\n", v.Aspect, names[v.Better], v.Reason)
	}
	// Output:
	// memory: server (16.0 GiB of memory against 64.0 GiB)
	// bandwidth: laptop (100.0 GB/s read against 80.0 GB/s)
	// compute: server (8 cores with i8mm against 16 cores with avx512vnni)
}
