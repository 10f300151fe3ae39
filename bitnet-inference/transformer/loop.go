package transformer

import "github.com/bitnet-go/bitnet/bitnet-core/parallel"

const (
	// chunksPerThread splits loops finely enough to balance threads of unequal speed.
	chunksPerThread = 4
	// fineChunks is for products with one token: threads share the memory's bandwidth
	// unequally, and while one waits for the other's last chunk it lies half idle. For
	// several tokens, whose activations are read again for every chunk, fewer are better.
	fineChunks = 16
)

// A loop spreads a body over a pool. Unlike [parallel.Pool.Range] it makes no
// closure, so that a token allocates nothing: bodies are method values that a
// [State] makes once, and find what they work on in its fields.
type loop struct {
	pool             *parallel.Pool
	chunk            func(i int) // l.part
	body             func(lo, hi int)
	n, grain, chunks int
}

func (l *loop) init(pool *parallel.Pool) { l.pool, l.chunk = pool, l.part }

// run calls body on consecutive parts of [0, n) that begin at multiples of grain.
func (l *loop) run(n, grain int, body func(lo, hi int)) { l.split(n, grain, chunksPerThread, body) }

// split is run with some number of chunks for each thread.
func (l *loop) split(n, grain, perThread int, body func(lo, hi int)) {
	grains := (n + grain - 1) / grain
	if l.pool.Threads() == 1 || grains <= 1 {
		if n > 0 {
			body(0, n)
		}
		return
	}
	l.body, l.n, l.grain = body, n, grain
	l.chunks = min(grains, l.pool.Threads()*perThread)
	l.pool.Run(l.chunks, l.chunk)
}

func (l *loop) part(i int) { l.body(l.start(i), min(l.start(i+1), l.n)) }

// start returns where part i begins. Parts differ by one grain at most.
func (l *loop) start(i int) int {
	grains := (l.n + l.grain - 1) / l.grain
	return i * grains / l.chunks * l.grain
}
