package main

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of /proc/stat, USER_HZ, which is 100 on every architecture that
// this command knows.
const tick = time.Second / 100

// busyTime returns how long all CPUs together have computed since the machine
// started, for anybody: what a virtual machine's host gave to others counts, too. It
// is 0 where the system does not tell.
func busyTime() time.Duration {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return parseBusy(string(data))
}

// parseBusy reads the first line of /proc/stat:
//
//	cpu  user nice system idle iowait irq softirq steal guest guest_nice
//
// guest and guest_nice are in user and nice already.
func parseBusy(stat string) time.Duration {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0
	}
	var sum int64
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0
		}
		if idle := i == 3 || i == 4; !idle {
			sum += n
		}
	}
	return time.Duration(sum) * tick
}

// othersCores returns how many cores, on average, other processes used while one of
// ours computed for cpu within wall, and all together for busy.
func othersCores(busy, cpu, wall time.Duration) float64 {
	if wall <= 0 {
		return 0
	}
	return max(0, (busy-cpu).Seconds()/wall.Seconds())
}
