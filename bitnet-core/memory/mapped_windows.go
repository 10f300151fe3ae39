package memory

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Mapped returns [Heap] on Windows.
func Mapped() Allocator { return Heap() }

func mapFile(f *os.File, size int) (Buffer, error) {
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil)
	if err != nil {
		return Buffer{}, &os.PathError{Op: "CreateFileMapping", Path: f.Name(), Err: err}
	}
	addr, err := windows.MapViewOfFile(h, windows.FILE_MAP_READ, 0, 0, uintptr(size))
	// The view keeps the mapping object alive.
	closeErr := windows.CloseHandle(h)
	if err != nil {
		return Buffer{}, &os.PathError{Op: "MapViewOfFile", Path: f.Name(), Err: err}
	}
	free := func() {
		if err := windows.UnmapViewOfFile(addr); err != nil {
			panic("memory: UnmapViewOfFile: " + err.Error())
		}
	}
	if closeErr != nil {
		free()
		return Buffer{}, &os.PathError{Op: "CloseHandle", Path: f.Name(), Err: closeErr}
	}
	// The address is the system's, not the Go heap's: going through a pointer
	// to it says so to vet's check of uintptr conversions.
	data := unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), size)
	return NewBuffer(data, free), nil
}
