package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/hearthbox/hearth"
)

// Conversations keeps what is said in the console. Everything is asked for somebody, who
// can reach their own alone, and read what is shared with them.
type Conversations interface {
	Conversations(ctx context.Context, by hearth.Principal, q hearth.ConversationQuery) ([]hearth.Conversation, error)
	Conversation(ctx context.Context, by hearth.Principal, id string) (hearth.Conversation, error)
	PutConversation(ctx context.Context, by hearth.Principal, c hearth.Conversation) (revision int64, err error)
	ShareConversation(ctx context.Context, by hearth.Principal, id string, shared bool) error
	RemoveConversation(ctx context.Context, by hearth.Principal, id string) error
	PutFeedback(ctx context.Context, by hearth.Principal, f hearth.Feedback) error
	RemoveFeedback(ctx context.Context, by hearth.Principal, conversation, turn string) error
	Feedback(ctx context.Context, limit int) ([]hearth.Feedback, error)
}

// ConversationSummary is a conversation as lists have it.
type ConversationSummary struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Own      bool   `json:"own" doc:"Of who asks; others can only be read"`
	Owner    string `json:"owner,omitempty" doc:"Name of whose it is, where that is another"`
	Shared   bool   `json:"shared" doc:"Everybody of the tenant may read it"`
	Revision int64  `json:"revision"`
	Created  int64  `json:"created" doc:"Unix milliseconds"`
	Updated  int64  `json:"updated" doc:"Unix milliseconds"`
}

func summary(by hearth.Principal, c hearth.Conversation) ConversationSummary {
	s := ConversationSummary{ID: c.ID, Title: c.Title, Owner: c.Owner, Shared: c.Shared, Revision: c.Revision, Created: c.Created.UnixMilli(), Updated: c.Updated.UnixMilli()}
	if s.Own = by.Person != "" && c.Person == by.Person || by.Person == "" && c.Key == by.KeyID; s.Own {
		s.Owner = ""
	}
	return s
}

type conversationsInput struct {
	Language
	Text   string `query:"text" maxLength:"200" doc:"Words that are all in it"`
	Shared bool   `query:"shared" doc:"Those that others of the tenant share"`
	Before int64  `query:"before" minimum:"0" doc:"Only those updated before, in Unix milliseconds"`
	Limit  int    `query:"limit" default:"200" minimum:"1" maximum:"1000"`
}

type conversationsOutput struct {
	Body struct {
		Conversations []ConversationSummary `json:"conversations" doc:"The latest first"`
	}
}

type conversationInput struct {
	Language
	ID string `path:"id" maxLength:"64"`
}

func (in *conversationInput) object() string { return in.ID }

type conversationOutput struct {
	Body struct {
		ConversationSummary
		Body any `json:"body" doc:"As it was kept"`
	}
}

type putConversationInput struct {
	Language
	ID   string `path:"id" pattern:"^[0-9a-f]{24}$" doc:"24 hexadecimal digits, of the caller's choice"`
	Body struct {
		Title    string          `json:"title" maxLength:"500"`
		Revision int64           `json:"revision" minimum:"0" doc:"That it was made from; 0 for a new one"`
		Created  int64           `json:"created" minimum:"0" doc:"Unix milliseconds"`
		Updated  int64           `json:"updated" minimum:"0" doc:"Unix milliseconds"`
		Said     string          `json:"said" doc:"Words, to search in"`
		Body     json.RawMessage `json:"body" doc:"JSON; at most 4 MiB"`
	}
}

type revisionOutput struct {
	Body struct {
		Revision int64 `json:"revision"`
	}
}

type shareInput struct {
	Language
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Shared bool `json:"shared"`
	}
}

func (in *shareInput) object() string { return in.ID }

type feedbackInput struct {
	Language
	ID   string `path:"id" maxLength:"64"`
	Turn string `path:"turn" maxLength:"64" doc:"The answer, by its name in the conversation"`
	Body struct {
		Model   string `json:"model" maxLength:"500"`
		Good    bool   `json:"good"`
		Reason  string `json:"reason,omitempty" enum:"wrong,incomplete,off_topic,unsafe,advertising,slow,other"`
		Comment string `json:"comment,omitempty" maxLength:"2000"`
	}
}

type turnInput struct {
	Language
	ID   string `path:"id" maxLength:"64"`
	Turn string `path:"turn" maxLength:"64"`
}

// Feedback is what somebody thinks of an answer.
type Feedback struct {
	Conversation string    `json:"conversation"`
	Turn         string    `json:"turn"`
	Model        string    `json:"model"`
	Good         bool      `json:"good"`
	Reason       string    `json:"reason,omitempty"`
	Comment      string    `json:"comment,omitempty"`
	At           time.Time `json:"at"`
}

type feedbackOutput struct {
	Body struct {
		Feedback []Feedback `json:"feedback" doc:"The latest first; at most 1,000"`
	}
}

// unrecorded are changes that are no acts of administration: what is said to a model is
// on record where it is asked.
var unrecorded = []string{"put-conversation", "put-feedback", "remove-feedback"}

func (a *Admin) putConversation(ctx context.Context, in *putConversationInput) (*revisionOutput, error) {
	b := in.Body
	switch {
	case len(b.Body)+len(b.Said) > 2*hearth.ConversationBytesMax || len(b.Body) > hearth.ConversationBytesMax:
		return nil, hearth.NewError(hearth.BodyTooLarge, "limit_bytes", hearth.ConversationBytesMax)
	case !json.Valid(b.Body):
		return nil, hearth.NewError(hearth.InvalidJSON, "detail", "body")
	}
	out := &revisionOutput{}
	var err error
	out.Body.Revision, err = a.Conversations.PutConversation(ctx, asking(ctx), hearth.Conversation{ID: in.ID, Title: b.Title, Revision: b.Revision,
		Created: time.UnixMilli(b.Created), Updated: time.UnixMilli(b.Updated), Body: b.Body, Said: b.Said})
	return out, err
}

func (a *Admin) conversationRoutes() {
	tags := []string{"Conversations"}
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "list-conversations", Method: http.MethodGet, Path: "/conversations", Summary: "One's own conversations, or those that others share", Tags: tags},
		func(ctx context.Context, in *conversationsInput) (*conversationsOutput, error) {
			q := hearth.ConversationQuery{Text: in.Text, Shared: in.Shared, Limit: in.Limit}
			if in.Before > 0 {
				q.Before = time.UnixMilli(in.Before)
			}
			list, err := a.Conversations.Conversations(ctx, asking(ctx), q)
			out := &conversationsOutput{}
			out.Body.Conversations = []ConversationSummary{}
			for _, c := range list {
				out.Body.Conversations = append(out.Body.Conversations, summary(asking(ctx), c))
			}
			return out, err
		})
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "conversation", Method: http.MethodGet, Path: "/conversations/{id}", Summary: "One with all that was said", Tags: tags},
		func(ctx context.Context, in *conversationInput) (*conversationOutput, error) {
			c, err := a.Conversations.Conversation(ctx, asking(ctx), in.ID)
			out := &conversationOutput{}
			out.Body.ConversationSummary, out.Body.Body = summary(asking(ctx), c), json.RawMessage(c.Body)
			return out, err
		})
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "put-conversation", Method: http.MethodPut, Path: "/conversations/{id}", Summary: "Keep one, in the place of the revision it was made from", Tags: tags, MaxBodyBytes: 3 * hearth.ConversationBytesMax},
		a.putConversation)
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "share-conversation", Method: http.MethodPut, Path: "/conversations/{id}/shared", Summary: "Let everybody of the tenant read it, or no more", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *shareInput) (*struct{}, error) {
			return nil, a.Conversations.ShareConversation(ctx, asking(ctx), in.ID, in.Body.Shared)
		})
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "remove-conversation", Method: http.MethodDelete, Path: "/conversations/{id}", Summary: "Forget one, and what was thought of its answers", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *conversationInput) (*struct{}, error) {
			return nil, a.Conversations.RemoveConversation(ctx, asking(ctx), in.ID)
		})
	a.feedbackRoutes()
}

func (a *Admin) feedbackRoutes() {
	tags := []string{"Conversations"}
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "put-feedback", Method: http.MethodPut, Path: "/conversations/{id}/feedback/{turn}", Summary: "Say what one thinks of an answer", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *feedbackInput) (*struct{}, error) {
			if in.Body.Reason != "" && !slices.Contains(hearth.FeedbackReasons(), in.Body.Reason) {
				return nil, hearth.NewError(hearth.NotOneOf, "field", "reason", "choices", hearth.FeedbackReasons())
			}
			return nil, a.Conversations.PutFeedback(ctx, asking(ctx), hearth.Feedback{Conversation: in.ID, Turn: in.Turn, Model: in.Body.Model,
				Good: in.Body.Good, Reason: in.Body.Reason, Comment: in.Body.Comment, At: time.Now()})
		})
	handle(a, hearth.RightAsk, huma.Operation{OperationID: "remove-feedback", Method: http.MethodDelete, Path: "/conversations/{id}/feedback/{turn}", Summary: "Take that back", Tags: tags, DefaultStatus: http.StatusNoContent},
		func(ctx context.Context, in *turnInput) (*struct{}, error) {
			return nil, a.Conversations.RemoveFeedback(ctx, asking(ctx), in.ID, in.Turn)
		})
	handle(a, hearth.RightServe, huma.Operation{OperationID: "list-feedback", Method: http.MethodGet, Path: "/feedback", Summary: "What people think of answers, without what was said", Tags: tags},
		func(ctx context.Context, _ *Language) (*feedbackOutput, error) {
			list, err := a.Conversations.Feedback(ctx, 1000)
			out := &feedbackOutput{}
			out.Body.Feedback = []Feedback{}
			for _, f := range list {
				out.Body.Feedback = append(out.Body.Feedback, Feedback(f))
			}
			return out, err
		})
}
