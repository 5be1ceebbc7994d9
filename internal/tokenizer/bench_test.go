package tokenizer_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/hearthbox/hearth/internal/tokenizer"
)

// BenchmarkEncode measures real text where tools/oracle/tokenizer/corpus.py has put
// it, and text made from a few sentences anywhere. tools/oracle/tokenizer/bench.py
// measures others on the same.
func BenchmarkEncode(b *testing.B) {
	for _, vocabulary := range []string{"gpt-2", "deepseek-llm", "deepseek-v3", "qwen2", "llama-bpe", "llama-spm", "bert-bge"} {
		b.Run(vocabulary, func(b *testing.B) {
			tok := open(b, vocabularyPath(vocabulary))
			for _, kind := range []string{"english", "chinese", "code"} {
				b.Run(kind, func(b *testing.B) { encode(b, tok, corpus(b, kind)) })
			}
			b.Run("made-english", func(b *testing.B) { encode(b, tok, made(english, " ")) })
			b.Run("made-chinese", func(b *testing.B) { encode(b, tok, made(chinese, "")) })
		})
	}
}

func encode(b *testing.B, tok *tokenizer.Tokenizer, texts []string) {
	b.ReportAllocs()
	bytes := 0
	for _, text := range texts {
		bytes += len(text)
	}
	b.SetBytes(int64(bytes))
	var ids []int32
	for b.Loop() {
		ids = ids[:0]
		for _, text := range texts {
			ids = tok.Append(ids, text, false)
		}
	}
	b.ReportMetric(float64(bytes)/float64(len(ids)), "bytes/token")
}

func BenchmarkDecode(b *testing.B) {
	tok := open(b, vocabularyPath("deepseek-llm"))
	ids := tok.Append(nil, strings.Join(made(chinese, ""), ""), false)
	b.SetBytes(int64(len(tok.Decode(ids, tokenizer.Decoding{}))))
	for b.Loop() {
		tok.Decode(ids, tokenizer.Decoding{})
	}
}

func BenchmarkNew(b *testing.B) {
	for _, name := range []string{"deepseek-llm", "qwen2", "llama-bpe", "llama-spm", "bert-bge"} {
		b.Run(name, func(b *testing.B) {
			v := vocabulary(b, vocabularyPath(name))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tokenizer.New(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkMerge shows what a word costs that is no token, by its length: where
// scanning for the lowest rank gives way to a heap.
func BenchmarkMerge(b *testing.B) {
	tok := open(b, vocabularyPath("gpt-2"))
	for _, n := range []int{8, 16, 32, 48, 49, 64, 128, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(uint64(n), 1))
			words := make([]string, 1+4096/n)
			for i := range words {
				word := make([]byte, n)
				for j := range word {
					word[j] = "etaoinshrdlu"[rng.IntN(12)]
				}
				words[i] = string(word)
			}
			encode(b, tok, words)
		})
	}
}

// made returns about a megabyte of paragraphs, sentences drawn at random and names
// and numbers among them.
func made(sentences []string, between string) []string {
	rng := rand.New(rand.NewPCG(11, 11))
	var texts []string
	for total := 0; total < 1<<20; {
		var text strings.Builder
		for range 5 + rng.IntN(10) {
			s := sentences[rng.IntN(len(sentences))]
			s = strings.ReplaceAll(s, "#", fmt.Sprint(rng.IntN(10000)))
			fmt.Fprint(&text, strings.ReplaceAll(s, "@", names[rng.IntN(len(names))]), between)
		}
		texts = append(texts, text.String())
		total += text.Len()
	}
	return texts
}

var (
	names   = []string{"Marlowe", "Lin Wei", "张伟", "Okonkwo", "欧阳明月", "Søren", "Katerina", "王小明"}
	english = []string{
		"The committee postponed its decision until @ could present the revised figures.",
		"Nobody in the workshop remembered who had last oiled the old lathe.",
		"By the time the ferry left at #, the fog had lifted and the harbour lay quiet.",
		"\"It isn't the price,\" said @, \"it's what they'd want from us afterwards.\"",
		"Rainfall in the upper valley exceeded # millimetres, which nobody had thought possible.",
		"She wrote a short note, folded it twice, and slid it under the door of room #.",
		"Our backup runs every night; restoring it, however, has been tried exactly once.",
		"The museum's newest acquisition is a brass astrolabe, attributed to @.",
	}
	chinese = []string{
		"会议推迟到下周三，等@把修改后的数据整理好再做决定。",
		"车间里谁也记不清那台旧车床上一次是什么时候加的油。",
		"渡轮#点离港的时候，雾已经散了，港口显得格外安静。",
		"“问题不在价格，”@说，“而在于他们以后还会要求什么。”",
		"上游山谷的降雨量超过了#毫米，这在以前是难以想象的。",
		"她写了一张便条，折了两折，从#号房间的门缝里塞了进去。",
		"我们的备份每天夜里自动运行，可是真正恢复的演练只做过一次。",
		"博物馆新近收藏了一件黄铜星盘，据说出自@之手。",
	}
)

// corpus reads the texts of one kind, made by tools/oracle/tokenizer/corpus.py.
func corpus(t testing.TB, kind string) []string {
	t.Helper()
	file, err := os.Open(built + "corpus-" + kind + ".jsonl")
	if err != nil {
		t.Skipf("no corpus: run tools/oracle/tokenizer/corpus.py (%v)", err)
	}
	defer file.Close()
	var texts []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}
