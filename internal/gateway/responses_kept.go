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
	j := x.lives.find(x.by.KeyID, x.id)
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

func (x *exchange) followResponse(j *live) error {
	if j == nil {
		k, err := x.keptResponse(x.id)
		if err != nil {
			return err
		}
		if k.Response.unfinished() { // taken in by a process that is gone, and not begun yet
			if waiting, err := x.Jobs.Job(x.r.Context(), x.by.KeyID, x.id); err == nil {
				_, j, _ = x.revive(waiting, false)
			}
		}
	}
	if j == nil {
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
	if err := x.withdraw(x.id); err != nil {
		return err
	}
	x.lives.drop(x.id)
	if err := x.kept().Forget(x.r.Context(), x.by.KeyID, x.id); err != nil {
		return err
	}
	x.writeJSON(http.StatusOK, deleted{x.id, "response", true})
	return nil
}

// cancelResponse answers POST /v1/responses/ID/cancel. One that has ended is what it is.
func (x *exchange) cancelResponse() error {
	k, err := x.keptResponse(x.id)
	if err != nil {
		return err
	}
	if k.Response.unfinished() {
		if err := x.withdraw(x.id); err != nil {
			return err
		}
		if k, err = x.keptResponse(x.id); err != nil {
			return err
		}
		if k.Response.Status == stageFailed && k.Response.Error.Cause == string(hearth.ServerStop) { // it had not begun
			x.unbegun(k)
		}
	}
	if !k.Response.Background {
		return hearth.NewError(hearth.InvalidValue, "field", "response_id", "detail",
			hearth.Words{"only an answer that is made in the background can be cancelled", "只有后台生成的响应可以取消"}).At("response_id")
	}
	x.writeJSON(http.StatusOK, k.Response)
	return nil
}

// unbegun cancels an answer that waited to be made.
func (x *exchange) unbegun(k *keptResponse) {
	k.Response.Status, k.Response.Error = stageCancelled, nil
	x.keep(&k.Response, k.Input)
	if l := x.lives.find(x.by.KeyID, k.Response.ID); l != nil {
		l.add(nil, k.Response, true)
	}
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
	x.writeJSON(http.StatusOK, pageOf(list, limit, func(i json.RawMessage) string { return *idOf(i) }))
	return nil
}

func idOf(item json.RawMessage) *string {
	var i struct{ ID string }
	_ = json.Unmarshal(item, &i) // which has been one when it was kept
	return &i.ID
}
