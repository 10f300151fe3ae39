// Package npy reads and writes the files of NumPy: .npy, one array, and .npz, a
// zip archive of named arrays.
//
// [Open] maps a .npy file and returns its array as a [tensor.Tensor] whose
// elements are the pages of the file; [Read] reads one from a stream into memory
// of a chosen allocator. [OpenArchive] maps a .npz file: members that were stored
// are views of it, members that were deflated are inflated when asked for.
// [Write] and [WriteTensor] make .npy files, an [ArchiveWriter] .npz files. Both
// take tensors that write their bytes when it is their turn, so that an array need
// not fit into memory.
//
// # Layout
//
//	"\x93NUMPY", version: major u8, minor u8
//	length of the header u16 (version 1) or u32 (versions 2 and 3), little-endian
//	header: a dict of Python, padded so that the data begins at a multiple of 64
//	  {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
//	data
//
// Without options .npy files are those of np.save to the byte. Stored members of archives
// begin at multiples of 64 too, which NumPy does not do, so that they can be mapped.
//
// # Types and order
//
// Bool, the integers of 8 to 64 bits and the floats of 16 to 64 bits are read and
// written, in both byte orders. Other types, such as complex numbers, text, Python
// objects and structured types, are refused. NumPy has no bfloat16. A bool is the byte
// that the file has, which NumPy keeps to 0 and 1.
//
// An array in Fortran order, whose first index runs fastest, is read as a view with
// such strides, and so is not contiguous. Big-endian arrays and those at an address
// that does not suit their type (see [tensor.Aligned]) are copied.
//
// # Ownership
//
// Open, Parse, Read and [Archive.Read] return a tensor with a reference of its own:
// the caller calls Release once. What [Archive.Tensor] returns is valid until
// [Archive.Close], or longer if retained. Mapped elements are read-only: writing to
// them faults.
//
// # Concurrency
//
// An Archive may be read by several goroutines; Close must come after them.
//
// # Source
//
// NEP 1 and numpy.lib.format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
package npy
