//go:build !unix

package main

import "time"

// cpuTime returns 0: processor time is not compared on this system.
func cpuTime() time.Duration { return 0 }
