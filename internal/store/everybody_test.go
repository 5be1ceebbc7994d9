package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hearthbox/hearth"
)

// TestEverybodysWork lists batches and tickets of several owners by pages, without what is in
// them, and tells whose they are.
func TestEverybodysWork(t *testing.T) {
	s := desk(t)
	ctx := t.Context()
	for i := range 3 {
		b := batch(fmt.Sprint("b", i), 1)
		if i == 1 {
			b.Owner = "k2"
		}
		if err := s.AddBatch(ctx, b, lines(b.ID, 1, nil), 9); err != nil {
			t.Fatal(err)
		}
		j := job([]string{"k1", "k2"}[i%2], fmt.Sprint("t", i), hearth.ClassBulk)
		if err := s.AddJob(ctx, j, 9); err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for after := ""; ; {
		list, err := s.AllBatches(ctx, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, b := range list {
			told = append(told, b.Owner+"/"+b.ID)
			after = b.ID
		}
	}
	for after := ""; ; {
		list, err := s.AllTickets(ctx, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, j := range list {
			told = append(told, j.Owner+"/"+j.ID)
			if after = j.ID; j.Body != nil {
				t.Errorf("%s is shown with what is asked", j.ID)
			}
		}
	}
	if got := strings.Join(told, " "); got != "k1/b2 k2/b1 k1/b0 k1/t2 k2/t1 k1/t0" {
		t.Errorf("got %s", got)
	}
	for id, want := range map[string]string{"b1": "k2 true", "t1": "k2 false"} {
		if owner, batch, err := s.JobOwner(ctx, id); err != nil || fmt.Sprint(owner, " ", batch) != want {
			t.Errorf("%s is of %s, batch %v (%v)", id, owner, batch, err)
		}
	}
	if _, _, err := s.JobOwner(ctx, "batch_req_0"); !errors.Is(err, hearth.NewError(hearth.NoSuchTicket)) {
		t.Errorf("a line of a batch: %v", err)
	}
}
