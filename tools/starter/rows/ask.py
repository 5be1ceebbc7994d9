"""Says a question in other words: politeness, synonyms, dropped marks, typos."""

ZH_BEFORE = ["请问", "你好，", "麻烦问下，", "我想知道", "想问一下，", "帮我看看", "能不能告诉我", "求助：", "那个，", "老师，"]
ZH_AFTER = ["？", "？", "?", "", "", "呢？", "啊？", "，谢谢", "？谢谢！", "呀"]
ZH_SWAPS = [("怎么", "如何"), ("怎么", "怎样"), ("怎么", "咋"), ("如何", "怎么"), ("怎样", "怎么"), ("怎么办", "该怎么处理"), ("怎么办", "咋整"),
            ("什么", "啥"), ("在哪里", "在哪儿"), ("哪里", "什么地方"), ("多少", "多大数目"), ("可以", "能"), ("需要", "要"), ("吗", "不"), ("吗", ""),
            ("什么时候", "何时"), ("为什么", "为何"), ("为什么", "怎么会"), ("有多少", "共有多少"), ("谁", "哪一位"), ("会怎样", "会怎么样"), ("设置", "配置"),
            ("查看", "看一下"), ("删除", "删掉"), ("启动", "开启"), ("停止", "关掉"), ("多久", "多长时间"), ("是什么", "是啥"), ("哪些", "哪几种")]
EN_BEFORE = ["", "", "Please tell me: ", "Hi, ", "Hello! ", "Quick question: ", "I wonder, ", "Could you tell me ", "I'd like to know: ", "Excuse me, ", "So "]
EN_AFTER = ["?", "?", "?", "", "", "??", " please?", ", thanks", "? Thanks!", " now?"]
EN_SWAPS = [("how do I", "how can I"), ("how do I", "how to"), ("how do I", "what's the way to"), ("how do I", "how would one"), ("how do I", "how should we"),
            ("what is", "what's"), ("What is", "What's"), ("do I need", "must I have"), ("can I", "may I"), ("which", "what"), ("remove", "delete"),
            ("show", "display"), ("make", "create"), ("a key", "an access key"), ("where is", "where's"), ("does it", "does hearth"), ("does it", "will it"),
            ("the server", "hearth"), ("What does", "What would"), ("How many", "What number of"), ("How much", "What amount"), ("When", "At what time")]


def vary(r, lang, question):
    """The question, said another way most of the time."""
    swaps, before, after = (ZH_SWAPS, ZH_BEFORE, ZH_AFTER) if lang == "zh" else (EN_SWAPS, EN_BEFORE, EN_AFTER)
    q = question.rstrip("？?。.！!")
    for old, new in r.sample(swaps, len(swaps)):
        if old in q and r.random() < 0.3:
            q = q.replace(old, new, 1)
    if r.random() < 0.25:
        q = r.choice(before) + q
    if lang == "en" and r.random() < 0.5:
        q = q[:1].upper() + q[1:]
    if r.random() < 0.04 and len(q) > 6:
        q = typo(r, q)
    return q + r.choice(after)


def typo(r, q):
    i = r.randrange(1, len(q) - 2)
    return r.choice([q[:i] + q[i + 1:], q[:i] + q[i + 1] + q[i] + q[i + 2:], q[:i] + q[i] + q[i:]])
