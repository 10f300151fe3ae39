// Package device describes the processors a model can run on: cores, caches,
// memory and vector instructions, and how much of them this process may use.
//
// [Detect] reads the description of the host's CPU, [List] that of every device and
// [Best] that of the preferred one; the CPU is the only one today. [Compare] says which of two
// is better for what. [DefaultThreads] says how many threads
// the kernels should use when the user does not. What is there beside the CPU, or why it is
// not, package backend tells.
//
// # What a container sees
//
// A machine's size is not what a process gets. Three limits apply on Linux: the
// affinity mask (taskset, cpusets), the CPU quota and the memory limit of the
// control groups the process is in, version 1 or 2 and every ancestor's.
// [Info.UsableCPUs] and [Info.MemoryLimit] account for them, so a model in a
// 2-CPU container of a 64-core machine runs two threads and not 64.
//
// # Memory bandwidth
//
// A decoder reads all weights for every token, so that the bandwidth of memory bounds it.
// [MeasureBandwidth] moves a buffer far larger than the caches for less than
// a second; a [BandwidthStore] keeps the result from one run of a program to the next:
//
//	store, err := device.UserBandwidths("myprogram v1.2.3")
//	info := device.Detect()
//	b, ok := store.Load(info, device.DefaultThreads())
//	if !ok {
//		b, err = device.MeasureBandwidth(ctx, device.BandwidthOptions{})
//		err = store.Save(info, b)
//	}
//
// # Best effort
//
// Detection never fails: what the operating system does not tell, or tells in a
// form that makes no sense, is left zero. Zero means unknown, except where a
// field says otherwise. Sources are /proc and /sys on Linux, sysctl on macOS and
// the kernel32 and registry interfaces on Windows; elsewhere only the counts
// that the Go runtime knows are filled in.
//
// All functions may be called from several goroutines. Each call that describes the machine asks the
// operating system again (0.15 ms for [DefaultThreads] on a machine with 2 cores,
// more with more of them): keep the result.
package device
