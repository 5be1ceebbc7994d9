package provenance

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a path within a model. Linux has 255 bytes for a name; models nest two
// or three levels.
const (
	pathMax  = 1024
	nameMax  = 255
	depthMax = 32
)

// checkPath refuses what is no plain path of a file below a folder, with slashes
// between names. Backslashes and colons mean something elsewhere or in other tools;
// only backslashes are refused, since they can lead out of a folder.
func checkPath(p string) error {
	switch {
	case p == "" || len(p) > pathMax:
		return fmt.Errorf("a path has 1 to %d bytes", pathMax)
	case !utf8.ValidString(p):
		return fmt.Errorf("the path %q is not UTF-8", p)
	case strings.ContainsRune(p, '\\') || strings.ContainsFunc(p, unprintable):
		return fmt.Errorf("the path %q has a backslash or a character that can't be seen", p)
	case p != path.Clean(p) || strings.HasPrefix(p, "/") || p == "." || p == ".." || strings.HasPrefix(p, "../"):
		return fmt.Errorf("the path %q does not plainly lead to a file below its folder", p)
	case strings.Count(p, "/") >= depthMax:
		return fmt.Errorf("the path %q is deeper than %d levels", p, depthMax)
	}
	for name := range strings.SplitSeq(p, "/") {
		if len(name) > nameMax {
			return fmt.Errorf("a name in the path %q is longer than %d bytes", p, nameMax)
		}
	}
	return nil
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

// checkPaths refuses a list whose order is not that of bytes, where a path is twice,
// or where one would have to be a file and a folder at once.
func checkPaths(paths []string) error {
	files := make(map[string]bool, len(paths))
	for i, p := range paths {
		if err := checkPath(p); err != nil {
			return err
		}
		if i > 0 && p <= paths[i-1] {
			return fmt.Errorf("%q is listed after %q", p, paths[i-1])
		}
		files[p] = true
	}
	for _, p := range paths {
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if files[dir] {
				return fmt.Errorf("%q is a file, and a folder of %q", dir, p)
			}
		}
	}
	return nil
}

var itemName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$`)

// checkName refuses names that could not be a model's folder.
func checkName(name string) error {
	if !itemName.MatchString(name) {
		return errors.New("a name has lower-case letters, digits and, between them, dots, dashes and underscores, 128 at most")
	}
	return nil
}

// covered reports whether a path is one of the list's or below one.
func covered(list []string, p string) bool {
	for _, l := range list {
		if p == l || strings.HasPrefix(p, l+"/") {
			return true
		}
	}
	return false
}
