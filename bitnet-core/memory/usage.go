package memory

// A Usage says how much memory an allocator holds at a moment, in bytes.
type Usage struct {
	Requested   int64 `json:"requested"`    // asked for by the buffers that are held
	Allocated   int64 `json:"allocated"`    // that they take, rounding and metadata included
	Committed   int64 `json:"committed"`    // pages that the system backs or will when they are touched; what limits count
	Reserved    int64 `json:"reserved"`     // address space, committed or not
	LargestFree int64 `json:"largest_free"` // the largest block to be had without committing more
	Limit       int64 `json:"limit"`        // of Committed; 0 if there is none
}

// Internal returns internal fragmentation: the share of the allocated bytes that
// nobody asked for.
func (u Usage) Internal() float64 {
	if u.Allocated == 0 {
		return 0
	}
	return 1 - float64(u.Requested)/float64(u.Allocated)
}

// External returns external fragmentation: the share of the committed bytes that are
// free but not in the largest free block.
func (u Usage) External() float64 {
	free := u.Committed - u.Allocated
	if free <= 0 {
		return 0
	}
	return 1 - float64(min(u.LargestFree, free))/float64(free)
}

// A Meter is an [Allocator] that knows its usage.
type Meter interface {
	Allocator
	Usage() Usage
}
