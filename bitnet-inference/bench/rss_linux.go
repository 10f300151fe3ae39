package bench

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
)

// PeakRSS returns the largest number of bytes of this process that were in memory
// at a time (VmHWM), mapped files included. It is 0 where that is not known.
func PeakRSS() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	return vmHWM(data)
}

// vmHWM finds the line "VmHWM:	    1234 kB".
func vmHWM(status []byte) int64 {
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		f := bytes.Fields(lines.Bytes())
		if len(f) == 3 && string(f[0]) == "VmHWM:" && string(f[2]) == "kB" {
			if n, err := strconv.ParseInt(string(f[1]), 10, 64); err == nil && n > 0 {
				return n << 10
			}
		}
	}
	return 0
}
