package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// A chunk of a batch is what one thread works on before the next.
const (
	chunkElements = 256
	chunkBytes    = 256 << 10
)

// tokenizeBatch turns the array on standard input into the array on standard
// output. It holds a few chunks in memory, however long the arrays are.
func tokenizeBatch(s *Streams, o *tokenizeOptions) error {
	tok, err := openTokenizer(o.source)
	if err != nil {
		return err
	}
	if o.decode {
		return convertArray(s.In, s.Out, o.threads,
			func(ids []int32) int { return 8 * len(ids) },
			func(dst []byte, ids []int32) []byte {
				quoted, _ := json.Marshal(tok.Decode(ids, false)) // a string cannot fail
				return append(dst, quoted...)
			})
	}
	return convertArray(s.In, s.Out, o.threads,
		func(text string) int { return len(text) },
		func(dst []byte, text string) []byte {
			dst = append(dst, '[')
			for i, id := range tok.Encode(nil, text, o.encode) {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = strconv.AppendInt(dst, int64(id), 10)
			}
			return append(dst, ']')
		})
}

// A job is a chunk on its way: its elements, and where their output comes.
type job[T any] struct {
	elements []T
	output   chan []byte
}

// convertArray reads a JSON array of T and writes the array of what convert
// appends for each element, in order. convert runs on several threads at once.
// bytes estimates the size of an element.
func convertArray[T any](in io.Reader, out io.Writer, threads int, bytes func(T) int, convert func(dst []byte, element T) []byte) error {
	work := make(chan job[T])
	order := make(chan job[T], 2*threads) // bounds what is in memory
	var workers sync.WaitGroup
	for range threads {
		workers.Go(func() {
			for j := range work {
				var b []byte
				for i, e := range j.elements {
					if i > 0 {
						b = append(b, ',')
					}
					b = convert(b, e)
				}
				j.output <- b
			}
		})
	}
	var readErr error
	go func() {
		defer close(order)
		defer close(work)
		readErr = readArray(in, bytes, func(chunk []T) {
			j := job[T]{chunk, make(chan []byte, 1)}
			order <- j
			work <- j
		})
	}()

	w := bufio.NewWriterSize(out, 1<<16)
	_ = w.WriteByte('[') // a bufio.Writer keeps its first error for Flush
	first := true
	for j := range order {
		if !first {
			_ = w.WriteByte(',')
		}
		first = false
		_, _ = w.Write(<-j.output)
	}
	workers.Wait()
	if readErr != nil {
		return errors.Join(readErr, w.Flush())
	}
	_, _ = w.WriteString("]\n")
	return w.Flush()
}

// readArray passes the elements of one JSON array to put, in chunks.
func readArray[T any](in io.Reader, bytes func(T) int, put func(chunk []T)) error {
	d := json.NewDecoder(in)
	fault := func(err error) error {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("standard input, byte %d: %w", d.InputOffset(), err)
	}
	start, err := d.Token()
	if err != nil {
		return fault(err)
	}
	if start != json.Delim('[') {
		return fault(fmt.Errorf("want a JSON array, got %v", start))
	}
	var chunk []T
	size, n := 0, 0
	for d.More() {
		var e *T
		if err := d.Decode(&e); err != nil {
			return fault(err)
		}
		if e == nil {
			return fault(fmt.Errorf("element %d is null", n))
		}
		n++
		chunk, size = append(chunk, *e), size+bytes(*e)
		if len(chunk) == chunkElements || size >= chunkBytes {
			put(chunk)
			chunk, size = nil, 0
		}
	}
	if _, err := d.Token(); err != nil { // the closing bracket
		return fault(err)
	}
	if len(chunk) > 0 {
		put(chunk)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault(errors.New("there is more after the array"))
	}
	return nil
}
