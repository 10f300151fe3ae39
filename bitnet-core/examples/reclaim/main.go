// Reclaim shows what giving memory back brings: a server's worth of caches comes and goes,
// one in eight stays, and three runs return what they can, the last one by moving what
// stayed together. The system's count of the process' memory stands beside the pool's.
//
//	go run ./bitnet-core/examples/reclaim
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/pool"
	"github.com/bitnet-go/bitnet/bitnet-core/memory/reclaim"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) error {
	p, err := pool.New(pool.Options{Region: 16 << 20, MaxRegion: 16 << 20})
	if err != nil {
		return err
	}
	defer p.Close()
	kept, err := churn(p)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		what    string
		options reclaim.Options
	}{
		{"what a run would do", reclaim.Options{DryRun: true}},
		{"free memory goes back", reclaim.Options{}},
		{"what stayed moves together first", reclaim.Options{Compact: true}},
	} {
		r, err := reclaim.Run(ctx, p, step.options)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "== %s\n", step.what)
		if err := r.WriteText(out); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	for i, m := range kept {
		if m.Pin()[0] != byte(i) {
			return fmt.Errorf("buffer %d lost its contents", i)
		}
		m.Unpin()
		m.Release()
	}
	fmt.Fprintf(out, "%d buffers moved with their contents; all are released\n", len(kept))
	return nil
}

// churn allocates 256 MiB in buffers of 64 KiB to 2 MiB, writes to all of them and
// releases seven in eight.
func churn(p *pool.Pool) (kept []memory.Movable, err error) {
	var all []memory.Movable
	for total := 0; total < 256<<20; {
		n := 64 << 10 << (len(all) % 6)
		m, err := p.AllocMovable(n, 0)
		if err != nil {
			return nil, err
		}
		data := m.Pin()
		for i := 0; i < n; i += 4096 {
			data[i] = 1
		}
		m.Unpin()
		all = append(all, m)
		total += n
	}
	for i, m := range all {
		if i%8 != 0 {
			m.Release()
			continue
		}
		m.Pin()[0] = byte(len(kept))
		m.Unpin()
		kept = append(kept, m)
	}
	return kept, nil
}
