package egress

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestDoor asks a place that is open, one that is not, and one that is redirected to.
func TestDoor(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "other") }))
	defer other.Close()
	given := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, other.URL, http.StatusFound)
			return
		}
		_, _ = io.WriteString(w, "given")
	}))
	defer given.Close()
	var mu sync.Mutex
	var told []Entry
	gate := New(func(e Entry) { mu.Lock(); told = append(told, e); mu.Unlock() })
	door, err := gate.Door("test", given.URL, "", "https://example.com/x")
	if err != nil {
		t.Fatal(err)
	}
	if !door.leads("example.com:443") || door.leads("example.com:80") {
		t.Error("a scheme has its port")
	}
	get := func(c *http.Client, url string) (string, error) {
		a, err := c.Get(url)
		if err != nil {
			return "", err
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		return string(b), err
	}
	plain := &http.Transport{DialContext: door.DialContext}
	defer plain.CloseIdleConnections()
	if got, err := get(&http.Client{Transport: plain}, given.URL); got != "given" || err != nil {
		t.Errorf("the place that was given: %q %v", got, err)
	}
	var denied *Denied
	if _, err := get(&http.Client{Transport: plain}, other.URL); !errors.As(err, &denied) || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("another place: %v", err)
	}
	if _, err := get(&http.Client{Transport: plain}, given.URL+"/moved"); !errors.As(err, &denied) {
		t.Errorf("a redirect of a door that follows none: %v", err)
	}
	if got, err := get(&http.Client{Transport: door.Following(plain)}, given.URL+"/moved"); got != "other" || err != nil {
		t.Errorf("a redirect that is followed: %q %v", got, err)
	}
	mu.Lock()
	defer mu.Unlock()
	n := 0
	for _, e := range told {
		if e.Owner != "test" || e.Address == "" || e.Denied == (e.Remote != "") {
			t.Errorf("told %+v", e)
		}
		if e.Denied {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d refusals are on record: %+v", n, told)
	}
	if _, err := gate.Door("x", "nowhere"); err == nil {
		t.Error("no address is an address")
	}
}
