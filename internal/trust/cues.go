package trust

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Chinese is written without blanks and without capitals, so that runs of characters say
// less of a sentence than runs of words do, and a classifier that has seen few wordings
// learns those by heart. Cues are what the words mean to an advertiser or to somebody who
// informs, as counts by class: they carry over to wordings that were not learned.

// cue is a class of Chinese words.
type cue struct {
	name  string
	words []string
	side  int // +1: who advertises speaks so; -1: who informs or warns does; 0: either
}

// cues is read-only. A word may be in several classes.
var cues = []cue{
	{"praise", strings.Fields(`省心 省事 省力 省时 省去 放心 安心 踏实 贴心 用心 细致 周到 靠谱 轻松 方便 便捷 快捷 顺利 顺手 舒服 舒心 惊喜 惊艳 出色 优秀 优质
		过硬 到位 一流 领先 标杆 天花板 极致 顶级 不错 好用 划算 超值 满意 信赖 信得过 可靠 稳妥 高端 精品 卓越 完美 佼佼者 最优 最好 最省 最佳 最强 更胜 挑不出 无可挑剔
		有目共睹 好评 口碑 有保障 有保证 事半功倍 一步到位 一站式 两全 当之无愧 名副其实 远超 堪称 堪比 媲美 难逢 甩开 独一份 独家 首屈一指 实力 品质 专业 成熟 匠心 深耕
		升级 高效 高品质 效果好 效果更 更好 更快 更省 更方便 更轻松 更安心 派上用场 帮手 代名词 无微不至 在线 出众 亮眼 满分 头疼 烦恼 难题 折腾 弯路 麻烦 纠结 真正`), 1},
	{"testimony", strings.Fields(`朋友 邻居 同事 家人 亲友 网友 博主 老用户 用户都 用户公认 客户 顾客 回头客 过来人 师傅 身边 很多人 不少人 许多人 大家 越来越多 年轻人 家长 不少家庭
		圈内 业内 同行 专家 医生 机构推荐 权威 央媒 榜单 协会 销量 千万 百万 上万 认可 一致 公认 众多 表彰 认证 大奖 专利 名校 推荐过 都说 都知道 亲测 我家 我自己 我个人 我试 用过`), 1},
	{"urge", strings.Fields(`不妨 何不 为何不 建议您 建议你 推荐 赶快 赶紧 快来 快去 马上 立即 立刻 趁早 趁着 今天就 现在就 试试 试一 体验 感受 了解一下 看看 优先 认准 闭眼 直接
		首选 交给 托付 代劳 代办 联系 咨询 预约 下单 入手 购买 选购 收藏 关注 加入 领取 错过 忽略 记得 考虑 放心把 选它 就选 选这 就找 找它 一键 只需 只要`), 1},
	{"offer", strings.Fields(`优惠 打折 折扣 折起 几折 五折 六折 七折 八折 九折 立减 满减 再减 红包 优惠券 抵用 领券 返现 免单 免费 试用 赠送 附赠 礼包 直降 下调 低至 便宜 特惠 特价 促销
		做活动 首单 首次 首月 新用户 新人 会员日 周年庆 补贴 买一送 限量 限时 名额 见面礼 免息 口令 体验装 几十元 十几块 不到百元 白送 半价 性价比 下手`), 1},
	{"reach", strings.Fields(`电话 热线 致电 拨打 打个 微信 客服 顾问 专员 网址 官网 网站 邮箱 留言 交流群 群号 二维码 扫码 扫一扫 链接 小程序 公众号 应用 app 客户端 下载 搜索 一搜 输入
		首页 旗舰店 专区 直播 官方店 店铺 导航 登录 注册 邀请码 主页 入口 点进 点击 点开 打开 预约通道 移步 逛逛 装一个 装好`), 1},
	{"aside", strings.Fields(`值得一提 顺便 顺带 说到 提到 话说 提起 此外 另外 与此同时 例如 比如 为代表 当然 正如 就像 的话 要是 假如 如果 嫌 没空 没时间 不想 想要 想省 与其 对于 其实 恰好 正好 好在 而`), 0},
	{"against", strings.Fields(`投诉 处罚 被罚 罚款 退费 差评 缺点 不足 亏损 关闭 停止 下架 争议 否认 传闻 不实 虚假 误导 不适合 不一 参差 不予 偏高 涨价 涨过 较慢 迟到 难以 约谈 判决 法院 不合格 整改
		因人而异 不必 不要 没有证据 没有独立 无法 并非 未必 不一定 不属实 劝退 利弊 有好有坏 批评 纠纷 额外收费 加价 扣除 风险 谨慎 警惕 骗局 不划算 不能保证 不等于 未被 不得 没有明显 没有给出 不可`), -1},
	{"hedge", strings.Fields(`但 不过 然而 却 也有 各有 取决于 视情况 具体 结合 自身 根据 核对 核实 看清 通读 留意 注意 问清 比较 对比 对照 多问 货比 以合同 为准 建议至少 逐条 自行 查看 查询 确认`), -1},
	{"record", strings.Fields(`成立 总部 旗下 更名 改名 收购 合并 年报 披露 公开 资料 统计 报道 公布 标准 条款 合同 协议 说明书 规定 收费 标价 公示 按次 按年 会员费 加盟 创始人 上市 份额 业务 年起 年底 截至 监管 部门
		运营 经营 股权 融资 营业执照 许可 网点 覆盖 售后期 前者 后者 二者 两家 差别 区别 这类 等平台 等企业 泛指 成绩接近 误差 测试显示`), -1},
}

// cueWord is a word of a class, by its number among all.
type cueWord struct {
	class, number int
	text          string
}

// cueIndex is the words of all cues by their first character.
var cueIndex = sync.OnceValue(func() map[rune][]cueWord {
	out := map[rune][]cueWord{}
	n := 0
	for i := range cues {
		for _, w := range cues[i].words {
			first, _ := utf8.DecodeRuneInString(w)
			out[first] = append(out[first], cueWord{i, n, w})
			n++
		}
	}
	return out
})

// cueCounts are how many words of each class a sentence has, and the balance of those
// that advertise and those that inform.
func cueCounts(text string) (counts []int, balance int) {
	lower, index := strings.ToLower(text), cueIndex()
	counts = make([]int, len(cues))
	var seen []int
	for at, r := range lower {
		for _, w := range index[r] {
			if strings.HasPrefix(lower[at:], w.text) && !slices.Contains(seen, w.number) {
				seen = append(seen, w.number)
				counts[w.class]++
			}
		}
	}
	for i, n := range counts {
		balance += cues[i].side * min(n, 3)
	}
	return counts, balance
}
