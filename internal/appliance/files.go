package appliance

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/provenance"
	"github.com/hearthbox/hearth/internal/engine"
	"github.com/hearthbox/hearth/internal/gateway"
	"github.com/hearthbox/hearth/internal/gguf"
	"github.com/hearthbox/hearth/internal/prompt"
)

// What can be asked of a model file without loading it.

// Metadata reads what a file says of itself: its keys in their order, and their
// values as a person reads them.
func Metadata(path string) (keys []string, values map[string]string, err error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, nil, hearth.NewError(hearth.ModelInvalid, "model", path, "detail", err).Because(err)
	}
	defer f.Close()
	values = map[string]string{}
	err = gguf.Reading(func() error {
		for k, v := range f.All() {
			keys = append(keys, k)
			values[k] = v.Display()
		}
		return nil
	})
	return keys, values, err
}

// Identity is what a model's template and tokenizer say of where it comes from. Anyone
// can rename a file; these are what decides how it speaks.
type Identity struct {
	Template   string `json:"template"`             // none, refused, unknown, or the family that published it
	SHA256     string `json:"template_sha256"`      // of the chat template
	SM3        string `json:"template_sm3"`         // likewise
	Tokenizer  string `json:"tokenizer_sha256"`     // of what decides which tokens a text becomes
	Vocabulary string `json:"vocabulary,omitempty"` // whose it is, if it is one known here
	Problem    string `json:"problem,omitempty"`    // why the template or the vocabulary is refused

	// Difference is from the template of a model at hand with the same vocabulary and a
	// template as its publisher made it, in the unified format. It is given where the
	// template is nobody's.
	Difference string `json:"difference,omitempty"`
}

// Identify reads the identity of the model in a file.
func (d *Data) Identify(ctx context.Context, path string, lang hearth.Language) (Identity, error) {
	id, template, err := identify(path, lang)
	if err != nil || template == "" || id.Vocabulary == "" || id.Template != "refused" && id.Template != "unknown" {
		return id, err
	}
	models, err := d.Catalog.List(ctx)
	if err != nil {
		return id, err
	}
	for _, m := range models {
		other, published, err := identify(m.Path, lang)
		if err == nil && other.Vocabulary == id.Vocabulary && slices.Contains(Families(), other.Template) {
			id.Difference = provenance.DiffTemplates(m.ID, published, filepath.Base(path), template)
			break
		}
	}
	return id, nil
}

func identify(path string, lang hearth.Language) (id Identity, template string, err error) {
	f, err := gguf.Open(path)
	if err != nil {
		return id, "", hearth.NewError(hearth.ModelInvalid, "model", path, "detail", err).Because(err)
	}
	defer f.Close()
	err = gguf.Reading(func() error {
		prints, err := provenance.FingerprintFile(f)
		if err != nil {
			return err
		}
		if template, err = provenance.TemplateOf(f); err != nil {
			return err
		}
		id = Identity{SHA256: prints.Template.SHA256.String(), SM3: prints.Template.SM3.String(), Tokenizer: prints.Tokenizer.SHA256.String()}
		var altered error
		id.Vocabulary, altered = provenance.Published(filepath.Base(path), f)
		family, problem := prompt.Recognise(template)
		if template == starterTemplate() {
			family = "hearth-starter"
		}
		switch {
		case template == "":
			id.Template = "none"
		case problem != nil:
			id.Template = "refused"
		case family == "":
			id.Template = "unknown"
		default:
			id.Template = family
		}
		if problem = cmp.Or(altered, problem); problem != nil {
			id.Problem = hearth.AsError(problem).Message(lang)
		}
		return nil
	})
	if err != nil {
		return id, "", hearth.NewError(hearth.ModelInvalid, "model", path, "detail", err).Because(err)
	}
	return id, template, nil
}

// Tokenize turns text into the tokens of the model in a file, without those that
// begin or end a text. With special, the texts of control tokens are those tokens.
func Tokenize(path, text string, special bool) ([]int32, error) {
	_, t, err := engine.OpenTemplate(path)
	if err != nil {
		return nil, err
	}
	return t.Append([]int32{}, text, special), nil
}

// Families are the names of model families that Render knows.
func Families() []string { return prompt.Families() }

// RenderFamily turns the JSON of a chat request into the prompt that a model of a
// family would get.
func RenderFamily(family string, body []byte) (string, error) {
	r, err := gateway.ParseChat(body)
	if err != nil {
		return "", err
	}
	return joined(prompt.Render(family, prompt.Model{ID: family}, r))
}

// RenderFile turns the JSON of a chat request into the prompt that the model in a
// file would get.
func RenderFile(path string, body []byte) (string, error) {
	r, err := gateway.ParseChat(body)
	if err != nil {
		return "", err
	}
	template, t, err := engine.OpenTemplate(path)
	if err != nil {
		return "", err
	}
	return joined(prompt.New(nil, promptModel(filepath.Base(path), template, t)).Render(r))
}

func joined(spans []hearth.Span, err error) (string, error) {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String(), err
}
