package osinfo

import (
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
)

// A Tree is the root of a Linux file system, with proc and sys in it. Missing, odd
// and hostile content makes a value unknown.
type Tree struct {
	Root fs.FS
}

// maxFile bounds what is read of one file. The largest, cpuinfo, takes about
// 1,500 bytes a processor.
const maxFile = 4 << 20

// Read returns the trimmed content of a file, at most maxFile bytes.
func (t Tree) Read(path string) (string, error) {
	f, err := t.Root.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(b)), nil
}

// Text is Read where only what is there matters: it returns "" for any error.
func (t Tree) Text(path string) string {
	text, err := t.Read(path)
	if err != nil {
		return ""
	}
	return text
}

// Memory returns the physical memory and the part of it that can be had without
// swapping, in bytes, as proc/meminfo has them.
func (t Tree) Memory() (total, available uint64, err error) {
	text, err := t.Read("proc/meminfo")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "MemTotal":
			total = kibibytes(value)
		case "MemAvailable":
			available = kibibytes(value)
			if strings.TrimSpace(value) == "0 kB" {
				available = 1 // what there is under pressure is not unknown
			}
		}
	}
	if total == 0 || available == 0 {
		err = fmt.Errorf("osinfo: proc/meminfo does not say MemTotal and MemAvailable")
	}
	return total, min(available, total), err
}

// kibibytes parses "  24684096 kB" to bytes, 0 when it is anything else.
func kibibytes(s string) uint64 {
	number, isKB := strings.CutSuffix(strings.TrimSpace(s), " kB")
	n, err := strconv.ParseUint(strings.TrimSpace(number), 10, 64)
	if !isKB || err != nil || n > 1<<53 {
		return 0
	}
	return n << 10
}
