package hub

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
)

// A sidecar is a small file beside an incomplete one that says which of its bytes are
// there. It grows by a line whenever bytes have reached the disk, so that each line is true
// whenever the process or the machine stops; a line that was not finished is no line:
//
//	bitnet-parts 1 SIZE
//	FROM LENGTH CRC      of "FROM LENGTH", CRC-32 in hexadecimal digits
const (
	sidecarMagic   = "bitnet-parts 1 "
	longSidecar    = 1 << 20 // from here on it is written anew, in as few lines as it takes
	largestSidecar = 4 << 20 // more is not read
)

// parseSidecar reads what a sidecar says of a file of size bytes. What is no line of one is left out:
// at worst bytes are fetched twice.
func parseSidecar(data []byte, size int64) ranges {
	head, rest, ok := bytes.Cut(data, []byte("\n"))
	if !ok || string(head) != sidecarMagic+strconv.FormatInt(size, 10) {
		return nil
	}
	var done ranges
	for {
		line, after, ok := bytes.Cut(rest, []byte("\n"))
		if !ok {
			return done
		}
		rest = after
		f := bytes.Fields(line)
		if len(f) != 3 {
			continue
		}
		from, err1 := strconv.ParseInt(string(f[0]), 10, 64)
		length, err2 := strconv.ParseInt(string(f[1]), 10, 64)
		if err1 != nil || err2 != nil || from < 0 || length <= 0 || from > size || length > size-from {
			continue
		}
		s := span{from, from + length}
		if string(sidecarLine(s)) == string(line)+"\n" {
			done.add(s)
		}
	}
}

func sidecarLine(s span) []byte {
	text := fmt.Sprintf("%d %d", s.from, s.size())
	return fmt.Appendf(nil, "%s %08x\n", text, crc32.ChecksumIEEE([]byte(text)))
}

// sidecarOf is a whole sidecar.
func sidecarOf(done ranges, size int64) []byte {
	data := []byte(sidecarMagic + strconv.FormatInt(size, 10) + "\n")
	for _, s := range done {
		data = append(data, sidecarLine(s)...)
	}
	return data
}

// readSidecar reads one that may not be there.
func readSidecar(root *os.Root, name string, size int64) ranges {
	f, err := root.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, largestSidecar))
	if err != nil {
		return nil
	}
	return parseSidecar(data, size)
}
