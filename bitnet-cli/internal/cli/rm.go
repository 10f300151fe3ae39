package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

func newRemove(s *Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "rm NAME...",
		Short: "Remove models of the hub from this machine",
		Long: `Remove models of the hub from Hugging Face's cache, without asking. A name without a
file or type means all models of the repository, or of its revision if it has one.
Files that another model uses stay, and so does what is being fetched.`,
		Example: `  bitnet rm 2b4t
  bitnet rm hf.co/tiiuae/Falcon3-1B-Instruct-1.58bit-GGUF`,
		ValidArgsFunction: completeStored,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("rm wants the name of a model; bitnet list shows which are here")
			}
			return remove(s, args)
		},
	}
}

// remove removes as many of the models as it can.
func remove(s *Streams, names []string) error {
	refs := make([]hub.Ref, len(names))
	for i, name := range names {
		var err error
		if refs[i], err = parseName(name); err != nil {
			return err
		}
	}
	store, err := openStore()
	if err != nil {
		return fmt.Errorf("%s: %w", refs[0], err)
	}
	defer store.Close()
	var faults []error
	for i, ref := range refs {
		freed, err := store.Remove(ref)
		if errors.Is(err, hub.ErrNotHere) {
			err = fmt.Errorf("%w; bitnet list shows which models are here", err)
		}
		if err == nil {
			_, err = fmt.Fprintf(s.Out, "removed %s: %s freed\n", names[i], size(freed))
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
