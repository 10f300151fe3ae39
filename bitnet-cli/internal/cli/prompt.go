package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// A prompt is what the model is given: text, or token ids if ids is not nil.
type prompt struct {
	text string
	ids  []int32
}

// promptFlags are the ways to give a prompt beside the positional arguments.
type promptFlags struct{ text, file, ids string }

func (p *promptFlags) register(fs *pflag.FlagSet) {
	fs.StringVarP(&p.text, "prompt", "p", "", "`TEXT` of the prompt; \"\" is the beginning of a text, nothing more")
	fs.StringVarP(&p.file, "file", "f", "", "read the prompt from `FILE`, - for standard input")
	fs.StringVar(&p.ids, "ids", "", "token `IDS` such as 1,2,3 as the prompt, exactly as they are")
}

// read returns the prompt that flags and arguments give, else what standard
// input holds if that is not a terminal. ok is false if there is none.
func (p *promptFlags) read(fs *pflag.FlagSet, args []string, s *Streams) (q prompt, ok bool, err error) {
	var given []string
	if len(args) > 0 {
		given = append(given, fmt.Sprintf("the argument %q", shorten(args[0], 30)))
	}
	for _, name := range []string{"prompt", "file", "ids"} {
		if fs.Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return q, false, usagef("the prompt is given twice: by %s", strings.Join(given, " and by "))
	}
	switch {
	case len(args) > 0:
		return prompt{text: strings.Join(args, " ")}, true, nil
	case fs.Changed("prompt"):
		return prompt{text: p.text}, true, nil
	case fs.Changed("ids"):
		ids, err := parseIDs(p.ids)
		if err == nil && len(ids) == 0 {
			err = usagef("--ids is empty")
		}
		return prompt{ids: ids}, true, err
	case fs.Changed("file") && p.file != standardInput:
		data, err := os.ReadFile(p.file)
		if err != nil {
			return q, false, fmt.Errorf("cannot read the prompt: %w", err)
		}
		return prompt{text: trimNewline(string(data))}, true, nil
	case fs.Changed("file") || !s.InTTY:
		data, err := io.ReadAll(s.In)
		if err != nil {
			return q, false, fmt.Errorf("cannot read the prompt from standard input: %w", err)
		}
		return prompt{text: trimNewline(string(data))}, true, nil
	}
	return q, false, nil
}

// trimNewline removes the newline that ends the last line of a file.
func trimNewline(s string) string {
	s = strings.TrimSuffix(s, "\n")
	return strings.TrimSuffix(s, "\r")
}
