package upstream

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// refused turns a bad status into an error: ours to mend, the client's, or nobody's
// but time's. wait is how long the server wants to be left alone; 0 if it does not say.
func (u *Server) refused(resp *http.Response, wait time.Duration) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, errorBytes))
	if told := u.peerError(text); told != nil {
		return told.After(wait)
	}
	said := saidIn(text)
	if said.message == "" {
		said.message = resp.Status
	}
	return u.trouble(resp.StatusCode, said).After(wait)
}

// trouble is what a server's error is here. The status is 200 where it came within an
// answer.
func (u *Server) trouble(status int, said said) *hearth.Error {
	code := hearth.Code("")
	if u.kind.sort != nil {
		code = u.kind.sort(status, said.codes)
	}
	if code == "" {
		code = codeOf(status, said.codes)
	}
	return hearth.NewError(code, "upstream", u.Name, "detail", said.message)
}

func codeOf(status int, codes []string) hearth.Code {
	if status == http.StatusOK {
		for _, c := range codes {
			switch n := statusIn(c); {
			case n != 0:
				return codeOf(n, nil)
			case strings.Contains(c, "rate_limit"), strings.Contains(c, "overloaded"), c == "server_busy":
				return hearth.UpstreamBusy
			}
		}
	}
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return hearth.UpstreamFailed
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return hearth.UpstreamRejected
	case http.StatusTooManyRequests, statusOverloaded:
		return hearth.UpstreamBusy
	}
	return hearth.UpstreamRefused
}

// statusOverloaded is what Anthropic and those who copy it send when they have too much.
const statusOverloaded = 529

// statusIn is a code that is an HTTP status; 0 if it is not.
func statusIn(code string) int {
	if len(code) != 3 || code[0] < '4' || code[0] > '5' {
		return 0
	}
	n := 0
	for _, c := range code {
		if c < '0' || c > '9' {
			return 0
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// peerError recognises the error of another hearth, by the remedy, and repeats it; but
// if that one does not let us in, it is not our client's key that is at fault.
func (u *Server) peerError(body []byte) *hearth.Error {
	var b struct {
		Error struct {
			Code    any    `json:"code"`
			Message string `json:"message"`
			Remedy  string `json:"remedy"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &b) != nil || b.Error.Remedy == "" || b.Error.Message == "" {
		return nil
	}
	code, _ := b.Error.Code.(string)
	told := hearth.Told(hearth.Code(code), b.Error.Message, b.Error.Remedy)
	if k := told.Kind(); k == hearth.KindUnauthenticated || k == hearth.KindForbidden {
		return hearth.NewError(hearth.UpstreamRefused, "upstream", u.Name, "detail", b.Error.Message)
	}
	return told
}

// said is what a server says of an error: a message, and the codes and types it gives.
type said struct {
	message string
	codes   []string
}

// saidIn finds it in the bodies that servers send with an error.
func saidIn(body []byte) said {
	var plain string
	if json.Unmarshal(body, &plain) == nil { // SiliconFlow, for one
		return said{message: plain}
	}
	var b struct {
		Error    json.RawMessage `json:"error"`
		Detail   json.RawMessage `json:"detail"`
		Response struct {
			Error json.RawMessage `json:"Error"`
		} `json:"Response"` // Tencent's older form
		Message string `json:"message"`
		Code    any    `json:"code"`
		Type    any    `json:"type"`
		Kind    any    `json:"error_type"` // MindIE
	}
	if json.Unmarshal(body, &b) != nil {
		return said{}
	}
	out := said{codes: codesOf(b.Code, b.Type, b.Kind)}
	for _, raw := range []json.RawMessage{b.Error, b.Response.Error, b.Detail} {
		var nested struct {
			Message string `json:"message"`
			Code    any    `json:"code"`
			Type    any    `json:"type"`
		}
		switch {
		case json.Unmarshal(raw, &nested) == nil:
			out.codes = append(out.codes, codesOf(nested.Code, nested.Type)...)
			if out.message == "" {
				out.message = nested.Message
			}
		case json.Unmarshal(raw, &plain) == nil && plain != "":
			out.message = plain
		}
	}
	if out.message == "" {
		out.message = b.Message
	}
	return out
}

// codesOf are codes as texts, whatever they were written as.
func codesOf(list ...any) (codes []string) {
	for _, c := range list {
		switch c := c.(type) {
		case string:
			codes = append(codes, c)
		case float64:
			text, _ := json.Marshal(c)
			codes = append(codes, string(text))
		}
	}
	return codes
}
