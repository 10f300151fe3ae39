package tokenizer_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/train"
)

// load returns a small byte-level tokenizer. Programs open a file:
//
//	t, err := tokenizer.Open("tokenizer.json")
func load() tokenizer.Tokenizer {
	words, err := train.NewWords(train.WordOptions{Split: train.Llama3})
	if err != nil {
		log.Fatal(err)
	}
	text := strings.Repeat("the cat sat on the mat 😀\n", 3)
	if err := words.Read(context.Background(), strings.NewReader(text)); err != nil {
		log.Fatal(err)
	}
	model, err := train.BPE(context.Background(), words, train.Options{VocabSize: 300, SpecialTokens: []string{"<|end|>"}})
	if err != nil {
		log.Fatal(err)
	}
	var file bytes.Buffer
	if err := model.WriteJSON(&file); err != nil {
		log.Fatal(err)
	}
	t, err := tokenizer.LoadJSON(file.Bytes(), "tokenizer.json")
	if err != nil {
		log.Fatal(err)
	}
	return t
}

func Example_encode() {
	t := load()
	ids := t.Encode(nil, "the mat<|end|>", tokenizer.Options{})
	for _, id := range ids {
		spelling, _ := t.Token(id)
		fmt.Printf("%d %q special=%v\n", id, spelling, t.IsSpecial(id))
	}
	// What a user typed is text, whatever it looks like.
	plain := t.Encode(nil, "<|end|>", tokenizer.Options{PlainSpecials: true})
	fmt.Println(len(plain), "tokens")
	// Output:
	// 259 "the" special=false
	// 267 "Ġmat" special=false
	// 0 "<|end|>" special=true
	// 7 tokens
}

func Example_decode() {
	t := load()
	ids := t.Encode(nil, "the mat<|end|>", tokenizer.Options{})
	fmt.Println(t.Decode(ids, true))
	fmt.Println(t.Decode(ids, false))
	fmt.Printf("%q\n", t.AppendToken(nil, ids[1]))
	// Output:
	// the mat
	// the mat<|end|>
	// " mat"
}

func ExampleStream() {
	t := load()
	s := tokenizer.NewStream(t, true)
	for _, id := range t.Encode(nil, "cat é!", tokenizer.Options{}) {
		fmt.Printf("%q ", s.Next(id)) // never half a character
	}
	fmt.Printf("%q\n", s.Flush())
	// Output:
	// "cat" " " "" "é" "!" ""
}

func ExampleOffsetEncoder() {
	t := load().(tokenizer.OffsetEncoder)
	text := "the mat é"
	ids, ranges := t.EncodeOffsets(nil, nil, text, tokenizer.Options{})
	for i, r := range ranges {
		fmt.Printf("%d [%d:%d] %q\n", ids[i], r.Start, r.End, text[r.Start:r.End])
	}
	// Output:
	// 259 [0:3] "the"
	// 267 [3:7] " mat"
	// 221 [7:8] " "
	// 128 [8:9] "\xc3"
	// 103 [9:10] "\xa9"
}

func ExampleEncodeBatch() {
	ids, err := tokenizer.EncodeBatch(context.Background(), load(), []string{"the mat", "", "the"}, tokenizer.Options{}, 0)
	fmt.Println(ids, err)
	// Output:
	// [[259 267] [] [259]] <nil>
}

func ExampleAddTokens() {
	old := load()
	t, ids, err := tokenizer.AddTokens(old, []tokenizer.AddedToken{
		{Content: "<|user|>", Special: true, RStrip: true},
		{Content: "<|end|>", Special: true}, // there already: keeps its id
	})
	fmt.Println(ids, err, old.VocabSize(), t.VocabSize())
	list := t.Encode(nil, "<|user|>  the mat<|end|>", tokenizer.Options{})
	fmt.Println(list, t.Decode(list, true))
	// Output:
	// [274 0] <nil> 274 275
	// [274 259 267 0] the mat
}
