package trust

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/hearthbox/hearth"
)

// Limits of asking everyone.
const (
	ModelsMax    = 8
	answerMax    = 64 << 10 // bytes of an answer that are compared; the rest is cut off
	claimsMax    = 200      // of an answer that are compared
	perAnswerMax = 10 * time.Minute
)

// Poll is one question to several models.
type Poll struct {
	Models  []string
	Request hearth.Request // without a model
}

// Answer is what a model said.
type Answer struct {
	Model      string        `json:"model"`
	ServedBy   string        `json:"served_by,omitempty"`
	Text       string        `json:"text"`
	Seconds    float64       `json:"seconds"`
	Inspection *Inspection   `json:"inspection,omitempty"`
	Error      *hearth.Error `json:"-"`
}

// Stance is how a model stands to a claim.
type Stance string

// The stances.
const (
	Says        Stance = "says"
	Contradicts Stance = "contradicts"
	Silent      Stance = "silent"
)

// Agreement is what becomes of a claim among all models.
type Agreement string

// The agreements.
const (
	Agreed   Agreement = "agree"
	Disputed Agreement = "contradict"
	OnlyHere Agreement = "only_here"
)

// Claim is a row of the table: a sentence, and how each model stands to it.
type Claim struct {
	Text      string    `json:"text"` // as the first model that claims it has it
	Agreement Agreement `json:"agreement"`
	Stances   []Voice   `json:"stances"` // in the order of the answers
}

// Voice is one model's stance to a claim.
type Voice struct {
	Model  string `json:"model"`
	Stance Stance `json:"stance"`
	Text   string `json:"text,omitempty"`
	Differ string `json:"differ,omitempty"` // in what it contradicts
}

// BrandRow is a row of the table of brands.
type BrandRow struct {
	Brand    string   `json:"brand"`
	Owner    string   `json:"owner,omitempty"`
	Named    []string `json:"named_by"`
	Promoted []string `json:"promoted_by"`
}

// Suspicion is how far a model stands from the others on this question.
type Suspicion struct {
	Model        string   `json:"model"`
	Probability  float64  `json:"advertising_probability"`
	Contradicted int      `json:"contradicted"` // claims in which it stands against the others
	OnlyHere     int      `json:"only_here"`
	AloneWith    []string `json:"alone_with"` // brands that it promotes and no other model names
	Outlier      bool     `json:"outlier"`
}

// Comparison is the answers so far, beside each other.
type Comparison struct {
	Claims []Claim     `json:"claims"`
	Brands []BrandRow  `json:"brands"`
	Models []Suspicion `json:"models"`
}

// Step is what is new: an answer has ended, and what all those so far come to.
type Step struct {
	Answer     *Answer     `json:"answer"`
	Comparison *Comparison `json:"comparison,omitempty"` // from the second answer on
	Done       bool        `json:"done"`
}

// Check refuses a poll that can't be taken.
func (p *Poll) Check() error {
	if len(p.Models) < 2 || len(p.Models) > ModelsMax {
		return hearth.NewError(hearth.OutOfRange, "field", "the number of models", "min", 2, "max", ModelsMax).At("models")
	}
	for i, m := range p.Models {
		if m == "" || slices.Contains(p.Models[:i], m) {
			return hearth.NewError(hearth.InvalidValue, "field", "models", "detail",
				hearth.Words{"every model must be named once", "每个模型须填写且不能重复"}).At("models")
		}
	}
	return nil
}

// Crosscheck asks every model at once and yields a step as each answer ends. A model
// that fails is a step with an error; the others go on. Stopping early cancels what
// still runs.
func (m *Model) Crosscheck(ctx context.Context, g hearth.Generator, p Poll, l hearth.Language) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		if err := p.Check(); err != nil {
			yield(Step{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		ended := make(chan *Answer)
		defer func() {
			cancel()
			for range ended { // until every goroutine is gone
			}
		}()
		ask(ctx, g, p, ended)
		question := p.question()
		var answers []*Answer
		for n := 1; n <= len(p.Models); n++ {
			a, more := <-ended
			if !more { // ctx has ended
				break
			}
			if a.Error == nil {
				in := m.Inspect(Case{Question: question, Answer: a.Text}, l)
				a.Inspection = &in
				answers = append(answers, a)
			}
			s := Step{Answer: a, Done: n == len(p.Models)}
			if len(answers) >= 2 {
				s.Comparison = compare(question, answers)
			}
			if !yield(s, nil) {
				return
			}
		}
		if err := context.Cause(ctx); err != nil {
			yield(Step{}, err)
		}
	}
}

// ask starts a goroutine for each model; ended is closed when all are gone.
func ask(ctx context.Context, g hearth.Generator, p Poll, ended chan<- *Answer) {
	left := make(chan struct{}, len(p.Models))
	for _, model := range p.Models {
		go func() {
			defer func() { left <- struct{}{} }()
			a := one(ctx, g, p.Request, model)
			select {
			case ended <- a:
			case <-ctx.Done():
			}
		}()
	}
	go func() {
		for range p.Models {
			<-left
		}
		close(ended)
	}()
}

// one asks one model.
func one(ctx context.Context, g hearth.Generator, r hearth.Request, model string) *Answer {
	ctx, cancel := context.WithTimeout(ctx, perAnswerMax)
	defer cancel()
	r.Model = model
	a := &Answer{Model: model}
	begin := time.Now()
	var text strings.Builder
	for c, err := range g.Generate(ctx, &r) {
		if err != nil {
			a.Error = hearth.AsError(err)
			break
		}
		if c.ServedBy != "" {
			a.ServedBy = c.ServedBy
		}
		if c.Choice == 0 && text.Len() < answerMax {
			text.WriteString(c.Text)
		}
	}
	a.Text, a.Seconds = text.String(), time.Since(begin).Seconds()
	return a
}

// question is what the last user's turn asks.
func (p *Poll) question() string {
	for _, m := range slices.Backward(p.Request.Messages) {
		if m.Role == hearth.RoleUser {
			return m.Text
		}
	}
	return ""
}

// compare sets answers beside each other.
func compare(question string, answers []*Answer) *Comparison {
	c := &Comparison{Claims: table(answers), Brands: brandRows(answers), Models: []Suspicion{}}
	for i, a := range answers {
		s := Suspicion{Model: a.Model, Probability: a.Inspection.Probability, AloneWith: []string{}}
		for _, row := range c.Claims {
			against, with := 0, 0
			for k, v := range row.Stances {
				switch {
				case k == i:
				case v.Stance != Silent && v.Stance != row.Stances[i].Stance:
					against++
				case v.Stance == row.Stances[i].Stance:
					with++
				}
			}
			switch {
			case row.Stances[i].Stance == Silent:
			case row.Agreement == OnlyHere:
				s.OnlyHere++
			case row.Agreement == Disputed && against > with:
				s.Contradicted++
			}
		}
		for _, b := range c.Brands {
			if len(b.Named) == 1 && slices.Contains(b.Promoted, a.Model) {
				s.AloneWith = append(s.AloneWith, b.Brand)
			}
		}
		c.Models = append(c.Models, s)
	}
	flagOutliers(c.Models, answers)
	return c
}

// flagOutliers marks the models that advertise while most do not.
func flagOutliers(models []Suspicion, answers []*Answer) {
	n := 0
	for _, a := range answers {
		if a.Inspection.Advertising {
			n++
		}
	}
	for i, a := range answers {
		models[i].Outlier = a.Inspection.Advertising && n*2 < len(answers)+1 && len(answers) > 1
	}
}

// table aligns the claims of answers: each joins the row it is most like that its model
// has no place in yet, or begins one.
func table(answers []*Answer) []Claim {
	var all []claim
	for i, a := range answers {
		claims := claimsOf(i, a.Text)
		all = append(all, claims[:min(len(claims), claimsMax)]...)
	}
	weight := idf(all)
	type line struct {
		first *claim
		by    map[int]*claim
	}
	var lines []*line
	for i := range all {
		c := &all[i]
		var best *line
		score := aligned
		for _, l := range lines {
			if l.by[c.model] != nil {
				continue
			}
			if s := alike(l.first, c, weight); s >= score {
				best, score = l, s
			}
		}
		if best == nil {
			best = &line{first: c, by: map[int]*claim{}}
			lines = append(lines, best)
		}
		best.by[c.model] = c
	}
	out := []Claim{}
	for _, l := range lines {
		row := Claim{Text: l.first.text, Agreement: OnlyHere}
		for i, a := range answers {
			v := Voice{Model: a.Model, Stance: Silent}
			if c := l.by[i]; c != nil {
				v.Stance, v.Text = Says, c.text
				if c != l.first && row.Agreement == OnlyHere {
					row.Agreement = Agreed
				}
				if v.Differ = contradicts(l.first, c); c != l.first && v.Differ != "" {
					v.Stance, row.Agreement = Contradicts, Disputed
				}
			}
			row.Stances = append(row.Stances, v)
		}
		out = append(out, row)
	}
	order := map[Agreement]int{Disputed: 0, OnlyHere: 1, Agreed: 2}
	slices.SortStableFunc(out, func(a, b Claim) int { return order[a.Agreement] - order[b.Agreement] })
	return out
}

// brandRows tabulates who names and who promotes what.
func brandRows(answers []*Answer) []BrandRow {
	rows := []BrandRow{}
	at := map[string]int{}
	for _, a := range answers {
		for _, b := range a.Inspection.Beneficiaries {
			key := strings.ToLower(b.Brand)
			if _, ok := at[key]; !ok {
				at[key] = len(rows)
				rows = append(rows, BrandRow{Brand: b.Brand, Owner: b.Owner, Named: []string{}, Promoted: []string{}})
			}
			r := &rows[at[key]]
			if b.Promoted && a.Inspection.Advertising {
				r.Promoted = append(r.Promoted, a.Model)
			}
		}
	}
	for i := range rows {
		for _, a := range answers {
			if strings.Contains(strings.ToLower(a.Text), strings.ToLower(rows[i].Brand)) {
				rows[i].Named = append(rows[i].Named, a.Model)
			}
		}
	}
	return rows
}

// ShownStep is a step as it is written, for a reader of one language.
type ShownStep struct {
	Answer     ShownAnswer `json:"answer"`
	Comparison *Comparison `json:"comparison,omitempty"`
	Done       bool        `json:"done"`
}

// ShownAnswer is an answer, or the trouble that its model had.
type ShownAnswer struct {
	*Answer
	Error *Trouble `json:"error,omitempty"`
}

// Trouble is an error in words.
type Trouble struct {
	Code    hearth.Code `json:"code"`
	Message string      `json:"message"`
	Remedy  string      `json:"remedy"`
}

// Shown is the step with errors in a reader's language.
func (s Step) Shown(l hearth.Language) ShownStep {
	out := ShownStep{Answer: ShownAnswer{Answer: s.Answer}, Comparison: s.Comparison, Done: s.Done}
	if e := s.Answer.Error; e != nil {
		out.Answer.Error = &Trouble{e.Code, e.Message(l), e.Remedy(l)}
	}
	return out
}
