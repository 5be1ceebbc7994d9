package trust

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/hearthbox/hearth"
)

// vendors answer by the model's name.
type vendors map[string]string

func (v vendors) Generate(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
	text, ok := v[r.Model]
	if !ok {
		return hearth.Fail(hearth.NewError(hearth.NoSuchModel, "model", r.Model))
	}
	return says(text, 16, nil).Generate(ctx, r)
}

func TestCrosscheck(t *testing.T) {
	v := vendors{
		"a": "The Eiffel Tower in Paris was completed in 1889. It is 330 metres tall. Visitors can climb to the second floor by stairs.",
		"b": "Completed in 1889, the Eiffel Tower stands in Paris. The tower is 312 metres tall.",
		"c": cases[0].answer,
	}
	p := Poll{Models: []string{"a", "b", "gone", "c"}, Request: *asked("how tall is the Eiffel Tower")}
	var last Step
	n, failed := 0, 0
	for s, err := range Shipped().Crosscheck(context.Background(), v, p, hearth.English) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if s.Answer.Error != nil {
			failed++
			if s.Shown(hearth.Chinese).Answer.Error.Message != "模型 gone 不存在" {
				t.Errorf("told %+v", s.Shown(hearth.Chinese).Answer.Error)
			}
		}
		last = s
	}
	if n != 4 || failed != 1 || !last.Done || last.Comparison == nil {
		t.Fatalf("%d steps, %d failed, last %+v", n, failed, last)
	}
	got := map[Agreement]int{}
	for _, c := range last.Comparison.Claims {
		got[c.Agreement]++
		for _, s := range c.Stances {
			if s.Stance == Contradicts && s.Differ != "312 ≠ 330 metre" && s.Differ != "330 ≠ 312 metre" {
				t.Errorf("differ in %q", s.Differ)
			}
		}
	}
	if got[Agreed] != 1 || got[Disputed] != 1 || got[OnlyHere] < 1 {
		t.Errorf("agreements %v: %+v", got, last.Comparison.Claims)
	}
	for _, m := range last.Comparison.Models {
		if m.Outlier != (m.Model == "c") {
			t.Errorf("%+v", m)
		}
	}
	i := slices.IndexFunc(last.Comparison.Brands, func(b BrandRow) bool { return b.Brand == "Kettlebright" })
	if i < 0 || !slices.Equal(last.Comparison.Brands[i].Promoted, []string{"c"}) || !slices.Equal(last.Comparison.Brands[i].Named, []string{"c"}) {
		t.Errorf("brands %+v", last.Comparison.Brands)
	}
}

func TestCrosscheckNeedsTwoModels(t *testing.T) {
	for _, models := range [][]string{nil, {"a"}, {"a", "a"}, {"a", ""}, make([]string, ModelsMax+1)} {
		for _, err := range Shipped().Crosscheck(context.Background(), vendors{}, Poll{Models: models}, hearth.English) {
			if e := hearth.AsError(err); e == nil || e.Kind() != hearth.KindInvalid {
				t.Errorf("%v: %v", models, err)
			}
		}
	}
}

// TestCrosscheckEndsWithItsCaller: whoever stops ranging, or cancels, leaves no goroutine
// behind, which the test would wait for.
func TestCrosscheckEndsWithItsCaller(t *testing.T) {
	silent := hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		if r.Model == "quick" {
			return says("Something is so.", 4, nil).Generate(ctx, r)
		}
		<-ctx.Done()
		return hearth.Fail(ctx.Err())
	})
	p := Poll{Models: []string{"quick", "slow", "slower"}, Request: *asked("?")}
	for range Shipped().Crosscheck(context.Background(), silent, p, hearth.English) {
		break
	}
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	for _, e := range Shipped().Crosscheck(ctx, silent, p, hearth.English) {
		cancel()
		err = e
	}
	if !errors.Is(err, context.Canceled) && hearth.AsError(err) == nil {
		t.Errorf("a canceled poll ended with %v", err)
	}
	cancel()
}

func TestContradicts(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"The tower is 330 metres tall.", "The tower is 312 metres tall.", "330 ≠ 312 metre"},
		{"The palace has 1,000 rooms.", "The palace has 1000 rooms.", ""},
		{"The tower was built in 1889.", "The tower was built in 1887.", "1889 ≠ 1887"},
		{"The tower was built in 1889 with 18 workers.", "The tower was built in 1889.", ""},
		{"抽血需要空腹8小时以上。", "抽血需要空腹12小时。", "8 ≠ 12 小"},
		{"感冒可以吃抗生素。", "感冒不应吃抗生素。", "negation"},
	} {
		a, b := claimsOf(0, c.a), claimsOf(1, c.b)
		if len(a) != 1 || len(b) != 1 {
			t.Fatalf("%q, %q: %d and %d claims", c.a, c.b, len(a), len(b))
		}
		if got := contradicts(&a[0], &b[0]); got != c.want {
			t.Errorf("%q, %q: got %q, want %q", c.a, c.b, got, c.want)
		}
	}
}
