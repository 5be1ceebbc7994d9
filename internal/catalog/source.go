package catalog

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// ociIndexMax bounds the documents of an OCI image layout, in bytes.
const ociIndexMax = 4 << 20

// modelFile is the file that an import of a path means: the path itself, the one
// model in a folder, or the weights in an OCI image layout. Its name is what the model
// is called unless the user says otherwise.
func modelFile(path string) (file, name string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", "", disk.Error(path, err)
	}
	if !info.IsDir() {
		return path, path, nil
	}
	if _, err := os.Stat(filepath.Join(path, "oci-layout")); err == nil {
		file, err := ociWeights(path)
		return file, filepath.Base(filepath.Clean(path)), err
	}
	found := findFiles(path)
	switch {
	case len(found) == 1:
		return found[0].path, found[0].path, nil
	case len(found) > 1:
		return "", "", refuse(path, "it holds %d models; name one of the files", "其中有 %d 个模型，请指定其中一个文件", len(found))
	}
	if safetensors, _ := filepath.Glob(filepath.Join(path, "*.safetensors")); len(safetensors) > 0 {
		return "", "", hearth.NewError(hearth.NeedsConversion, "path", path)
	}
	return "", "", refuse(path, "there is no GGUF file in it", "其中没有 GGUF 文件")
}

func refuse(path, english, chinese string, about ...any) error {
	return hearth.NewError(hearth.ModelInvalid, "model", filepath.Base(path), "detail", say(english, chinese, about...))
}

// say is a text in both languages about the same things.
func say(english, chinese string, about ...any) hearth.Words {
	return hearth.Words{fmt.Sprintf(english, about...), fmt.Sprintf(chinese, about...)}
}

// descriptor points from one document of an OCI layout to another, or to a blob.
type descriptor struct {
	MediaType string
	Digest    string
}

// ociWeights finds the GGUF among the blobs of an OCI image layout (OCI image-spec
// 1.1, image-layout.md) of one image: as Docker, Ollama and others label it.
func ociWeights(root string) (string, error) {
	var index struct{ Manifests []descriptor }
	if err := readSmall(filepath.Join(root, "index.json"), &index); err != nil {
		return "", err
	}
	if len(index.Manifests) != 1 {
		return "", refuse(root, "its index names %d images, not one", "其索引中有 %d 个镜像，而不是一个", len(index.Manifests))
	}
	blob, err := ociBlob(root, index.Manifests[0].Digest)
	if err != nil {
		return "", err
	}
	var manifest struct{ Layers []descriptor }
	if err := readSmall(blob, &manifest); err != nil {
		return "", err
	}
	var weights []string
	for _, l := range manifest.Layers {
		if strings.Contains(l.MediaType, "gguf") || l.MediaType == "application/vnd.ollama.image.model" {
			blob, err := ociBlob(root, l.Digest)
			if err != nil {
				return "", err
			}
			weights = append(weights, blob)
		}
	}
	if len(weights) != 1 {
		return "", refuse(root, "%d of its layers are GGUF, not one", "其中有 %d 层为 GGUF，而不是一层", len(weights))
	}
	return weights[0], nil
}

// ociBlob is where a blob lies; its digest must not lead elsewhere.
func ociBlob(root, digest string) (string, error) {
	if !blobDigest.MatchString(digest) {
		return "", refuse(root, "%.80q is not a SHA-256 digest", "%.80q 不是 SHA-256 摘要", digest)
	}
	return filepath.Join(root, "blobs", "sha256", strings.TrimPrefix(digest, "sha256:")), nil
}

func readSmall(path string, v any) error {
	info, err := os.Stat(path)
	if err != nil {
		return disk.Error(path, err)
	}
	if info.Size() > ociIndexMax {
		return refuse(path, "it is larger than %d bytes", "超过 %d 字节", ociIndexMax)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return disk.Error(path, err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return refuse(path, "%v", "%v", err)
	}
	return nil
}
