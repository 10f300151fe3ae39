//go:build !amd64 && !arm64

package parallel

import "time"

func spin() {}

var started = time.Now()

func ticks() uint64 { return uint64(time.Since(started)) }
