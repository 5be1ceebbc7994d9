// Package egress is the way out of the appliance to other machines. Whatever connects to
// somewhere else does it through a [Door], which lets out to the places it was given and to no other, and
// puts every try on record. It knows nothing of what is said over a connection.
//
// Invariants:
//
//   - E1. A place that no door was given is not connected to, nor looked up.
//   - E2. Every try is told to the gate's record, also one that was refused.
//   - E3. Nothing but this package dials: internal/archtest holds the rest to it.
package egress

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Entry is a try to connect.
type Entry struct {
	Time    time.Time `json:"time"`
	Owner   string    `json:"owner"`            // whose door
	Address string    `json:"address"`          // as it was asked for: host and port
	Remote  string    `json:"remote,omitempty"` // what was connected to
	Denied  bool      `json:"denied,omitempty"`
	Failed  bool      `json:"failed,omitempty"`
}

// Gate is what all doors have in common: the record.
type Gate struct{ record func(Entry) }

// New makes a gate. record is called from any goroutine; nil is none.
func New(record func(Entry)) *Gate { return &Gate{record} }

// Denied is the error of a place that a door does not lead to.
type Denied struct{ Owner, Address string }

func (e *Denied) Error() string {
	return fmt.Sprintf("%s is not let out to %s, which is not configured", e.Owner, e.Address)
}

// Door is the way out of one part of the product.
type Door struct {
	gate   *Gate
	owner  string
	dialer net.Dialer
	mu     sync.Mutex
	open   []string // host:port
}

// Limits.
const (
	dialMax   = 10 * time.Second // usual; callers have contexts besides
	placesMax = 1000             // of a door, what was redirected to included
)

// Door makes one to the places that these addresses are of; empty ones are passed over.
// A nil gate makes doors without a record.
func (g *Gate) Door(owner string, addresses ...string) (*Door, error) {
	d := &Door{gate: g, owner: owner, dialer: net.Dialer{Timeout: dialMax}}
	if err := d.Open(addresses...); err != nil {
		return nil, err
	}
	return d, nil
}

// Open lets out to more places: those that a configured one names as its own.
func (d *Door) Open(addresses ...string) error {
	for _, a := range addresses {
		if a == "" {
			continue
		}
		u, err := url.Parse(a)
		if err != nil || u.Hostname() == "" {
			return fmt.Errorf("%q is no address", a)
		}
		d.add(u)
	}
	return nil
}

func (d *Door) add(u *url.URL) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "ldap": "389", "ldaps": "636"}[u.Scheme]
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if place := net.JoinHostPort(u.Hostname(), port); !slices.Contains(d.open, place) && len(d.open) < placesMax {
		d.open = append(d.open, place)
	}
}

// Places are where the door leads, as host and port.
func (d *Door) Places() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.open)
}

// leads reports whether the door leads to a place.
func (d *Door) leads(address string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.open, address)
}

// DialContext connects to one of the door's places.
func (d *Door) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	e := Entry{Time: time.Now().UTC(), Owner: d.owner, Address: address}
	if !d.leads(address) {
		e.Denied = true
		d.tell(e)
		return nil, &Denied{d.owner, address}
	}
	c, err := d.dialer.DialContext(ctx, network, address)
	if err != nil {
		e.Failed = true
	} else {
		e.Remote = c.RemoteAddr().String()
	}
	d.tell(e)
	return c, err
}

func (d *Door) tell(e Entry) {
	if d.gate != nil && d.gate.record != nil {
		d.gate.record(e)
	}
}

// Following is a transport that opens the door to where an answer of one of its places
// redirects: mirrors hand their files out from elsewhere. Whether a redirect is followed
// is for the client to say.
func (d *Door) Following(next http.RoundTripper) http.RoundTripper { return following{d, next} }

type following struct {
	door *Door
	next http.RoundTripper
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] asks for.
func (f following) CloseIdleConnections() {
	if c, ok := f.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (f following) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := f.next.RoundTrip(r)
	if err != nil || a.StatusCode < 300 || a.StatusCode > 399 {
		return a, err
	}
	if to, err := a.Location(); err == nil && (to.Scheme == "http" || to.Scheme == "https") {
		f.door.add(to)
	}
	return a, nil
}
