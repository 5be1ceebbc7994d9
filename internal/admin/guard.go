package admin

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/guard"
)

type tryInput struct {
	Language
	Body struct {
		Text      string `json:"text" doc:"What to screen; at most 1 MiB"`
		Direction string `json:"direction,omitempty" enum:"request,answer" doc:"request, the default: as one to a model elsewhere; answer: as one"`
	}
}

// Finding is something found in a text.
type Finding struct {
	Class  string `json:"class" doc:"Of the word, or the kind of personal data or secret"`
	View   string `json:"view" doc:"How it was recognised; private for personal data and secrets"`
	Start  int    `json:"start" doc:"First character of it, from 0"`
	End    int    `json:"end" doc:"First character after it"`
	Action string `json:"action" enum:"label,mask,replace,stop"`
	Shown  string `json:"shown,omitempty" doc:"What stands for it"`
}

type tryOutput struct {
	Body struct {
		Text     string    `json:"text" doc:"As it would go on"`
		Stopped  bool      `json:"stopped" doc:"The request would be refused, or the answer end here"`
		Findings []Finding `json:"findings"`
	}
}

// WordList is a file of words that the guard looks for.
type WordList struct {
	Name    string    `json:"name"`
	Bytes   int64     `json:"bytes"`
	Changed time.Time `json:"changed"`
	Words   int       `json:"words"`
	Classes []string  `json:"classes" doc:"Of its words; at most 20"`
	Problem string    `json:"problem,omitempty" doc:"Why it can't be used"`
}

// wordListBytesMax bounds a list that is sent here.
const wordListBytesMax = 8 << 20

type guardOutput struct {
	Body struct {
		Words        bool              `json:"words" doc:"Words are looked for: setting guard.words"`
		Lists        []WordList        `json:"lists"`
		RequestViews []string          `json:"request_views" doc:"How words are recognised in requests"`
		AnswerViews  []string          `json:"answer_views" doc:"And in answers"`
		Action       string            `json:"action" enum:"allow,label,mask,replace,stop" doc:"About words whose file, class and entry say nothing"`
		Classes      map[string]string `json:"classes" doc:"Actions by class of word"`
		Replacement  string            `json:"replacement" doc:"Stands for words that are replaced"`
		Here         map[string]string `json:"here" doc:"What is done about personal data and secrets in requests to models on this machine or network, by kind"`
		Cloud        map[string]string `json:"cloud" doc:"In requests to models elsewhere"`
		Answers      map[string]string `json:"answers" doc:"In answers"`
	}
}

type putWordListInput struct {
	Language
	Name string `path:"id" maxLength:"80" doc:"Name of the file, ending in .txt, .csv or .json"`
	Body struct {
		Text string `json:"text" doc:"What is in the file; at most 8 MiB"`
	}
}

type wordListInput struct {
	Language
	Name string `path:"id" maxLength:"80"`
}

type wordListOutput struct{ Body WordList }

func (in *putWordListInput) object() string { return in.Name }
func (in *wordListInput) object() string    { return in.Name }

// named shows a policy about kinds by name.
func named[K, V ~string](m map[K]V) map[string]string {
	out := map[string]string{}
	for k, v := range m {
		out[string(k)] = string(v)
	}
	return out
}

func (a *Admin) guardState(l hearth.Language) (*guardOutput, error) {
	on, lists, err := a.Guard.WordLists(l)
	p, out := a.Guard.Policy(), &guardOutput{}
	b := &out.Body
	b.Words, b.Lists, b.Replacement = on, append([]WordList{}, lists...), p.Replacement
	b.RequestViews, b.AnswerViews = strings.Split(p.RequestViews.String(), ","), strings.Split(p.AnswerViews.String(), ",")
	b.Action, b.Classes = string(cmp.Or(p.WordsElse, guard.Mask)), named(p.Words)
	b.Here, b.Cloud, b.Answers = named(p.Here), named(p.Cloud), named(p.Answer)
	return out, err
}

func (a *Admin) wordListRoutes() {
	tags := []string{"Guard"}
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "guard", Method: http.MethodGet, Path: "/guard", Summary: "What the guard looks for, and what it does about it", Tags: tags},
		func(_ context.Context, in *Language) (*guardOutput, error) {
			return a.guardState(hearth.ParseLanguage(in.AcceptLanguage))
		})
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "put-word-list", Method: http.MethodPut, Path: "/guard/lists/{id}", Summary: "Put a list of words in the place of the one of that name; it is in use at once", Tags: tags, MaxBodyBytes: 2 * wordListBytesMax},
		func(_ context.Context, in *putWordListInput) (*wordListOutput, error) {
			if len(in.Body.Text) > wordListBytesMax {
				return nil, hearth.NewError(hearth.BodyTooLarge, "limit_bytes", wordListBytesMax)
			}
			l, err := a.Guard.PutWordList(in.Name, []byte(in.Body.Text), hearth.ParseLanguage(in.AcceptLanguage))
			return &wordListOutput{l}, err
		})
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "remove-word-list", Method: http.MethodDelete, Path: "/guard/lists/{id}", Summary: "Remove a list of words", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(_ context.Context, in *wordListInput) (*struct{}, error) {
			return nil, a.Guard.RemoveWordList(in.Name)
		})
}

func (a *Admin) guardRoutes() {
	handle(a, hearth.RightGuard, huma.Operation{OperationID: "try-guard", Method: http.MethodPost, Path: "/guard/try", Summary: "See what the guard does to a text; nothing is kept", Tags: []string{"Guard"}},
		func(_ context.Context, in *tryInput) (*tryOutput, error) {
			r, err := a.Guard.Try(in.Body.Text, in.Body.Direction == "answer")
			if err != nil {
				return nil, err
			}
			out := &tryOutput{}
			out.Body.Text, out.Body.Stopped, out.Body.Findings = r.Text, r.Stopped, []Finding{}
			for _, f := range r.Findings {
				out.Body.Findings = append(out.Body.Findings, Finding{f.Class, f.View, guard.Runes(in.Body.Text, f.Start), guard.Runes(in.Body.Text, f.End), string(f.Action), f.Shown})
			}
			return out, nil
		})
}
