package appliance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestGiveBack: memory is given back once after each crowd, and not while anybody waits.
func TestGiveBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		waits, freed := 0, 0
		go giveBack(ctx, func() int { return waits }, func() { freed++ })
		for _, c := range []struct{ waiting, freed int }{{0, 0}, {10, 0}, {0, 0}, {crowd, 0}, {5, 0}, {0, 1}, {0, 1}, {20_000, 1}, {0, 2}} {
			waits = c.waiting
			time.Sleep(2 * calmEvery)
			synctest.Wait()
			if freed != c.freed {
				t.Errorf("with %d waiting: given back %d times, want %d", c.waiting, freed, c.freed)
			}
		}
		cancel()
	})
}
