package upstream

import "github.com/hearthbox/hearth"

// compatible is any server that says it is compatible with OpenAI's API, another hearth
// among them. It is sent all that engines commonly know, and ignores the rest, as such
// servers do.
var compatible = Kind{
	Name: "compatible", Mark: "OpenAI-compatible",
	wire: openAIWire, paths: usual,
	chat: chatKind{
		extras:  []string{"top_k", "min_p", "repetition_penalty", "repeat_penalty", "ignore_eos", "add_generation_prompt"},
		think:   thinkInTemplate,
		resume:  continueFinal,
		schemas: true,
	},
	limits: openAILimits,
}

// thinkInTemplate sets what the chat templates of the model families look at.
func thinkInTemplate(b *chatBody, on bool) {
	b.TemplateArgs = map[string]bool{"enable_thinking": on, "thinking": on}
}

// thinkEnabled is how Alibaba's services, and those that follow them, are told.
func thinkEnabled(b *chatBody, on bool) { b.EnableThinking = &on }

// thinkTyped is how DeepSeek and Volcengine are told.
func thinkTyped(b *chatBody, on bool) {
	b.Thinking = map[string]string{"type": "disabled"}
	if on {
		b.Thinking["type"] = "enabled"
	}
}

// continueFinal is how engines with chat templates are told to leave the last message open.
func continueFinal(b *chatBody) {
	no := false
	b.ContinueLast, b.AddPrompt = true, &no
}

// textsOf are the texts of a choice; false if it is one of anything else.
func textsOf(c *hearth.Constraint) (texts []string, ok bool) {
	for _, p := range c.Parts {
		if p.Kind != hearth.ConstrainText {
			return nil, false
		}
		texts = append(texts, p.Source)
	}
	return texts, len(texts) > 0
}
