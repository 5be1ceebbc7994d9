package scenarios

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// seen is an upstream as the command line tells.
type seen struct {
	Name, State, URL string
	Failures         int
	Running, Waiting int
	Slots            int
	Answers          int64
	Troubles         int64
	Models           []string
	Trouble          struct{ Code string }
	Engine           *struct {
		State  string
		Starts int
	}
}

// upstreams are those of a server, by name.
func (s *server) upstreams() map[string]seen {
	s.t.Helper()
	out, err := hearth(s.home, "upstreams", "--json").Output()
	var list struct{ Upstreams []seen }
	if err != nil || json.Unmarshal(out, &list) != nil {
		s.t.Fatalf("hearth upstreams: %v %s", err, out)
	}
	all := map[string]seen{}
	for _, u := range list.Upstreams {
		all[u.Name] = u
	}
	return all
}

// upstream runs a command about one.
func (s *server) upstream(verb, name string) string {
	out, _ := hearth(s.home, "upstream", verb, name).CombinedOutput()
	return string(out)
}

// TestUpstreamsAreShown: what is known of each upstream, and what can be done about them.
func TestUpstreamsAreShown(t *testing.T) {
	a, b := newNamed(t, "a"), newNamed(t, "b")
	s, _ := withEngine(t, strings.Replace(upstreamsOf(a, b), "http://", "http://user:hidden@", 1)+"engines:\n"+scriptedEngine(t, "own", ""))
	for range 3 {
		if got := s.say("model-a", "hello"); got != "a" {
			t.Fatal(got)
		}
	}
	b.fall(true)
	_ = s.say("model-b", "hello")
	all := s.upstreams()
	if u := all["a"]; u.State != "up" || u.Answers != 3 || u.Troubles != 0 || u.Slots != 16 || strings.Join(u.Models, " ") != "model model-a" || strings.Contains(u.URL, "hidden") {
		t.Errorf("%+v", u)
	}
	if u := all["b"]; u.Failures == 0 || u.Troubles == 0 || u.Trouble.Code != "upstream_failed" && u.Trouble.Code != "upstream_refused" {
		t.Errorf("%+v", u)
	}
	if got := s.upstream("probe", "b"); !strings.Contains(got, "error: upstream b") {
		t.Errorf("a probe that fails: %s", got)
	}
	b.fall(false)
	if got := s.upstream("probe", "b"); !strings.Contains(got, "it made a token") {
		t.Errorf("a probe: %s", got)
	}
	if u := s.upstreams()["b"]; u.State != "up" || u.Failures != 0 {
		t.Errorf("after it: %+v", u)
	}
	for verb, want := range map[string]string{"drain": "there is no upstream other", "restart": "there is no upstream other"} {
		if got := s.upstream(verb, "other"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", verb, got)
		}
	}
	if got := s.upstream("restart", "a"); !strings.Contains(got, "a is not an engine of this appliance") {
		t.Error(got)
	}
}

// TestDrain: an upstream that is drained is given nothing, those who want it wait or go
// elsewhere, and what it is giving goes on.
func TestDrain(t *testing.T) {
	a, b := newNamed(t, "a"), newNamed(t, "b")
	s, _ := withEngine(t, upstreamsOf(a, b)+"groups:\n  - {name: both, members: [{model: model, upstream: a, weight: 1000}, {model: model, upstream: b, weight: 1}]}\n")
	if got := s.say("both", "hello"); got != "a" {
		t.Fatal(got)
	}
	running := make(chan string)
	go func() { running <- s.say("model-a", "slowly") }()
	if !within(5*time.Second, func() bool { return s.upstreams()["a"].Running == 1 }) {
		t.Fatal("it does not run")
	}
	if got := s.upstream("drain", "a"); !strings.Contains(got, "drained") {
		t.Fatal(got)
	}
	if u := s.upstreams()["a"]; u.State != "drained" {
		t.Errorf("%+v", u)
	}
	if got := <-running; got != "a" {
		t.Errorf("what ran: %s", got)
	}
	before := a.count()
	for range 4 {
		if got := s.say("both", "hello"); got != "b" {
			t.Errorf("of the group, while one is drained, from %s", got)
		}
	}
	waiting := make(chan string)
	go func() { waiting <- s.say("model-a", "patiently") }()
	if !within(10*time.Second, func() bool { return s.upstreams()["a"].Waiting == 1 }) {
		t.Errorf("nobody waits: %+v", s.upstreams()["a"])
	}
	if a.count() != before {
		t.Error("it was asked")
	}
	if got := s.upstream("undrain", "a"); !strings.Contains(got, "asked again") {
		t.Fatal(got)
	}
	if got := <-waiting; got != "a" {
		t.Errorf("who waited got %s", got)
	}
}

// TestEngineRestart: an engine is started again when somebody wants that, and says so.
func TestEngineRestart(t *testing.T) {
	s, data := withEngine(t, "engines:\n"+scriptedEngine(t, "own", ""))
	first := s.say("own", "hello")
	if u := s.upstreams()["own"]; u.Engine == nil || u.Engine.State != "ready" || u.Engine.Starts != 1 || u.State != "up" {
		t.Errorf("%+v", u)
	}
	if got := s.upstream("restart", "own"); !strings.Contains(got, "it is started again") {
		t.Fatal(got)
	}
	second := s.say("own", "hello")
	if !within(20*time.Second, func() bool {
		second = s.say("own", "hello")
		return strings.Contains(second, "pid=") && second != first
	}) {
		t.Errorf("%s, before %s", second, first)
	}
	if u := s.upstreams()["own"]; u.Engine == nil || u.Engine.Starts != 2 {
		t.Errorf("%+v", u)
	}
	if n := len(marked(data)); n != 2 {
		t.Errorf("%d processes", n)
	}
}
