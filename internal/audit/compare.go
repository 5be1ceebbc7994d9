package audit

import (
	"slices"
	"sort"
)

// printsOf are the fingerprints of all records from first on, if the checkpoints have
// them without a gap.
func printsOf(list []Checkpoint, first uint64) (prints []print, complete bool) {
	at := uint64(0)
	for _, c := range list {
		n := uint64(len(c.Prints)) / printBytes
		if n == 0 && c.Size == at {
			continue
		}
		if len(c.Prints)%printBytes != 0 || c.Size < at || c.Size-at != n {
			return nil, false
		}
		for i := range n {
			if at+i >= first {
				prints = append(prints, print(c.Prints[i*printBytes:]))
			}
		}
		at = c.Size
	}
	return prints, at > 0
}

// compare says how the lines that were found differ from those that were signed, of
// which the first has the number first.
func (v *verifier) compare(signed []print, first uint64) {
	found := v.prints
	if len(found) >= len(signed) && slices.Equal(found[:len(signed)], signed) {
		return
	}
	places, here := align(signed, found)
	kept := increasing(places)
	from, to := 0, 0 // the end of the last stretch that agrees, in signed and in found
	for j, p := range places {
		switch {
		case p >= 0 && kept[j]:
			v.gap(here, places, from, p, to, j, first)
			from, to = p+1, j+1
		case p >= 0:
			v.report.find(FaultMoved, first+uint64(p), first+uint64(p)+1, "record %d stands elsewhere", first+uint64(p))
		}
	}
	if from < len(signed) { // else what follows came after the checkpoint
		v.gap(here, places, from, len(signed), to, len(found), first)
	}
}

// gap reports a stretch between records that agree: those that were signed and are
// nowhere, against those that are here and were not signed.
func (v *verifier) gap(here []bool, places []int, from, end, to, j int, first uint64) {
	var missing []uint64
	for p := from; p < end; p++ {
		if !here[p] {
			missing = append(missing, first+uint64(p))
		}
	}
	foreign := 0
	for ; to < j; to++ {
		if places[to] < 0 {
			foreign++
		}
	}
	both := min(len(missing), foreign)
	for _, n := range missing[:both] {
		v.report.find(FaultChanged, n, n+1, "record %d is not the one that was signed", n)
	}
	if lost := missing[both:]; len(lost) > 0 {
		fault := FaultDeleted
		if end == len(here) && foreign == 0 {
			fault = FaultTruncated
		}
		v.report.find(fault, lost[0], lost[len(lost)-1]+1, "%d records from %d to %d are missing", len(lost), lost[0], lost[len(lost)-1])
	}
	if foreign > both {
		n := first + uint64(end)
		v.report.find(FaultInserted, n, n+1, "%d records that were never signed stand before record %d", foreign-both, n)
	}
}

// align finds for each found line its place among the signed ones, -1 for none, and
// which of these are here.
func align(signed, found []print) (places []int, here []bool) {
	at := map[print][]int{}
	for i, p := range signed {
		at[p] = append(at[p], i)
	}
	places, here = make([]int, len(found)), make([]bool, len(signed))
	for j, p := range found {
		places[j] = -1
		if list := at[p]; len(list) > 0 {
			places[j], at[p] = list[0], list[1:]
			here[places[j]] = true
		}
	}
	return places, here
}

// increasing marks the longest subsequence of places that rises; what is not in it was
// moved.
func increasing(places []int) []bool {
	var ends []int // index of the smallest last place of a subsequence of each length
	before := make([]int, len(places))
	for j, p := range places {
		if p < 0 {
			continue
		}
		k := sort.Search(len(ends), func(k int) bool { return places[ends[k]] >= p })
		before[j] = -1
		if k > 0 {
			before[j] = ends[k-1]
		}
		if k == len(ends) {
			ends = append(ends, j)
		} else {
			ends[k] = j
		}
	}
	kept := make([]bool, len(places))
	if len(ends) == 0 {
		return kept
	}
	for j := ends[len(ends)-1]; j >= 0; j = before[j] {
		kept[j] = true
	}
	return kept
}
