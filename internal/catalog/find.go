package catalog

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gguf"
)

// Limits of a search, so that a folder that turns out to be a whole disk does not
// hold up the start.
const (
	depthMax   = 8
	entriesMax = 50_000
	manifests  = 1 << 20 // bytes of an Ollama manifest
)

// candidate is a file that may be a model.
type candidate struct {
	id   string
	path string
}

// find looks for models in a folder. What can't be read is passed over: the folder
// belongs to someone else, and may be absent.
func find(f Folder) []candidate {
	switch f.Origin {
	case hearth.OriginImported:
		return findImported(f.Path)
	case hearth.OriginOllama:
		return findOllama(f.Path)
	}
	return findFiles(f.Path)
}

// findImported lists the folders that import has renamed into place.
func findImported(own string) []candidate {
	dirs, err := os.ReadDir(own)
	if err != nil {
		return nil
	}
	var found []candidate
	for _, d := range dirs {
		if !d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			continue
		}
		for _, c := range findFiles(filepath.Join(own, d.Name())) {
			found = append(found, candidate{d.Name(), c.path})
		}
	}
	return found
}

// findFiles walks a folder for GGUF files, the first ones of split models.
func findFiles(root string) []candidate {
	var found []candidate
	entries := 0
	root = followed(root)
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if entries++; entries > entriesMax {
			return filepath.SkipAll
		}
		if err != nil {
			return fs.SkipDir
		}
		if d.IsDir() {
			rel, _ := filepath.Rel(root, path)
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || strings.Count(rel, string(filepath.Separator)) >= depthMax) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.EqualFold(filepath.Ext(path), ".gguf") {
			return nil
		}
		if name, i, _ := gguf.SplitOf(path); i == 0 {
			found = append(found, candidate{nameFor(name), path})
		}
		return nil
	})
	return found
}

// publishedMax bounds how many folders of safetensors are listed.
const publishedMax = 200

// Published lists the folders as publishers make them, with safetensors files and
// config.json, that lie where models are looked for.
func (c *Catalog) Published() []string {
	seen := map[string]bool{}
	for _, f := range append([]Folder{{hearth.OriginImported, c.own}}, c.folders...) {
		root, entries := followed(f.Path), 0
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if entries++; entries > entriesMax || len(seen) >= publishedMax {
				return filepath.SkipAll
			}
			if err != nil {
				return fs.SkipDir
			}
			rel, _ := filepath.Rel(root, path)
			switch {
			case d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".") || strings.Count(rel, string(filepath.Separator)) >= depthMax):
				return fs.SkipDir
			case !d.IsDir() && filepath.Ext(path) == ".safetensors" && isFile(filepath.Join(filepath.Dir(path), "config.json")):
				if dir, err := filepath.Abs(filepath.Dir(path)); err == nil {
					seen[dir] = true
				}
			}
			return nil
		})
	}
	return slices.Sorted(maps.Keys(seen))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// followed is where a folder really is: a walk does not follow a link it begins with.
func followed(root string) string {
	if real, err := filepath.EvalSymlinks(root); err == nil {
		return real
	}
	return root
}

// findOllama reads the manifests of an Ollama models folder:
// manifests/HOST/NAMESPACE/MODEL/TAG name the blob that holds the weights.
func findOllama(root string) []candidate {
	var found []candidate
	base := followed(filepath.Join(root, "manifests"))
	_ = filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir
		}
		rel, _ := filepath.Rel(base, path)
		parts := strings.Split(filepath.ToSlash(rel), "/")
		if d.IsDir() || len(parts) != 4 {
			return nil
		}
		if blob := ollamaBlob(root, path); blob != "" {
			found = append(found, candidate{ollamaName(parts), blob})
		}
		return nil
	})
	return found
}

// ollamaName is the name a user of Ollama types.
func ollamaName(parts []string) string {
	host, space, model, tag := parts[0], parts[1], parts[2], parts[3]
	name := model + ":" + tag
	if space != "library" {
		name = space + "/" + name
	}
	if host != "registry.ollama.ai" {
		name = host + "/" + name
	}
	return name
}

var blobDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// ollamaBlob is the path of the weights a manifest names, empty if it names none.
func ollamaBlob(root, manifest string) string {
	info, err := os.Stat(manifest)
	if err != nil || info.Size() > manifests {
		return ""
	}
	text, err := os.ReadFile(manifest)
	if err != nil {
		return ""
	}
	var m struct {
		Layers []struct{ MediaType, Digest string }
	}
	if json.Unmarshal(text, &m) != nil {
		return ""
	}
	for _, l := range m.Layers {
		if l.MediaType == "application/vnd.ollama.image.model" && blobDigest.MatchString(l.Digest) {
			return filepath.Join(root, "blobs", strings.Replace(l.Digest, ":", "-", 1))
		}
	}
	return ""
}

var notInNames = regexp.MustCompile(`[^a-z0-9._-]+`)

// nameFor makes a model name of a file name: lower case, without what needs quoting
// in a shell or a URL.
func nameFor(file string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(file), "-"), "-._")
	if name == "" {
		return "model"
	}
	return strings.TrimRight(name[:min(len(name), nameMax)], "-._")
}
