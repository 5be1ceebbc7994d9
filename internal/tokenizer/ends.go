package tokenizer

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

// endTokens returns the tokens of endTexts, but for two that may only look like one:
// "<|end|>" where it closes a message and others close the turn, and a normal
// "</s>", which is the strike-through of HTML (llama.cpp ends there all the same).
func endTokens(ids map[string]int32, types []Type) []int32 {
	has := func(text string) bool { _, ok := ids[text]; return ok }
	called := has("<|call|>") || has("<|calls|>")
	harmony := called && (has("<|return|>") || has("<|flush|>"))
	var ends []int32
	for _, text := range endTexts() {
		id, ok := ids[text]
		struck := ok && text == "</s>" && (types == nil || types[id] == Normal)
		if ok && !struck && !(text == "<|end|>" && harmony) {
			ends = append(ends, id)
		}
	}
	return ends
}
