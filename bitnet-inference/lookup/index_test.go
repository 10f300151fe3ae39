package lookup

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naive is Guess by definition: every earlier end of the newest n tokens.
func naive(ids []int32, next int32, most int) (guess []int32, match int) {
	all := append(slices.Clone(ids), next)
	for n := longest; n >= shortest; n-- {
		for end := len(all) - 2; end-n+1 >= 0; end-- {
			if !slices.Equal(all[end-n+1:end+1], all[max(0, len(all)-n):]) {
				continue
			}
			for match < MaxMatch && end-match >= 0 && all[end-match] == all[len(all)-1-match] {
				match++
			}
			for i := range most {
				all = append(all, all[end+1+i])
			}
			return all[len(ids)+1:], match
		}
	}
	return nil, 0
}

// TestAgainstNaive compares with a search through the whole sequence, over random
// histories of appending, dropping and asking.
func TestAgainstNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.Int32Range(0, rapid.Int32Range(0, 6).Draw(t, "vocabulary"))
		var x Index
		var ids []int32
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.IntRange(0, 4).Draw(t, "step") == 0 {
				n := rapid.IntRange(0, len(ids)).Draw(t, "keep")
				ids = ids[:n]
				x.Truncate(n)
			} else {
				more := rapid.SliceOfN(token, 0, 12).Draw(t, "more")
				ids = append(ids, more...)
				x.Append(more...)
			}
			require.Equal(t, len(ids), x.Len())
			require.True(t, slices.Equal(ids, x.Tokens()))
			next, most := token.Draw(t, "next"), rapid.IntRange(1, 20).Draw(t, "most")
			want, wantMatch := naive(ids, next, most)
			got, match := x.Guess(nil, next, most)
			require.Equal(t, want, got)
			require.Equal(t, wantMatch, match)
		}
	})
}

func TestGuess(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ids   []int32
		next  int32
		guess []int32
		match int
	}{
		{"empty", nil, 1, nil, 0},
		{"one token is no match", []int32{1, 2}, 1, nil, 0},
		{"two are", []int32{1, 2, 3, 4, 5, 1}, 2, []int32{3, 4, 5}, 2},
		{"the latest of equals", []int32{1, 2, 3, 7, 1, 2, 4, 8, 1}, 2, []int32{4, 8, 1}, 2},
		{"the longer before the later", []int32{9, 1, 2, 3, 7, 1, 2, 4, 9, 1}, 2, []int32{3, 7, 1}, 3},
		{"it goes on with itself", []int32{1, 2, 1}, 2, []int32{1, 2, 1}, 2},
		{"a single token repeated", []int32{5, 5}, 5, []int32{5, 5, 5}, 2},
		{"long matches are counted", []int32{1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5}, 6, []int32{0, 1, 2}, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var x Index
			x.Append(tt.ids...)
			guess, match := x.Guess(nil, tt.next, 3)
			require.Equal(t, tt.guess, guess)
			require.Equal(t, tt.match, match)
		})
	}
	var x Index
	x.Append(1, 2, 1)
	guess, match := x.Guess([]int32{77}, 2, 2)
	require.Equal(t, []int32{77, 1, 2}, guess, "appended to what was there")
	require.Equal(t, 2, match)
	guess, match = x.Guess(nil, 2, 0)
	require.Empty(t, guess)
	require.Zero(t, match)
}

// TestTruncateForgets: grams that are no longer anywhere take no memory.
func TestTruncateForgets(t *testing.T) {
	var x Index
	for range 3 {
		for i := range int32(1000) {
			x.Append(i * 7919 % 1000)
		}
		require.LessOrEqual(t, len(x.last), 3*x.Len())
		x.Truncate(1)
		require.Empty(t, x.last)
	}
	require.PanicsWithValue(t, "lookup: Truncate position", func() { x.Truncate(2) })
	require.PanicsWithValue(t, "lookup: Truncate position", func() { x.Truncate(-1) })
}

func BenchmarkIndex(b *testing.B) {
	for _, vocabulary := range []int32{1, 10, 30000} {
		b.Run(fmt.Sprintf("append/vocabulary=%d", vocabulary), func(b *testing.B) {
			var x Index
			var state uint32
			for b.Loop() {
				if x.Len() == 4096 {
					x.Truncate(0)
				}
				state = state*1664525 + 1013904223
				x.Append(int32(state>>8) % vocabulary)
			}
		})
	}
	b.Run("guess", func(b *testing.B) {
		var x Index
		for i := range int32(4096) {
			x.Append(i % 1000)
		}
		var guess []int32
		for b.Loop() {
			guess, _ = x.Guess(guess[:0], 96, 16)
		}
	})
}
