package sequence

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// BatchOptions say how [Batches] groups sequences. At least one of Tokens and Count
// is set.
type BatchOptions struct {
	Tokens   int // most cells of a batch, padding included; 0: any number
	Count    int // most sequences of a batch; 0: any number
	Multiple int // widths are rounded up to it, as by [PadOptions]; 0: 1
	// Pool is how many sequences are sorted by width together; 0: all. Smaller pools
	// mix lengths more and waste more.
	Pool int
	// Shuffle mixes the sequences before they are put into pools and the batches at
	// the end, by Seed. Without it batches come from short to long (in each pool) and
	// sequences of one width in their order.
	Shuffle bool
	Seed    uint64
}

// Batches groups sequences of similar length: each batch holds numbers of
// sequences, indices of lengths, and each number is in one batch. Sequences whose
// lengths round up to the same width count as equally long. It returns a
// [*LengthError] if a sequence alone is above Tokens.
func Batches(lengths []int, o BatchOptions) ([][]int, error) {
	if o.Tokens == 0 && o.Count == 0 {
		panic("sequence: Batches without a limit of Tokens or Count")
	}
	if o.Tokens < 0 || o.Count < 0 || o.Multiple < 0 || o.Pool < 0 {
		panic("sequence: Batches options below 0")
	}
	checkLengths(lengths, "sequence: Batches length")
	multiple := max(o.Multiple, 1)
	tokens, count := math.MaxInt, math.MaxInt
	if o.Count > 0 {
		count = o.Count
	}
	if o.Tokens > 0 {
		tokens = o.Tokens
		if err := fits(lengths, tokens-tokens%multiple); err != nil {
			return nil, err
		}
	}
	order := make([]int, len(lengths))
	for i := range order {
		order[i] = i
	}
	random := rand.NewPCG(o.Seed, 0)
	if o.Shuffle {
		shuffle(order, random)
	}
	pool := o.Pool
	if pool == 0 {
		pool = max(len(order), 1)
	}
	width := func(i int) int { return roundUp(lengths[i], multiple) }
	var batches [][]int
	for sorted := range slices.Chunk(order, pool) {
		slices.SortStableFunc(sorted, func(i, j int) int { return width(i) - width(j) })
		from := 0
		for i, n := range sorted {
			// n is the longest so far.
			if rows := i - from + 1; rows > count || width(n) > tokens/rows {
				batches = append(batches, sorted[from:i:i])
				from = i
			}
		}
		batches = append(batches, sorted[from:])
	}
	if o.Shuffle {
		shuffle(batches, random)
	}
	return batches, nil
}

// checkLengths panics with text if a length is negative.
func checkLengths(lengths []int, text string) {
	for _, n := range lengths {
		if n < 0 {
			panic(text)
		}
	}
}

// shuffle orders x at random (Fisher and Yates). It is written out because a seed
// is to give the same order with every version of Go, which math/rand/v2 says of
// PCG and not of its own Shuffle. The high half of the product is below i+1, uniform to
// within i/2^64.
func shuffle[T any](x []T, random *rand.PCG) {
	for i := len(x) - 1; i > 0; i-- {
		j, _ := bits.Mul64(random.Uint64(), uint64(i+1))
		x[i], x[j] = x[j], x[i]
	}
}
