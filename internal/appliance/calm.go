package appliance

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// When memory that a crowd has left is given back to the machine. By itself that would
// happen some collections later, and while nobody asks anything there is one every two
// minutes; on an appliance others need it.
const (
	calmEvery = 2 * time.Second
	crowd     = 256 // requests that wait; of fewer there is little to give back
)

// giveBack gives memory back whenever a crowd has gone, until ctx ends. waiting is how many
// requests wait.
func giveBack(ctx context.Context, waiting func() int, free func()) {
	tick := time.NewTicker(calmEvery)
	defer tick.Stop()
	crowded := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch n := waiting(); {
		case n >= crowd:
			crowded = true
		case n == 0 && crowded:
			crowded = false
			free()
		}
	}
}

// freeMemory gives back all that is not used.
func freeMemory() {
	runtime.GC() // what is pooled goes with the second one
	debug.FreeOSMemory()
}
