package hub

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FromEnvironment reads the variables that Hugging Face's own tools read:
//
//	HF_ENDPOINT       where the hub is                     https://huggingface.co
//	HF_TOKEN          the token of an account              what the file HF_TOKEN_PATH says
//	HF_TOKEN_PATH     the file with the token              $HF_HOME/token
//	HF_HOME           the directory of their files         $XDG_CACHE_HOME or ~/.cache, and huggingface
//	HF_HUB_CACHE      the store                            $HF_HOME/hub
//	HF_HUB_OFFLINE    1, ON, YES or TRUE: no network
//	HF_HUB_DISABLE_IMPLICIT_TOKEN   likewise: no token
//
// HUGGING_FACE_HUB_TOKEN and HUGGINGFACE_HUB_CACHE, the names they had before, count where the new ones are not set.
func FromEnvironment() (Options, error) { return fromEnvironment(os.Getenv) }

func fromEnvironment(get func(string) string) (Options, error) {
	user, _ := os.UserHomeDir() // "" where nobody has one: the paths below are then in the current directory
	expand := func(path string) string {
		if path == "~" || strings.HasPrefix(path, "~/") {
			path = user + path[1:]
		}
		return os.Expand(path, get)
	}
	first := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return v
			}
		}
		return ""
	}
	isTrue := func(name string) bool {
		switch strings.ToUpper(get(name)) {
		case "1", "ON", "YES", "TRUE":
			return true
		}
		return false
	}
	home := expand(first(get("HF_HOME"), filepath.Join(first(get("XDG_CACHE_HOME"), filepath.Join(user, ".cache")), "huggingface")))
	o := Options{
		Endpoint: get("HF_ENDPOINT"),
		Cache:    expand(first(get("HF_HUB_CACHE"), get("HUGGINGFACE_HUB_CACHE"), filepath.Join(home, "hub"))),
		Offline:  isTrue("HF_HUB_OFFLINE"),
	}
	if isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
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
