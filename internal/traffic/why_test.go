package traffic

import (
	"fmt"
	"testing"

	"github.com/hearthbox/hearth"
)

// TestWhy asks one that waits what it waits for, as backends fill up, rest and break down.
func TestWhy(t *testing.T) {
	s := &story{t: t, q: NewQueue(roomy), limits: roomy}
	for _, step := range []struct {
		command, id string
		why         hearth.WaitReason
		slots       int
	}{
		{"backend a slots=1", "", "", 0},
		{"arrive 1 tenant=x on=a", "", "", 0},
		{"arrive 2 tenant=x on=a", "2", hearth.WaitFull, 1},
		{"arrive 3 tenant=y on=a", "3", hearth.WaitFull, 1},
		{"detach 3", "3", hearth.WaitAway, 1},
		{"state a down", "2", hearth.WaitDown, 0},
		{"state a", "2", hearth.WaitFull, 1},
		{"busy 1 pause=1m", "2", hearth.WaitResting, 1},
		{"backend b slots=2 tokens=3000", "", "", 0},
		{"arrive 4 tenant=x on=b model=n prompt=4000", "", "", 0},
		{"arrive 5 tenant=x on=b model=n prompt=8000", "5", hearth.WaitRoom, 2},
	} {
		s.command(step.command)
		if step.id == "" {
			continue
		}
		var id ID
		_, _ = fmt.Sscan(step.id, &id)
		if why, slots := s.q.entries[id].why(s.q.now); why != step.why || slots != step.slots {
			t.Errorf("after %q, %s waits because %q of %d", step.command, step.id, why, slots)
		}
	}
}
