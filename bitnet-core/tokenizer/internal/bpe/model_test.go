package bpe

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// build makes a byte-level Model of tokens in the order of their ids.
func build(t require.TestingT, tokens ...string) *Model {
	v := NewVocab(0, 0)
	for id, text := range tokens {
		require.NoError(t, v.Add(int32(id), []byte(text)))
	}
	require.NoError(t, v.Index(nil))
	return New(v, 0)
}

// naive is greedy merging by the book: find the lowest rank, leftmost first,
// merge, start over.
func naive(m *Model, syms []int32) []int32 {
	syms = slices.Clone(syms)
	for {
		best, at, id := uint32(noRank), -1, None
		for i := 0; i+1 < len(syms); i++ {
			if r, merged := m.pairs.get(syms[i], syms[i+1]); r < best {
				best, at, id = r, i, merged
			}
		}
		if at < 0 {
			return syms
		}
		syms[at] = id
		syms = slices.Delete(syms, at+1, at+2)
	}
}

// randomModel draws a vocabulary over a, b, c in which many merges overlap.
func randomModel(t *rapid.T) *Model {
	set := map[string]bool{}
	tokens := []string{"a", "b", "c"}
	for _, s := range rapid.SliceOfN(rapid.StringMatching(`[abc]{2,6}`), 0, 40).Draw(t, "tokens") {
		if !set[s] {
			set[s] = true
			tokens = append(tokens, s)
		}
	}
	m := build(t, tokens...)
	m.ByteLevel = true
	ranks := rapid.SliceOfN(rapid.Uint32Range(0, 10), len(tokens), len(tokens)).Draw(t, "ranks")
	require.NoError(t, m.MergeByRank(func(id int32) uint32 { return ranks[id] }))
	m.Seal()
	return m
}

func TestMergeIsGreedy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModel(t)
		n := rapid.IntRange(0, 3*shortWord).Draw(t, "n")
		syms := rapid.SliceOfN(rapid.Int32Range(0, 2), n, n).Draw(t, "syms")
		want := naive(m, syms)
		require.Equal(t, want, m.merge(slices.Clone(syms), new(Scratch)))
		require.Equal(t, want, m.mergeLong(slices.Clone(syms), new(Scratch)))
		if n <= shortWord && n > 1 {
			require.Equal(t, want, m.mergeShort(slices.Clone(syms)))
		}
	})
}

func TestCacheChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := randomModel(t)
		var sc Scratch
		for _, w := range rapid.SliceOfN(rapid.StringMatching(`[abc]{1,40}`), 1, 20).Draw(t, "words") {
			want := m.Append(nil, w, new(Scratch))
			require.Equal(t, want, m.Append(nil, w, &sc))
			require.Equal(t, want, m.Append(nil, w, &sc), "from the table")
		}
	})
}

func TestVocab(t *testing.T) {
	v := NewVocab(0, 0)
	r := rand.New(rand.NewPCG(1, 2))
	texts := map[string]int32{}
	for id := int32(0); id < 5000; id += 1 + r.Int32N(3) {
		text := strings.Repeat(string([]byte{byte('a' + id%26)}), 1+int(id)%40) + string(0x4E00+id)
		texts[text] = id
		require.NoError(t, v.Add(id, []byte(text)))
	}
	require.NoError(t, v.Index(func(id int32) bool { return id == 0 }))
	for text, id := range texts {
		require.True(t, v.Has(id))
		require.Equal(t, text, string(v.Text(id)))
		if id == 0 {
			id = None
		}
		require.Equal(t, id, v.Lookup(text))
		require.Equal(t, id, v.LookupBytes([]byte(text)))
		require.Equal(t, None, v.Lookup(text+"x"))
	}
	require.Equal(t, len(texts), v.Count())
	require.ErrorContains(t, v.Add(0, []byte("again")), "id 0 is given to")
	require.Nil(t, v.Text(-1))
	require.Nil(t, v.Text(1<<30))
	require.False(t, v.Has(-1))
	for range 10000 { // grows the table
		_, err := v.AddIndexed([]byte(strings.Repeat("z", 50) + string(rune(v.Size()))))
		require.NoError(t, err)
	}
	require.Equal(t, None, v.Lookup("a"+string(rune(0x4E00))), "hidden stays hidden")

	twice := NewVocab(0, 0)
	require.NoError(t, twice.Add(0, []byte("x")))
	require.NoError(t, twice.Add(7, []byte("x")))
	require.ErrorContains(t, twice.Index(nil), "has two ids, 0 and 7")
	require.False(t, twice.Has(3))
}

func TestPairs(t *testing.T) {
	p := newPairs(0)
	for i := range int32(10000) {
		p.put(i, i*7%1000, uint32(i), i, true)
	}
	for i := range int32(10000) {
		rank, id := p.get(i, i*7%1000)
		require.Equal(t, uint32(i), rank)
		require.Equal(t, i, id)
		rank, _ = p.get(i, 20000)
		require.Equal(t, uint32(noRank), rank)
	}
	p.put(1, 7, 99, 99, false)
	rank, _ := p.get(1, 7)
	require.Equal(t, uint32(1), rank)
	p.put(1, 7, 99, 99, true)
	rank, _ = p.get(1, 7)
	require.Equal(t, uint32(99), rank)
	for _, sym := range []int32{loose(0), loose(255)} {
		rank, _ = p.get(sym, sym)
		require.Equal(t, uint32(noRank), rank, "symbols that are no tokens merge with nothing")
	}
}

func TestUnknownSymbols(t *testing.T) {
	word := "aé日b"
	m := build(t, "a", "b", "?", "日")
	m.Seal()
	require.Equal(t, []int32{0, 3, 1}, m.Append(nil, word, new(Scratch)), "no unknown token")
	m.Unk = 2
	require.Equal(t, []int32{0, 2, 3, 1}, m.Append(nil, word, new(Scratch)))
	require.Equal(t, []int32{2, 2, 0}, m.Append(nil, "éèa", new(Scratch)))
	m.FuseUnk = true
	require.Equal(t, []int32{2, 0, 2}, m.Append(nil, "éèaé", new(Scratch)))

	m = build(t, "a", "b", "?", "日", "<C3>", "<A9>")
	m.Seal()
	m.Unk, m.Fallback = 2, new([256]int32)
	for b := range m.Fallback {
		m.Fallback[b] = None
	}
	m.Fallback[0xC3], m.Fallback[0xA9] = 4, 5
	require.Equal(t, []int32{0, 4, 5, 3, 1}, m.Append(nil, word, new(Scratch)))
	require.Equal(t, []int32{4, 5, 2}, m.Append(nil, "èé", new(Scratch)), "the unknown waits for a known symbol")
	require.Equal(t, []int32{0, 4}, m.Append(nil, "a\xc3", new(Scratch)), "a stray byte")
}

func TestShadowsMergeButNeverComeOut(t *testing.T) {
	// é is no token, but né and née are, so é must be a symbol to merge with.
	m := build(t, "n", "né", "née", "e")
	require.NoError(t, m.MergeByRank(func(id int32) uint32 { return uint32(id) }))
	m.Unk = 3
	m.Seal()
	require.Equal(t, []int32{2}, m.Append(nil, "née", new(Scratch)))
	require.Equal(t, []int32{3}, m.Append(nil, "é", new(Scratch)))
	require.Equal(t, []int32{1, 3, 3}, m.Append(nil, "nééé", new(Scratch)))
	m.FuseUnk = true
	require.Equal(t, []int32{1, 3}, m.Append(nil, "nééxé", new(Scratch)))
}

func TestMergeByRankRefusesHugeTokens(t *testing.T) {
	m := build(t, "a", strings.Repeat("a", maxMerged+1))
	require.ErrorContains(t, m.MergeByRank(func(int32) uint32 { return 0 }), "token 1 is 1025 bytes long")
}

func TestJoins(t *testing.T) {
	m := build(t, "▁", "a", "▁a", "▁▁", "a▁")
	left, mark := m.Vocab.Lookup("a"), m.Vocab.Lookup("▁")
	require.True(t, m.AddMerge(mark, mark, 0, true))
	require.True(t, m.AddMerge(mark, left, 1, true))
	require.False(t, m.Joins("▁"))
	require.True(t, m.AddMerge(left, mark, 2, true))
	require.True(t, m.Joins("▁"))
	require.True(t, m.Joins("#"), "not a token")
	require.False(t, m.AddMerge(left, left, 3, true), "aa is no token")
}

func TestLongWordIsNotQuadratic(t *testing.T) {
	m := build(t, "a", "aa", "aaaa", "aaaaaaaa")
	m.ByteLevel = true
	require.NoError(t, m.MergeByRank(func(id int32) uint32 { return uint32(id) }))
	m.Seal()
	var sc Scratch
	out := m.Append(nil, strings.Repeat("a", 1<<20), &sc)
	require.Len(t, out, 1<<17)
	sc.Trim()
	require.Nil(t, sc.links)
}
