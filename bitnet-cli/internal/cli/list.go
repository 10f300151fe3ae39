package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-inference/hub"
)

func newList(s *Streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models of the hub that are here",
		Long: `List the models of the hub that are complete in Hugging Face's cache, whichever program
fetched them. The names are those that every command takes.`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return list(s, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print them as JSON, an array")
	return cmd
}

// A listedJSON is one model of what list --json prints.
type listedJSON struct {
	Name     string    `json:"name"`
	Repo     string    `json:"repo"`
	Revision string    `json:"revision"`
	Commit   string    `json:"commit"`
	Path     string    `json:"path"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	Files    []string  `json:"files"`
}

func list(s *Streams, asJSON bool) error {
	var entries []hub.Entry
	store, err := openStore()
	if err == nil {
		defer store.Close()
		entries, err = store.List()
	}
	if err != nil && !errors.Is(err, hub.ErrNotHere) {
		return err
	}
	if asJSON {
		all := []listedJSON{}
		for _, e := range entries {
			all = append(all, listedJSON{e.Ref.String(), e.Ref.Repo, e.Ref.Revision, e.Commit, e.Path, e.Size, e.Modified.UTC(), e.Files})
		}
		return writeJSON(s.Out, all)
	}
	if len(entries) == 0 {
		_, err := fmt.Fprintln(s.Err, "There are no models; bitnet pull NAME fetches one.")
		return err
	}
	var rows [][]string
	for _, e := range entries {
		rows = append(rows, []string{printable(e.Ref.String()), fmt.Sprint(len(e.Files)), size(e.Size), e.Commit[:7], e.Modified.Format("2006-01-02 15:04"), printable(e.Path)})
	}
	columns := []column{{name: "name"}, {name: "files", right: true}, {name: "size", right: true}, {name: "commit", spare: true}, {name: "when"}, {name: "path", spare: true}}
	return printTable(s.Out, s.width(), columns, rows)
}
