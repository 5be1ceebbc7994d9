package tokenizer

import "slices"

// endTexts are the tokens that end a generation, whatever the file says of them,
// since many files do not say. A token of such a text is a control token.
func endTexts() []string {
	return []string{
		"<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
		"<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
		"<end_of_utterance>", "<eos>", "<turn|>", "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
		// The padding and the file separators of code models.
		"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]",
		"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
	}
}

// endTokens returns the tokens of endTexts, but for two that only look like one:
// "<|end|>" where it closes a message and others close the turn, and "</s>" where
// it is the strike-through of HTML.
func endTokens(lookup map[string]int32) []int32 {
	has := func(text string) bool { _, ok := lookup[text]; return ok }
	texts := endTexts()
	drop := func(text string) {
		texts = slices.DeleteFunc(texts, func(t string) bool { return t == text })
	}
	called := has("<|call|>") || has("<|calls|>")
	if called && (has("<|return|>") || has("<|flush|>")) {
		drop("<|end|>")
	}
	if has("<|tool_response>") || has("<|plamo:eos|>") {
		drop("</s>")
	}
	var ids []int32
	for _, t := range texts {
		if id, ok := lookup[t]; ok {
			ids = append(ids, id)
		}
	}
	return ids
}
