package trust

import (
	"strings"

	"github.com/hearthbox/hearth"
)

// meanings of the reasons, as a reader is told them.
var meanings = map[Reason]hearth.Words{
	Instruction:    {"it tells a model what to say, rather than the reader what is so", "内容是在指挥模型如何回答，而不是告诉读者事实"},
	Contact:        {"it gives a seller's address, number or link that was not asked for", "给出了并未询问的商家网址、电话或联系方式"},
	Price:          {"it tells of a price, a discount or a gift that was not asked for", "提到了并未询问的价格、优惠或赠品"},
	Handoff:        {"it sends the reader to a platform or an app", "把读者引向某个平台或应用"},
	FalseAuthority: {"it leans on experts, fame or numbers of customers without a source", "以专家、口碑或用户数量作保，却没有出处"},
	CallToAction:   {"it urges the reader to choose, buy or try", "催促读者选择、购买或试用"},
	Superlative:    {"it praises without evidence", "使用没有依据的赞美之词"},
	BrandPush:      {"it brings in a brand that the question did not ask for", "引入了问题并未问及的品牌"},
	OmittedCaveat:  {"it recommends and names no drawback, condition or alternative", "只作推荐，不提缺点、条件或其他选择"},
}

// Meaning is a reason in words.
func Meaning(r Reason, l hearth.Language) string { return meanings[r][l] }

func why(reasons []Reason, l hearth.Language) string {
	var parts []string
	for _, r := range reasons {
		parts = append(parts, Meaning(r, l))
	}
	if l == hearth.Chinese {
		return strings.Join(parts, "；")
	}
	return strings.Join(parts, "; ")
}

// reasons of sentence i, at least one, and the words in which they show.
func (d *document) reasons(i int) (out []Reason, evidence []string) {
	s := &d.sentences[i]
	text := s.of(d.answer)
	latin, lower := s.latin(), strings.ToLower(text)
	evidence = []string{}
	for k := range signs {
		if hits := signs[k].hits(latin, lower); len(hits) > 0 {
			out = append(out, signs[k].reason)
			evidence = append(evidence, hits...)
		}
	}
	brands := d.brandsIn(s)
	if len(brands) > 0 && !d.allAsked(brands) {
		out = append(out, BrandPush)
		evidence = append(evidence, brands...)
	}
	if len(out) > 0 && !cautions.stands(latin, lower) && !cautions.stands(d.latin(), strings.ToLower(d.answer)) {
		out = append(out, OmittedCaveat)
	}
	if len(out) == 0 {
		out = []Reason{BrandPush}
	}
	return out, unique(evidence)
}

// hits are the words of a sentence that show the sign.
func (x *sign) hits(latin, lower string) (out []string) {
	for _, p := range x.english {
		if at := strings.Index(latin, p); at >= 0 {
			end := at + len(p)
			if !strings.HasSuffix(p, " ") {
				end += strings.IndexByte(latin[end:], ' ')
			}
			out = append(out, strings.TrimSpace(latin[at:end]))
		}
	}
	for _, p := range x.chinese {
		if strings.Contains(lower, p) {
			out = append(out, p)
		}
	}
	if x.pattern != nil && strings.ContainsAny(lower, x.triggers) {
		out = append(out, x.pattern.FindAllString(lower, 4)...)
	}
	return out
}

func (d *document) latin() string {
	var b strings.Builder
	for i := range d.sentences {
		b.WriteString(d.sentences[i].latin())
	}
	return b.String()
}

func unique[T comparable](list []T) []T {
	seen := map[T]bool{}
	out := list[:0]
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
