package train_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/train"
)

func Example() {
	ctx := context.Background()
	words, err := train.NewWords(train.WordOptions{})
	if err != nil {
		log.Fatal(err)
	}
	text := strings.NewReader("low lower lowest\nnew newer newest\n")
	if err := words.Read(ctx, text); err != nil {
		log.Fatal(err)
	}
	m, err := train.BPE(ctx, words, train.Options{VocabSize: 300, SpecialTokens: []string{"<|end|>"}})
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := m.WriteJSON(&file); err != nil {
		log.Fatal(err)
	}
	tok, err := tokenizer.LoadJSON(file.Bytes(), "tokenizer.json")
	if err != nil {
		log.Fatal(err)
	}
	for _, id := range tok.Encode(nil, "lowest newest<|end|>", tokenizer.Options{}) {
		token, _ := tok.Token(id)
		fmt.Println(id, token)
	}
	// Output:
	// 258 lo
	// 264 west
	// 262 Ġne
	// 264 west
	// 0 <|end|>
}
