package convert

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Types of tokens, as GGUF numbers them.
const (
	normalToken      = 1
	controlToken     = 3
	userDefinedToken = 4
	unusedToken      = 5
)

// tokensMax bounds a vocabulary.
const tokensMax = 1 << 22

// tokenizerFile is tokenizer.json, as far as it matters.
type tokenizerFile struct {
	Model struct {
		Type   string          `json:"type"`
		Vocab  json.RawMessage `json:"vocab"` // an object of numbers, or a list for Unigram
		Merges json.RawMessage `json:"merges"`
	} `json:"model"`
	Added         []addedToken `json:"added_tokens"`
	Normalizer    step         `json:"normalizer"`
	PreTokenizer  step         `json:"pre_tokenizer"`
	PostProcessor step         `json:"post_processor"`
}

// addedToken is a token that texts are searched for before anything else.
type addedToken struct {
	ID      int    `json:"id"`
	Content string `json:"content"`
	Special bool   `json:"special"`
}

// step is one of the steps of a tokenizer, which may consist of others.
type step struct {
	Type          string
	Pretokenizers []step
	Normalizers   []step
	Processors    []step
	Pattern       struct{ Regex string }
	UseRegex      *bool `json:"use_regex"`
	Lowercase     *bool
	StripAccents  *bool `json:"strip_accents"`
	Single, Pair  []piece
}

// piece is a part of what a template puts around a text.
type piece struct {
	SpecialToken *struct{ ID string }
}

// all are the step's parts, or itself.
func (s step) all() []step {
	for _, parts := range [][]step{s.Pretokenizers, s.Normalizers, s.Processors} {
		if len(parts) > 0 {
			var all []step
			for _, p := range parts {
				all = append(all, p.all()...)
			}
			return all
		}
	}
	if s.Type == "" {
		return nil
	}
	return []step{s}
}

// has is the first step of a type.
func (s step) has(kind string) (step, bool) {
	all := s.all()
	i := slices.IndexFunc(all, func(s step) bool { return s.Type == kind })
	if i < 0 {
		return step{}, false
	}
	return all[i], true
}

// vocabulary writes the tokenizer.
func (m *Model) vocabulary() error {
	var t tokenizerFile
	if err := readJSON(filepath.Join(m.dir, "tokenizer.json"), &t); err != nil {
		if absent(err) {
			return fmt.Errorf("%s: there is no tokenizer.json: %w", m.dir, ErrUnsupported)
		}
		return err
	}
	tokens, types, err := m.tokens(&t)
	if err != nil {
		return fmt.Errorf("tokenizer.json: %w", err)
	}
	switch _, bytes := t.PreTokenizer.has("ByteLevel"); {
	case t.Model.Type == "BPE" && bytes:
		err = m.bytePairs(&t, tokens, types)
	case t.Model.Type == "WordPiece":
		err = m.wordPieces(&t, tokens, types)
	default:
		err = fmt.Errorf("a tokenizer of the type %.40q that is not of bytes: %w", t.Model.Type, ErrUnsupported)
	}
	if err != nil {
		return fmt.Errorf("tokenizer.json: %w", err)
	}
	if err := m.special(&t, tokens); err != nil {
		return err
	}
	return m.template()
}

// tokens are all texts in the order of their numbers, as many as the embedding has rows.
func (m *Model) tokens(t *tokenizerFile) (tokens []string, types []int32, err error) {
	var vocab map[string]int
	if t.Model.Type == "Unigram" {
		return nil, nil, fmt.Errorf("a tokenizer of the type Unigram: %w", ErrUnsupported)
	}
	if err := json.Unmarshal(t.Model.Vocab, &vocab); err != nil {
		return nil, nil, err
	}
	embedding := m.byName["token_embd.weight"]
	if embedding == nil {
		return nil, nil, fmt.Errorf("the model has no embedding of tokens")
	}
	size := embedding.rows()
	if stated := m.config.integerOr("vocab_size", tokensMax, size); stated != size || size > tokensMax {
		return nil, nil, fmt.Errorf("the embedding has %d rows, and config.json says vocab_size is %d", size, stated)
	}
	tokens, types = make([]string, size), make([]int32, size)
	put := func(text string, id int, kind int32) error {
		if id < 0 || id >= size || types[id] != 0 && tokens[id] != text {
			return fmt.Errorf("token %.80q has the number %d, which is another's or beyond the %d of the model", text, id, size)
		}
		tokens[id], types[id] = text, kind
		return nil
	}
	for text, id := range vocab {
		if err := put(text, id, normalToken); err != nil {
			return nil, nil, err
		}
	}
	for _, a := range t.Added {
		kind := int32(userDefinedToken)
		if a.Special || looksSpecial(a.Content) {
			kind = controlToken
		}
		if err := put(a.Content, a.ID, kind); err != nil {
			return nil, nil, err
		}
		if kind == userDefinedToken {
			tokens[a.ID] = strings.ReplaceAll(a.Content, "\u2581", " ")
		}
	}
	for id := range tokens {
		if types[id] == 0 {
			tokens[id], types[id] = fmt.Sprintf("[PAD%d]", id), unusedToken
		}
	}
	return tokens, types, nil
}

// looksSpecial tells added tokens that steer a model, where their publisher does not.
func looksSpecial(text string) bool {
	around := func(a, b string) bool { return strings.HasPrefix(text, a) && strings.HasSuffix(text, b) }
	return text == "<pad>" || text == "<mask>" || around("<|", "|>") || around("<｜", "｜>") || around("<unused", ">")
}

// bytePairs writes a vocabulary of bytes that merge.
func (m *Model) bytePairs(t *tokenizerFile, tokens []string, types []int32) error {
	pre, err := preOf(t.PreTokenizer)
	if err != nil {
		return err
	}
	merges, err := mergesOf(t.Model.Merges)
	if err != nil {
		return err
	}
	m.set("tokenizer.ggml.model", "gpt2")
	m.set("tokenizer.ggml.pre", pre)
	m.set("tokenizer.ggml.tokens", tokens)
	m.set("tokenizer.ggml.token_type", types)
	m.set("tokenizer.ggml.merges", merges)
	return nil
}

// mergesOf reads merges of either writing: "A B", or [A, B] since a part may have spaces.
func mergesOf(raw json.RawMessage) ([]string, error) {
	var merges []string
	if json.Unmarshal(raw, &merges) == nil {
		return merges, nil
	}
	var pairs [][]string
	if err := json.Unmarshal(raw, &pairs); err != nil {
		return nil, fmt.Errorf("merges: %w", err)
	}
	merges = make([]string, len(pairs))
	for i, p := range pairs {
		if len(p) != 2 {
			return nil, fmt.Errorf("merge %d is of %d parts", i, len(p))
		}
		merges[i] = strings.ReplaceAll(p[0], " ", "Ġ") + " " + strings.ReplaceAll(p[1], " ", "Ġ")
	}
	return merges, nil
}

// wordPieces writes a vocabulary of words and their ends, in GGUF's way: what begins a
// word is marked, rather than what does not.
func (m *Model) wordPieces(t *tokenizerFile, tokens []string, types []int32) error {
	n, _ := t.Normalizer.has("BertNormalizer")
	if n.Lowercase != nil && !*n.Lowercase {
		return fmt.Errorf("a tokenizer that keeps capitals: %w", ErrUnsupported)
	}
	for i, text := range tokens {
		if types[i] == controlToken {
			continue
		}
		if rest, ok := strings.CutPrefix(text, "##"); ok {
			tokens[i] = rest
		} else {
			tokens[i] = "\u2581" + text
		}
	}
	m.set("tokenizer.ggml.token_type_count", uint32(m.config.integerOr("type_vocab_size", 1<<10, 1)))
	m.set("tokenizer.ggml.model", "bert")
	m.set("tokenizer.ggml.pre", "default")
	if n.Lowercase != nil {
		m.set("tokenizer.ggml.normalizer.lowercase", *n.Lowercase)
	}
	if n.StripAccents != nil {
		m.set("tokenizer.ggml.normalizer.strip_accents", *n.StripAccents)
	}
	m.set("tokenizer.ggml.tokens", tokens)
	m.set("tokenizer.ggml.token_type", types)
	return nil
}

// specialKinds are the tokens with a role, as tokenizer_config.json and GGUF call them.
var specialKinds = []struct{ name, key string }{
	{"bos", "bos"}, {"eos", "eos"}, {"unk", "unknown"}, {"sep", "seperator"}, {"pad", "padding"}, {"cls", "cls"}, {"mask", "mask"},
}

// special says which tokens begin and end a text, and what other roles there are.
func (m *Model) special(t *tokenizerFile, tokens []string) error {
	c, err := readConfig(m.dir, "tokenizer_config.json")
	if err != nil && !absent(err) {
		return err
	}
	texts := map[string]string{}
	for _, k := range specialKinds {
		switch v := c.values[k.name+"_token"].(type) {
		case string:
			texts[k.name] = v
		case map[string]any:
			texts[k.name], _ = v["content"].(string)
		}
	}
	if texts["bos"] == "" {
		texts["bos"] = texts["cls"]
	}
	if texts["eos"] == "" {
		texts["eos"] = texts["sep"]
	}
	adds := map[string]bool{}
	begins, ends, between, known := around(t.PostProcessor)
	if known {
		if between != "" {
			adds["sep"] = ends == "" && (between == texts["sep"] || between == texts["eos"])
		}
		adds["bos"] = begins != "" && (begins == texts["bos"] || begins == texts["cls"])
		if ends != "" {
			adds["eos"] = true
			texts["eos"] = ends
		}
	} else if _, ok := t.PostProcessor.has("ByteLevel"); ok {
		adds["bos"], adds["eos"] = false, false
	}
	for _, k := range specialKinds {
		id := slices.IndexFunc(t.Added, func(a addedToken) bool { return a.Content == texts[k.name] })
		switch {
		case id >= 0:
			m.set("tokenizer.ggml."+k.key+"_token_id", uint32(t.Added[id].ID))
		case m.config.has(k.name + "_token_id"):
			if _, several := m.config.values[k.name+"_token_id"].([]any); several {
				break
			}
			m.set("tokenizer.ggml."+k.key+"_token_id", uint32(m.config.integer(k.name+"_token_id", len(tokens)-1)))
		}
		add, stated := adds[k.name]
		if !stated && c.has("add_"+k.name+"_token") {
			add, stated = c.flag("add_"+k.name+"_token"), true
		}
		if stated && (k.name == "bos" || k.name == "eos" || k.name == "sep") {
			m.set("tokenizer.ggml.add_"+k.name+"_token", add)
		}
	}
	if c.err != nil {
		return cmpErr(*c.err, *m.config.err)
	}
	return *m.config.err
}

// around is what a template puts before, after and between texts.
func around(s step) (begins, ends, between string, known bool) {
	p, ok := s.has("TemplateProcessing")
	if !ok || len(p.Single) < 2 {
		return "", "", "", false
	}
	begins, ends = p.Single[0].id(), p.Single[len(p.Single)-1].id()
	pair := p.Pair
	if len(pair) > 0 && begins != "" && pair[0].id() == begins {
		pair = pair[1:]
	}
	if len(pair) > 0 && ends != "" && pair[len(pair)-1].id() == ends {
		pair = pair[:len(pair)-1]
	}
	if len(pair) > 2 {
		between = pair[1].id()
	}
	return begins, ends, between, true
}

// id is the token's text, "" for what stands for a text.
func (p piece) id() string {
	if p.SpecialToken == nil {
		return ""
	}
	return p.SpecialToken.ID
}

// template writes the chat template, from wherever it stands.
func (m *Model) template() error {
	text, err := readSmall(filepath.Join(m.dir, "chat_template.jinja"))
	switch {
	case err == nil:
		m.set("tokenizer.chat_template", string(text))
		return nil
	case !absent(err):
		return err
	}
	for _, file := range []string{"tokenizer_config.json", "chat_template.json"} {
		c, err := readConfig(m.dir, file)
		if absent(err) {
			continue
		}
		if err != nil {
			return err
		}
		switch v := c.values["chat_template"].(type) {
		case string:
			m.set("tokenizer.chat_template", v)
			return nil
		case []any:
			for _, one := range v {
				if named, _ := one.(map[string]any); named["name"] == "default" {
					if text, ok := named["template"].(string); ok {
						m.set("tokenizer.chat_template", text)
						return nil
					}
				}
			}
		}
	}
	return nil
}
