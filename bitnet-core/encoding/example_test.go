package encoding_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
)

// A file is there as a whole or not at all: what fails halfway leaves the old one.
func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "weights")
	err = encoding.WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "complete")
		return err
	})
	fmt.Println(err)
	err = encoding.WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "ha")
		return errors.Join(err, errors.New("the source ended"))
	})
	fmt.Println(err != nil)
	b, err := os.ReadFile(path)
	fmt.Println(string(b), err)
	// Output:
	// <nil>
	// true
	// complete <nil>
}
