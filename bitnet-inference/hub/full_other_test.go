//go:build !(darwin || linux)

package hub

func limitFiles() error { return nil }
