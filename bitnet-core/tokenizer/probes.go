package tokenizer

import (
	"iter"
	"slices"
	"strings"
)

// Probes yields texts that tokenizers are known to cut differently: by their rules of
// splitting, of normalizing and of spaces, and by tokens that many have.
func Probes() iter.Seq[string] { return slices.Values(probes) }

var probes = []string{
	"", "a", " ", " a", "a ", "  a  ", "Once upon a time, there was a little girl named Lily.", "Hello, world!", " leading and trailing ",
	"  two  spaces   three\tand tab ", "a  b   c    d", "line\nline\n\n\nline \n \r\n end\n", "tabs\tand\nlines\r\n\n  indented",
	"1 12 123 1234 12345678 3.14159", "1234567 3.14 1,000 12345678901", "it's I'LL we've DON'T ſ'ſ he'd",
	"MixedCase camelCase UPPER123lower_under-score HTTPServer2", "!!! ... ??? --- ,,, ;: (a)[b]{c}", "http://example.com/a?b=c&d=%20e",
	"func main() { fmt.Println(\"hi\") } // comment\n\tx := y*2 + 0x1F", "x = {\"k\": [1, 2.5e-3]};",
	"Größe Ärger naïve café Ωμέγα Привет мир", "日本語のテキスト 中文字符 한국어", "🙂🙃👩‍👩‍👧 e\u0301 \u00a0 \u200b\ufeff", "Ａｎｇｓｔröm",
	"١٢٣٤ ४५६ Ⅷ ½ x² H₂O", "word\u3000word   \n   word", "\u00adsoft\u00ad ﬁne ＡＢＣ …", "\u0085next \u2028line",
	"Z\u0351\u036b\u0343a\u0300\u0301\u0302\u0303l\u0334\u0335 e\u0301\u0301",
	"<|begin_of_text|>", "<|end_of_text|> <|eot_id|>after <s> </s> [INST]", "<|endoftext|>", "<0x41> <unk>",
}

// RunProbes yields repeated characters, alone and between others.
func RunProbes() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, char := range []string{" ", "\n", "\t", "a", "0", "-", "=", ".", "*", "é", "か"} {
			for _, n := range []int{2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 15, 16, 17, 23, 31, 32, 33, 47, 63, 64, 65, 100, 150} {
				run := strings.Repeat(char, n)
				if !yield(run) || !yield("x"+run+"y") || !yield("x "+run+" y") {
					return
				}
			}
		}
	}
}

// AddedProbes yields the tokens that some of the tokenizers match in texts, between words and
// between spaces.
func AddedProbes(all ...Tokenizer) iter.Seq[string] {
	return func(yield func(string) bool) {
		var contents []string
		for _, t := range all {
			tokens, _ := Added(t)
			for _, a := range tokens {
				contents = append(contents, a.Content)
			}
		}
		slices.Sort(contents)
		for _, s := range slices.Compact(contents) {
			if !yield(s) || !yield("x"+s+"y") || !yield(" x "+s+" y") || !yield(s+s+"  ") || !yield("\n"+s+"\n") {
				return
			}
		}
	}
}
