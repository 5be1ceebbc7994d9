package appliance

import (
	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/bench"
	"github.com/hearthbox/hearth/internal/catalog/disk"
)

// modelLibrary is the library as the door for managing shows it.
type modelLibrary struct{ config Config }

var _ admin.Library = modelLibrary{}

// Search looks for models, those that fit this machine first.
func (l modelLibrary) Search(words string, f admin.LibraryFilter, lang hearth.Language) ([]admin.LibraryModel, error) {
	entries, err := SearchLibrary(words, f.Kind, LibraryFilter{MemoryBytes: l.config.ModelMemory(), Fits: f.Fits, Commercial: f.Commercial, Native: f.Native})
	if err != nil {
		return nil, err
	}
	list := make([]admin.LibraryModel, 0, len(entries))
	for _, e := range entries {
		m := admin.LibraryModel{ID: e.ID, Name: e.Name, Publisher: e.Publisher, Kind: e.Kind, Parameters: e.Parameters, ContextTokens: e.Context,
			Licence: e.Licence, CommercialUse: e.Commercial, Summary: e.Summary.In(lang), Quantization: e.Quantization,
			FileBytes: e.FileBytes, NeedBytes: e.NeedBytes, Native: e.Native, Fits: e.Fits}
		if e.Condition != nil {
			m.Condition = e.Condition.In(lang)
		}
		list = append(list, m)
	}
	return list, nil
}

// Recommended is the model to begin with here, and why; empty if there is none.
func (l modelLibrary) Recommended(lang hearth.Language) (id, reason string) {
	id, reason, _ = RecommendModel(l.config, lang)
	return id, reason
}

// machine is what this one has.
func machine(c Config) admin.Machine {
	m := bench.ThisMachine()
	return admin.Machine{Processor: m.CPU, Cores: threads(c), Platform: m.Platform, MemoryBytes: memoryBytes(), ModelBytes: c.ModelMemory()}
}

// where is what was found out about where the appliance runs.
func (a *Appliance) where() admin.Where {
	free, _ := disk.FreeBytes(a.config.Data)
	return admin.Where{Data: a.config.Data, FreeBytes: free, Listen: a.listener.Addr().String(), URL: a.URL, TLS: a.config.TLS.Cert != "", Open: !loopback(a.config.Listen)}
}
