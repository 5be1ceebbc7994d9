package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
)

// Held is a model in memory.
type Held struct {
	ID            string
	ContextTokens int
	Bytes         int64
	Until         time.Time // it is let go if nobody asks; zero: never
}

// Memory tells which models are in it.
type Memory interface {
	InMemory() []Held
}

// ollamaDetails is what a list tells of a model.
type ollamaDetails struct {
	ParentModel   string   `json:"parent_model"`
	Format        string   `json:"format"`
	Family        string   `json:"family"`
	Families      []string `json:"families"`
	ParameterSize string   `json:"parameter_size"`
	Quantization  string   `json:"quantization_level"`
}

// ollamaModel is an entry of a list.
type ollamaModel struct {
	Name       string        `json:"name"`
	Model      string        `json:"model"`
	ModifiedAt time.Time     `json:"modified_at,omitzero"`
	Size       int64         `json:"size"`
	Digest     string        `json:"digest"`
	Details    ollamaDetails `json:"details"`

	// Of those in memory.
	ExpiresAt     time.Time `json:"expires_at,omitzero"`
	SizeVRAM      *int64    `json:"size_vram,omitempty"`
	ContextLength int       `json:"context_length,omitempty"`
}

func ollamaModelOf(m hearth.Model) ollamaModel {
	d := ollamaDetails{Family: m.Architecture, Families: []string{}, ParameterSize: count(m.Parameters), Quantization: m.Quantization}
	if m.Architecture != "" {
		d.Families = append(d.Families, m.Architecture)
	}
	if m.Path != "" {
		d.Format = "gguf"
	}
	return ollamaModel{Name: m.ID, Model: m.ID, ModifiedAt: m.Added, Size: m.FileBytes, Digest: digestOf(m), Details: d}
}

// digestOf is another one when the model is another one, which is what clients compare
// it for. It is not the hash of the file.
func digestOf(m hearth.Model) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %d %d", m.ID, m.Source, m.Quantization, m.FileBytes, m.Added.UnixNano()))
	return hex.EncodeToString(sum[:])
}

// count is a number of weights as people write it: 8.2B.
func count(n uint64) string {
	switch {
	case n == 0:
		return ""
	case n >= 1e9:
		return fmt.Sprintf("%.1fB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1fK", float64(n)/1e3)
}

type ollamaModels struct {
	Models []ollamaModel `json:"models"`
}

// ollamaTags answers GET /api/tags.
func (x *exchange) ollamaTags() error {
	models, err := x.Models.List(x.r.Context())
	if err != nil {
		return err
	}
	list := ollamaModels{[]ollamaModel{}}
	for _, m := range models {
		if m.Problem == nil {
			list.Models = append(list.Models, ollamaModelOf(m))
		}
	}
	x.writeJSON(http.StatusOK, list)
	return nil
}

// ollamaLoaded answers GET /api/ps.
func (x *exchange) ollamaLoaded() error {
	list := ollamaModels{[]ollamaModel{}}
	if x.Memory == nil {
		x.writeJSON(http.StatusOK, list)
		return nil
	}
	none := int64(0) // in video memory
	for _, h := range x.Memory.InMemory() {
		m, err := x.Models.Find(x.r.Context(), h.ID)
		if err != nil {
			continue // removed while it answers
		}
		entry := ollamaModelOf(m)
		entry.Size, entry.ContextLength, entry.ExpiresAt, entry.SizeVRAM = h.Bytes, h.ContextTokens, h.Until, &none
		list.Models = append(list.Models, entry)
	}
	x.writeJSON(http.StatusOK, list)
	return nil
}

// ollamaNamed is a body that names a model, in the field's newer or older name.
type ollamaNamed struct {
	Model string `json:"model"`
	Name  string `json:"name"`
}

func (n ollamaNamed) model() (string, error) {
	k := checks{}
	if n.Model == "" {
		n.Model = n.Name
	}
	k.model(n.Model)
	return n.Model, k.err
}

// ollamaShow answers POST /api/show.
func (x *exchange) ollamaShow() error {
	var c struct {
		ollamaNamed
		Verbose bool `json:"verbose"`
	}
	if err := x.read(&c); err != nil {
		return err
	}
	name, err := c.model()
	if err != nil {
		return err
	}
	if name, err = x.ollamaName(name); err != nil {
		return err
	}
	m, err := x.Models.Find(x.r.Context(), name)
	if err != nil {
		return err
	}
	entry := ollamaModelOf(m)
	info := map[string]any{"general.architecture": m.Architecture, "general.basename": m.ID}
	if m.Parameters > 0 {
		info["general.parameter_count"] = m.Parameters
	}
	if m.ContextTokens > 0 && m.Architecture != "" {
		info[m.Architecture+".context_length"] = m.ContextTokens
	}
	x.writeJSON(http.StatusOK, struct {
		Modelfile    string         `json:"modelfile"`
		Parameters   string         `json:"parameters"`
		Template     string         `json:"template"`
		Details      ollamaDetails  `json:"details"`
		Info         map[string]any `json:"model_info"`
		Capabilities []string       `json:"capabilities"`
		ModifiedAt   time.Time      `json:"modified_at,omitzero"`
	}{Details: entry.Details, Info: info, Capabilities: []string{"completion", "tools"}, ModifiedAt: m.Added})
	return nil
}

// ollamaVersion answers GET /api/version. Clients ask whether what they need is there, so
// it is the version of Ollama whose API is spoken here.
func (x *exchange) ollamaVersion() error {
	x.writeJSON(http.StatusOK, map[string]string{"version": "0.12.11", "served_by": x.Fingerprint})
	return nil
}

// root answers whoever looks whether there is something at the address.
func (x *exchange) root() error {
	x.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(x.w, "hearth is running\n")
	return nil
}
