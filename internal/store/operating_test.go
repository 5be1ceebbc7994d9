package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hearthbox/hearth"
)

func TestMeasurementsAreBounded(t *testing.T) {
	s := desk(t)
	for i := range 5 {
		if err := s.AddMeasurement(t.Context(), time.Unix(int64(i), 0), "m", []byte(fmt.Sprint(i)), 3); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Measurements(t.Context(), 2)
	if err != nil || fmt.Sprintf("%s", list) != "[4 3]" {
		t.Errorf("%s (%v)", list, err)
	}
	if list, err = s.Measurements(t.Context(), 9); err != nil || len(list) != 3 {
		t.Errorf("%s (%v)", list, err)
	}
}

// TestGuideIsNotOverwritten: of two that know the same version, the second learns of the
// first.
func TestGuideIsNotOverwritten(t *testing.T) {
	s := desk(t)
	ctx := t.Context()
	if v, body, err := s.Guide(ctx); v != 0 || body != nil || err != nil {
		t.Errorf("%d %s %v", v, body, err)
	}
	changed := hearth.NewError(hearth.ChangedMeanwhile)
	for _, c := range []struct {
		version int64
		body    string
		err     error
	}{{1, "a", changed}, {0, "b", nil}, {0, "c", changed}, {1, "d", nil}, {1, "e", changed}, {2, "f", nil}} {
		if err := s.SetGuide(ctx, c.version, []byte(c.body)); !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %v", c.body, err)
		}
	}
	if v, body, err := s.Guide(ctx); v != 3 || string(body) != "f" || err != nil {
		t.Errorf("%d %s %v", v, body, err)
	}
}
