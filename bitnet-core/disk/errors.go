package disk

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// IsFull reports whether writing failed for lack of room: on the disk, in a quota, or in what one file may have.
func IsFull(err error) bool {
	return is(err, syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG) || is(err, full...)
}

// IsReadOnly reports whether writing failed because it is not allowed, to this user or to anybody.
func IsReadOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || is(err, syscall.EROFS) || is(err, readOnly...)
}

func is(err error, any ...syscall.Errno) bool {
	var number syscall.Errno
	return errors.As(err, &number) && slices.Contains(any, number)
}

// Cause is what the system said, without the operation and the paths that package os adds.
func Cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
