package traffic

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write what the stories of testdata print anew")

// TestStories tells the stories of testdata. A story is a series of paragraphs: commands,
// a line of dashes, and what they print. Lines that begin with # are for the reader.
//
//	limits tenant-requests=N tenant-bytes=N tenant-cost=X requests=N bytes=N wait=DURATION
//	backend NAME [slots=N] [tokens=N]
//	state NAME [down] [load=PERCENT]
//	arrive ID tenant=T [on=A,B:RANK,C:RANK:WEIGHT] [class=C] [prompt=BYTES] [max=N] [n=N] [prefix=1,2] [bytes=N] [deadline=AT] [weight=X] [model=M]
//	leave|detach|attach|begun ID
//	done ID [in=N] [out=N] [cached=N] [cut]
//	busy ID pause=DURATION [down] [asked]
//	at TIME                      the clock is there now
//	place [ID...]                where they stand
//	wake                         when time itself will change something
//	had TENANT [model=M]         what it has had
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories (%v)", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { tell(t, f) })
	}
}

func tell(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t, q: NewQueue(roomy), limits: roomy}
	var out strings.Builder
	for i, paragraph := range strings.Split(strings.TrimRight(string(text), "\n"), "\n\n") {
		if i > 0 {
			out.WriteString("\n")
		}
		commands, _, told := strings.Cut(paragraph+"\n", "----\n")
		out.WriteString(commands)
		if !told && strings.HasPrefix(commands, "#") {
			continue
		}
		out.WriteString("----\n")
		for line := range strings.Lines(commands) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
				out.WriteString(s.command(line))
			}
		}
	}
	if *update {
		if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if out.String() != string(text) {
		t.Errorf("%s tells\n%s\nand was told\n%s", path, out.String(), text)
	}
}

var roomy = Limits{TenantRequests: 1e6, TenantBytes: 1e12, TenantCost: 1e12, Requests: 1e6, Bytes: 1e12,
	WaitMax: [classes]time.Duration{time.Hour, time.Hour, time.Hour, 24 * time.Hour}}

type story struct {
	t      *testing.T
	q      *Queue
	limits Limits
	now    time.Duration
	names  []string // of backends
}

// command runs one and returns what it prints.
func (s *story) command(line string) string {
	words := strings.Fields(line)
	args := map[string]string{}
	var plain []string
	for _, w := range words[1:] {
		if name, value, ok := strings.Cut(w, "="); ok {
			args[name] = value
		} else {
			plain = append(plain, w)
		}
	}
	switch words[0] {
	case "at":
		s.now = s.duration(plain[0])
		return s.step(Tick{})
	case "limits":
		s.limit(args)
		return ""
	case "backend":
		s.names = append(s.names, plain[0])
		return s.step(Capacity{Backend: plain[0], Slots: s.integer(args["slots"]), Tokens: s.integer(args["tokens"])})
	case "state":
		return s.step(State{Backend: plain[0], Down: len(plain) > 1, Load: float64(s.integer(args["load"])) / 100})
	case "place":
		return s.places(plain)
	case "wake":
		at, ok := s.q.Wake()
		if !ok {
			return "never\n"
		}
		return fmt.Sprintf("at %v\n", at.Round(time.Millisecond))
	case "had":
		return fmt.Sprintf("%s has had %.0f\n", plain[0], s.q.lines[or(args["model"], "m")].shares[plain[0]].had)
	}
	return s.step(s.event(words[0], plain, args))
}

func (s *story) limit(args map[string]string) {
	l := &s.limits
	for name, value := range args {
		switch name {
		case "tenant-requests":
			l.TenantRequests = s.integer(value)
		case "tenant-bytes":
			l.TenantBytes = int64(s.integer(value))
		case "tenant-cost":
			l.TenantCost = float64(s.integer(value))
		case "requests":
			l.Requests = s.integer(value)
		case "bytes":
			l.Bytes = int64(s.integer(value))
		case "wait":
			for c := range l.WaitMax {
				l.WaitMax[c] = s.duration(value)
			}
		default:
			s.t.Fatalf("no limit %s", name)
		}
	}
	s.q.limits = *l
}

// options reads NAME, NAME:RANK or NAME:RANK:WEIGHT.
func options(names []string) (list []Option) {
	for _, n := range names {
		parts := strings.Split(n+"::", ":")
		o := Option{Backend: parts[0]}
		o.Rank, _ = strconv.Atoi(parts[1])
		weight, _ := strconv.Atoi(parts[2])
		o.Weight = float64(weight)
		list = append(list, o)
	}
	return list
}

func (s *story) event(verb string, plain []string, args map[string]string) Event {
	id := ID(s.integer(plain[0]))
	switch verb {
	case "arrive":
		a := Arrive{ID: id, Tenant: args["tenant"], Model: or(args["model"], "m"), Backends: options(s.names), Class: Interactive,
			PromptBytes: s.integer(args["prompt"]), MaxTokens: s.integer(args["max"]), Choices: s.integer(args["n"]),
			HeldBytes: int64(s.integer(args["bytes"])), Deadline: s.duration(args["deadline"])}
		if args["on"] != "" {
			a.Backends = options(strings.Split(args["on"], ","))
		}
		for c := range classes {
			if c.String() == args["class"] {
				a.Class = c
			}
		}
		if args["weight"] != "" {
			a.Weight = float64(s.integer(args["weight"]))
		}
		if args["prefix"] != "" {
			for _, h := range strings.Split(args["prefix"], ",") {
				a.Prefix = append(a.Prefix, uint64(s.integer(h)))
			}
		}
		return a
	case "leave":
		return Leave{id}
	case "detach":
		return Detach{id}
	case "attach":
		return Attach{id}
	case "begun":
		return Begun{id}
	case "done":
		return Done{ID: id, In: s.integer(args["in"]), Out: s.integer(args["out"]), Cached: s.integer(args["cached"]), Whole: len(plain) == 1}
	case "busy":
		return Busy{ID: id, Pause: s.duration(args["pause"]), Down: slices.Contains(plain, "down"), Asked: slices.Contains(plain, "asked")}
	}
	s.t.Fatalf("no command %q", verb)
	return nil
}

// step prints the actions of an event.
func (s *story) step(e Event) string {
	var out strings.Builder
	for _, a := range s.q.Step(s.now, e) {
		if r := a.Refused; r != nil {
			fmt.Fprintf(&out, "refuse %d: %s", a.ID, [...]string{"", "tenant has too many", "tenant has too many bytes", "tenant has too much", "queue is full", "unreachable", "expired"}[r.Reason])
			if r.May > 0 {
				fmt.Fprintf(&out, ", waits %v, may %v", r.Wait.Round(time.Millisecond), r.May.Round(time.Millisecond))
			}
			out.WriteString("\n")
			continue
		}
		fmt.Fprintf(&out, "run %d on %s\n", a.ID, a.Backend)
	}
	return out.String()
}

func (s *story) places(ids []string) string {
	var out strings.Builder
	for _, id := range ids {
		p, ok := s.q.Place(ID(s.integer(id)))
		if !ok {
			fmt.Fprintf(&out, "%s does not wait\n", id)
			continue
		}
		fmt.Fprintf(&out, "%s is %d, in %v\n", id, p.Position, p.Wait.Round(time.Millisecond))
	}
	return out.String()
}

func (s *story) integer(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *story) duration(text string) time.Duration {
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
