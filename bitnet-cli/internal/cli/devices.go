package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/backend"
	"github.com/bitnet-go/bitnet/bitnet-core/backend/cpu"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/simd"
)

// devicesJSON is what devices --json prints.
type devicesJSON struct {
	Devices  []deviceJSON  `json:"devices"` // that models can run on, the preferred one first
	Backends []backendJSON `json:"backends"`
}

// deviceJSON is one device. Zero means unknown.
type deviceJSON struct {
	ID              string            `json:"id"`
	Name            string            `json:"name"`
	Vendor          string            `json:"vendor"`
	OS              string            `json:"os"`
	Arch            string            `json:"arch"`
	PhysicalCores   int               `json:"physical_cores"`
	LogicalCores    int               `json:"logical_cores"`
	UsableCPUs      int               `json:"usable_cpus"`
	CPUQuota        float64           `json:"cpu_quota"` // 0: none
	Threads         int               `json:"threads"`   // what -t is if it is not given
	SMT             bool              `json:"smt"`
	L1D             uint64            `json:"l1d_bytes"`
	L2              uint64            `json:"l2_bytes"`
	L3              uint64            `json:"l3_bytes"`
	MemoryTotal     uint64            `json:"memory_total_bytes"`
	MemoryAvailable uint64            `json:"memory_available_bytes"`
	MemoryLimit     uint64            `json:"memory_limit_bytes"` // 0: none
	Bandwidth       *device.Bandwidth `json:"bandwidth"`          // of memory; null if it has not been measured
	Nodes           []nodeJSON        `json:"numa_nodes"`
	SIMD            []string          `json:"simd"`
	Kernels         string            `json:"kernels"`
}

type nodeJSON struct {
	ID     int    `json:"id"`
	CPUs   int    `json:"cpus"`
	Memory uint64 `json:"memory_bytes"`
}

// backendJSON is a kind of device, here or not.
type backendJSON struct {
	Name    string   `json:"name"`
	Devices []string `json:"devices"` // their ids
	Absent  string   `json:"absent"`  // why there are none; "" if there are
}

func newDevices(s *Streams) *cobra.Command {
	var asJSON, measure bool
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "Show the processors that models can run on",
		Long: `Show the processors that models can run on, how much of them this process may
use, and which vector instructions the kernels were chosen for; and what else models could
run on, with the reason why it is not there. The environment
variable BITNET_SIMD (generic, avx2, avxvnni, avx512, avx512vnni, avx512vbmi, amx) lowers
the choice of kernels.

With --measure, the bandwidth of memory is measured, which takes about a second on
a machine that does nothing else and 1 GiB of memory at most. It is kept in the user's
cache directory and shown from then on.`,
		Example: "  bitnet devices\n  bitnet devices --measure\n  BITNET_SIMD=avx2 bitnet devices --json",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			how := measureBandwidth
			if !measure {
				how = nil
			}
			all, err := findDevices(cmd.Context(), s, how)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(s.Out, all.json())
			}
			return all.print(s.Out, s.width())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&measure, "measure", false, "measure the bandwidth of memory, and keep it")
	return cmd
}

// A deviceList is all that devices shows.
type deviceList struct {
	entries  []backend.Entry
	threads  int        // by default
	detected simd.Level // what the kernels could use
}

// A measurer measures the bandwidth of a device's memory: measureBandwidth, but in tests.
type measurer func(ctx context.Context, s *Streams, d device.Info, threads int) (device.Bandwidth, error)

// findDevices asks every backend, and puts to the host's processors the bandwidth that
// measure says or, if it is nil, that was measured before.
func findDevices(ctx context.Context, s *Streams, measure measurer) (*deviceList, error) {
	l := &deviceList{entries: backend.List(), threads: device.DefaultThreads(), detected: simd.Detected()}
	v := buildVersion()
	store, err := device.UserBandwidths(strings.TrimSpace("bitnet " + v.Version + " " + v.Commit))
	if err != nil && measure != nil {
		fmt.Fprintf(s.Err, "bitnet: %s\n", oneLine(err))
	}
	for _, e := range l.entries {
		if e.Name != cpu.Name || len(e.Devices) == 0 {
			continue // only the host's memory can be measured
		}
		d := &e.Devices[0]
		if measure == nil {
			d.Bandwidth, _ = store.Load(*d, l.threads)
			continue
		}
		if d.Bandwidth, err = measure(ctx, s, *d, l.threads); err != nil {
			return nil, err
		}
		if store.Path == "" {
			continue
		}
		if err := store.Save(*d, d.Bandwidth); err != nil {
			fmt.Fprintf(s.Err, "bitnet: %s\n", oneLine(err))
		}
	}
	return l, nil
}

func measureBandwidth(ctx context.Context, s *Streams, d device.Info, threads int) (device.Bandwidth, error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	show := newProgress(s)
	defer show.done()
	return device.MeasureBandwidth(ctx, device.BandwidthOptions{
		Threads: threads, Buffer: device.BandwidthBuffer(d),
		Progress: func(what string) { show.set("memory bandwidth on %s: %s", plural(threads, "thread"), what) },
	})
}

func (l *deviceList) devices() []device.Info {
	var all []device.Info
	for _, e := range l.entries {
		all = append(all, e.Devices...)
	}
	return all
}

func (l *deviceList) json() devicesJSON {
	all := devicesJSON{Devices: []deviceJSON{}, Backends: []backendJSON{}}
	for _, d := range l.devices() {
		all.Devices = append(all.Devices, newDeviceJSON(d, l.threads))
	}
	for _, e := range l.entries {
		b := backendJSON{Name: e.Name, Devices: []string{}}
		for _, d := range e.Devices {
			b.Devices = append(b.Devices, d.ID)
		}
		if e.Err != nil {
			b.Absent = reason(e.Err)
		}
		all.Backends = append(all.Backends, b)
	}
	return all
}

// reason returns why there is no device, without the name of the backend, which
// stands beside it.
func reason(err error) string {
	var absent *backend.UnavailableError
	if errors.As(err, &absent) {
		return absent.Reason
	}
	return oneLine(err)
}

func newDeviceJSON(d device.Info, threads int) deviceJSON {
	nodes := make([]nodeJSON, len(d.Nodes))
	for i, n := range d.Nodes {
		nodes[i] = nodeJSON(n)
	}
	j := deviceJSON{
		ID: d.ID, Name: d.Name, Vendor: d.Vendor, OS: d.OS, Arch: d.Arch,
		PhysicalCores: d.PhysicalCores, LogicalCores: d.LogicalCores, UsableCPUs: d.UsableCPUs,
		CPUQuota: d.CPUQuota, Threads: threads,
		SMT: d.SMT(), Nodes: nodes,
		L1D: d.Cache.L1D, L2: d.Cache.L2, L3: d.Cache.L3,
		MemoryTotal: d.MemoryTotal, MemoryAvailable: d.MemoryAvailable, MemoryLimit: d.MemoryLimit,
		SIMD: append([]string{}, d.SIMD...), Kernels: d.Level.String(),
	}
	if d.Bandwidth.Read > 0 {
		b := d.Bandwidth
		j.Bandwidth = &b
	}
	return j
}
