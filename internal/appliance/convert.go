package appliance

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog"
	"github.com/hearthbox/hearth/internal/convert"
)

// Converting says which folder of safetensors to write as GGUF, and how.
type Converting struct {
	Folder  string
	Type    string // one of [ConvertTypes], in any case; empty leaves the weights as they are
	Pooling string // mean, cls or last, for encoders that do not say it
	To      Target // empty: into the appliance, under the folder's name

	Progress func(p MakingProgress)
}

// Converted is what came of it.
type Converted struct {
	Made
	Architecture string         `json:"architecture"`
	Formats      map[string]int `json:"formats"` // of how many tensors
}

// ConvertTypes are the formats that weights can be written in.
func ConvertTypes() []string { return convert.Types() }

// ConvertFamilies are the models that can be converted, as their config.json calls them.
func ConvertFamilies() []string { return convert.Families() }

// Convert writes a folder of safetensors as GGUF. Memory: see [convert].
func (d *Data) Convert(ctx context.Context, c Converting) (out Converted, err error) {
	kind := strings.ToUpper(c.Type)
	if kind != "" && !slices.Contains(ConvertTypes(), kind) {
		return out, hearth.NewError(hearth.NotOneOf, "field", "--type", "choices", strings.Join(ConvertTypes(), ", "))
	}
	folder, err := filepath.Abs(c.Folder)
	if err != nil {
		return out, hearth.FileError(c.Folder, err)
	}
	m, err := convert.Open(folder, convert.Options{Type: kind, Pooling: c.Pooling, Name: c.To.Name})
	if err != nil {
		return out, convertError(folder, err)
	}
	defer m.Close()
	if c.To == (Target{}) {
		c.To = Target{Name: folderName(folder)}
	}
	out = Converted{Architecture: m.Architecture, Formats: m.Tensors()}
	out.Made, err = d.produce(ctx, c.To, m.FileBytes(), func(w io.Writer) error {
		return m.Write(ctx, w, func(done, total int64) {
			if c.Progress != nil {
				c.Progress(MakingProgress{"writing", done, total})
			}
		})
	})
	return out, convertError(folder, err)
}

// folderName is what a model is called that is made of a folder.
func folderName(folder string) string { return catalog.NameFor(filepath.Base(folder)) }

// convertError puts what is wrong with a folder in hearth's words.
func convertError(folder string, err error) error {
	name := filepath.Base(folder)
	if _, ok := errors.AsType[*hearth.Error](err); ok || err == nil {
		return err
	}
	path, missing := errors.AsType[*fs.PathError](err)
	switch {
	case errors.Is(err, context.Canceled):
		return hearth.NewError(hearth.Canceled).Because(err)
	case errors.Is(err, convert.ErrUnsupported):
		return hearth.NewError(hearth.Unsupported, "what", say("converting %s: %v", "转换 %s：%v", name, err)).Because(err)
	case missing && errors.Is(err, fs.ErrNotExist):
		return hearth.FileError(path.Path, err)
	}
	return hearth.NewError(hearth.ModelInvalid, "model", name, "detail", err).Because(err)
}
