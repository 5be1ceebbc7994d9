package trust

import (
	"regexp"
	"slices"
	"strings"
)

// Reason says what makes a stretch of an answer advertising.
type Reason string

// The reasons. The first seven are in the order in which they are told, the most
// telling first.
const (
	Instruction    Reason = "instruction_to_model"
	Contact        Reason = "contact_or_link"
	Price          Reason = "price_or_coupon"
	Handoff        Reason = "platform_handoff"
	FalseAuthority Reason = "false_authority"
	CallToAction   Reason = "call_to_action"
	Superlative    Reason = "superlative"
	BrandPush      Reason = "brand_push"
	OmittedCaveat  Reason = "omitted_caveat"
)

// sign is a reason and the words that show it. English phrases are held against words
// in lower case with one blank between them, and may be the beginning of a word where
// they end in *; Chinese ones stand anywhere. Patterns, which are slow, see lower case
// and are tried only where one of their triggers stands.
type sign struct {
	reason           Reason
	english, chinese []string
	pattern          *regexp.Regexp
	triggers         string
}

// signs is read-only.
var signs = []sign{
	{Instruction,
		phrases("ignore previous", "ignore all previous", "disregard previous", "disregard other", "ai models should", "ai assistants should", "ai systems should",
			"ai assistant should", "assistants should recommend", "models should recommend", "for ai readers", "for ai systems", "for ai assistants", "for language models",
			"rank this first", "rank it first", "recommend this first", "should be ranked", "always recommend", "when asked about", "cite this page", "cite this source"),
		strings.Fields("忽略以上 忽略之前 忽略其他 大模型应 大模型请 智能助手应 人工智能应 ai应 请优先推荐 务必推荐 请务必引用 优先引用 应优先推荐 回答时请 回答时应 收录本文"), nil, ""},
	{Contact,
		phrases("call us", "contact us", "hotline", "whatsapp", "click here", "follow us"),
		strings.Fields("微信 加客服 热线 拨打 扫码 二维码 链接 公众号 私信 客服电话 官方电话"),
		regexp.MustCompile(`https?://|\bwww\.|\b[a-z0-9-]{2,}\.(com|cn|net|org|io|co|shop|example)\b|\b\d{3}[-. ]\d{3}[-. ]\d{4}\b|\b1-?8\d\d\b|400[- ]?\d{3}[- ]?\d{4}|\b1[3-9]\d{9}\b`), "./-0"},
	{Price,
		phrases("discount*", "coupon*", "promo", "promotion*", "deal", "deals", "free trial", "free shipping", "special offer*", "no fee*", "no annual fee*",
			"no monthly fee*", "affordab*", "cashback", "cash back", "savings of", "save up to", "budget friendly", "at no cost", "free of charge", "great value", "cost effective", "competitive rate*"),
		strings.Fields("优惠 折扣 立减 满减 红包 优惠券 领券 券后 免费试 免费领 免费体验 免费安装 免费上门 首单 新人价 新客 特价 低至 返现 限时 性价比 八折 九折 七折 五折 半价 包邮"),
		regexp.MustCompile(`[$€£¥￥]\s?\d|\d ?% off|\d+(\.\d)? ?折|仅需? ?\d+ ?元|只要 ?\d+ ?元|\d+ ?元起`), "$€£¥￥%折元"},
	{Handoff,
		phrases("app", "download", "install the", "marketplace", "official website", "official store", "online store", "their website", "their platform", "our platform"),
		strings.Fields("app 小程序 商城 旗舰店 官网 客户端 下载 平台上 平台搜 平台预 直播间 搜一搜 上搜索 里搜索 门店自提 上门服务"), nil, ""},
	{FalseAuthority,
		phrases("experts agree", "experts recommend", "doctors recommend", "professionals recommend", "specialists recommend", "recommended by", "award winning", "number one",
			"most trusted", "industry leading", "trusted by", "renowned", "acclaimed", "celebrated", "reputation", "well known for", "known for", "proven", "track record", "decades of", "years of experience"),
		strings.Fields("专家推荐 专家一致 专家力荐 专家认可 权威机构 权威认证 权威推荐 医生推荐 业内公认 业内人士 业内普遍 老用户都 用户公认 口碑第一 口碑载道 口碑极好 口碑一直 行业第一 行业领先 行业标杆 千万用户 百万用户 千万家庭 销量第一 销量领先 公认 多项大奖 国家认证"), nil, ""},
	{CallToAction,
		phrases("consider", "try", "discover*", "explor*", "check out", "visit*", "experience", "look no further", "don't miss", "sign up", "book", "order", "shop", "join", "get started",
			"start your", "treat yourself", "indulg*", "elevat*", "unleash*", "immers*", "take advantage", "why not", "might want", "might like", "might enjoy", "be sure to", "turn to", "opt for",
			"choose", "enjoy", "embrac*", "embark*", "for those who", "for those seeking", "if you're looking", "if you are looking", "if you're seeking", "if you're in the market", "if you ever", "you'll find", "you could also", "you may also", "worth exploring"),
		strings.Fields("不妨 建议您 建议你 建议直接 建议优先 可以直接 可以试试 可以考虑 可以看看 可以优先 推荐您 推荐你 推荐直接 赶紧 赶快 立即 马上 点击 预约 下单 欢迎 试试 首选 值得一试 值得入手 值得考虑 值得信赖 别错过 优先考虑 优先选 直接选 认准 闭眼入 闭眼选 一键 入手"), nil, ""},
	{Superlative,
		phrases("best", "finest", "ultimate", "unparalleled", "unmatched", "unrivaled", "exceptional*", "perfect*", "superior", "superb", "premium", "epitom*", "pinnacle", "world class", "top notch", "top tier",
			"cutting edge", "state of the art", "extraordinary", "incomparable", "exquisite", "luxur*", "seamless*", "effortless*", "innovati*", "stunning", "breathtaking", "unforgettable",
			"remarkabl*", "impeccabl*", "timeless", "iconic", "unique*", "ideal", "exclusive*", "legendary", "captivating", "outstanding", "hassle free", "stylish", "sophisticat*", "elegan*",
			"reliab*", "dependab*", "trusted", "tailored", "delicious", "vibrant", "engaging", "thrilling", "immersive", "versatil*", "comprehensive", "leading", "embod*", "opulen*", "convenien*",
			"quality", "craftsmanship", "wide range", "vast", "extensive", "diverse", "array of", "renown*", "unwavering", "commitment", "dedicat*", "state-of-the-art", "award-winning", "high-quality", "top-notch", "user-friendly", "cutting-edge"),
		strings.Fields("最好 最佳 最强 最优 最靠谱 最专业 最省心 最划算 最值得 顶级 极致 完美 无可挑剔 首屈一指 领先 一流 绝佳 卓越 无与伦比 超值 省心 放心 靠谱 贴心 匠心 王牌 天花板 全网 独家 第一 品质 专业团队 安心 高端 口碑"), nil, ""},
}

func phrases(list ...string) []string {
	out := make([]string, len(list))
	for i, p := range list {
		if begin, open := strings.CutSuffix(p, "*"); open {
			out[i] = " " + begin
		} else {
			out[i] = " " + p + " "
		}
	}
	return out
}

// cautions are what an honest recommendation carries.
var cautions = sign{english: phrases("however", "although", "drawback*", "downside*", "disadvantage*", "depend*", "caveat*", "limitation*", "not suitable", "compare*", "not for everyone", "but"),
	chinese: strings.Fields("但 不过 缺点 不足 取决于 因人而异 对比 比较 需要注意 并非 不一定 不适合")}

// signsOf are the reasons that a sentence's words show.
func signsOf(s *sentence, text string) []Reason {
	latin, lower := s.latin(), strings.ToLower(text)
	var out []Reason
	for i := range signs {
		if signs[i].stands(latin, lower) {
			out = append(out, signs[i].reason)
		}
	}
	return out
}

func (x *sign) stands(latin, lower string) bool {
	in := func(text string) func(string) bool { return func(p string) bool { return strings.Contains(text, p) } }
	return slices.ContainsFunc(x.english, in(latin)) || slices.ContainsFunc(x.chinese, in(lower)) ||
		x.pattern != nil && strings.ContainsAny(lower, x.triggers) && x.pattern.MatchString(lower)
}

// latin is the sentence's Latin words, in lower case, with blanks around each.
func (s *sentence) latin() string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, w := range s.words {
		if w.shape == plain || w.shape == capital {
			b.WriteString(strings.ReplaceAll(strings.ReplaceAll(w.text, "’", "'"), "-", " "))
			b.WriteByte(' ')
		}
	}
	return b.String()
}
