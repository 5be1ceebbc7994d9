package fetch_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/catalog/fetch"
)

// kinds of misbehaviour. The first few cost no more than a chunk each; the others may
// cost a mirror or a repair.
var (
	cheap = []string{"hang up", "500", "429", "stall", "stall later", "drop", "shift", "short", "long"}
	dear  = []string{"corrupt", "404", "html", "gzip", "etag", "grow", "ignore"}
)

// TestTorture: whatever mirrors do and however often the download is cancelled and
// begun again, the result is the exact file or an error; and as long as the faults
// are of the cheap kinds, no more than a chunk is asked for again per fault.
func TestTorture(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 60
	}
	arrived := 0
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorld(t, func(w *world) {
				if torture(w, rand.New(rand.NewPCG(seed, 7))) {
					arrived++
				}
			})
		})
	}
	t.Logf("%d of %d arrived", arrived, seeds)
	if arrived < int(seeds)/3 {
		t.Errorf("only %d of %d downloads arrived: that is no test", arrived, seeds)
	}
}

// torture runs one schedule and reports whether the file arrived.
func torture(w *world, r *rand.Rand) bool {
	data := content(r.Uint64(), 1+r.IntN(40*chunkBytes))
	kinds := cheap
	if r.IntN(2) == 0 {
		kinds = slices.Concat(cheap, dear)
	}
	f := fetch.File{SHA256: digest(data)}
	if r.IntN(2) == 0 {
		f.Bytes = int64(len(data))
	}
	var sites []*site
	for i := range 1 + r.IntN(3) {
		s := &site{content: data, etag: []string{"", `"v"`, `W/"v"`}[r.IntN(3)], fault: schedule(r.Uint64(), r.Float64()*0.4, kinds)}
		sites = append(sites, s)
		f.Mirrors = append(f.Mirrors, w.host(string(rune('a'+i)), s))
	}
	o := w.options()
	o.Parallel = 1 + r.IntN(6)
	kills := r.IntN(4)
	err := hearth.NewError(hearth.Canceled).Because(nil) // nothing has been tried yet
	for i := 0; i <= kills; i++ {
		var e error
		if _, e = w.fetchFor(f, o, time.Duration(r.IntN(3000))*time.Millisecond, i == kills); e == nil {
			err = nil
			break
		}
		err = hearth.AsError(e)
	}
	got, readErr := os.ReadFile(w.path)
	switch {
	case err != nil && readErr == nil:
		w.Errorf("a file was delivered, and an error: %v", err)
	case err == nil && !bytes.Equal(got, data):
		w.Errorf("a wrong file was delivered")
	case err != nil && !slices.Contains([]hearth.Code{hearth.DownloadFailed, hearth.DownloadCorrupt}, err.Code):
		w.Errorf("got %v", err)
	}
	if len(kinds) == len(cheap) {
		w.thrifty(sites, len(data), kills*o.Parallel)
	}
	return err == nil
}

// thrifty checks what was asked for again. A cancelled download may lose a chunk per
// connection.
func (w *world) thrifty(sites []*site, size, lost int) {
	w.Helper()
	asked, faults := int64(0), 0
	for _, s := range sites {
		asked, faults = asked+s.asked, faults+s.faults
	}
	if most := int64(size + (faults+lost)*chunkBytes); asked > most {
		w.Errorf("asked for %d bytes of %d in spite of %d faults and %d lost chunks: want at most %d", asked, size, faults, lost, most)
	}
}

// fetchFor begins a download and cancels it after a while, unless it is the last.
func (w *world) fetchFor(f fetch.File, o fetch.Options, d time.Duration, last bool) (fetch.Result, error) {
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	if !last {
		defer time.AfterFunc(d, cancel).Stop()
	}
	f.Path = w.path
	rs, err := fetch.Fetch(ctx, []fetch.File{f}, o)
	synctest.Wait()
	if err != nil {
		return fetch.Result{}, err
	}
	return rs[0], nil
}

// schedule makes faults at random, a share of all answers.
func schedule(seed uint64, share float64, kinds []string) func(request) string {
	return func(q request) string {
		r := rand.New(rand.NewPCG(seed, uint64(q.n))) // whatever the order of other mirrors' requests
		if r.Float64() >= share {
			return ""
		}
		return kinds[r.IntN(len(kinds))]
	}
}

// TestOneHonestMirrorIsEnough: however many others serve wrong bytes, the same ones
// each time or not, the exact file comes of it.
func TestOneHonestMirrorIsEnough(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inWorld(t, func(w *world) {
				r := rand.New(rand.NewPCG(seed, 9))
				data := content(seed, 1+r.IntN(30*chunkBytes))
				f := fetch.File{SHA256: digest(data)}
				mirrors := 1 + r.IntN(4)
				honest := r.IntN(mirrors)
				for i := range mirrors {
					s := &site{content: data}
					if i != honest {
						s.fault = liar(r.Uint64(), r.Float64(), r.IntN(2) == 0)
					}
					f.Mirrors = append(f.Mirrors, w.host(string(rune('a'+i)), s))
				}
				res, err := w.fetch(f)
				if err != nil {
					t.Fatal(err)
				}
				w.holds(data)
				if slices.Contains(res.Corrupt, f.Mirrors[honest]) {
					t.Errorf("the honest mirror %s was blamed: %q", f.Mirrors[honest], res.Corrupt)
				}
			})
		})
	}
}

// liar corrupts a share of the chunks, always the same ones if it is faithful.
func liar(seed uint64, share float64, faithful bool) func(request) string {
	return func(q request) string {
		key := uint64(q.start)
		if !faithful {
			key = uint64(q.n)
		}
		if q.probe() || rand.New(rand.NewPCG(seed, key)).Float64() >= share {
			return ""
		}
		return "corrupt"
	}
}
