package cli

import "github.com/spf13/cobra"

// newTokenizer is the home of what is done to tokenizers rather than with them.
func newTokenizer(s *Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tokenizer",
		Short: "Make tokenizers",
		Example: `  bitnet tokenizer train -f stories.txt --vocab-size 8192 -o tokenizer.json
  bitnet tokenize tokenizer.json "How many tokens?"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("there is no command %q; there is train", shorten(args[0], 30))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTokenizerTrain(s))
	return cmd
}
