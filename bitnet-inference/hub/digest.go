package hub

import (
	"context"
	"crypto/sha1" // git names files by it
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
)

// newDigest is the hash whose hexadecimal form names a blob of size bytes: the SHA-256 of a large file
// (git LFS), or git's own of any other, which is the SHA-1 of a header and the content.
func newDigest(blob string, size int64) hash.Hash {
	if len(blob) == hex.EncodedLen(sha256.Size) {
		return sha256.New()
	}
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// Digest is a new hash of which the hexadecimal form has to be Blob once the file's content was written to it.
func (f File) Digest() hash.Hash { return newDigest(f.Blob, f.Size) }

// A follower hashes a file in order while its parts arrive in any order, as far as there is no gap: the blocks that
// workers have just written, and what else is there read back.
type follower struct {
	file   io.ReaderAt
	size   int64
	hash   hash.Hash
	recent *recent
	// prefix says how far the file is there without a gap; grown gets a value when that
	// has changed.
	prefix func() int64
	grown  <-chan struct{}
	hashed *atomic.Int64 // how far it is
}

// run returns the hash when the file has been read to its end.
func (f *follower) run(ctx context.Context) (string, error) {
	buf := make([]byte, f.recent.size)
	for at := int64(0); at < f.size; {
		there := f.prefix()
		for at < there {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			b, next := f.recent.take(at, there)
			if b != nil {
				f.hash.Write(b.data[at-b.from:])
				at = b.end()
				f.recent.give(b)
			} else {
				n, err := f.file.ReadAt(buf[:min(int64(len(buf)), next-at)], at)
				if n == 0 && err != nil {
					return "", fmt.Errorf("reading back what was written: %w", bare(err))
				}
				f.hash.Write(buf[:n])
				at += int64(n)
			}
			f.hashed.Store(at)
		}
		if at == f.size {
			break
		}
		select {
		case <-f.grown:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return hex.EncodeToString(f.hash.Sum(nil)), nil
}
