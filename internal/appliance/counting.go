package appliance

import (
	"context"
	"strings"

	"github.com/hearthbox/hearth"
	"github.com/hearthbox/hearth/internal/gateway"
)

var _ gateway.Counter = (*models)(nil)

// CountTokens counts the prompt that a request's conversation becomes. Of a model that
// runs elsewhere that is known only afterwards.
func (m *models) CountTokens(ctx context.Context, r *hearth.Request) (int, error) {
	x, err := m.chosen(ctx, r)
	if err == nil {
		err = fit(x, hearth.TaskChat)
	}
	switch {
	case err != nil:
		return 0, err
	case strings.HasPrefix(x.Source, "upstream/"):
		return 0, hearth.NewError(hearth.Unsupported, "what",
			hearth.Words{"counting the tokens of a model that runs elsewhere", "对运行于他处的模型计算词元数"}).At("model")
	}
	l, _, err := m.holdAdapted(ctx, x)
	if err != nil {
		return 0, err
	}
	defer m.release(l)
	spans, err := l.words.Render(r)
	if err != nil {
		return 0, err
	}
	return l.count(spans), nil
}
