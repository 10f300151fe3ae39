package hub

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names come from people and from hubs, and become paths on this machine. What any
// of the supported systems would take for something else than a file below a
// directory is refused on all of them.

const (
	longestPath = 512 // bytes; with the store's own part less than what systems allow
	longestName = 255 // bytes, of ext4, APFS and NTFS
	longestRepo = 96  // of the hub's own rules
)

// checkPath holds the path of a file in a repository, or a revision, to what can be a
// path below a directory: relative, without "..", in names that are the same on all systems.
func checkPath(path string) error {
	switch {
	case path == "":
		return errors.New("an empty name")
	case len(path) > longestPath:
		return fmt.Errorf("a name of %d bytes; at most %d are taken", len(path), longestPath)
	case !utf8.ValidString(path):
		return errors.New("a name that is no UTF-8")
	case !filepath.IsLocal(filepath.FromSlash(path)):
		return errors.New("a name that leads out of its directory")
	}
	for _, c := range path {
		if unicode.IsControl(c) || strings.ContainsRune(`\:*?"<>|`, c) {
			return fmt.Errorf("a name with the character %q", c)
		}
	}
	for name := range strings.SplitSeq(path, "/") {
		switch {
		case name == "" || name == "." || name == "..":
			return errors.New("a name that leads out of its directory")
		case len(name) > longestName:
			return fmt.Errorf("a name of %d bytes; at most %d are taken", len(name), longestName)
		case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || strings.HasPrefix(name, " "):
			return errors.New("a name that begins or ends in a space, or ends in a dot")
		case isDevice(name):
			return fmt.Errorf("the name %q, which is a device on Windows", name)
		}
	}
	return nil
}

// isDevice reports what Windows takes for a device in any directory, with any extension.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimRight(stem, " "))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	prefix := strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")
	return prefix && utf8.RuneCountInString(stem) == 4 && strings.ContainsAny(stem[3:], "0123456789¹²³")
}

// checkRepo holds ORG/REPO to the hub's own rules.
func checkRepo(repo string) error {
	org, name, ok := strings.Cut(repo, "/")
	if !ok || org == "" || name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("a model is named ORG/REPO, not %q", repo)
	}
	if len(repo) > longestRepo {
		return fmt.Errorf("the name of a model has at most %d characters", longestRepo)
	}
	for _, part := range []string{org, name} {
		for _, c := range part {
			if !isWord(c) && c != '-' && c != '.' {
				return fmt.Errorf("the name of a model has letters, digits, -, _ and . only, not %q", c)
			}
		}
		first, last := part[0], part[len(part)-1]
		if first == '-' || first == '.' || last == '-' || last == '.' || isDevice(part) ||
			strings.Contains(part, "--") || strings.Contains(part, "..") || strings.HasSuffix(part, ".git") {
			return fmt.Errorf("%q is no name of the hub", part)
		}
	}
	return nil
}

func isWord(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// isHash reports whether s is n hexadecimal digits in lower case.
func isHash(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// isCommit reports whether a revision is a commit, of which there is only one content.
func isCommit(revision string) bool { return isHash(revision, 40) }

// isBlob reports whether s can name a blob: the SHA-1 that git gives a file, or the SHA-256 of a large one.
func isBlob(s string) bool { return isHash(s, 40) || isHash(s, 64) }
