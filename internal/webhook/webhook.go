// Package webhook tells other programs that something is done: it sends them signed
// messages, as Standard Webhooks 1.0 (standardwebhooks.com) has it and OpenAI's libraries
// check it.
//
// A message is a job, so that it is sent although the server ends meanwhile. Who receives
// it may get it twice and knows it by its id.
//
// Invariants:
//
//   - W1. Messages go to addresses of the configuration and nowhere else: redirects are not
//     followed.
//   - W2. A message says what has happened and to what, by its id, and nothing that was said.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/egress"
)

// Hook is a place where messages are sent.
type Hook struct {
	URL    string
	Secret []byte   // that messages are signed with
	Events []string // such as batch.completed; none is all
	Key    string   // id of the key whose jobs are told of; empty is all
}

// Events lists what messages are about.
func Events() []string {
	return []string{"batch.completed", "batch.failed", "batch.expired", "batch.cancelled",
		"response.completed", "response.failed", "response.incomplete", "response.cancelled"}
}

// ParseSecret reads a secret as it is handed round: whsec_ and base64 of 24 to 64 bytes.
func ParseSecret(text string) ([]byte, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(text), "whsec_"))
	if err != nil || len(secret) < 24 || len(secret) > 64 {
		return nil, fmt.Errorf("a secret reads whsec_ and 24 to 64 bytes in base64")
	}
	return secret, nil
}

// Sender sends messages.
type Sender struct {
	hooks  []Hook
	log    *slog.Logger
	client *http.Client
}

// Limits of sending a message.
const (
	sendMax   = 15 * time.Second
	idleMax   = 90 * time.Second
	answerMax = 64 << 10 // bytes of what is answered that are read
	lifeMax   = 5 * 24 * time.Hour
)

// pauses are how long it is waited after each try, as Standard Webhooks recommends.
var pauses = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// New makes a Sender, which is let out to the hooks alone.
func New(hooks []Hook, log *slog.Logger, gate *egress.Gate) (*Sender, error) {
	urls := make([]string, len(hooks))
	for i, h := range hooks {
		urls[i] = h.URL
	}
	door, err := gate.Door("webhook", urls...)
	if err != nil {
		return nil, err
	}
	return &Sender{hooks, log, &http.Client{Transport: &http.Transport{DialContext: door.DialContext, TLSHandshakeTimeout: sendMax, IdleConnTimeout: idleMax}, Timeout: sendMax, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// message is what is sent.
type message struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Type    string `json:"type"`
	Created int64  `json:"created_at"`
	Data    struct {
		ID string `json:"id"`
	} `json:"data"`
}

// Messages are the jobs of telling that something has happened to what has that id and
// owner. The same has the same jobs.
func (s *Sender) Messages(event, owner, id string) []hearth.Job {
	var list []hearth.Job
	now := time.Now()
	for i, h := range s.hooks {
		if h.Key != "" && h.Key != owner || len(h.Events) > 0 && !slices.Contains(h.Events, event) {
			continue
		}
		m := message{ID: fmt.Sprintf("evt_%s_%d", id, i), Object: "event", Type: event, Created: now.Unix()}
		m.Data.ID = id
		body, err := json.Marshal(m)
		if err != nil {
			panic(err) // it is made of texts and a number
		}
		list = append(list, hearth.Job{ID: m.ID, Owner: owner, Kind: hearth.JobMessage, Name: event, Path: h.URL, Class: hearth.ClassDefault, Body: body,
			Created: now, Expires: now.Add(lifeMax)})
	}
	return list
}

// Work sends a message. One that is not taken is sent again, later and later.
func (s *Sender) Work(ctx context.Context, j hearth.Job) hearth.Outcome {
	i := slices.IndexFunc(s.hooks, func(h Hook) bool { return h.URL == j.Path })
	if i < 0 { // it is not configured any more
		return hearth.Outcome{Forget: true}
	}
	err := s.send(ctx, s.hooks[i], j, time.Now())
	if err == nil {
		return hearth.Outcome{Forget: true}
	}
	attrs := []any{"message", j.ID, "event", j.Name, "url", j.Path, "try", j.Tries, "error", err}
	if j.Tries > len(pauses) {
		s.log.Error("a message was not taken, and is given up", attrs...)
		return hearth.Outcome{Forget: true}
	}
	s.log.Warn("a message was not taken", attrs...)
	return hearth.Outcome{Again: pauses[max(1, j.Tries)-1]}
}

func (s *Sender) send(ctx context.Context, h Hook, j hearth.Job, now time.Time) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(j.Body))
	if err != nil {
		return err
	}
	at := strconv.FormatInt(now.Unix(), 10)
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "hearth",
		"Webhook-Id": j.ID, "Webhook-Timestamp": at, "Webhook-Signature": "v1," + Sign(h.Secret, j.ID, at, j.Body)} {
		r.Header.Set(name, value)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, answerMax))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// Sign is the signature of a message, in base64: HMAC-SHA256 of its id, its time in Unix
// seconds and its body, with stops between.
func Sign(secret []byte, id, at string, body []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(id + "." + at + "."))
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}
