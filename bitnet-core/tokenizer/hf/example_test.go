//go:build tokenizers

package hf_test

import (
	"fmt"
	"log"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/hf"
)

// A Tokenizer of this package serves wherever one of package tokenizer does.
func ExampleLoadJSON() {
	const file = `{
		"pre_tokenizer": {"type": "Whitespace"},
		"model": {"type": "WordLevel", "vocab": {"<unk>": 0, "once": 1, "upon": 2}, "unk_token": "<unk>"}
	}`
	words, err := hf.LoadJSON([]byte(file), "words.json")
	if err != nil {
		log.Fatal(err)
	}
	defer words.Close()
	var tok tokenizer.Tokenizer = words
	ids := tok.Encode(nil, "once upon a", tokenizer.Options{})
	fmt.Println(ids, tok.Decode(ids, false))
	// Output: [1 2 0] once upon <unk>
}
