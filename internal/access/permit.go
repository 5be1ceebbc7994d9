package access

import (
	"context"
	"iter"

	"github.com/hearthbox/hearth"
)

// Permit refuses requests to models that who asks may not use, as if they were not there.
// Whatever door a request comes by, and whoever makes it of another one, passes here.
func Permit(next hearth.Generator) hearth.Generator {
	return hearth.GeneratorFunc(func(ctx context.Context, r *hearth.Request) iter.Seq2[hearth.Chunk, error] {
		if !r.By.MayUse(r.Model) {
			return hearth.Fail(hearth.NewError(hearth.NoSuchModel, "model", r.Model).At("model"))
		}
		return next.Generate(ctx, r)
	})
}
