package appliance

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/admin"
	"github.com/hearthbox/hearth/internal/catalog"
)

// jobsKept is how many makings of models are remembered.
const jobsKept = 20

// workshop makes models while the appliance serves, one at a time, with half of the threads,
// so that answers go on beside it.
type workshop struct {
	data  *Data
	fresh func(context.Context) ([]hearth.Model, error) // lists models anew
	log   *slog.Logger
	ctx   context.Context // ends with the appliance
	stop  context.CancelFunc
	all   sync.WaitGroup

	mu   sync.Mutex
	jobs []*making // the latest last
}

var _ admin.Workshop = (*workshop)(nil)

// making is a model that is being made, or was.
type making struct {
	admin.ModelJob
	phased time.Time // when its phase began
	cancel context.CancelFunc
}

func newWorkshop(d *Data, fresh func(context.Context) ([]hearth.Model, error), log *slog.Logger) *workshop {
	w := &workshop{data: d, fresh: fresh, log: log}
	w.ctx, w.stop = context.WithCancel(context.Background())
	return w
}

// close ends what is being made, of which nothing is left.
func (w *workshop) close() {
	w.mu.Lock()
	w.stop() // from here nothing is begun
	w.mu.Unlock()
	w.all.Wait()
}

// Sources is what models can be made of.
func (w *workshop) Sources(context.Context) (admin.ModelSources, error) {
	s := admin.ModelSources{Folders: w.data.Catalog.Published(), Recipes: QuantizeRecipes(), Types: ConvertTypes(), Families: ConvertFamilies()}
	if s.Folders == nil {
		s.Folders = []string{}
	}
	return s, nil
}

// Quantize begins to write a model in fewer bits.
func (w *workshop) Quantize(ctx context.Context, by hearth.Record, o admin.QuantizeOrder) (j admin.ModelJob, err error) {
	at := slices.IndexFunc(QuantizeRecipes(), func(r string) bool { return strings.EqualFold(r, o.Recipe) })
	if at < 0 {
		return j, hearth.NewError(hearth.NotOneOf, "field", "recipe", "choices", strings.Join(QuantizeRecipes(), ", ")).At("recipe")
	}
	recipe := QuantizeRecipes()[at]
	m, err := w.data.Catalog.Find(ctx, o.Model)
	if err != nil {
		return j, hearth.AsError(err).At("model")
	}
	if m.Base != "" {
		return j, hearth.NewError(hearth.Unsupported, "what", say("quantising an adapter", "量化适配器")).At("model")
	}
	if m.Problem != nil && m.Problem.Code == hearth.ModelInvalid {
		return j, m.Problem.At("model")
	}
	if o.Name == "" {
		o.Name = catalog.NameFor(smaller(m.ID, recipe))
	}
	q := Quantizing{Source: m.Path, Recipe: recipe, To: Target{Name: o.Name}, Tokens: o.Tokens, Threads: max(1, threads(w.data.config)/2)}
	return w.begin(ctx, by, admin.ModelJob{Kind: "quantize", Source: m.ID, Name: o.Name, Recipe: recipe},
		func(ctx context.Context, progress func(MakingProgress)) (*admin.ModelResult, error) {
			q.Progress = progress
			made, err := w.data.Quantize(ctx, q)
			if err != nil {
				return nil, err
			}
			return &admin.ModelResult{Model: made.Model, FileBytes: made.FileBytes, SourceBytes: made.SourceBytes, Formats: made.Formats,
				Loss: (*admin.ModelLoss)(made.Loss), Uncompared: made.Uncompared}, nil
		})
}

// Convert begins to write a folder as GGUF. It takes those alone that lie where models are
// looked for: whoever may call this need not be allowed to look at the rest of the disk.
func (w *workshop) Convert(ctx context.Context, by hearth.Record, o admin.ConvertOrder) (j admin.ModelJob, err error) {
	o.Type = strings.ToUpper(o.Type)
	if o.Type != "" && !slices.Contains(ConvertTypes(), o.Type) {
		return j, hearth.NewError(hearth.NotOneOf, "field", "type", "choices", strings.Join(ConvertTypes(), ", ")).At("type")
	}
	if !slices.Contains(w.data.Catalog.Published(), o.Folder) {
		return j, hearth.NewError(hearth.InvalidValue, "field", "folder", "detail",
			say("no folder of safetensors with that path lies where models are looked for (the setting models)", "在查找模型的目录（设置项 models）中没有该路径的 safetensors 目录")).At("folder")
	}
	if o.Name == "" {
		o.Name = folderName(o.Folder)
	}
	c := Converting{Folder: o.Folder, Type: o.Type, Pooling: o.Pooling, To: Target{Name: o.Name}}
	return w.begin(ctx, by, admin.ModelJob{Kind: "convert", Source: o.Folder, Name: o.Name},
		func(ctx context.Context, progress func(MakingProgress)) (*admin.ModelResult, error) {
			c.Progress = progress
			made, err := w.data.Convert(ctx, c)
			if err != nil {
				return nil, err
			}
			return &admin.ModelResult{Model: made.Model, FileBytes: made.FileBytes, Formats: made.Formats}, nil
		})
}

// Pull begins to fetch a model of the library, or goes on where an earlier fetch stopped.
func (w *workshop) Pull(ctx context.Context, by hearth.Record, o admin.PullOrder) (j admin.ModelJob, err error) {
	wanted, err := w.data.FromLibrary(o.Model, o.Name, "")
	if err != nil {
		return j, hearth.AsError(err).At("model")
	}
	return w.begin(ctx, by, admin.ModelJob{Kind: "pull", Source: o.Model, Name: wanted.Name},
		func(ctx context.Context, progress func(MakingProgress)) (*admin.ModelResult, error) {
			m, _, err := w.data.Download(ctx, wanted, 0, func(p Progress) { progress(MakingProgress{Phase: "fetching", Done: p.Done, Total: p.Total}) })
			if err != nil {
				return nil, err
			}
			return &admin.ModelResult{Model: m.ID, FileBytes: m.FileBytes, Formats: map[string]int{}}, nil
		})
}

// begin has a model made, unless one is being made.
func (w *workshop) begin(ctx context.Context, by hearth.Record, j admin.ModelJob, do func(context.Context, func(MakingProgress)) (*admin.ModelResult, error)) (admin.ModelJob, error) {
	if err := w.data.Catalog.Free(j.Name); err != nil {
		return j, hearth.AsError(err).At("name")
	}
	j.ID, j.State, j.Started = rand.Text(), "running", time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx.Err() != nil {
		return j, hearth.NewError(hearth.ServerStop)
	}
	if n := len(w.jobs); n > 0 && w.jobs[n-1].State == "running" {
		return j, hearth.NewError(hearth.WorkshopBusy, "model", w.jobs[n-1].Name)
	}
	m := &making{ModelJob: j}
	ctx, m.cancel = context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(w.ctx, m.cancel)
	w.jobs = append(w.jobs[max(0, len(w.jobs)-jobsKept+1):], m)
	w.all.Go(func() {
		defer m.cancel()
		defer forget()
		made, err := do(ctx, func(p MakingProgress) { w.progress(m, p) })
		if err == nil { // who hears that it is done can ask it
			_, err = w.fresh(w.ctx)
		}
		w.end(m, made, err)
		w.record(by, m)
	})
	return j, nil
}

// progress notes how far a model is.
func (w *workshop) progress(m *making, p MakingProgress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if p.Phase != m.Phase {
		m.Phase, m.phased = p.Phase, now
	}
	m.Done, m.Total, m.LeftSeconds = p.Done, p.Total, 0
	if spent := now.Sub(m.phased); p.Done > 0 && spent > time.Second {
		m.LeftSeconds = spent.Seconds() / float64(p.Done) * float64(p.Total-p.Done)
	}
}

// end notes what became of a model.
func (w *workshop) end(m *making, made *admin.ModelResult, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	m.Ended, m.LeftSeconds, m.Result = &now, 0, made
	switch {
	case err == nil:
		m.State = "done"
	case errors.Is(err, hearth.NewError(hearth.Canceled)) || errors.Is(err, context.Canceled):
		m.State = "cancelled"
	default:
		m.State, m.Err = "failed", err
	}
}

// record keeps how it ended, as what whoever began it has done.
func (w *workshop) record(by hearth.Record, m *making) {
	by.Kind, by.Act, by.Object, by.Took = hearth.RecordAdmin, "make-model", m.Name, m.Ended.Sub(m.Started)
	by.Detail = strings.TrimSpace(m.Kind + " " + m.Source + " " + m.Recipe + ": " + m.State)
	if m.Err != nil {
		by.Result = hearth.AsError(m.Err).Code
		w.log.Warn("a model could not be made", "model", m.Name, "source", m.Source, "error", m.Err)
	}
	if err := w.data.Audit.Record(context.Background(), by); err != nil {
		w.log.Error("how the making of a model ended can't be recorded", "model", m.Name, "error", err)
	}
}

// Jobs shows the makings there are, the latest first.
func (w *workshop) Jobs() []admin.ModelJob {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []admin.ModelJob
	for _, m := range slices.Backward(w.jobs) {
		list = append(list, m.ModelJob)
	}
	return list
}

// Job shows one.
func (w *workshop) Job(id string) (admin.ModelJob, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.find(id)
	if err != nil {
		return admin.ModelJob{}, err
	}
	return m.ModelJob, nil
}

// Cancel stops one; one that has ended stays as it is.
func (w *workshop) Cancel(id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	m, err := w.find(id)
	if err == nil {
		m.cancel()
	}
	return err
}

func (w *workshop) find(id string) (*making, error) {
	if i := slices.IndexFunc(w.jobs, func(m *making) bool { return m.ID == id }); i >= 0 {
		return w.jobs[i], nil
	}
	return nil, hearth.NewError(hearth.NoSuchModelJob, "id", id)
}
