package tokenizer

import (
	"context"
	"runtime"
	"sync"
)

// grain is how many bytes of text one goroutine of EncodeBatch takes at a time:
// enough that taking costs nothing, little enough that all end together.
const grain = 16 << 10

// EncodeBatch returns the ids of each of texts, in the order of texts, as
// t.Encode gives them. It encodes on so many threads, one for each processor if
// threads is 0 or less, and returns when all of them are done. A text is never
// divided, so one text takes as long as with Encode. If ctx ends before the work
// is done, the result is nil and the error is that of ctx.
//
// Ids of neighbouring texts share memory: holding on to those of one keeps the
// ids of up to 16 KiB of text around it.
func EncodeBatch(ctx context.Context, t Tokenizer, texts []string, opt Options, threads int) ([][]int32, error) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	out := make([][]int32, len(texts))
	q := textQueue{texts: texts}
	var workers sync.WaitGroup
	for range min(threads, len(texts)) - 1 {
		workers.Go(func() { q.encode(ctx, t, opt, out) })
	}
	q.encode(ctx, t, opt, out)
	workers.Wait()
	if err := ctx.Err(); err != nil && q.next < len(texts) {
		return nil, err
	}
	return out, nil
}

// A textQueue hands out texts to goroutines.
type textQueue struct {
	texts []string
	mu    sync.Mutex
	next  int // those before are taken
}

// take returns the range of texts that the caller is to encode, empty at the end.
func (q *textQueue) take() (from, to int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	from = q.next
	for size := 0; q.next < len(q.texts) && size < grain; q.next++ {
		size += len(q.texts[q.next]) + 1 // so that empty ones end too
	}
	return from, q.next
}

// encode encodes texts until none are left or ctx ends.
func (q *textQueue) encode(ctx context.Context, t Tokenizer, opt Options, out [][]int32) {
	var found []int32 // ids of one range
	var ends []int    // of its texts in found
	for ctx.Err() == nil {
		from, to := q.take()
		if from == to {
			return
		}
		found, ends = found[:0], ends[:0]
		for _, text := range q.texts[from:to] {
			found = t.Encode(found, text, opt)
			ends = append(ends, len(found))
		}
		ids := make([]int32, len(found))
		copy(ids, found)
		start := 0
		for i, end := range ends {
			out[from+i] = ids[start:end:end]
			start = end
		}
	}
}
