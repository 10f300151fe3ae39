package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// Split says how text is cut into words before bytes are merged. No token
// reaches across a cut.
type Split string

const (
	GPT2   Split = "gpt2"   // the cut of the pre-tokenizer ByteLevel; also the zero value's
	Llama3 Split = "llama3" // as Llama 3 and tiktoken's cl100k cut: numbers in threes
	Qwen2  Split = "qwen2"  // as Qwen 2 and 3 cut: every number character by itself
)

// Splits returns the values of Split.
func Splits() []Split { return []Split{GPT2, Llama3, Qwen2} }

// cut returns what cuts a text, and its expression in a tokenizer.json, which
// needs none for GPT2. For what is no Split it returns nil.
func (s Split) cut() (f split.Func, pattern string) {
	switch s {
	case GPT2:
		return split.GPT2, ""
	case Llama3:
		return split.Llama3, split.Llama3Pattern
	case Qwen2:
		return split.Qwen2, split.Qwen2Pattern
	}
	return nil, ""
}

// ErrMemory is the error of texts with more distinct words than
// WordOptions.MaxMemory allows.
var ErrMemory = errors.New("the distinct words take too much memory")

// WordOptions say how texts become words. The zero value reads lines as the
// Hugging Face library reads files.
type WordOptions struct {
	Split Split // default GPT2

	// Separator stands between documents in what Read reads and belongs to
	// none. By default every line is a document, its newline included.
	Separator string

	Threads   int   // that count, default one for each processor
	MaxMemory int64 // bytes that distinct words may take, 64 for each and their text; default 2 GiB

	// Progress, if any, is told how many bytes Read has read of its reader. It
	// runs on Read's goroutine.
	Progress func(bytes int64)
}

const (
	defaultMemory = 2 << 30
	wordOverhead  = 64 // of a word in a table: string header, count, slot of the map
)

// Words are the distinct words of texts with their counts. Its methods are not
// for concurrent use.
type Words struct {
	opt    WordOptions
	cut    split.Func
	chunk  int      // bytes that are read at a time
	shards []*table // one for each thread
	memory atomic.Int64
}

// A table counts words. One goroutine uses it at a time.
type table struct {
	index  map[string]int // of texts and counts
	texts  []string
	counts []int64
}

// NewWords returns an empty count. The error is of an option that cannot be.
func NewWords(opt WordOptions) (*Words, error) {
	w := &Words{opt: opt, chunk: 1 << 20}
	if opt.Split == "" {
		w.opt.Split = GPT2
	}
	if w.cut, _ = w.opt.Split.cut(); w.cut == nil {
		return nil, fmt.Errorf("train: there is no split %q; there are %q", opt.Split, Splits())
	}
	if len(opt.Separator) > maxSeparator {
		return nil, fmt.Errorf("train: the separator has %d bytes, the limit is %d", len(opt.Separator), maxSeparator)
	}
	if w.opt.MaxMemory <= 0 {
		w.opt.MaxMemory = defaultMemory
	}
	n := opt.Threads
	if n <= 0 {
		n = runtime.GOMAXPROCS(0)
	}
	for range n {
		w.shards = append(w.shards, &table{index: map[string]int{}})
	}
	return w, nil
}

// Len returns how many distinct words there are.
func (w *Words) Len() int {
	if len(w.shards) == 1 {
		return len(w.shards[0].texts)
	}
	return len(w.merged().texts)
}

// Add counts the words of one document.
func (w *Words) Add(text string) error {
	return w.add(w.shards[0], text)
}

// Read counts the words of all documents that r holds. The text must be UTF-8;
// an error says where it is not. After an error, that of an ended ctx included,
// a part of the text is counted. A Read of r that blocks is not interrupted.
func (w *Words) Read(ctx context.Context, r io.Reader) error {
	work := make(chan string)
	failed := make(chan error, len(w.shards))
	var workers sync.WaitGroup
	for _, shard := range w.shards {
		workers.Go(func() {
			for text := range work {
				if err := w.documents(shard, text); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	c := chunker{r: r, size: w.chunk, separator: w.opt.Separator}
	err := c.each(func(text string) error {
		if w.opt.Progress != nil {
			w.opt.Progress(c.offset)
		}
		select {
		case work <- text:
			return ctx.Err()
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		}
	})
	close(work)
	workers.Wait()
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// documents counts the documents of a chunk.
func (w *Words) documents(shard *table, text string) error {
	separator, behind := w.opt.Separator, 0
	if separator == "" {
		separator, behind = "\n", 1 // the newline belongs to its line
	}
	for text != "" {
		end, next := len(text), len(text)
		if i := strings.Index(text, separator); i >= 0 {
			end, next = i+behind, i+len(separator)
		}
		if err := w.add(shard, text[:end]); err != nil {
			return err
		}
		text = text[next:]
	}
	return nil
}

func (w *Words) add(t *table, text string) error {
	var grown int64
	for i := 0; i < len(text); {
		end := w.cut(text, i)
		word := text[i:end]
		i = end
		at, ok := t.index[word]
		if !ok {
			at = len(t.texts)
			word = strings.Clone(word) // text may be large
			t.index[word] = at
			t.texts = append(t.texts, word)
			t.counts = append(t.counts, 0)
			grown += int64(len(word)) + wordOverhead
		}
		t.counts[at]++
	}
	if grown > 0 && w.memory.Add(grown) > w.opt.MaxMemory {
		return fmt.Errorf("%w: more than %d bytes; train on a part of the text, or allow more", ErrMemory, w.opt.MaxMemory)
	}
	return nil
}

// merged brings all words into the first shard.
func (w *Words) merged() *table {
	all := w.shards[0]
	for _, t := range w.shards[1:] {
		for i, word := range t.texts {
			at, ok := all.index[word]
			if !ok {
				at = len(all.texts)
				all.index[word] = at
				all.texts = append(all.texts, word)
				all.counts = append(all.counts, 0)
			} else {
				w.memory.Add(-int64(len(word)) - wordOverhead)
			}
			all.counts[at] += t.counts[i]
		}
		*t = table{index: map[string]int{}}
	}
	return all
}
