package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pieces is a decoder whose token i stands for the i-th piece; tail is what it
// still has at the end.
type pieces struct {
	text []string
	tail string
}

func (p *pieces) Next(id int32) string { return p.text[id] }

func (p *pieces) Flush() string {
	tail := p.tail
	p.tail = ""
	return tail
}

// naive is the definition: the shortest beginning of text that ends with a stop
// string, without the longest one it ends with.
func naive(text string, stops []string) (cut, matched string, stopped bool) {
	for end := 1; end <= len(text); end++ {
		for _, stop := range stops {
			if stop != "" && strings.HasSuffix(text[:end], stop) && len(stop) > len(matched) {
				matched = stop
			}
		}
		if matched != "" {
			return text[:end-len(matched)], matched, true
		}
	}
	return text, "", false
}

// heldBack is how much of the end of text could be the beginning of a stop
// string.
func heldBack(text string, stops []string) int {
	n := 0
	for _, stop := range stops {
		for k := 1; k < len(stop); k++ {
			if strings.HasSuffix(text, stop[:k]) {
				n = max(n, k)
			}
		}
	}
	return n
}

func TestStream(t *testing.T) {
	for name, c := range map[string]struct {
		pieces  []string
		tail    string
		stops   []string
		want    []string // what each Next and at last Flush return
		matched string
	}{
		"no stops":            {[]string{"a", "", "b"}, "c", nil, []string{"a", "", "b", "c"}, ""},
		"empty stop ignored":  {[]string{"a"}, "", []string{""}, []string{"a", ""}, ""},
		"inside a piece":      {[]string{"one STOP two"}, "", []string{"STOP"}, []string{"one ", ""}, "STOP"},
		"over pieces":         {[]string{"one S", "T", "OP two"}, "", []string{"STOP"}, []string{"one ", "", "", ""}, "STOP"},
		"false alarm":         {[]string{"one S", "T", "UP"}, "", []string{"STOP"}, []string{"one ", "", "STUP", ""}, ""},
		"held until flush":    {[]string{"one STO"}, "", []string{"STOP"}, []string{"one ", "STO"}, ""},
		"completed by flush":  {[]string{"one STO"}, "P!", []string{"STOP"}, []string{"one ", ""}, "STOP"},
		"overlapping retry":   {[]string{"aa", "ab"}, "", []string{"aab"}, []string{"", "a", ""}, "aab"},
		"first complete wins": {[]string{"xabcd"}, "", []string{"abcd", "bc"}, []string{"xa", ""}, "bc"},
		"longest of a byte":   {[]string{"xabc"}, "", []string{"bc", "abc", "c"}, []string{"x", ""}, "abc"},
		"stop first":          {[]string{"\n", "a"}, "", []string{"\n"}, []string{"", "", ""}, "\n"},
		"two bytes a letter":  {[]string{"né", "é!"}, "", []string{"éé"}, []string{"n", "", ""}, "éé"},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewStream(&pieces{c.pieces, c.tail}, c.stops)
			var got []string
			for id := range c.pieces {
				piece, stopped := s.Next(int32(id))
				got = append(got, piece)
				require.Equal(t, s.Matched() != "", stopped)
			}
			got = append(got, s.Flush())
			require.Equal(t, c.want, got)
			require.Equal(t, c.matched, s.Matched())
			require.Empty(t, s.Flush())
		})
	}
}

func TestStreamEqualsNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 6, -1)
		p := &pieces{
			text: rapid.SliceOfN(piece, 0, 12).Draw(t, "pieces"),
			tail: piece.Draw(t, "tail"),
		}
		stops := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 5, -1), 0, 4).Draw(t, "stops")
		whole := strings.Join(p.text, "") + p.tail
		want, matched, wantStopped := naive(whole, stops)

		s := NewStream(p, stops)
		printed, seen := "", ""
		for id := range p.text {
			piece, stopped := s.Next(int32(id))
			require.True(t, utf8.ValidString(piece), "piece %q divides a character", piece)
			printed, seen = printed+piece, seen+p.text[id]
			cut, _, complete := naive(seen, stops)
			require.Equal(t, complete, stopped, "after %q", seen)
			if stopped {
				require.Equal(t, cut, printed)
			} else {
				// Safe to print, and nothing held back without need.
				require.Equal(t, seen[:len(seen)-heldBack(seen, stops)], printed)
			}
		}
		printed += s.Flush()
		require.Equal(t, want, printed)
		require.Equal(t, matched, s.Matched())
		require.Equal(t, wantStopped, s.Matched() != "")
	})
}

// A stop string that almost matches at every byte must not make the work grow
// with its length.
func BenchmarkStream(b *testing.B) {
	p := &pieces{text: []string{strings.Repeat("a", 4096)}}
	s := NewStream(p, []string{strings.Repeat("a", 1000) + "b"})
	b.SetBytes(4096)
	for b.Loop() {
		s.Next(0)
	}
}
