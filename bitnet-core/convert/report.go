package convert

import (
	"fmt"
	"time"
)

// A Report says what a conversion did.
type Report struct {
	Elements int64         // values converted or seen with another type
	Read     int64         // bytes read; 0 where nothing was moved
	Written  int64         // bytes written; 0 where nothing was moved
	Buffers  int64         // bytes of the buffers between reader and writer
	Time     time.Duration // from call to return
}

// Rate returns the bytes read and written in a second, 0 if no time passed.
func (r Report) Rate() float64 {
	if r.Time <= 0 {
		return 0
	}
	return float64(r.Read+r.Written) / r.Time.Seconds()
}

// Add adds up two conversions that ran one after the other, with the larger of their
// buffers.
func (r Report) Add(s Report) Report {
	return Report{
		Elements: r.Elements + s.Elements,
		Read:     r.Read + s.Read,
		Written:  r.Written + s.Written,
		Buffers:  max(r.Buffers, s.Buffers),
		Time:     r.Time + s.Time,
	}
}

// String is r in a line, as in "1024 elements, 4096 bytes read, 2048 written in 1µs
// (6.14 GB/s)".
func (r Report) String() string {
	return fmt.Sprintf("%d elements, %d bytes read, %d written in %v (%.2f GB/s)",
		r.Elements, r.Read, r.Written, r.Time, r.Rate()/1e9)
}
