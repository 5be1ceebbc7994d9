package engine

import "time"

// costs are what batches lately took, to size the next by.
type costs struct {
	answers line
	prompt  float64 // seconds a token of a prompt lately added to a batch
	bulk    float64 // the same in large batches of prompts alone; 0 is unknown
}

// bulkMin is from how many tokens of prompts on a batch is large.
const bulkMin = 64

// outlier is how many times what was expected a measurement counts at most: a
// machine has hiccups.
const outlier = 4

// add learns what a batch took of so many tokens of answers and of prompts.
func (c *costs) add(took time.Duration, answers, prompts int) {
	seconds := took.Seconds()
	if prompts == 0 {
		if known := c.answers.at(answers); known > 0 {
			seconds = min(seconds, outlier*known)
		}
		c.answers.add(float64(answers), seconds)
		return
	}
	each := seconds / float64(prompts)
	if answers > 0 {
		// Not all of a batch that took less than expected was saved on the prompts.
		each = max((seconds-c.answers.at(answers))/float64(prompts), c.prompt/2)
	}
	if c.prompt == 0 {
		c.prompt = each
	}
	c.prompt = (c.prompt + min(each, outlier*c.prompt)) / 2
	if answers == 0 && prompts >= bulkMin {
		c.bulk = each
	}
}

// prompts is how many tokens of prompts fit into a batch with so many tokens of
// answers.
func (c *costs) prompts(answers int) int {
	if c.prompt == 0 {
		return promptsFirst
	}
	if answers == 0 {
		return int(min(max(aloneMost.Seconds()/c.prompt, 1), promptsMax))
	}
	budget := (mixedTimes - 1) * c.answers.at(answers)
	least := 1.0
	if c.bulk > 0 {
		// The first token more may cost as much as ten. Who takes one at a time for
		// that never finds out, so half of what it would be in bulk is taken anyway.
		least = max(1, budget/c.bulk/2)
	}
	return int(min(max(budget/c.prompt, least), promptsMax))
}

// line is the straight line through measurements, the later ones counting more. The
// time of a batch over its tokens is one: weights are read once for all of them.
type line struct {
	n, x, y, xx, xy float64 // sums
	slope           float64 // as far as it is known
}

// fading is what a measurement counts less with each that follows.
const fading = 0.95

func (l *line) add(x, y float64) {
	l.n, l.x, l.y = fading*l.n+1, fading*l.x+x, fading*l.y+y
	l.xx, l.xy = fading*l.xx+x*x, fading*l.xy+x*y
	// While x does not vary, nothing is learnt about the slope.
	if spread := l.n*l.xx - l.x*l.x; spread > 0.01*l.n*l.n {
		l.slope = max(0, (l.n*l.xy-l.x*l.y)/spread)
	}
}

// at is what to expect of so many tokens; 0 while nothing is known.
func (l *line) at(tokens int) float64 {
	if l.n == 0 {
		return 0
	}
	return max((l.y+l.slope*(float64(tokens)*l.n-l.x))/l.n, 0.1*l.y/l.n)
}
