package check

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/chat"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
)

// text checks what has to do with text.
func (c *checker) text() {
	c.chatTemplate()
	if !c.ck.HasTokenizer() {
		c.add(Finding{Severity: Note, Kind: Tokenizer, Where: c.ck.Name, What: "there is no tokenizer: the model takes token ids only"})
		c.specialTokens(nil)
		return
	}
	tok, err := c.ck.Tokenizer()
	if err != nil {
		c.specialTokens(nil)
		what := strings.TrimPrefix(err.Error(), "tokenizer: ")
		what = strings.TrimPrefix(strings.TrimPrefix(what, c.ck.Name+": "), c.tokenizerPlace()+": ")
		if key, _, _ := strings.Cut(what, ":"); !c.report.has(key) {
			c.add(Finding{Severity: Error, Kind: Tokenizer, Where: c.tokenizerPlace(), What: "does not load: " + strings.ReplaceAll(what, "\n", "; ")})
		}
		return
	}
	c.vocabulary(tok)
	c.specialTokens(tok)
	c.preTokenizer()
}

// tokenizerPlace says where the vocabulary is.
func (c *checker) tokenizerPlace() string {
	if c.ck.IsGGUF() {
		return tokenizer.GGUFPrefix + "tokens"
	}
	return filepath.Join(c.ck.Name, "tokenizer.json")
}

// vocabulary compares the tokens with the rows of the embedding. Tokens that are there twice
// keep a tokenizer from loading.
func (c *checker) vocabulary(tok tokenizer.Tokenizer) {
	where, rows := c.tokenizerPlace(), c.ck.Config.VocabSize
	size := tok.VocabSize()
	switch {
	case size > rows:
		c.add(Finding{Severity: Error, Kind: Tokenizer, Where: where, What: fmt.Sprintf("has %d tokens and the embedding %d rows: the last tokens have no vector; the tokenizer is another model's, or tokens were added without training them", size, rows)})
	case size < rows && c.ck.IsGGUF():
		c.add(Finding{Severity: Warning, Kind: Tokenizer, Where: where, What: fmt.Sprintf("has %d tokens and the embedding %d rows: engines that take the number of rows from the vocabulary refuse the file", size, rows)})
	case size < rows-rows/10:
		c.add(Finding{Severity: Warning, Kind: Tokenizer, Where: where, What: fmt.Sprintf("has %d tokens and the embedding %d rows: the tokenizer may be another model's", size, rows)})
	}
}

// ends are the spellings of tokens that end a text, and of those that end a turn.
var ends = []string{"<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>", "<|eot_id|>", "<|im_end|>", "<end_of_turn>"}

// specialTokens checks the tokens that begin and end texts. tok may be nil.
func (c *checker) specialTokens(tok tokenizer.Tokenizer) {
	count, rows := 0, c.ck.Config.VocabSize
	for _, e := range c.specialIDs() {
		c.outside(&e, rows)
		if e.name != "bos" {
			count++
		}
	}
	if tok == nil {
		return
	}
	if count == 0 {
		c.add(Finding{Severity: Warning, Kind: SpecialTokens, Where: c.idPlace("eos"), What: "is missing: nothing ends a text but its length", Repair: c.setEnd()})
	}
	if c.ck.IsGGUF() {
		return
	}
	for _, e := range [][2]string{{"bos_token", c.ck.Chat.BOS}, {"eos_token", c.ck.Chat.EOS}} {
		if _, ok := tok.ID(e[1]); e[1] != "" && !ok {
			c.add(Finding{Severity: Warning, Kind: SpecialTokens, Where: filepath.Join(c.ck.Name, "tokenizer_config.json") + ": " + e[0], What: fmt.Sprintf("is %q, which the tokenizer does not have", e[1])})
		}
	}
}

// A specialID is a token that begins or ends texts, by the name of its role.
type specialID struct {
	name string
	id   int64  // -1 for what is no number that a vocabulary could have
	text string // as the file has it
}

func (c *checker) specialIDs() []specialID {
	var all []specialID
	if c.ck.IsGGUF() {
		for _, name := range append([]string{"bos"}, checkpoint.EndNames()...) {
			if v, ok := c.ck.Value(checkpoint.TokenKey(name)); ok {
				e := specialID{name, -1, fmt.Sprint(v)}
				switch v.(type) {
				case uint8, int8, uint16, int16, uint32, int32, uint64, int64:
					if id, err := strconv.ParseInt(e.text, 10, 64); err == nil {
						e.id = id
					}
				}
				all = append(all, e)
			}
		}
		return all
	}
	if g := &c.ck.Generation; g.BOS >= 0 {
		all = append(all, specialID{"bos", int64(g.BOS), fmt.Sprint(g.BOS)})
	}
	for _, id := range c.ck.Generation.EOS {
		all = append(all, specialID{"eos", int64(id), fmt.Sprint(id)})
	}
	return all
}

// outside reports an id that has no row.
func (c *checker) outside(e *specialID, rows int) {
	if e.id >= 0 && e.id < int64(rows) {
		return
	}
	f := Finding{Severity: Error, Kind: SpecialTokens, Where: c.idPlace(e.name), What: fmt.Sprintf("is %.40s, which is no token: there are %d", e.text, rows)}
	if e.name == "eos" {
		f.Repair = c.setEnd()
	}
	c.add(f)
}

func (c *checker) idPlace(name string) string {
	if c.ck.IsGGUF() {
		return checkpoint.TokenKey(name)
	}
	return "config.json or generation_config.json: " + name + "_token_id"
}

// setEnd returns the command that names the token which ends texts, if the vocabulary of
// a GGUF file has one by its spelling.
func (c *checker) setEnd() string {
	v, _ := c.ck.Value(tokenizer.GGUFPrefix + "tokens")
	tokens, _ := v.([]string)
	for _, text := range ends {
		if id := slices.Index(tokens, text); id >= 0 {
			return c.repair("--set", checkpoint.TokenKey("eos")+"=u32:"+strconv.Itoa(id))
		}
	}
	return ""
}

// preTokenizer says if a BPE vocabulary comes without the rule that cuts words.
func (c *checker) preTokenizer() {
	if c.ck.LacksPreTokenizer() {
		c.add(Finding{
			Severity: Warning, Kind: PreTokenizer, Where: tokenizer.GGUFPrefix + "pre",
			What: "is missing: engines guess how text is split before BPE, and not all guess the same", Repair: c.repair(),
		})
	}
}

// chatTemplate checks that conversations can be written.
func (c *checker) chatTemplate() {
	t := &c.ck.Chat
	if t.Template == "" {
		return
	}
	f := Finding{Severity: Warning, Kind: ChatTemplate, Where: "tokenizer.chat_template"}
	if !c.ck.IsGGUF() {
		f.Where = filepath.Join(c.ck.Name, "tokenizer_config.json or chat_template.jinja")
	}
	if _, override := chat.Detect(t.Template, c.ck.Config.Architecture, ""); override {
		f.What = "is a placeholder of a published file, which the model was not trained on"
		if f.Repair = c.repair(); !c.ck.IsGGUF() {
			f.Repair = c.toGGUF()
		}
		c.add(f)
		return
	}
	jinja, err := chat.FromJinja(t.Template, c.ck.Name, chat.Vars{BOSToken: t.BOS, EOSToken: t.EOS})
	if err == nil {
		_, err = jinja.Render([]chat.Message{{Role: "user", Content: "a"}, {Role: "assistant", Content: "b"}, {Role: "user", Content: "c"}}, true)
	}
	if err != nil {
		f.What = "does not work: " + strings.ReplaceAll(err.Error(), "\n", "; ")
		c.add(f)
	}
}
