package bpe

import "hash/maphash"

// A Scratch is the working memory of one encoding at a time: buffers for
// merging and a table of words already encoded. The zero value is ready. It
// belongs to one Model.
type Scratch struct {
	syms  []int32
	links []link
	heap  []uint64
	words *[cacheSize]cachedWord
}

const (
	cacheSize = 1 << 12 // words; a quarter of a megabyte
	cacheKey  = 30      // longest word that is kept
	cacheIDs  = 8       // most ids that are kept
	keepSyms  = 1 << 14 // larger buffers are not kept
)

// cachedWord is one cache line. A word replaces the one before it in its place.
type cachedWord struct {
	n, ids uint8
	key    [cacheKey]byte
	id     [cacheIDs]int32
}

// cached appends the ids of word to dst, from the table if it is there.
func (sc *Scratch) cached(m *Model, dst []int32, word string) []int32 {
	h := maphash.String(m.Vocab.seed, word)
	if len(word) > cacheKey {
		return m.appendNew(dst, word, h, sc)
	}
	if sc.words == nil {
		sc.words = new([cacheSize]cachedWord)
	}
	w := &sc.words[h%cacheSize]
	if string(w.key[:w.n]) == word {
		if w.ids == 1 {
			return append(dst, w.id[0])
		}
		return append(dst, w.id[:w.ids]...)
	}
	start := len(dst)
	dst = m.appendNew(dst, word, h, sc)
	if ids := dst[start:]; len(ids) <= cacheIDs {
		w.n, w.ids = uint8(len(word)), uint8(len(ids))
		copy(w.key[:], word)
		copy(w.id[:], ids)
	}
	return dst
}

// Trim lets go of buffers that an unusually long word has grown.
func (sc *Scratch) Trim() {
	if cap(sc.syms) > keepSyms {
		sc.syms, sc.links, sc.heap = nil, nil, nil
	}
}
