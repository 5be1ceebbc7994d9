package console

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hearthbox/hearth"
)

// Limits of wrong keys. Guessing one is hopeless anyway; this keeps the log and the
// processor from whoever tries.
const (
	wrongMax     = 10 // at once, from one address
	wrongEvery   = 6 * time.Second
	addressesMax = 4096 // remembered; beyond them strangers share one allowance
)

// attempts counts wrong keys by address.
type attempts struct {
	mu     sync.Mutex
	by     map[netip.Prefix]*rate.Limiter
	others *rate.Limiter
}

func newAttempts() *attempts {
	return &attempts{by: map[netip.Prefix]*rate.Limiter{}, others: allowance()}
}

func allowance() *rate.Limiter { return rate.NewLimiter(rate.Every(wrongEvery), wrongMax) }

// check refuses an address that has used up its allowance.
func (a *attempts) check(address string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.by[network(address)]
	if l == nil {
		l = a.others
		if len(a.by) < addressesMax {
			return nil
		}
	}
	if missing := 1 - l.Tokens(); missing > 0 {
		return hearth.NewError(hearth.SlowDown, "seconds", math.Ceil(missing*wrongEvery.Seconds()))
	}
	return nil
}

// wrong counts one.
func (a *attempts) wrong(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := network(address)
	if a.by[n] == nil && len(a.by) >= addressesMax {
		a.forget()
	}
	if a.by[n] == nil {
		if len(a.by) >= addressesMax {
			a.others.Allow()
			return
		}
		a.by[n] = allowance()
	}
	a.by[n].Allow()
}

// forget drops those who have their whole allowance again.
func (a *attempts) forget() {
	for n, l := range a.by {
		if l.Tokens() >= wrongMax {
			delete(a.by, n)
		}
	}
}

// network is who an address stands for: for IPv6 the 64 bits that one subscriber has.
func network(address string) netip.Prefix {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := at.Addr().Unmap(), 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.WithZone("").Prefix(bits)
	return p
}
