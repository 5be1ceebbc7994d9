package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/hearthbox/hearth"
)

// Whoever changes something says which state of it they have seen: by its ETag, in If-Match.
// If it is in another one by then, it stays as it is, and they are told.

// Matched is what a request has that changes what is there.
type Matched struct {
	IfMatch string `header:"If-Match" doc:"The etag of what is changed, as it was read; without it, or with *, it is changed whatever it is by now"`
}

// check refuses to change what is in another state than the request is about.
func (m Matched) check(now string) error {
	if m.IfMatch == "" || m.IfMatch == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(m.IfMatch, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == strconv.Quote(now) && now != "" {
			return nil
		}
	}
	return hearth.NewError(hearth.ChangedMeanwhile).At("If-Match")
}

// change changes what is in the state that a request is about, and nothing else. Changes that
// come by this door are made one after the other.
func (a *Admin) change(m Matched, now func() (string, error), change func() error) error {
	a.changing.Lock()
	defer a.changing.Unlock()
	if m.IfMatch != "" && m.IfMatch != "*" {
		tag, err := now()
		if err != nil {
			return err
		}
		if err := m.check(tag); err != nil {
			return err
		}
	}
	return change()
}

// tagged is the etag of one of a list; empty, which matches nothing, if it is not there.
func tagged[T any](list []T, err error, is func(T) bool, tag func(T) string) (string, error) {
	if i := slices.IndexFunc(list, is); err == nil && i >= 0 {
		return tag(list[i]), nil
	}
	return "", err
}

// etagOf tells states of something apart: by those fields of it that can be changed.
func etagOf(fields ...any) string {
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err) // a field of ours that is no JSON
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func versionTag(n int64) string { return strconv.Quote(strconv.FormatInt(n, 10)) }

func parseVersionTag(tag string) (int64, error) {
	text, err := strconv.Unquote(strings.TrimPrefix(tag, "W/"))
	if err == nil {
		var n int64
		if n, err = strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, hearth.NewError(hearth.ChangedMeanwhile).At("If-Match")
}
