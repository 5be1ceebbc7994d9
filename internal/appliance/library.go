package appliance

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
	"github.com/hearthbox/hearth/internal/catalog/library"
	"github.com/hearthbox/hearth/internal/cryptosuite"
	"github.com/hearthbox/hearth/internal/engine"
)

// What the command line says and shows of the library.
type (
	LibraryFilter = library.Filter
	Progress      = fetch.Progress
	Arrived       = fetch.Result
)

// LibraryEntry is a model of the library as it would be run on this machine.
type LibraryEntry struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	Publisher    string           `json:"publisher"`
	Kind         string           `json:"kind"`
	Parameters   int64            `json:"parameters"`
	Context      int              `json:"context_tokens"`
	Licence      string           `json:"licence"`
	Commercial   string           `json:"commercial_use"` // yes, no, conditions
	Condition    *library.Text    `json:"condition,omitempty"`
	Summary      library.Text     `json:"summary"`
	Quantization string           `json:"quantization"`
	FileBytes    int64            `json:"file_bytes"`
	NeedBytes    int64            `json:"need_bytes"` // with a short context; 0 if not established
	Native       bool             `json:"native"`
	Fits         bool             `json:"fits"`
	Files        []LibraryVariant `json:"files"`
}

// LibraryVariant is a file to choose.
type LibraryVariant struct {
	Quantization string `json:"quantization"`
	Bytes        int64  `json:"bytes"`
	Estimated    bool   `json:"estimated,omitempty"`
	Verified     bool   `json:"checksum_known"`
}

// shortContext is what a model is sized with where nobody says how it will be used, in
// tokens.
const shortContext = 4 << 10

// Library reads the model library that is in the binary.
func Library() (*library.Library, error) {
	architectures, types := engine.Runs()
	return library.New(library.Engine{Architectures: architectures, Types: types})
}

// SearchLibrary looks for models; the filter's MemoryBytes is what they may take.
func SearchLibrary(words, kind string, f LibraryFilter) ([]LibraryEntry, error) {
	l, err := Library()
	if err != nil {
		return nil, err
	}
	f.Kind = library.Kind(kind)
	if kinds := l.Kinds(); kind != "" && !slices.Contains(kinds, f.Kind) {
		return nil, hearth.NewError(hearth.NotOneOf, "field", "kind", "choices", strings.Trim(fmt.Sprint(kinds), "[]")).At("kind")
	}
	entries := []LibraryEntry{}
	for _, m := range l.Search(words, f) {
		entries = append(entries, entry(m, f.MemoryBytes))
	}
	return entries, nil
}

func entry(m library.Model, memory int64) LibraryEntry {
	e := LibraryEntry{ID: m.ID, Name: m.Name, Publisher: m.Publisher, Kind: string(m.Kind), Parameters: m.Parameters, Context: m.Context,
		Licence: m.Licence.Name, Commercial: string(m.Licence.Commercial), Summary: m.Summary, Native: m.Native}
	if m.Licence.Condition.EN != "" {
		e.Condition = &m.Licence.Condition
	}
	for _, f := range m.Files {
		e.Files = append(e.Files, LibraryVariant{f.Quantization, f.Bytes, f.Estimated, len(f.SHA256) > 0})
	}
	f, ok := library.Best(m, memory)
	if !ok && len(m.Files) > 0 {
		f = m.Files[0] // the smallest, for another engine
	}
	e.Quantization, e.FileBytes = f.Quantization, f.Bytes
	if need, ok := library.Need(m, f, shortContext, 16); ok {
		e.NeedBytes, e.Fits = need.Total(), need.Total() <= memory
	}
	return e
}

// Seal records what an imported model is, signed with the appliance's own key.
func (d *Data) Seal(ctx context.Context, id string, progress func(done, total int64)) error {
	k, err := d.SigningKey()
	if err != nil {
		return err
	}
	return d.Catalog.Seal(ctx, id, k, progress)
}

// Verify holds an imported model against its seal, if it has one, and the starter model
// against the binary.
func (d *Data) Verify(ctx context.Context, id string, progress func(done, total int64)) (sealed bool, err error) {
	if m, err := d.Catalog.Find(ctx, id); err == nil && m.Origin == hearth.OriginStarter {
		return true, d.config.verifyStarter()
	}
	t, err := d.Trust()
	if err != nil {
		return false, err
	}
	return d.Catalog.Verify(ctx, id, t, progress)
}

// Bundle writes imported models as one file, signed with both of the appliance's keys.
func (d *Data) Bundle(ctx context.Context, w io.Writer, ids []string, progress func(done, total int64)) error {
	keys, err := d.signingKeys()
	if err != nil {
		return err
	}
	return d.Catalog.Bundle(ctx, w, ids, []cryptosuite.Signer{keys[0], keys[1]}, progress)
}

// Unpack takes in a bundle that is signed with a trusted key; keyFiles are trusted for
// this time.
func (d *Data) Unpack(ctx context.Context, r io.Reader, keyFiles []string, progress func(done, total int64)) ([]string, error) {
	t, err := d.Trust(keyFiles...)
	if err != nil {
		return nil, err
	}
	k, err := d.SigningKey()
	if err != nil {
		return nil, err
	}
	return d.Catalog.Unpack(ctx, r, t, k, progress)
}

// PublicKey is a key that others check this appliance's signatures with.
type PublicKey struct {
	Algorithm string `json:"algorithm"`
	ID        string `json:"id"`
	PEM       string `json:"pem"`
}

// PublicKeys are the appliance's own: Ed25519, and SM2 for who must check with that. Either
// will do.
func (d *Data) PublicKeys() ([]PublicKey, error) {
	keys, err := d.signingKeys()
	if err != nil {
		return nil, err
	}
	var list []PublicKey
	for _, k := range keys {
		text, err := k.Public().PEM()
		if err != nil {
			return nil, err
		}
		list = append(list, PublicKey{string(k.Public().Algorithm()), k.Public().ID(), string(text)})
	}
	return list, nil
}

// RecommendModel picks the chat model to start with here, by memory and by the pace of
// the engine, and says why.
func RecommendModel(c Config, lang hearth.Language) (id, reason string, ok bool) {
	l, err := Library()
	if err != nil {
		return "", "", false
	}
	choice, ok := l.Recommend(c.ModelMemory(), engine.Pace(threads(c)), library.Chat)
	if !ok {
		return "", "", false
	}
	return choice.Model.ID, choice.Reason.In(lang), true
}

// Limits of looking for bundles on drives.
const (
	bundleDepth  = 3 // DRIVE, FOLDER, FILE
	bundlesMax   = 10
	entriesOnMax = 10_000
)

// FindBundles looks for offline bundles where drives are mounted. It reads names only;
// importing one verifies it.
func FindBundles() []string {
	var found []string
	for _, root := range []string{"/media", "/run/media", "/mnt"} {
		entries := 0
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			entries++
			rel, _ := filepath.Rel(root, path)
			switch {
			case entries > entriesOnMax || len(found) >= bundlesMax:
				return filepath.SkipAll
			case err != nil:
				return fs.SkipDir
			case d.IsDir() && strings.Count(rel, string(filepath.Separator)) >= bundleDepth:
				return fs.SkipDir
			case !d.IsDir() && strings.EqualFold(filepath.Ext(path), ".hearth"):
				found = append(found, path)
			}
			return nil
		})
	}
	return found
}
