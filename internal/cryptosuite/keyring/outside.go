package keyring

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/hearthbox/hearth/internal/cryptosuite"
)

// Limits of asking others.
const (
	askMax    = 30 * time.Second
	answerMax = 64 << 10
)

// Transit seals with a key that never leaves an OpenBao or a Vault: its transit engine
// encrypts the root key and decrypts it. The key must be of a kind with authentication
// (aes256-gcm96, chacha20-poly1305), so that what it made opens for this ring alone.
type Transit struct {
	URL       string // where the service is, without /v1
	Mount     string // of the transit engine; empty is transit
	Key       string // name of the key
	Token     string
	Namespace string // or empty
	Client    *http.Client
}

type transitClosed struct {
	Ciphertext string `json:"ciphertext"`
}

// Kind is [KindTransit].
func (t *Transit) Kind() string { return KindTransit }

// Close has a root key encrypted.
func (t *Transit) Close(ctx context.Context, _ cryptosuite.Suite, root, binding []byte) (json.RawMessage, error) {
	var out struct {
		Ciphertext string `json:"ciphertext"`
	}
	if err := t.ask(ctx, "encrypt", map[string]any{"plaintext": root, "associated_data": binding}, &out); err != nil {
		return nil, err
	}
	if out.Ciphertext == "" {
		return nil, errors.New("the transit service answered without a ciphertext")
	}
	return json.Marshal(transitClosed{out.Ciphertext})
}

// Open has it decrypted.
func (t *Transit) Open(ctx context.Context, _ cryptosuite.Suite, closed json.RawMessage, binding []byte) ([]byte, error) {
	var c transitClosed
	if json.Unmarshal(closed, &c) != nil {
		return nil, ErrDamaged
	}
	var out struct {
		Plaintext []byte `json:"plaintext"`
	}
	if err := t.ask(ctx, "decrypt", map[string]any{"ciphertext": c.Ciphertext, "associated_data": binding}, &out); err != nil {
		return nil, err
	}
	return out.Plaintext, nil
}

// ask calls the transit engine. A refusal of what was sent is [ErrWrong].
func (t *Transit) ask(ctx context.Context, what string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	mount := strings.Trim(t.Mount, "/")
	if mount == "" {
		mount = "transit"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(t.URL, "/")+"/v1/"+mount+"/"+what+"/"+url.PathEscape(t.Key), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Vault-Token", t.Token)
	r.Header.Set("X-Vault-Request", "true")
	if t.Namespace != "" {
		r.Header.Set("X-Vault-Namespace", t.Namespace)
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy of the environment
	if t.Client != nil {
		c = *t.Client
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the token goes nowhere else
	resp, err := c.Do(r)
	if err != nil {
		return fmt.Errorf("ask the transit service: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, answerMax+1))
	if err != nil {
		return fmt.Errorf("ask the transit service: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return t.refused(resp.StatusCode, text)
	}
	answer := struct {
		Data any `json:"data"`
	}{out}
	if len(text) > answerMax || json.Unmarshal(text, &answer) != nil {
		return errors.New("the transit service's answer is not one of transit")
	}
	return nil
}

// refused says what the service said; its words are about keys and rights, not secrets.
func (t *Transit) refused(status int, text []byte) error {
	var answer struct {
		Errors []string `json:"errors"`
	}
	_ = json.Unmarshal(text, &answer)
	said := strings.Join(answer.Errors, "; ")
	said = said[:min(len(said), 500)]
	err := fmt.Errorf("the transit service refused (status %d): %s", status, said)
	if status == http.StatusBadRequest {
		return errors.Join(ErrWrong, err)
	}
	return err
}

// Program seals by a program that has the key: one that speaks to a card or a module by
// PKCS #11 or SDF (GM/T 0018), say. It is started for each question, without a shell and
// without the environment, gets one line of JSON on its standard input, and answers with one on its
// standard output: {"op":"close","data":…,"binding":…} or {"op":"open",…}, then {"data":…} or
// {"error":"…"}, where data and binding are in base 64. "wrong":true beside the error says
// that the data was not closed by this key and binding.
type Program struct{ Command []string }

type programClosed struct {
	Data []byte `json:"data"`
}

// Question and Answer are what goes to a program, and what comes back.
type (
	Question struct {
		Op      string `json:"op"`
		Data    []byte `json:"data"`
		Binding []byte `json:"binding"`
	}
	Answer struct {
		Data  []byte `json:"data,omitempty"`
		Error string `json:"error,omitempty"`
		Wrong bool   `json:"wrong,omitempty"`
	}
)

// Kind is [KindProgram].
func (p Program) Kind() string { return KindProgram }

// Close has a root key encrypted.
func (p Program) Close(ctx context.Context, _ cryptosuite.Suite, root, binding []byte) (json.RawMessage, error) {
	data, err := p.ask(ctx, Question{"close", root, binding})
	if err != nil {
		return nil, err
	}
	if len(data) == 0 || bytes.Contains(data, root) {
		return nil, errors.New("the keyring's program has not encrypted anything")
	}
	return json.Marshal(programClosed{data})
}

// Open has it decrypted.
func (p Program) Open(ctx context.Context, _ cryptosuite.Suite, closed json.RawMessage, binding []byte) ([]byte, error) {
	var c programClosed
	if json.Unmarshal(closed, &c) != nil {
		return nil, ErrDamaged
	}
	return p.ask(ctx, Question{"open", c.Data, binding})
}

func (p Program) ask(ctx context.Context, q Question) ([]byte, error) {
	if len(p.Command) == 0 {
		return nil, errors.New("no program is named for the keyring")
	}
	ctx, cancel := context.WithTimeout(ctx, askMax)
	defer cancel()
	in, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, p.Command[0], p.Command[1:]...)
	cmd.Env = []string{"LANG=C"}
	cmd.Stdin = bytes.NewReader(append(in, '\n'))
	out := &bounded{full: cancel}
	cmd.Stdout = out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("the keyring's program %s: %w", p.Command[0], err)
	}
	var a Answer
	if json.Unmarshal(out.text, &a) != nil {
		return nil, fmt.Errorf("the keyring's program %s answered with something else than a line of JSON", p.Command[0])
	}
	if a.Error != "" {
		err := fmt.Errorf("the keyring's program %s: %s", p.Command[0], a.Error[:min(len(a.Error), 500)])
		if a.Wrong {
			err = errors.Join(ErrWrong, err)
		}
		return nil, err
	}
	return a.Data, nil
}

// bounded keeps so much of what is written, and says when there is more.
// It has no other way to be written to, such as a buffer's ReadFrom.
type bounded struct {
	text []byte
	full func()
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.text)+len(p) > answerMax {
		b.full()
		return 0, errors.New("its answer is too long")
	}
	b.text = append(b.text, p...)
	return len(p), nil
}
