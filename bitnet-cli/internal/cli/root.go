package cli

import (
	"github.com/spf13/cobra"
)

// newRoot returns the command tree. Commands read and write s.
func newRoot(s *Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "bitnet",
		Short: "Run 1.58-bit (ternary) language models",
		Long: `Run 1.58-bit (ternary) language models on an ordinary CPU.

A MODEL is a .gguf file, a Hugging Face directory (config.json, *.safetensors,
tokenizer.json), a model of the hub (hf.co/ORG/REPO[:FILE|QUANT][@REVISION], or a short
name such as 2b4t) that bitnet pull has fetched, or fable: a small model that writes
simple stories and is built into this program. Where no model is named, fable is
used. A path that exists is a path; ./ makes any name one.`,
		Example: `  bitnet run "Once upon a time"          # let the built-in model write
  bitnet run ./model.gguf                # talk to a model of your own
  bitnet show ./model.gguf               # what is in the file
  bitnet tokenize "How many tokens?"     # text to token ids`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			hint := "; to have a model write, say bitnet run"
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				hint = "; did you mean " + near[0] + "?"
			}
			return usagef("there is no command %q%s", shorten(args[0], 30), hint)
		},
		Version:                    buildVersion().String(),
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:              true, // report prints them
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetVersionTemplate("bitnet {{.Version}}\n")
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newRun(s), newShow(s), newConvert(s), newQuantize(s), newDiff(s), newTokenize(s), newTokenizer(s), newLogits(s), newPerplexity(s), newChoices(s),
		newCalibrate(s), newEmbed(s), newBench(s), newDevices(s), newVersion(s),
		newPull(s), newList(s), newRemove(s), newCopy(s),
	)
	completeFlags(root)
	wrapHelp(root, s.width())
	return root
}
