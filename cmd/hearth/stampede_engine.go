package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/bench"
	"github.com/hearthbox/hearth/internal/upstream"
)

// simulated is an engine elsewhere that computes nothing: so many answers at once, each
// at a pace that does not depend on the others. Like most engines it lets the rest wait,
// first come, first served, and says nothing about it.
type simulated struct {
	url     string // with /v1
	slots   chan struct{}
	pace    time.Duration // of a token
	server  *http.Server
	clients []*upstream.Server
	calls   atomic.Int64 // requests
	answers atomic.Int64 // of them, those whose answer began
}

func startEngine(slots int, speed float64) (*simulated, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, hearth.NewError(hearth.ListenFailed, "address", "127.0.0.1").Because(err)
	}
	e := &simulated{url: "http://" + l.Addr().String() + "/v1", slots: make(chan struct{}, slots), pace: time.Duration(float64(time.Second) / speed)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data":[{"id":"simulated"}]}`)
	})
	mux.HandleFunc("POST /v1/chat/completions", e.answer)
	e.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = e.server.Serve(l) }()
	return e, nil
}

func (e *simulated) close() {
	for _, u := range e.clients {
		u.Close()
	}
	_ = e.server.Close()
}

func (e *simulated) answer(w http.ResponseWriter, r *http.Request) {
	e.calls.Add(1)
	var q struct {
		MaxTokens int `json:"max_tokens"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-r.Context().Done():
		return
	}
	e.answers.Add(1)
	w.Header().Set("Content-Type", "text/event-stream")
	rc := http.NewResponseController(w)
	began := time.Now()
	for i := range q.MaxTokens {
		select {
		case <-time.After(time.Until(began.Add(time.Duration(i+1) * e.pace))):
		case <-r.Context().Done():
			return
		}
		_, _ = io.WriteString(w, `data: {"choices":[{"index":0,"delta":{"content":"word "}}]}`+"\n\n")
		_ = rc.Flush()
	}
	fmt.Fprintf(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"usage":{"prompt_tokens":60,"completion_tokens":%d}}`+"\n\ndata: [DONE]\n\n", q.MaxTokens)
}

// tenants ask it directly, as many as ask through hearth.
func (e *simulated) tenants(count, users int) []bench.Tenant {
	return divide(count, users, func(int) []hearth.Generator {
		u, err := upstream.New(upstream.Config{Name: "engine", URL: e.url, IdleMax: time.Hour})
		if err != nil {
			panic(err) // it is our own address
		}
		e.clients = append(e.clients, u)
		return []hearth.Generator{u}
	})
}

// divide makes tenants of equal size.
func divide(count, users int, asks func(i int) []hearth.Generator) []bench.Tenant {
	list := make([]bench.Tenant, count)
	for i := range list {
		list[i] = bench.Tenant{Name: fmt.Sprint("tenant ", i+1), Users: users/count + (count-1-i+users%count)/count, Asks: asks(i)}
	}
	return list
}
