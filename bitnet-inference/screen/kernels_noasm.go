//go:build !amd64 || purego

package screen

var variants []kernelSet
