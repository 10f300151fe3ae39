package memory

import (
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Mapped returns [Heap] on Windows.
func Mapped() Allocator { return Heap() }

func mapFile(f *os.File, size int, v view) (Buffer, error) {
	protection, access := uint32(windows.PAGE_READONLY), uint32(windows.FILE_MAP_READ)
	switch v {
	case copyOnWrite:
		protection, access = windows.PAGE_WRITECOPY, windows.FILE_MAP_COPY
	case sharedUpdate:
		protection, access = windows.PAGE_READWRITE, windows.FILE_MAP_READ|windows.FILE_MAP_WRITE
	}
	h, err := windows.CreateFileMapping(windows.Handle(f.Fd()), nil, protection, 0, 0, nil)
	if err != nil {
		return Buffer{}, &os.PathError{Op: "CreateFileMapping", Path: f.Name(), Err: err}
	}
	addr, err := windows.MapViewOfFile(h, access, 0, 0, uintptr(size))
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
