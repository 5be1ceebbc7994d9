package fetch

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// verified returns the SHA-256 of a file that is right. If it is not, the disk is
// asked first, then one mirror after the other is taken at its word.
func (d *download) verified(ctx context.Context) (sum, error) {
	s, err := d.whole(ctx)
	if err != nil || d.right(s) {
		return s, err
	}
	d.phase(Checking, 0, d.bytes)
	if err := d.recheck(ctx, d.add); err != nil {
		return sum{}, err
	}
	if len(d.missing()) > 0 {
		if err := d.complete(ctx, Fetching); err != nil {
			return sum{}, err
		}
		if s, err = d.whole(ctx); err != nil || d.right(s) {
			return s, err
		}
	}
	return d.repaired(ctx)
}

func (d *download) whole(ctx context.Context) (sum, error) {
	d.phase(Verifying, 0, d.bytes)
	return d.hash(ctx, span{0, d.bytes}, make([]byte, bufferBytes), d.add)
}

// repaired takes one mirror after the other at its word, those first that served
// least of what is wrong.
func (d *download) repaired(ctx context.Context) (sum, error) {
	served := map[string]int{}
	for _, c := range d.chunks {
		served[c.from]++
	}
	ms := slices.Clone(d.mirrors)
	slices.SortStableFunc(ms, func(a, b *mirror) int { return cmp.Compare(served[a.name], served[b.name]) })
	defer func() { d.trusted = nil }()
	for _, m := range ms {
		if m.gone != nil || m.whole {
			continue
		}
		s, err := d.trust(ctx, m)
		if _, unfinished := errors.AsType[*mirrorsError](err); unfinished {
			continue
		}
		if err != nil || d.right(s) {
			return s, err
		}
		m.wrong = hex.EncodeToString(s[:])
	}
	if slices.ContainsFunc(d.mirrors, (*mirror).streams) {
		d.restarted()
		return d.stream(ctx)
	}
	return sum{}, d.corrupt()
}

// trust makes the file what one mirror says it is: each chunk is fetched again, and
// where it differs it is fetched until the mirror has said the same twice.
func (d *download) trust(ctx context.Context, m *mirror) (sum, error) {
	d.trusted, d.accused, d.pending = m, nil, nil
	d.phase(Repairing, 0, d.bytes)
	for i, c := range d.chunks {
		d.pending = append(d.pending, &task{chunk: i, compare: c.done})
	}
	if err := d.run(ctx); err != nil {
		return sum{}, err
	}
	return d.whole(ctx)
}

// compared forgets a chunk that the trusted mirror has otherwise.
func (d *download) compared(o outcome) {
	c := &d.chunks[o.task.chunk]
	if o.sum == c.sum {
		return
	}
	if !slices.Contains(d.accused, c.from) {
		d.accused = append(d.accused, c.from)
	}
	*c = chunk{}
	d.add(-o.task.have)
	d.pending = slices.Insert(d.pending, 0, &task{chunk: o.task.chunk, expect: &o.sum})
}

// liars are the mirrors that served bytes which are not the file's.
func (d *download) liars() []string {
	list := d.accused
	for _, m := range d.mirrors {
		if m.wrong != "" && !slices.Contains(list, m.name) {
			list = append(list, m.name)
		}
	}
	return list
}

// corrupt says what each mirror serves instead of the file.
func (d *download) corrupt() error {
	var details []string
	for _, m := range d.mirrors {
		switch {
		case m.wrong != "":
			details = append(details, m.name+": has another file, with SHA-256 "+m.wrong)
		case m.gone != nil:
			details = append(details, m.name+": "+m.gone.what)
		}
	}
	return &corruptError{sha256: d.SHA256, detail: strings.Join(details, "; ")}
}
