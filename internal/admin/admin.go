package admin

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/access"
	"github.com/hearthbox/hearth/internal/audit"
	"github.com/hearthbox/hearth/internal/door"
	"github.com/hearthbox/hearth/internal/guard"
)

// Models lists models, loads them and lets go of them.
type Models interface {
	List(ctx context.Context) ([]hearth.Model, error)
	Load(ctx context.Context, id string) error
	Unload(ctx context.Context, id string) error
	Loaded() []Loaded
}

// Audit shows what was recorded, and whether it is whole.
type Audit interface {
	Find(ctx context.Context, q audit.Query) (*audit.Page, error)
	ReadContent(ctx context.Context, n uint64) ([]byte, error)
	Verify(ctx context.Context) (r *audit.Report, witness bool, err error)
	Checkpoints(ctx context.Context) (list []audit.Checkpoint, witnesses int, err error)
	Export(ctx context.Context, to io.Writer) error
}

// Guard screens a text for show, and keeps lists of words.
type Guard interface {
	Try(text string, answer bool) (guard.Report, error)
	Policy() guard.Policy
	WordLists(l hearth.Language) (on bool, lists []WordList, err error)
	PutWordList(name string, text []byte, l hearth.Language) (WordList, error)
	RemoveWordList(name string) error
}

// Library knows models that are not here yet.
type Library interface {
	Search(words string, f LibraryFilter, l hearth.Language) ([]LibraryModel, error)
	Recommended(l hearth.Language) (id, reason string)
}

// LibraryFilter narrows a search; its zero value narrows nothing.
type LibraryFilter struct {
	Kind                     string
	Fits, Commercial, Native bool
}

// LibraryModel is a model of the library as it would be run on this machine.
type LibraryModel struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Publisher     string `json:"publisher"`
	Kind          string `json:"kind"`
	Parameters    int64  `json:"parameters"`
	ContextTokens int    `json:"context_tokens"`
	Licence       string `json:"licence"`
	CommercialUse string `json:"commercial_use" enum:"yes,no,conditions"`
	Condition     string `json:"condition,omitempty" doc:"Under which it may be used in business"`
	Summary       string `json:"summary" doc:"What it is good for"`
	Quantization  string `json:"quantization" doc:"That suits this machine's memory"`
	FileBytes     int64  `json:"file_bytes"`
	NeedBytes     int64  `json:"need_bytes" doc:"Memory with a short context; 0 if not established"`
	Native        bool   `json:"native" doc:"The engine of the appliance runs it"`
	Fits          bool   `json:"fits" doc:"It fits into the memory for models"`
}

// Machine is what the appliance runs on.
type Machine struct {
	Processor   string `json:"processor" doc:"Empty where the system does not tell"`
	Cores       int    `json:"cores" doc:"That compute"`
	Platform    string `json:"platform"`
	MemoryBytes int64  `json:"memory_bytes" doc:"Of the machine, or of the container"`
	ModelBytes  int64  `json:"model_bytes" doc:"Of these, for models and their conversations"`
}

// Loaded is a model in memory, and its work since it was loaded.
type Loaded struct {
	ID            string  `json:"id"`
	ContextTokens int     `json:"context_tokens" doc:"Longest conversation, in tokens"`
	FileBytes     int64   `json:"file_bytes" doc:"Size of its files"`
	Running       int     `json:"running" doc:"Answers being computed"`
	Waiting       int     `json:"waiting" doc:"Answers in line"`
	PromptTokens  int64   `json:"prompt_tokens"`
	AnswerTokens  int64   `json:"answer_tokens"`
	BusySeconds   float64 `json:"busy_seconds"`
}

// Config is what the door is made of.
type Config struct {
	Version       string
	Started       time.Time
	Authoriser    door.Authoriser
	Log           *slog.Logger
	Access        *access.Access
	Models        Models
	Upstreams     Upstreams
	Queue         Queue
	Work          Work
	Measuring     Measuring
	Guide         Guide
	Where         func() Where
	Audit         Audit
	Usage         Usage
	Recorder      hearth.Recorder // of what is changed, and of who is refused; nil is none
	Guard         Guard
	Conversations Conversations
	Library       Library
	Workshop      Workshop
	Machine       Machine
}

// Admin is the door.
type Admin struct {
	Config
	api      huma.API
	mux      *http.ServeMux
	changing sync.Mutex               // held while something is changed that has an etag
	may      map[string]hearth.Rights // by pattern: one of them is needed; none: everybody who is known
}

// Prefix is where the door's paths begin.
const Prefix = "/admin/v1"

// New makes the door.
func New(c Config) *Admin {
	a := &Admin{Config: c, mux: http.NewServeMux(), may: map[string]hearth.Rights{}}
	h := huma.DefaultConfig("hearth admin", "1")
	h.Info.Description = "Manages a hearth appliance. Every call needs a key, sent as: Authorization: Bearer hk_…, or a session of the console. x-hearth-rights names the rights of which a call needs one; none is for everybody who is known. docs/access.md says who has them."
	h.OpenAPIPath, h.DocsPath, h.SchemasPath = Prefix+"/openapi", "", ""
	h.CreateHooks = nil // no links to schemas in the answers
	h.Transformers = []huma.Transformer{plainErrors}
	h.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	h.Security = []map[string][]string{{"key": {}}}
	a.api = humago.New(a.mux, h)
	a.statusRoutes()
	a.modelRoutes()
	a.upstreamRoutes()
	a.queueRoutes()
	a.jobRoutes()
	a.measuringRoutes()
	a.guideRoutes()
	a.libraryRoutes()
	a.makingRoutes()
	a.keyRoutes()
	a.personalRoutes()
	a.passkeyRoutes()
	a.peopleRoutes()
	a.houseRoutes()
	a.setupRoutes()
	a.auditRoutes()
	a.usageRoutes()
	a.guardRoutes()
	a.wordListRoutes()
	a.conversationRoutes()
	return a
}

// OpenAPI is the document that describes the door, in YAML.
func (a *Admin) OpenAPI() ([]byte, error) { return a.api.OpenAPI().YAML() }

// Routes lists who may call what, by method and path.
func (a *Admin) Routes() map[string]hearth.Rights { return maps.Clone(a.may) }

// documents is where huma puts what describes the door.
const documents = Prefix + "/openapi"

// ServeHTTP lets in who may call what is called.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	written := &passage{}
	r = r.WithContext(context.WithValue(r.Context(), passageKey{}, written))
	door.Door{Authoriser: a.Authoriser, Log: a.Log, Recorder: a.Recorder}.Serve(w, r, func(r *http.Request, who hearth.Principal) error {
		written.record = hearth.Record{RequestID: door.RequestID(w), By: who, From: door.Address(r)}
		written.origin = door.Origin(r)
		_, pattern := a.mux.Handler(r)
		may, ok := a.may[pattern]
		if strings.HasPrefix(r.URL.Path, documents) {
			may, ok = hearth.RightNone, pattern != ""
		}
		switch {
		case !ok || path.Clean(r.URL.Path) != r.URL.Path:
			return hearth.NewError(hearth.NoSuchRoute, "method", r.Method, "path", r.URL.Path)
		case !who.May(may):
			return a.notAllowed(r, written.record)
		}
		a.mux.ServeHTTP(w, r)
		return written.err
	}, func(err error) {
		if written.err == nil {
			writeError(w, r, err)
		}
	})
}

// notAllowed refuses somebody who is known, on record.
func (a *Admin) notAllowed(r *http.Request, rec hearth.Record) error {
	rec.Kind, rec.Act, rec.Object, rec.Result = hearth.RecordAccess, "manage", r.URL.Path, hearth.NotAllowed
	if a.Recorder != nil {
		if err := a.Recorder.Record(r.Context(), rec); err != nil {
			a.Log.Error("a refusal can't be recorded", "request", rec.RequestID, "error", err)
		}
	}
	return hearth.NewError(hearth.NotAllowed)
}
