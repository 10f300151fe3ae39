package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-inference/engine"
)

// promptCacheFlags name a file that keeps the state after a prompt, so that the
// next run computes only what is new in its prompt.
type promptCacheFlags struct {
	path     string // "" for none
	readOnly bool
}

func (c *promptCacheFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&c.path, "prompt-cache", "", "begin from the prompt saved in `FILE`, if it exists, and save this one there if it differs")
	fs.BoolVar(&c.readOnly, "prompt-cache-ro", false, "only read the file of --prompt-cache")
}

func (c *promptCacheFlags) check(fs *pflag.FlagSet) error {
	if c.path == "" && fs.Changed("prompt-cache") {
		return usagef("--prompt-cache is empty, want the name of a file")
	}
	if c.path == "" && c.readOnly {
		return usagef("--prompt-cache-ro needs --prompt-cache, which names the file")
	}
	return nil
}

// use loads the file into a new session, and has the first prompt that is computed
// saved before its answer begins, if more than the last token of it was new: that
// one is always computed.
func (c *promptCacheFlags) use(session *engine.Session, o *engine.Options) error {
	if c.path == "" {
		return nil
	}
	loaded, err := session.LoadPrompt(c.path)
	if errors.Is(err, fs.ErrNotExist) && !c.readOnly {
		err = c.checkFolder() // rather now than after a long prompt
	}
	if err != nil {
		return err
	}
	first := !c.readOnly
	o.Prefilled = func(r engine.Result) error {
		if !first || loaded > 0 && r.PrefillTokens == 1 {
			return nil
		}
		first = false
		return session.SavePrompt(c.path)
	}
	return nil
}

// checkFolder reports that the folder of a file to be made is none.
func (c *promptCacheFlags) checkFolder() error {
	dir := filepath.Dir(c.path)
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	if err != nil {
		return fmt.Errorf("the prompt cannot be saved to %s: %w", c.path, err)
	}
	return nil
}
