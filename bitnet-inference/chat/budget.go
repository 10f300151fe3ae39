package chat

import (
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/nikolalohinski/gonja/v2/exec"
)

// What a template may cost. Sizes count bytes of text and elements of lists;
// each limit has a fixed part and one that grows with the conversation.
const (
	maxSource   = 256 << 10 // bytes of template source
	maxBrackets = 64        // brackets inside brackets
	maxBlocks   = 64        // blocks inside blocks
	maxDepth    = 200       // operations inside operations of one expression
	maxCalls    = 100       // macros inside macros
	maxNesting  = 64        // lists inside lists
	maxRange    = 100_000   // numbers of one range(), as in Jinja's sandbox

	maxValue     = 1 << 20 // size of one value, and of the prompt
	valuePerByte = 8
	maxWork      = 32 << 20 // size of everything read and written
	stepWork     = 32       // added for each step: what it takes apart from its data
	workPerByte  = 256
	maxTime      = 5 * time.Second
)

// A budget is what is left of the limits in one rendering. Whatever exceeds it,
// or ends the rendering for another reason of ours, is kept in failure: the
// template engine drops some errors and rewords others.
type budget struct {
	work     int
	value    int
	calls    int
	output   int
	checks   int
	deadline time.Time
	failure  error
}

func newBudget(input int) *budget {
	return &budget{
		work:     maxWork + workPerByte*input,
		value:    maxValue + valuePerByte*input,
		output:   maxValue + valuePerByte*input,
		deadline: time.Now().Add(maxTime),
	}
}

// fail records the first failure and returns it.
func (b *budget) fail(err error) error {
	if b.failure == nil {
		b.failure = err
	}
	return b.failure
}

// charge takes the cost of a step that reads or writes n bytes or elements.
func (b *budget) charge(n int) error {
	if b.failure != nil {
		return b.failure
	}
	b.work -= stepWork + n
	if n < 0 || b.work < 0 {
		return b.fail(fmt.Errorf("does more work than a prompt of this length can need: look for a loop that multiplies text or lists"))
	}
	if b.checks++; b.checks%64 == 0 && time.Now().After(b.deadline) {
		return b.fail(fmt.Errorf("takes longer than %v", maxTime))
	}
	return nil
}

// chargeValue takes the cost of reading all of v, and refuses a value that is
// too large, nested too deep or part of itself.
func (b *budget) chargeValue(v *exec.Value) error {
	left := b.value
	if !measure(v, &left, 0) {
		return b.fail(fmt.Errorf("builds a value that is larger than %d bytes, nested deeper than %d lists, or contains itself", b.value, maxNesting))
	}
	return b.charge(b.value - left)
}

// measure subtracts the size of v from left; false if that is not enough or v
// is nested too deep.
func measure(v *exec.Value, left *int, depth int) bool {
	*left--
	if depth > maxNesting {
		return false
	}
	switch {
	case v == nil || v.IsNil():
	case v.IsString():
		*left -= reflect.Indirect(v.Val).Len()
	default:
		ok := true
		children(v, func(key, item *exec.Value) bool {
			ok = (key == nil || measure(key, left, depth+1)) && measure(item, left, depth+1)
			return ok
		})
		return ok && *left >= 0
	}
	return *left >= 0
}

// children calls f for the items of a list (without key) or of a mapping, until
// f returns false. Mappings written in the template and messages keep their
// order, Go maps are in the order of their keys.
func children(v *exec.Value, f func(key, item *exec.Value) bool) {
	switch d := v.Interface().(type) {
	case *exec.Dict:
		for _, p := range d.Pairs {
			if !f(p.Key, p.Value) {
				return
			}
		}
		return
	case *exec.Pair:
		f(d.Key, d.Value)
		return
	}
	switch val := reflect.Indirect(v.Val); val.Kind() {
	case reflect.Slice, reflect.Array:
		for i := range val.Len() {
			if !f(nil, exec.ToValue(val.Index(i))) {
				return
			}
		}
	case reflect.Map:
		for _, key := range v.Keys() {
			if !f(key, exec.ToValue(val.MapIndex(key.Val))) {
				return
			}
		}
	}
}

// times multiplies sizes without overflow.
func times(a, b int) int {
	if a <= 0 || b <= 0 {
		return 0
	}
	if a > math.MaxInt32 || b > math.MaxInt32 {
		return math.MaxInt32
	}
	return min(a*b, math.MaxInt32)
}
