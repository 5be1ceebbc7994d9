package gateway

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/hearthbox/hearth"
)

// showResponse answers GET /v1/responses/ID: as it stands, or, for one in the background,
// as a stream from where the client left it.
func (x *exchange) showResponse() error {
	j := x.jobs.find(x.by.KeyID, x.id)
	if x.r.URL.Query().Get("stream") == "true" {
		return x.followResponse(j)
	}
	if j != nil {
		x.writeJSON(http.StatusOK, j.now())
		return nil
	}
	k, err := x.keptResponse(x.id)
	if err != nil {
		return err
	}
	x.writeJSON(http.StatusOK, k.Response)
	return nil
}

func (x *exchange) followResponse(j *job) error {
	if j == nil {
		if _, err := x.keptResponse(x.id); err != nil {
			return err
		}
		return hearth.NewError(hearth.InvalidValue, "field", "stream", "detail",
			hearth.Words{"only an answer that is made in the background, or was moments ago, can be followed", "只能跟踪正在后台生成或刚刚生成完毕的响应"}).At("stream")
	}
	from := 0
	if after := x.r.URL.Query().Get("starting_after"); after != "" {
		n, err := strconv.ParseUint(after, 10, 31)
		if err != nil {
			return hearth.NewError(hearth.WrongType, "field", "starting_after", "type", "integer").At("starting_after")
		}
		from = int(n) + 1
	}
	return x.follow(j, from)
}

// deleteResponse answers DELETE /v1/responses/ID.
func (x *exchange) deleteResponse() error {
	if j := x.jobs.find(x.by.KeyID, x.id); j != nil {
		j.stop(errCancelled)
		x.jobs.drop(j)
	}
	if err := x.kept().Forget(x.r.Context(), x.by.KeyID, x.id); err != nil {
		return err
	}
	x.writeJSON(http.StatusOK, struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Deleted bool   `json:"deleted"`
	}{x.id, "response", true})
	return nil
}

// cancelResponse answers POST /v1/responses/ID/cancel. One that has ended is what it is.
func (x *exchange) cancelResponse() error {
	if j := x.jobs.find(x.by.KeyID, x.id); j != nil {
		j.stop(errCancelled)
		x.writeJSON(http.StatusOK, j.now())
		return nil
	}
	k, err := x.keptResponse(x.id)
	if err != nil {
		return err
	}
	if !k.Response.Background {
		return hearth.NewError(hearth.InvalidValue, "field", "response_id", "detail",
			hearth.Words{"only an answer that is made in the background can be cancelled", "只有后台生成的响应可以取消"}).At("response_id")
	}
	x.writeJSON(http.StatusOK, k.Response)
	return nil
}

// pageMax is how many items a page has at most.
const pageMax = 100

// inputItems answers GET /v1/responses/ID/input_items: what was said in that turn.
func (x *exchange) inputItems() error {
	k, err := x.keptResponse(x.id)
	if err != nil {
		return err
	}
	q := x.r.URL.Query()
	limit := 20
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > pageMax {
			return outOfRange("limit", 1, pageMax)
		}
	}
	list := k.Input
	switch q.Get("order") {
	case "asc":
	case "", "desc":
		slices.Reverse(list)
	default:
		return hearth.NewError(hearth.NotOneOf, "field", "order", "choices", "asc, desc").At("order")
	}
	if after := q.Get("after"); after != "" {
		n := slices.IndexFunc(list, func(i json.RawMessage) bool { return *idOf(i) == after })
		list = list[n+1:]
	}
	page := struct {
		Object  string            `json:"object"`
		Data    []json.RawMessage `json:"data"`
		FirstID *string           `json:"first_id"`
		LastID  *string           `json:"last_id"`
		HasMore bool              `json:"has_more"`
	}{Object: "list", Data: append([]json.RawMessage{}, list[:min(limit, len(list))]...), HasMore: len(list) > limit}
	if n := len(page.Data); n > 0 {
		page.FirstID, page.LastID = idOf(page.Data[0]), idOf(page.Data[n-1])
	}
	x.writeJSON(http.StatusOK, page)
	return nil
}

func idOf(item json.RawMessage) *string {
	var i struct{ ID string }
	_ = json.Unmarshal(item, &i) // which has been one when it was kept
	return &i.ID
}
