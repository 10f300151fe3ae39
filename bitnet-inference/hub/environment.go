package hub

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// FromEnvironment reads the variables that Hugging Face's own tools read:
//
//	HF_ENDPOINT       where the hub is                     https://huggingface.co
//	HF_TOKEN          the token of an account              what the file HF_TOKEN_PATH says
//	HF_TOKEN_PATH     the file with the token              $HF_HOME/token
//	HF_HOME           the directory of their files         $XDG_CACHE_HOME or ~/.cache, and huggingface
//	HF_HUB_CACHE      the store                            $HF_HOME/hub
//	HF_HUB_OFFLINE    1, ON, YES or TRUE: no network       TRANSFORMERS_OFFLINE
//	HF_HUB_DISABLE_IMPLICIT_TOKEN   likewise: no token
//	HF_HUB_DISABLE_SYMLINKS         likewise: no symbolic links in snapshots
//
// HUGGING_FACE_HUB_TOKEN and HUGGINGFACE_HUB_CACHE, the names they had before, count where the new ones are not set.
func FromEnvironment() (Options, error) { return fromEnvironment(os.LookupEnv) }

// variable is what Python's os.path.expandvars replaces: not $$, and nothing that is not set.
var variable = regexp.MustCompile(`\$(\w+|\{[^}]*\})`)

func fromEnvironment(lookup func(string) (string, bool)) (Options, error) {
	get := func(name string) string {
		value, _ := lookup(name)
		return value
	}
	user, _ := os.UserHomeDir() // "" where nobody has one: the paths below are then in the current directory
	expand := func(path string) string {
		if path == "~" || strings.HasPrefix(path, "~/") {
			path = user + path[1:]
		}
		return variable.ReplaceAllStringFunc(path, func(v string) string {
			if value, ok := lookup(strings.Trim(v[1:], "{}")); ok {
				return value
			}
			return v
		})
	}
	first := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return v
			}
		}
		return ""
	}
	isTrue := func(value string) bool {
		switch strings.ToUpper(value) {
		case "1", "ON", "YES", "TRUE":
			return true
		}
		return false
	}
	home := expand(first(get("HF_HOME"), filepath.Join(first(get("XDG_CACHE_HOME"), filepath.Join(user, ".cache")), "huggingface")))
	o := Options{
		Endpoint: get("HF_ENDPOINT"),
		Cache:    expand(first(get("HF_HUB_CACHE"), get("HUGGINGFACE_HUB_CACHE"), filepath.Join(home, "hub"))),
		Offline:  isTrue(first(get("HF_HUB_OFFLINE"), get("TRANSFORMERS_OFFLINE"))),

		NoSymlinks: isTrue(get("HF_HUB_DISABLE_SYMLINKS")),
	}
	if isTrue(get("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		return o, nil
	}
	o.Token = strings.TrimSpace(first(get("HF_TOKEN"), get("HUGGING_FACE_HUB_TOKEN")))
	if o.Token != "" {
		return o, nil
	}
	path := expand(first(get("HF_TOKEN_PATH"), filepath.Join(home, "token")))
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return o, fmt.Errorf("the token file %s: %w", path, bare(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return o, fmt.Errorf("the token file %s: %w", path, bare(err))
	}
	o.Token = strings.TrimSpace(string(data))
	return o, nil
}
