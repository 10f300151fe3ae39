//go:build amd64 || arm64

package parallel

// spin tells the core that this is a waiting loop, so that it saves power and
// leaves the memory pipeline to the thread that works.
func spin()
