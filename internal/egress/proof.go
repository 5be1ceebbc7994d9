package egress

import (
	"context"
	"slices"
	"time"
)

// Report is what was seen of a process and those it started, for a while.
type Report struct {
	Version  string    `json:"version"` // of hearth
	Host     string    `json:"host"`
	Process  int       `json:"process"`
	Begin    time.Time `json:"begin"`
	End      time.Time `json:"end"`
	Every    string    `json:"every"`    // how long between two looks
	Looks    int       `json:"looks"`    // how often the sockets were read
	Complete bool      `json:"complete"` // the process lived for all that time
	Sockets  []Seen    `json:"sockets"`
	Journal  []Entry   `json:"journal"` // what the doors have on record, from a day before on: connections may be older than a watch
	Denied   int       `json:"denied"`
	Unknown  int       `json:"unknown"` // sockets to elsewhere that no door has on record
	Unseen   string    `json:"unseen"`  // what such a report can't see
}

// Seen is a socket with when it was seen, and what it is.
type Seen struct {
	Socket
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	What  string    `json:"what"` // listening, here, asked, lookup, a door's owner; unknown
}

// What sockets are, where no door has made them.
const (
	Listening = "listening"
	Here      = "here"   // to this machine
	Asked     = "asked"  // somebody has connected to a port that is listened on
	Lookup    = "lookup" // of a name
	Unknown   = "unknown"
)

// Every is how long it is waited between two looks.
const Every = 100 * time.Millisecond

// seenMax bounds the sockets of a report; those beyond are counted as unknown.
const seenMax = 200_000

// Watch looks at the sockets of a process and those it started until ctx ends or the time
// is over. proc is where the kernel tells of processes.
func Watch(ctx context.Context, proc string, root int, duration time.Duration) (*Report, error) {
	r := &Report{Process: root, Begin: time.Now().UTC(), Every: Every.String(), Complete: true, Sockets: []Seen{}, Journal: []Entry{},
		Unseen: "connections shorter than the time between two looks are in the journal alone; programs other than this process and its children are not looked at"}
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	known := map[Socket]int{}
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		tree, err := Tree(proc, root)
		if err != nil {
			return nil, err
		}
		sockets, err := Sockets(proc, tree)
		if err != nil {
			return nil, err
		}
		r.look(sockets, known)
		if len(sockets) == 0 { // a server listens for as long as it lives
			r.Complete = false
		}
		select {
		case <-ctx.Done():
			r.End = time.Now().UTC()
			return r, nil
		case <-tick.C:
		}
	}
}

func (r *Report) look(sockets []Socket, known map[Socket]int) {
	now := time.Now().UTC()
	r.Looks++
	for _, s := range sockets {
		if i, ok := known[s]; ok {
			r.Sockets[i].Last = now
			continue
		}
		if len(r.Sockets) >= seenMax {
			r.Unknown++
			continue
		}
		known[s] = len(r.Sockets)
		r.Sockets = append(r.Sockets, Seen{Socket: s, First: now, Last: now})
	}
}

// Account says of every socket what it is, with the help of the journal.
func (r *Report) Account(journal []Entry) {
	r.Journal = journal
	remote := map[string]string{}
	for _, e := range journal {
		if e.Denied {
			r.Denied++
		}
		if e.Remote != "" {
			remote[e.Remote] = e.Owner
		}
	}
	var ports []uint16
	for _, s := range r.Sockets {
		if s.State == Listening {
			ports = append(ports, s.Local.Port())
		}
	}
	for i := range r.Sockets {
		s := &r.Sockets[i]
		owner := remote[s.Remote.String()]
		switch a := s.Remote.Addr(); {
		case s.State == Listening || s.Protocol == "udp" && a.IsUnspecified():
			s.What = Listening
		case owner != "":
			s.What = owner
		case a.IsLoopback() || a == s.Local.Addr():
			s.What = Here
		case s.Protocol == "tcp" && slices.Contains(ports, s.Local.Port()):
			s.What = Asked
		case s.Protocol == "udp" && s.Remote.Port() == 53:
			s.What = Lookup
		default:
			s.What = Unknown
			r.Unknown++
		}
	}
}

// Passed reports whether everything that was seen is accounted for.
func (r *Report) Passed() bool { return r.Complete && r.Unknown == 0 }
