package parallel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// spinLimit is how often a worker looks for work before it parks: about
	// 100 µs, more than the time between two loops of one token and less than
	// what a user would notice on a battery.
	spinLimit = 3000
	// yieldEvery is how many looks a spinner takes between two calls of the
	// scheduler, so that a machine with fewer free cores than threads advances.
	yieldEvery = 256
	// chunksPerThread splits a range finely enough to balance threads of
	// unequal speed, which compete for the memory too, and coarsely enough to keep
	// claims rare.
	chunksPerThread = 16
)

// A Pool runs loops on its threads: the calling goroutine and Threads()-1
// workers. Loops of one Pool run one after another; Run must not be called from
// inside a loop body.
//
// The chunks of a loop are divided evenly, each thread's one after another, so that
// a thread meets the same part of a range in every loop over it, and its caches and
// its node's memory may hold it. Who is done with its share helps the others, so
// nobody waits for a thread that has claimed nothing.
type Pool struct {
	loop   atomic.Uint32 // counts loops; workers look here for the next one
	_      [60]byte
	shares []share      // of each thread, the caller's first
	open   atomic.Int64 // shares of the loop with chunks not yet claimed
	_      [56]byte
	done   atomic.Int64 // chunks finished, added up when a thread finds no more
	_      [56]byte

	// Set before shares are published, stable until every chunk is done.
	job   job
	fault atomic.Pointer[any] // the first panic of the loop

	// Whoever changes waiting from true to false owes finished a token, unless it
	// is the caller itself. A token may come early, from the last worker of the
	// loop before, and says no more than to look again.
	waiting  atomic.Bool
	finished chan struct{}

	running sync.Mutex // held during a loop, guards balance
	balance balance
	workers []*worker
	stopped atomic.Bool
	exited  sync.WaitGroup
}

// A job is what a loop does: each for every chunk, or part for the grains that a
// chunk holds.
type job struct {
	chunks int
	each   func(chunk int)

	part             func(lo, hi int)
	n, grain, grains int
}

// do runs chunks [from, to), which need not be run one by one.
func (j *job) do(from, to int) {
	if j.part != nil {
		j.part(j.start(from), min(j.start(to), j.n))
		return
	}
	for i := from; i < to; i++ {
		j.each(i)
	}
}

// start returns where a chunk's part begins. Parts differ by one grain at most.
func (j *job) start(chunk int) int { return chunk * j.grains / j.chunks * j.grain }

// A share is the chunks of a loop that a thread claims first.
type share struct {
	// claim holds loop<<32 | chunks not yet claimed. The loop's number makes a
	// late compare-and-swap from an earlier loop fail.
	claim atomic.Uint64
	_     [56]byte
}

// A worker parks on wake. Whoever changes parked from true to false owes it one
// token.
type worker struct {
	parked atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// New starts a pool of the given number of threads; values below 2 run every
// loop on the caller alone.
func New(threads int) *Pool {
	p := &Pool{finished: make(chan struct{}, 1), balance: balance{now: time.Now, interrupted: interrupted}}
	for range max(threads, 1) - 1 {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
	}
	p.shares = make([]share, p.Threads())
	for i, w := range p.workers {
		p.exited.Go(func() { p.work(w, i+1) })
	}
	return p
}

// Threads returns how many goroutines take part in a loop, the caller included.
func (p *Pool) Threads() int { return len(p.workers) + 1 }

// Close stops the workers and returns when they have exited.
func (p *Pool) Close() {
	p.running.Lock()
	defer p.running.Unlock()
	if p.stopped.Swap(true) {
		return
	}
	for _, w := range p.workers {
		p.unpark(w)
	}
	p.exited.Wait()
}

// Run calls body(i) for every 0 <= i < n, in any order and on any threads of the
// pool, perhaps on the caller alone, and returns when all calls have returned. No
// call may wait for another one. If calls panic, Run panics with the value of one
// of them when the others are done.
func (p *Pool) Run(n int, body func(i int)) { p.run(job{chunks: n, each: body}) }

// Range calls body on consecutive parts [lo, hi) of [0, n) that together cover
// it. Every lo is a multiple of grain; grain 0 means 1.
func (p *Pool) Range(n, grain int, body func(lo, hi int)) {
	p.Split(n, grain, chunksPerThread, body)
}

// Split is Range with about perThread parts for each thread: few where a part is
// dear to begin, many where threads go at unequal speed.
func (p *Pool) Split(n, grain, perThread int, body func(lo, hi int)) {
	if n <= 0 {
		return
	}
	grain = max(grain, 1)
	grains := (n + grain - 1) / grain
	p.run(job{
		chunks: min(grains, p.Threads()*perThread),
		part:   body, n: n, grain: grain, grains: grains,
	})
}

func (p *Pool) run(j job) {
	n := j.chunks
	if n <= 1 || len(p.workers) == 0 {
		j.do(0, n)
		return
	}
	p.running.Lock()
	defer p.running.Unlock()
	if p.stopped.Load() {
		panic("parallel: Run on a closed Pool")
	}
	if p.balance.alone() {
		j.do(0, n)
		return
	}
	p.job = j
	p.done.Store(0)
	p.open.Store(int64(min(n, len(p.shares))))
	loop := p.loop.Load() + 1
	for i := range p.shares {
		p.shares[i].claim.Store(uint64(loop)<<32 | uint64(p.shareEnd(i+1)-p.shareEnd(i)))
	}
	p.loop.Store(loop)
	for _, w := range p.workers[:min(len(p.workers), n-1)] {
		p.unpark(w)
	}
	p.drain(0)
	p.wait(n)
	p.job.each, p.job.part = nil, nil
	if v := p.fault.Swap(nil); v != nil {
		panic(*v)
	}
}

// wait returns when n chunks are done. A worker that has been taken off its core
// in the middle of a chunk cannot be helped by spinning: after a while the caller
// sleeps, which frees a core for it.
func (p *Pool) wait(n int) {
	for i := 1; p.done.Load() != int64(n); i++ {
		if i%spinLimit != 0 {
			spin()
			continue
		}
		p.waiting.Store(true)
		if p.done.Load() == int64(n) && p.waiting.CompareAndSwap(true, false) {
			return
		}
		<-p.finished
	}
}

// shareEnd returns the number of chunks in the shares before number i.
func (p *Pool) shareEnd(i int) int { return i * p.job.chunks / len(p.shares) }

// drain runs the chunks of share self, and then what others have not claimed of
// theirs.
func (p *Pool) drain(self int) {
	ran := 0
	for i := self; p.open.Load() > 0; {
		s := &p.shares[i]
		c := s.claim.Load()
		left := uint32(c)
		if left == 0 {
			if i++; i == len(p.shares) {
				i = 0
			}
			if i == self {
				break // all of them were claimed when we looked
			}
			continue
		}
		if !s.claim.CompareAndSwap(c, c-1) {
			continue
		}
		// The chunk is ours and unfinished, so job is this loop's.
		if left == 1 {
			p.open.Add(-1)
		}
		p.call(p.shareEnd(i+1) - int(left))
		ran++
	}
	if ran == 0 {
		return
	}
	n := p.job.chunks
	if p.done.Add(int64(ran)) == int64(n) && p.waiting.Load() && p.waiting.CompareAndSwap(true, false) {
		p.finished <- struct{}{}
	}
}

// call runs one chunk. A panic in it is kept for the caller of Run, whose
// goroutine is the one that someone may recover.
func (p *Pool) call(chunk int) {
	defer func() {
		if v := recover(); v != nil {
			fault := v // on the heap, which v would be in every call
			p.fault.CompareAndSwap(nil, &fault)
		}
	}()
	p.job.do(chunk, chunk+1)
}

func (p *Pool) work(w *worker, self int) {
	var seen uint32
	idle := 0
	for !p.stopped.Load() {
		if loop := p.loop.Load(); loop != seen {
			seen, idle = loop, 0
			p.drain(self)
			continue
		}
		spin()
		idle++
		if idle%yieldEvery == 0 {
			runtime.Gosched()
		}
		if idle < spinLimit {
			continue
		}
		idle = 0
		w.parked.Store(true)
		if (p.loop.Load() != seen || p.stopped.Load()) && w.parked.CompareAndSwap(true, false) {
			continue // work came while parking
		}
		<-w.wake
	}
}

func (p *Pool) unpark(w *worker) {
	if w.parked.Load() && w.parked.CompareAndSwap(true, false) {
		w.wake <- struct{}{}
	}
}
