package traffic

import "github.com/hearthbox/hearth"

// why is the reason for which a waiting entry has not begun, and how many answers at once
// there is room for where it may go. One backend that could take it but for a lesser reason
// is what it waits for.
func (e *entry) why(now float64) (why hearth.WaitReason, slots int) {
	if e.state == detached {
		why = hearth.WaitAway
	}
	down, resting, room := true, true, false
	for _, b := range e.line.backends {
		if b.down {
			continue
		}
		down = false
		slots += int(b.limit)
		if now < b.pause || b.trial && len(b.runs) > 0 {
			continue
		}
		resting = false
		room = room || b.slots < int(b.limit)
	}
	switch {
	case why != "":
	case down:
		why = hearth.WaitDown
	case resting:
		why = hearth.WaitResting
	case room:
		why = hearth.WaitRoom
	default:
		why = hearth.WaitFull
	}
	return why, slots
}
