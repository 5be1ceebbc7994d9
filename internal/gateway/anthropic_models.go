package gateway

import (
	"net/http"
	"time"

	"github.com/hearthbox/hearth"
)

// anthropicModel is an entry of Anthropic's model list.
type anthropicModel struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	DisplayName string `json:"display_name"`
	CreatedAt   string `json:"created_at"`
	Lifecycle   string `json:"lifecycle"`
	MaxInput    *int   `json:"max_input_tokens"`

	// Nothing is known of these.
	MaxTokens    *int    `json:"max_tokens"`
	Capabilities *string `json:"capabilities"`
	Line         *string `json:"line"`
	DeprecatedAt *string `json:"deprecated_at"`
	RetiresAt    *string `json:"retires_at"`
}

func anthropicModelOf(m hearth.Model) anthropicModel {
	out := anthropicModel{Type: "model", ID: m.ID, DisplayName: m.ID, CreatedAt: m.Added.UTC().Format(time.RFC3339), Lifecycle: "active"}
	if m.ContextTokens > 0 {
		out.MaxInput = &m.ContextTokens
	}
	return out
}

// listAnthropic is the model list for who asks with Anthropic's header. It has one page.
func (x *exchange) listAnthropic(models []hearth.Model) {
	list := struct {
		Data    []anthropicModel `json:"data"`
		HasMore bool             `json:"has_more"`
		FirstID *string          `json:"first_id"`
		LastID  *string          `json:"last_id"`
	}{Data: []anthropicModel{}}
	for _, m := range models {
		list.Data = append(list.Data, anthropicModelOf(m))
	}
	if n := len(list.Data); n > 0 {
		list.FirstID, list.LastID = &list.Data[0].ID, &list.Data[n-1].ID
	}
	x.writeJSON(http.StatusOK, list)
}
