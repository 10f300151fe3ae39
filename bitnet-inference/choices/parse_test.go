package choices

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

func TestParse(t *testing.T) {
	for name, tt := range map[string]struct {
		data   string
		format Format
		want   []Item
	}{
		"instructions": {
			`[{"instruction":"Please choose the correct answer to the question: Is it? Answer1: no.\n\nAnswer1: a Answer2: b, \n\nc Answer3: d\n\nAnswer format: answer1/answer2/answer3","input":"","answer":"answer2"},
			  {"instruction":"Please choose the correct solution to the question: How?\n\nSolution1: So. \n\nSolution2: Thus.\n\nAnswer format: solution1/solution2","answer":"solution1"}]`,
			Instructions,
			[]Item{
				{Context: "Question: Is it? Answer1: no.\nAnswer:", Endings: []string{"a", "b, \n\nc", "d"}, Spaced: true, Answer: 1},
				{Context: "Question: How?\nAnswer:", Endings: []string{"So.", "Thus."}, Spaced: true},
			},
		},
		"lines": {
			"A fox\r\n3\r\na\r\nb\r\nc\r\nd\r\nA crow\n0\nw\nx\ny\nz\n",
			Lines,
			[]Item{
				{Context: "A fox", Endings: []string{"a", "b", "c", "d"}, Spaced: true, Answer: 3},
				{Context: "A crow", Endings: []string{"w", "x", "y", "z"}, Spaced: true},
			},
		},
		"jsonl": {
			`{"context":"It is","endings":["n't."," so."],"answer":1}` + "\n\n" +
				`{"ctx":"x","ctx_a":"[header] How to [title] Cut it.","ctx_b":"he GOES","activity_label":"Cut","endings":["on [step] and on","off"],"label":"1"}` + "\n" +
				`{"ctx":"A fox","endings":["a","b"],"label":0}`,
			JSONL,
			[]Item{
				{Context: "It is", Endings: []string{"n't.", " so."}, Answer: 1},
				{Context: "Cut: How to. Cut it. He goes", Endings: []string{"on and on", "off"}, Spaced: true, Answer: 1},
				{Context: "A fox", Endings: []string{"a", "b"}, Spaced: true},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range tt.want {
				tt.want[i].Number = i
			}
			for _, data := range []string{tt.data, "\ufeff" + tt.data} {
				require.Equal(t, tt.format, Detect([]byte(data)))
				got, err := Parse([]byte(data), tt.format)
				require.NoError(t, err)
				require.Equal(t, tt.want, got)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	ask := func(instruction, answer string) string {
		return `[{"instruction":"` + instruction + `","answer":"` + answer + `"}]`
	}
	for _, tt := range []struct {
		format      Format
		data, fault string
	}{
		{Instructions, `[]`, "no items"},
		{Instructions, `[1]`, "JSON array of objects with instruction and answer, both text; at byte 2 is a JSON number"},
		{Instructions, `[{"instruction":"a","answer":["b"]}]`, "is a JSON array"},
		{Instructions, ask("What?", "answer1"), `item 1: the instruction has no "to the question:"`},
		{Instructions, ask("choose to the question: What?", "answer1"), "item 1: the instruction has no Answer1: or Solution1:"},
		{Instructions, ask(`choose to the question: What?\n\nAnswer1: a`, "answer1"), "item 1: the number of endings is 1"},
		{Instructions, ask(`choose to the question: What?\n\nAnswer1: a Answer2: `, "answer1"), "item 1: ending 2 is empty"},
		{Instructions, ask(`choose to the question: What?\n\nAnswer1: a Answer2: b`, "answer3"), "item 1: the right ending is number 2 from 0, and there are 2"},
		{Instructions, ask(`choose to the question: What?\n\nAnswer1: a Answer2: b`, "b"), `item 1: the answer is "b", want answer1`},
		{Lines, "", "no items"},
		{Lines, "a\n0\na\nb\nc", "the number of lines is 5, which is no multiple of 6"},
		{Lines, "a\n0\na\nb\nc\nd\na\nx\na\nb\nc\nd\n", `line 8: the index of the right ending is "x"`},
		{Lines, "a\n0\na\nb\nc\nd\na\n4\na\nb\nc\nd\n", "line 7: the right ending is number 4"},
		{JSONL, "{\n", "line 1: "},
		{JSONL, "\n{}\n", "line 2: want {"},
		{JSONL, `{"context":"a","endings":["b","c"]}`, `line 1: there is no "answer"`},
		{JSONL, `{"ctx":"a","endings":["b","c"],"label":""}`, "line 1: the label is"},
		{JSONL, `{"context":"a","endings":["b","c"],"answer":-1}`, "line 1: the right ending is number -1"},
		{JSONL, "\xff", "UTF-8"},
	} {
		_, err := Parse([]byte(tt.data), tt.format)
		require.ErrorContains(t, err, tt.fault)
		require.NotContains(t, err.Error(), "\n")
	}
}

// TestPublicItems reads what is published of ARC and PIQA.
func TestPublicItems(t *testing.T) {
	for name, want := range map[string]struct {
		items int
		first Item
	}{
		"ARC-Easy.test.json": {2376, Item{
			Context: "Question: Which statement best explains why photosynthesis is the foundation of most food webs?\nAnswer:",
			Endings: []string{
				"Sunlight is the source of energy for nearly all ecosystems.", "Most ecosystems are found on land instead of in water.",
				"Carbon dioxide is more available than other gases.", "The producers in all ecosystems are plants.",
			}, Spaced: true,
		}},
		"piqa.test.json": {1838, Item{
			Context: "Question: How do I ready a guinea pig cage for it's new occupants?\nAnswer:",
			Endings: []string{
				"Provide the guinea pig with a cage full of a few inches of bedding made of ripped paper strips, you will also need to supply it with a water bottle and a food dish.",
				"Provide the guinea pig with a cage full of a few inches of bedding made of ripped jeans material, you will also need to supply it with a water bottle and a food dish.",
			}, Spaced: true,
		}},
	} {
		items := public(t, name)
		require.Len(t, items, want.items)
		require.Equal(t, want.first, items[0])
		for i, it := range items {
			require.NotContains(t, strings.Join(it.Endings, " "), "nswer format", "item %d", i)
		}
	}
}

func public(t testing.TB, name string) []Item {
	t.Helper()
	data, err := os.ReadFile(golden.Path(t, "eval", name))
	require.NoError(t, err)
	items, err := Parse(data, Detect(data))
	require.NoError(t, err)
	return items
}

// FuzzParse: whatever is read has a right ending, and endings to choose from.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"instruction":"choose to the question: What?\n\nAnswer1: a Answer2: b","answer":"answer1"}]`))
	f.Add([]byte("a\n0\na\nb\nc\nd\n"))
	f.Add([]byte(`{"context":"a","endings":["b","c"],"answer":1}`))
	f.Add([]byte(`{"ctx":"a","ctx_a":"b","ctx_b":"éc","activity_label":"x","endings":["b [x] ","c"],"label":"1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, format := range Formats {
			items, err := Parse(data, format)
			if err != nil {
				require.Empty(t, items)
				continue
			}
			require.NotEmpty(t, items)
			for _, it := range items {
				require.NoError(t, it.check())
			}
		}
	})
}
