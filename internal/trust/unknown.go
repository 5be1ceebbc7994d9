package trust

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// In English a name is seen by its capitals. In Chinese it is seen by what it is not: a
// run of characters of which no dictionary makes words. Brands are coined so.

// familiar holds the common words of Chinese, in a filter after Bloom (1970): it knows
// every word it was given, and takes one string of a hundred for one.
//
//go:embed words.zh.bloom
var familiar []byte

// bitsPerWord and hashes are those of the filter: one false word of a hundred.
const (
	bitsPerWord = 10
	hashes      = 7
)

// EncodeWords makes a filter.
func EncodeWords(words []string) []byte {
	out := make([]byte, len(words)*bitsPerWord/8+1)
	for _, w := range words {
		places(w, len(out), func(i uint64) bool { out[i/8] |= 1 << (i % 8); return true })
	}
	return out
}

// places are those of a word in a filter of that many bytes, until one does not please.
func places(word string, bytes int, each func(uint64) bool) bool {
	a := uint64(14695981039346656037) // FNV-1a
	for i := range len(word) {
		a = (a ^ uint64(word[i])) * 1099511628211
	}
	b := a>>33 | a<<31 | 1
	for range hashes {
		if !each(a % uint64(bytes*8)) {
			return false
		}
		a += b
	}
	return true
}

// ownWords are the words of this package's own tables, which dictionaries lack in part.
var ownWords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for i := range cues {
		for _, w := range cues[i].words {
			out[w] = true
		}
	}
	for i := range signs {
		for _, w := range signs[i].chinese {
			out[w] = true
		}
	}
	return out
})

func isWord(w string) bool {
	return ownWords()[w] || places(w, len(familiar), func(i uint64) bool { return familiar[i/8]&(1<<(i%8)) != 0 })
}

// hanWordMax is how many characters a word has at most.
const hanWordMax = 4

// unknownMax is how many characters a name has at most that no word is made of; a longer
// run is something else.
const unknownMax = 6

// nameUnknown makes one word of each run of Han characters that no dictionary makes words
// of, with the shape of a name.
func nameUnknown(ws []word) []word {
	var out []word
	for i := 0; i < len(ws); {
		if ws[i].shape != han {
			out = append(out, ws[i])
			i++
			continue
		}
		end := i
		for end < len(ws) && ws[end].shape == han {
			end++
		}
		out = append(out, named(ws[i:end])...)
		i = end
	}
	return out
}

// named does so for a run of Han characters.
func named(run []word) []word {
	alone := singles(run)
	var out []word
	for i := 0; i < len(run); {
		end := i
		for end < len(run) && alone[end] {
			end++
		}
		from, to := i, end
		for from < to && functionHan[run[from].text] {
			from++
		}
		for to > from && functionHan[run[to-1].text] {
			to--
		}
		if to-from < 2 || to-from > unknownMax {
			end = max(end, i+1)
			out = append(out, run[i:end]...)
			i = end
			continue
		}
		out = append(out, run[i:from]...)
		name := word{stretch{run[from].at.start, run[to-1].at.end}, "", capital}
		for _, w := range run[from:to] {
			name.text += w.text
		}
		out = append(append(out, name), run[to:end]...)
		i = end
	}
	return out
}

// singles says which characters of a run are in no word, when it is cut into words so
// that as few as can be are left alone.
func singles(run []word) []bool {
	n := len(run)
	var joined strings.Builder
	begin := make([]int, n+1) // of each character
	for i, w := range run {
		begin[i] = joined.Len()
		joined.WriteString(w.text)
	}
	begin[n] = joined.Len()
	text := joined.String()
	cost, from := make([]int, n+1), make([]int, n+1)
	for i := 1; i <= n; i++ {
		cost[i], from[i] = cost[i-1]+3, i-1
		if functionHan[run[i-1].text] {
			cost[i]--
		}
		for k := i - 2; k >= max(0, i-hanWordMax); k-- {
			if c := cost[k] + 1; c < cost[i] && isWord(text[begin[k]:begin[i]]) {
				cost[i], from[i] = c, k
			}
		}
	}
	alone := make([]bool, n)
	for i := n; i > 0; i = from[i] {
		if from[i] == i-1 {
			alone[i-1] = true
		}
	}
	return alone
}

// functionHan are characters that are words by themselves, and no part of a name at its
// edge.
var functionHan = set(`的 了 和 是 在 有 也 都 就 与 及 或 而 但 不 我 你 您 他 她 它 们 这 那 为 以 于 等 把 被 会 能 可 要 对 到 从 上 下 中 个 一 用 找 让 像 给 向 由 将 还 又 再 更 最 很 太 只 才 已 曾 请 选 买 看 来 去 做 说
	是 比 跟 同 每 各 该 此 其 所 之 得 地 着 过 里 外 内 前 后 时 年 月 日 多 少 好 大 小 新 老 则 即 若 如 因 使 叫 做 想 听 打 进 出 当 加 约 点 按 含 无 非 未 第 元 次 家 名 种 些 几 两 二 三 四 五 六 七 八 九 十 百 千 万 零 双 半 人 天 周 号 较 先 仍 均 宜 应 须 需 并 且 至 约 带 转 换 试 配 靠 卖 取 收 付 交 送`)

// isHanName reports whether a word is a name that no dictionary has.
func isHanName(w word) bool {
	return w.shape == capital && slices.ContainsFunc([]rune(w.text)[:1], func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
