// Tokenize measures bitnet-core/tokenizer against Hugging Face's tokenizers on the
// same texts with the same vocabularies, in turns, and prints the quotients with
// their spread; then encoding on two threads against one, and the memory that a
// vocabulary takes.
//
//	bitnet-benchmarks/tokenize/run [--rounds 7] [--time 300ms] [--json]
//
// The library is that of the Python package tokenizers, the same Rust code as
// everywhere, built by its makers. It encodes all documents in one call
// (encode_batch_fast, which leaves offsets out) on one thread, so that Python costs
// next to nothing for a document, and only that call is timed. Bitnet's Encode is
// called once for each document. Both must give the same ids, which is checked
// before anything is timed. The vocabularies and texts are those of the tests
// (BITNET_TESTDATA).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/device"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "tokenize:", err)
		}
		os.Exit(1)
	}
}

// vocabularies are folders of the test data.
var vocabularies = []string{"llama3_1", "qwen3"}

// A Result is one set of texts with one vocabulary.
type Result struct {
	Vocabulary string        `json:"vocabulary"`
	Texts      string        `json:"texts"`
	Documents  int           `json:"documents"`
	Bytes      int           `json:"bytes"`
	Bitnet     float64       `json:"bitnet"`  // median, MB/s
	Library    float64       `json:"library"` // median, MB/s
	Times      paired.Spread `json:"times"`   // bitnet's speed as a multiple of the library's
	Threads    paired.Spread `json:"threads"` // speed on two threads as a multiple of that on one
}

// A Report is what --json prints.
type Report struct {
	CPU     string             `json:"cpu"`
	Library string             `json:"library"` // its version
	Date    string             `json:"date"`
	Go      string             `json:"go"`
	Rounds  int                `json:"rounds"`
	Heap    map[string]float64 `json:"heap"` // of a loaded vocabulary, in use after garbage collection, MiB
	Results []Result           `json:"results"`
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("tokenize", flag.ContinueOnError)
	rounds := flags.Int("rounds", 7, "measurements of each, in turns")
	least := flags.Duration("time", 300*time.Millisecond, "least duration of a measurement")
	asJSON := flags.Bool("json", false, "print JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir := os.Getenv("BITNET_TESTDATA")
	switch {
	case *rounds < 1 || *least <= 0 || flags.NArg() > 0:
		return fmt.Errorf("want --rounds 1 or more, --time above 0 and no arguments, have --rounds %d, --time %v and %q", *rounds, *least, flags.Args())
	case dir == "":
		return errors.New("BITNET_TESTDATA is not set: it names the folder of vocabularies and texts (bitnet-benchmarks/tokenize/run sets it)")
	}
	p, err := start(ctx)
	if err != nil {
		return err
	}
	defer p.close()
	texts, err := sets(p, dir)
	if err != nil {
		return err
	}
	r := Report{
		CPU: device.Detect().Name, Library: p.version, Date: time.Now().Format("2006-01-02"), Go: runtime.Version(),
		Rounds: *rounds, Heap: map[string]float64{},
	}
	for _, name := range vocabularies {
		tok, heap, err := load(p, filepath.Join(dir, "tokenizers", name, "tokenizer.json"))
		if err != nil {
			return err
		}
		r.Heap[name] = heap
		for _, s := range texts {
			fmt.Fprintf(progress, "%s, %s\n", name, s.Name)
			one, err := compare(ctx, tok, p, s, *rounds, *least)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, s.Name, err)
			}
			one.Vocabulary = name
			r.Results = append(r.Results, one)
		}
	}
	if *asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	return r.write(out)
}

// load reads a vocabulary into both, and measures what the heap grows by here.
func load(p *peer, name string) (tok tokenizer.Tokenizer, heap float64, err error) {
	text, err := p.unpack(name)
	if err != nil {
		return nil, 0, err
	}
	data := []byte(text)
	before := heapInUse()
	if tok, err = tokenizer.LoadJSON(data, name); err != nil {
		return nil, 0, err
	}
	heap = float64(heapInUse()-before) / (1 << 20)
	runtime.KeepAlive(text)
	runtime.KeepAlive(data)
	if name, err = packed(name); err == nil {
		_, err = p.ask(request{Load: name})
	}
	return tok, heap, err
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC() // the first one frees what has finalizers
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse)
}

// write prints a Markdown table.
func (r *Report) write(w io.Writer) error {
	fmt.Fprintln(w, "| vocabulary | texts | documents | bytes | bitnet, MB/s | library, MB/s | bitnet ÷ library | two threads ÷ one |")
	fmt.Fprintln(w, "|---|---|---:|---:|---:|---:|---:|---:|")
	for _, one := range r.Results {
		fmt.Fprintf(w, "| %s | %s | %d | %d | %.1f | %.1f | %.1f (%.1f to %.1f) | %.2f (%.2f to %.2f) |\n", one.Vocabulary, one.Texts, one.Documents,
			one.Bytes, one.Bitnet, one.Library, one.Times.Median, one.Times.Min, one.Times.Max, one.Threads.Median, one.Threads.Min, one.Threads.Max)
	}
	for _, name := range vocabularies {
		fmt.Fprintf(w, "\n%s takes %.1f MiB of the heap.", name, r.Heap[name])
	}
	_, err := fmt.Fprintf(w, "\nMedians of %d rounds, %s, tokenizers %s, %s, %s.\n", r.Rounds, r.CPU, r.Library, r.Go, r.Date)
	return err
}
