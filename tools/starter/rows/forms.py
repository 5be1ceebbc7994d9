"""Free text to the fields of a form, as JSON. Loan applications are said in many
ways, with parts missing; other forms have fields drawn at random."""

import formats

from . import words

ZH_PURPOSES = ("买车 装修房子 进货 看病 购买种子 开一家小店 交学费 买电脑 旅游 还信用卡 扩大经营 购买设备 买房 租店面 结婚 修缮老屋 养鸡 建鱼塘 换新机器 创业 资金周转 "
               "孩子上大学 购买货车 搬家 买手机 治疗牙齿 参加培训 承包土地 买家电 开网店").split()
EN_PURPOSES = ("a new car;repairing the roof;stock for the shop;medical costs;seeds;opening a cafe;school fees;a laptop;a holiday;paying off a card;"
               "growing the business;machinery;buying a house;renting a shop;a wedding;a chicken farm;a fish pond;starting a business;working capital;"
               "my son's university;a truck;moving house;a phone;dental work;a training course;leasing land;kitchen appliances;an online shop;a bicycle;solar panels").split(";")
ZH_VERBS = ["买", "换", "修", "建", "开", "租", "添置", "购买", "改造", "扩建", "升级"]
EN_VERBS = ["buy", "replace", "repair", "build", "open", "rent", "upgrade", "enlarge", "purchase", "renovate"]
EN_NOUNS = ["a van", "the house", "the kitchen", "a shop", "a workshop", "new tools", "a greenhouse", "the barn", "a boat", "a piano", "a tractor", "some land", "an oven"]
ZH_NOUNS = ["货车", "房子", "厨房", "店铺", "车间", "工具", "大棚", "牛棚", "渔船", "钢琴", "拖拉机", "土地", "烤箱", "冷库", "三轮车"]


def purpose(r, lang):
    if lang == "zh":
        return r.choice(ZH_PURPOSES) if r.random() < 0.4 else r.choice(ZH_VERBS) + (words.hanzi(r, 2) if r.random() < 0.3 else r.choice(ZH_NOUNS))
    return r.choice(EN_PURPOSES) if r.random() < 0.4 else r.choice(EN_VERBS) + " " + (f"a {words.word(r)}" if r.random() < 0.3 else r.choice(EN_NOUNS))


def money(r, lang, n):
    """A sum in one of the ways in which people say it."""
    ways = [str(n), str(n), f"{n:,}"]
    if lang == "zh":
        ways = [f"{n}元", f"{n}", f"{n}块"]
        if n % 10000 == 0:
            ways += [f"{n // 10000}万", f"{n // 10000}万元", f"{n // 10000}万块", words.zh_number(n) + "元", words.zh_number(n)] * 2
        elif n % 1000 == 0:
            ways += [f"{n / 10000:g}万元", f"{n / 10000:g}万", words.zh_number(n) + "元"]
            if n > 10000:
                ways.append(words.zh_number(n // 10000) + "万" + words.DIGITS[n // 1000 % 10])
        if n % 100 == 0 and n < 10000:
            ways.append(words.zh_number(n))
            if n % 1000:
                ways.append(words.zh_number(n).removesuffix("百"))
        return r.choice(ways)
    if n % 1000 == 0 and n < 1_000_000:
        ways += [f"{n // 1000}k", words.en_number(n), f"{n // 1000} thousand"]
    if n % 100_000 == 0 and n >= 1_000_000:
        ways += [f"{n / 1_000_000:g} million"] * 2
    return r.choice(["", "$", ""]) + r.choice(ways) if r.random() < 0.5 else r.choice(ways)


def term(r, lang, months):
    if lang == "zh":
        ways = [f"{months}个月", f"{words.zh_number(months)}个月", f"{months}期"]
        if months % 12 == 0:
            y = months // 12
            ways += [f"{y}年", f"{'两' if y == 2 else words.zh_number(y)}年", f"{y}年期"] * 2
        if months == 6:
            ways += ["半年"] * 2
        if months % 12 == 6 and months > 6:
            ways += [("一" if months == 18 else "两" if months == 30 else words.zh_number(months // 12)) + "年半"] * 2
        return r.choice(ways)
    ways = [f"{months} months", f"{words.en_number(months)} months"]
    if months % 12 == 0:
        y = months // 12
        ways += ["1 year", "one year", "a year"] if y == 1 else [f"{y} years", f"{words.en_number(y)} years"] * 2
    if months == 6:
        ways += ["half a year"] * 2
    if months == 18:
        ways += ["a year and a half", "one and a half years"]
    if months == 30:
        ways += ["two and a half years"]
    return r.choice(ways)


# One way to say each field; {x} is the value as said. The first list opens a text.
ZH_SAY = {
    "name": ["我叫{x}", "本人{x}", "申请人{x}", "姓名：{x}", "客户{x}", "借款人：{x}", "我是{x}", "{x}", "有位客户叫{x}", "名字是{x}", "他叫{x}", "申请人：{x}"],
    "phone": ["电话{x}", "手机号{x}", "联系电话：{x}", "请打{x}", "号码是{x}", "联系方式{x}", "手机{x}", "电话：{x}", "致电{x}", "{x}"],
    "amount": ["想贷款{x}", "申请{x}", "借款金额{x}", "需要贷{x}", "金额：{x}", "想借{x}", "贷{x}", "申请贷款{x}", "借{x}", "拟借{x}", "额度{x}", "需要资金{x}"],
    "term_months": ["期限{x}", "{x}还清", "分{x}还", "期限：{x}", "打算{x}内还完", "借{x}", "{x}", "计划{x}归还", "为期{x}"],
    "purpose": ["用于{x}", "用途：{x}", "用来{x}", "想{x}", "主要是{x}", "资金用途为{x}", "用途{x}", "为了{x}", "准备{x}", "要{x}"],
    "monthly_income": ["月收入{x}", "每月工资{x}", "月薪{x}", "一个月挣{x}", "月收入：{x}", "每月能拿{x}", "工资{x}一个月", "月入{x}", "每月收入约{x}", "一月{x}", "退休金每月{x}"],
    "employer": ["在{x}上班", "就职于{x}", "单位：{x}", "工作单位是{x}", "在{x}工作", "任职于{x}", "供职于{x}", "是{x}的员工", "在{x}做" + "销售", "单位是{x}"],
}
EN_SAY = {
    "name": ["I'm {x}", "My name is {x}", "Applicant: {x}", "Name: {x}", "This is {x}", "{x} here", "the applicant is {x}", "Borrower: {x}", "I am {x}", "{x}", "a client named {x}", "it is for {x}"],
    "phone": ["phone {x}", "call me at {x}", "my number is {x}", "tel. {x}", "mobile {x}", "phone: {x}", "contact {x}", "reach me on {x}", "{x}"],
    "amount": ["I need {x}", "would like to borrow {x}", "amount: {x}", "asks for {x}", "applies for {x}", "a loan of {x}", "wants {x}", "loan: {x}", "I want to borrow {x}", "requests {x}", "{x}"],
    "term_months": ["over {x}", "to be repaid in {x}", "for {x}", "term: {x}", "paid back within {x}", "{x}", "term {x}", "back in {x}", "period: {x}"],
    "purpose": ["for {x}", "purpose: {x}", "it is for {x}", "to pay for {x}", "the purpose is {x}", "purpose {x}", "use: {x}"],
    "monthly_income": ["I earn {x} a month", "monthly income {x}", "with an income of {x} a month", "salary {x} per month", "monthly income: {x}", "{x} monthly", "I make about {x} each month", "income {x} a month", "takes home {x} every month"],
    "employer": ["I work at {x}", "employed by {x}", "employer: {x}", "works for {x}", "with {x}", "at {x}", "company: {x}", "I work for {x}", "of {x}", "employer {x}"],
}

# Applications as people tell them: who they are and where they work in one breath, the
# sum and what it is for in another, with things in between that no field asks for.
ZH_WORKPLACES = ["{p}人民医院", "{p}第{n}中学", "{p}{n}小学", "{b}幼儿园", "{b}诊所", "{b}艺术中心", "{p}客运站", "{p}供电局", "{b}律师事务所", "{b}酒店", "{p}机械厂", "{b}超市", "{p}铁路局",
                 "{p}林场", "{b}煤矿", "{b}餐厅", "{p}图书馆", "{p}质检站", "{b}健身馆", "{b}事务所", "{p}税务局", "{b}银行{p}支行", "{p}博物馆", "{b}汽修厂", "{p}自来水公司", "{b}培训学校"]
EN_WORKPLACES = ["{p} Hospital", "{p} Clinic", "{b} School", "{p} Library", "{p} Water Works", "{b} Railways", "Hotel {b}", "{b} Bank", "{b} Theatre", "{p} University", "{b} Mill {n}",
                 "{b} & {c}", "{p} Fire Station", "{b} Supermarket", "{b} Airlines", "Museum of {p}", "{b} Gym", "{b} Bakery", "{p} City Council", "{b} Power Station", "{b} Studio"]
ZH_KINDS = [
    "退休职工", "果农", "养殖户", "包工头", "司机", "货车司机", "摊主", "瓦工", "裁缝", "渔民", "花店老板", "木匠", "主播", "教练", "排版员", "售票员", "茶农", "小店主", "批发商", "退伍军人", "作家", "实习生", "菜贩", "花匠", "编辑",
    "统计员",
]
EN_KINDS = [
    "shop owner", "retired teacher", "freelancer", "fisherman", "carpenter", "tailor", "taxi driver", "market trader", "coach", "photographer", "builder", "potter",
    "beekeeper", "clerk", "grocer", "landlord", "gardener", "trainee", "editor", "chemist", "dairyman",
]
ZH_DO = ["买", "购买", "购置", "换", "修", "修缮", "租", "开", "建", "扩建", "装修", "采购", "承包", "添置", "升级", "投资", "改造", "筹办", "归还", "支付", "买一套", "买台", "买辆", "给孩子交", "给父母买", "补交", "置办"]
ZH_WHAT = [
    "农机", "冰柜", "保险", "欠款", "新房", "老屋", "仓库", "服装店", "面包房", "空调", "课程", "驾照", "门面", "展位", "种苗", "奶牛", "船", "渔网", "木料", "牙", "旅馆", "茶园", "书店", "生产线", "叉车", "假牙", "墓地",
    "首饰", "嫁妆", "沙发", "地板", "水泵", "鱼苗", "果树", "冷柜", "农药", "校服", "眼镜", "吉他", "洗衣机", "打印机", "热水器", "暖气", "三轮摩托", "帐篷", "渔船", "收割工具", "咖啡机", "柜台", "招牌", "货架", "烘干机", "磨坊",
    "牛棚", "花房", "酒坊", "油坊", "鞋店", "茶馆", "网吧", "药店", "理疗床", "缝纫机", "摄影棚", "录音设备", "轮椅", "助听器", "奶粉", "月子中心", "旧款", "罚款", "房子首付款", "车库", "院墙", "水井", "太阳能板", "风机", "农田",
    "鸡舍", "苗圃", "窗户", "屋顶", "锅炉",
]
ZH_FOR = [
    "读研究生", "养羊", "旅行", "考驾照", "生孩子", "做手术", "创业", "学厨师", "发工资", "囤货", "打井", "参展", "过冬", "交首付", "资金周转", "生活开支", "教育支出", "医疗支出", "看牙", "体检", "备货", "订婚", "考证", "安家", "应急",
    "读夜校", "开厂", "还旧债", "度蜜月", "学画画", "付定金", "拍电影", "做生意", "种树", "养蜂", "买种猪", "办展览", "过年", "办厂", "修路", "打官司", "护理老人", "生产经营", "日常消费", "家庭开支", "房屋修理", "原料采购", "机器更新",
]
EN_DO = ["buy", "purchase", "repair", "replace", "rent", "open", "build", "enlarge", "pay off", "renovate", "lease", "start", "modernise", "set up", "join", "finish", "restore", "invest in", "furnish", "insure", "move to", "upgrade"]
EN_WHAT = [
    "my mortgage", "an old debt", "the family house", "a sewing machine", "the barn", "our kitchen", "a food truck", "two cows", "a fishing boat", "solar panels",
    "his workshop", "new tools", "a garden shed", "school books", "dental implants", "a wheelchair", "timber", "a bakery oven", "bicycles", "a small cabin",
    "the heating", "carpets", "chickens", "a plough", "a truck", "a crane", "a minibus", "a stall", "the windows", "store cards", "student debts", "a small hotel",
    "a vineyard", "a barber shop", "a scooter", "a violin", "a drone", "a hearing aid", "a cafe", "our field", "my studio", "a partnership", "copper", "a loom",
    "floorboards", "a freezer", "the garage", "spectacles", "a kiln", "a well", "lorry tyres", "a sewing room", "the fence", "a coffee machine",
]
EN_FOR = [
    "a funeral", "books", "an operation", "the harvest", "a study trip", "repairs", "daily expenses", "dental work", "a new roof", "adoption costs", "a language course",
    "taxes", "a kiosk", "an exhibition", "hospital costs", "supplies", "animal food", "therapy", "college", "a honeymoon", "my sister's wedding",
    "our child's schooling", "cash flow", "a deposit", "flying lessons", "a master's course", "redecorating", "a repair business", "wind turbines", "a bus", "a printer",
    "a guitar", "a new start", "machinery", "pesticide", "salaries", "vet bills", "glasses", "a legal case", "a move abroad",
]
ZH_FIELDS = {"name": ["姓名", "申请人", "借款人", "客户"], "phone": ["电话", "手机", "联系方式", "联系电话"], "amount": ["金额", "借款", "申请额度", "贷款金额"], "term_months": ["期限", "借款期限"],
             "purpose": ["用途", "资金用途"], "monthly_income": ["月收入", "收入", "月薪"], "employer": ["单位", "工作单位", "公司"]}
EN_FIELDS = {"name": ["Name", "Applicant", "Borrower", "name", "applicant"], "phone": ["Phone", "Tel", "mobile", "phone", "Contact"], "amount": ["Amount", "Loan", "amount", "Sum"], "term_months": ["Term", "term", "Period"],
             "purpose": ["Purpose", "Use", "purpose"], "monthly_income": ["Income", "Monthly income", "income", "monthly income"], "employer": ["Employer", "Company", "employer"]}


def workplace(r, lang):
    if r.random() < 0.4:
        return words.company(r, lang)
    zh = lang == "zh"
    brand = (words.hanzi(r, 2) if r.random() < 0.5 else r.choice(words.ZH_BRANDS)) if zh else words.word(r).capitalize() if r.random() < 0.4 else r.choice(words.EN_BRANDS)
    number = r.choice("一二三四五六") if zh else r.choice(["One", "Two", "Three", "7"])
    return r.choice(ZH_WORKPLACES if zh else EN_WORKPLACES).format(p=words.place(r, lang), b=brand, n=number, c=r.choice(words.EN_LAST))


def said_workplace(r, lang, name):
    """A workplace as it is spoken of, with an article that is not its name's."""
    return "the " + name if lang == "en" and r.random() < 0.25 else name


def aim(r, lang):
    """A purpose and how it is said after a sum."""
    if lang == "zh":
        what = r.choice(ZH_WHAT) if r.random() < 0.75 else words.hanzi(r, 2)
        if r.random() < 0.15:
            what += r.choice(["和", "及"]) + r.choice(["", "", "买", "修"]) + r.choice(ZH_WHAT)
        text = r.choice(ZH_FOR) if r.random() < 0.4 else r.choice(ZH_DO) + what
        return text, r.choice(["", "", "", "用于", "用来", "去", "拿来", "，用于", "，", "，想", "，用途", "，主要是", "，为了", "，准备"]) + text + r.choice(["", "", "", "用", "用的"] if text[-1] != "用" else [""])
    kind = r.random()
    what = r.choice(EN_WHAT) if r.random() < 0.8 else "a " + words.word(r)
    if r.random() < 0.15:
        what += " and " + r.choice(EN_WHAT)
    if kind < 0.5:
        text = r.choice(EN_DO) + " " + what
        return text, r.choice([" to ", " to ", " to ", ", to ", " in order to ", " so that I can ", "; I want to ", " because I want to "]) + text
    if kind < 0.8:
        text = r.choice(EN_FOR) if r.random() < 0.7 else what
        return text, r.choice([" for ", " for ", " for ", ", for ", ", mainly for ", "; it is for ", " to pay for ", ", purpose "]) + text
    text = r.choice(["buying", "repairing", "opening", "building", "renting", "expanding", "paying for", "replacing", "starting", "renovating"]) + " " + what
    return text, r.choice([" for ", ", ", ", for ", ", purpose: ", ", the purpose is "]) + text


def flow_zh(r, v, s):
    job = r.choice(words.ZH_JOBS + ZH_KINDS)
    n, has = v["name"], lambda k: v[k] is not None
    who, extra = [], []
    if has("name"):
        who.append(r.choice(["我叫" + n, "我是" + n, "本人" + n, n, "申请人" + n, "客户" + n, n + ("女士" if r.random() < 0.5 else "先生"), "我是" + job + n, job + n, n + "，" + job, "有位叫" + n + "的客户", "我姓" + n[0] + "，叫" + n, "我，" + n,
                            "来电人" + n, n + "来电", "大名" + n, "名叫" + n, "我爱人" + n, "替父亲" + n + "申请", "收到" + n + "的申请", "借款人是" + n, n + "，" + str(r.randint(22, 66)) + "岁", "老板，我是" + n]))
    if has("employer"):
        e = v["employer"]
        who.append(r.choice([f"在{e}上班", f"在{e}当{job}", f"就职于{e}", f"在{e}做{job}", f"任职{e}", f"供职于{e}", f"单位是{e}", f"{e}的{job}", f"是{e}{job}", f"在{e}任{job}", f"{e}职工", f"在{e}干了{r.randint(2, 20)}年", f"公司名为{e}", f"工作单位{e}", e, f"现任职于{e}", f"其单位为{e}"]))
    elif r.random() < 0.4:
        extra.append(r.choice(["卖水果的", "没有固定单位", "在家种地", "养着几头牛", "开了两家店", "自己做点小生意", "在外打工", "暂无工作单位", "刚毕业", "退休在家", "跑长途的", "带两个孩子"]))
    if has("monthly_income"):
        i = s["monthly_income"]
        who.append(r.choice([f"月收入{i}", f"月薪{i}", f"每月工资{i}", f"一个月挣{i}", f"月入{i}", f"工资每月{i}", f"每月{i}工资", f"每月收入约{i}", f"一月{i}", f"退休金每月{i}", f"月均收入{i}", f"一个月{i}左右", f"补贴{i}每月"]))
    a, t = s["amount"], s["term_months"]
    wants = ["想贷", "想借", "申请贷款", "申请", "欲借", "希望贷款", "计划借款", "打算借", "拟贷", "要借", "想申请", "希望借到"]
    ask = r.choice(["想贷", "想借", "申请贷款", "申请", "借", "贷款", "需要", "要贷", "拟借", "欲借", "需借款", "现申请职工贷款", "希望贷到", "想要", "申请消费贷款", "贷"]) + a
    ends = [f"{t}还清", f"{t}", f"期限{t}", f"分{t}还", f"打算{t}内还完", f"{t}还", f"{t}内归还", f"借{t}", f"还款期{t}"]
    if has("purpose"):
        p, said = v["purpose"], s["purpose"]
        want = [r.choice([ask + said, ask + said, ask + said, f"因{p}{ask}", f"为{p}，{ask}", f"{ask}，{p}", f"{a}，{p}", f"{p}需要{a}", f"需要资金{a}{p}"]), r.choice(ends)]
    else:
        want = [ask, r.choice(ends)]
    if r.random() < 0.3:
        want.reverse()
    call = [r.choice(["电话", "手机", "手机号", "联系电话", "联系方式", "请打", "电话号码", "请致电", "号码", ""]) + v["phone"]] if has("phone") else []
    if has("name") and r.random() < 0.3:  # the name and what comes next in one breath
        own = r.choice(["", "", "", "客户", "农户", "村民", "员工", "申请人", "职工", "我朋友", job, job]) + n + r.choice(["", "", "", "女士", "先生", "同志"])
        if len(who) > 1 and r.random() < 0.6:
            who[:2] = [own + r.choice(["", "现", "目前"]) + who[1]]
        else:
            who, want = who[1:], [own + r.choice(wants) + a + (s["purpose"] if has("purpose") else ""), r.choice(ends)]
    groups = [who + extra, want, call]
    if r.random() < 0.4:
        r.shuffle(groups)
    return r.choice(["，", "，", "，", "。", "；"]).join("，".join(g) for g in groups if g)


def flow_en(r, v, s):
    job = r.choice(words.EN_JOBS + EN_KINDS)
    an = "an" if job[0] in "aeiou" else "a"
    n, has = v["name"], lambda k: v[k] is not None
    mine = has("name") and r.random() < 0.5
    subject, who = r.choice(["he", "she"]) if not mine else "I", ""
    verb = lambda x: x if mine else {"am": "is", "have": "has"}.get(x, x + ("es" if x[-1] in "sh" else "s"))
    if has("name"):
        who = r.choice([f"I'm {n}", f"I am {n}", f"My name is {n}", f"This is {n}", f"{n} here", f"name's {n}", f"I, {n},", f"{n} speaking", f"I'm {n}, {an} {job}", f"I am {job} {n}"]) if mine else \
            r.choice([n, n, f"{n}, {job}", f"{job.capitalize()} {n}", f"Applicant {n}", f"Client {n}", f"Caller {n}", f"{n}, {r.randint(21, 70)} years old", f"received from {n}", f"name {n}", f"my father is {n}", f"the customer's name is {n}", f"real name {n}"])
    parts = []
    if has("employer"):
        e = v["employer"]
        parts.append(r.choice([f"{subject} {verb('work')} at {e}", f"{subject} {verb('work')} for {e}", f"{an} {job} at {e}", f"{job} with {e}", f"with {e}", f"of {e}", f"from {e}", f"employed by {e}", f"employed at {e}", f"{subject} {verb('am')} {an} {job} at {e}",
                               f"employer {e}", f"{r.randint(2, 25)} years with {e}", f"company {e}", f"{subject} {verb('drive')} for {e}", f"{e}"]))
    elif r.random() < 0.3:
        parts.append(r.choice(["no employer", "self-employed", "I sell umbrellas", "I keep some goats", "between jobs", "working from home", "retired", f"{subject} {verb('own')} a small stall", "two children"]))
    if has("monthly_income"):
        i = s["monthly_income"]
        parts.append(r.choice([f"{subject} {verb('earn')} {i} a month", f"{i} a month", f"earning {i} monthly", f"{subject} {verb('make')} {i} each month", f"salary {i} per month", f"income {i} monthly", f"with an income of {i} a month", f"{i} monthly", f"pay {i} a month",
                               f"earning {i} a month", f"{subject} {verb('get')} {i} every month", f"pension {i} a month", f"at {i} a month", f"income around {i} a month", f"monthly income {i}", f"my wage is {i} a month"]))
    a, t = s["amount"], s["term_months"]
    ask = r.choice([f"I need {a}", f"I'd like {a}", f"would like to borrow {a}", f"asks {a}", f"asks for {a}", f"wants {a}", f"applies for {a}", f"needs {a}", f"borrows {a}", f"I want {a}", f"wants to borrow {a}", f"a loan of {a}", f"plans to borrow {a}", a, f"requests {a}", f"could I get {a}", f"we borrow {a}",
                    f"funds of {a}", f"a request for {a}", f"I want a loan, {a}"])
    end = r.choice([f" over {t}", f" for {t}", f", {t}", f" within {t}", f", to be repaid in {t}", f", {t}", f", back within {t}", f" in {t}", f"; term {t}", f", paid back in {t}"])
    if has("name") and not mine and r.random() < 0.4:  # the name and what comes next in one breath
        who = r.choice(["", "", "", "Mr. ", "Mrs. ", "Ms. ", "Dr. ", "our employee ", "our customer ", "my neighbour ", "my sister ", "farmer ", f"{job} "]) + n
        who = who[:1].upper() + who[1:]
        heads = [i for i, p in enumerate(parts) if p.startswith(subject + " ")]
        if heads and r.random() < 0.5:
            who += r.choice([" ", " ", ", who "]) + parts.pop(heads[0]).removeprefix(subject + " ")
        elif r.random() < 0.7:
            ask = who + " " + r.choice([f"needs {a}", f"asks for {a}", f"wants {a}", f"hopes to borrow {a}", f"wishes to borrow {a}", f"would like {a}", f"requests {a}", f"applies for {a}", f"borrows {a}", f"plans to borrow {a}"])
            who = ""
    if has("purpose"):
        want = r.choice([ask + s["purpose"] + end, ask + end + s["purpose"], ask + s["purpose"] + end])
        if r.random() < 0.07:
            want = s["purpose"].strip(" ,;").capitalize() + " " + ask + end
    else:
        want = ask + end
    call = r.choice(["phone {}", "call {}", "my number is {}", "{}", "mobile {}", "ring {}", "tel. {}", "contact {}", "reach me at {}", "number {}"]).format(v["phone"]) if has("phone") else ""
    r.shuffle(parts)
    first = [", ".join(x for x in [who, *parts] if x)]
    groups = [*first, want, call]
    if r.random() < 0.35:
        r.shuffle(groups)
    sep = r.choice([", ", ", ", ". ", "; ", " and ", ": "])
    groups = [g for g in groups if g]
    text = groups[0]
    for g in groups[1:]:
        one = sep if r.random() < 0.7 else r.choice([", ", ". "])
        text += one + (g[:1].upper() + g[1:] if one == ". " else g)
    return text[:1].upper() + text[1:]


def labelled(r, lang, said, keys):
    heads = ZH_FIELDS if lang == "zh" else EN_FIELDS
    if r.random() < 0.7:
        r.shuffle(keys)
    shape, sep = r.choice([("{}：{}", "；"), ("{}：{}", "，"), ("{}:{}", " "), ("[{}] {}", " "), ("{}{}", "，"), ("{}：{}", "\n")] if lang == "zh" else [("{}: {}", "; "), ("{}: {}", ". "), ("{}: {}", ", "), ("[{}] {}", " "), ("{} {}", ", "), ("{}: {}", "\n"), ("{} {}", "; ")])
    return sep.join(shape.format(r.choice(heads[k]), said[k]) for k in keys)


def loan(r, lang):
    zh = lang == "zh"
    months = r.choice([3, 6, 9, 12, 18, 24, 30, 36, 48, 60, 72, 84, 96, 120, 180, 240, r.randint(3, 60), r.randint(3, 60)])
    amount = r.choice([r.randint(1, 99) * 10000, r.randint(2, 99) * 1000, r.randint(5, 95) * 100, r.randint(1, 30) * 5000, r.randint(10, 300) * 10000])
    income = r.choice([r.randint(20, 150) * 100, r.randint(3, 40) * 1000, r.randint(400, 4000) * 5])
    goal, after = aim(r, lang)
    value = {"name": words.person(r, lang), "phone": words.phone(r, lang), "amount": amount, "term_months": months,
             "purpose": goal, "monthly_income": income, "employer": workplace(r, lang)}
    said = {**value, "employer": said_workplace(r, lang, value["employer"]), "amount": money(r, lang, amount), "monthly_income": money(r, lang, income), "term_months": term(r, lang, months)}
    for key, chance in (("phone", 0.25), ("monthly_income", 0.2), ("employer", 0.35), ("purpose", 0.04), ("name", 0.02)):
        if r.random() < chance:
            value[key] = None
    keys = [k for k in value if value[k] is not None]
    way = r.random()
    if way < 0.6:
        text = r.choice(OPENS[lang]) + (flow_zh if zh else flow_en)(r, {**value, "employer": value["employer"] and said["employer"]}, {**said, "purpose": after}) + r.choice(["。", "。", ""] if zh else [".", ".", ""])
    elif way < 0.66:
        text = bare(r, lang, said, keys)
    elif way < 0.78:
        text = labelled(r, lang, said, keys) + r.choice(["。", ""] if zh else [".", ""])
    else:
        if value["purpose"] is not None and r.random() < 0.5:
            value["purpose"] = said["purpose"] = purpose(r, lang)
        text = tell(r, lang, said, keys)
    return form(lang, asked(r, lang, value), text, value)


def asked(r, lang, value):
    """The form: mostly the loan's own, else a part of it, in another order, in other words."""
    if r.random() < 0.7:
        return formats.LOAN[lang]
    heads = ZH_FIELDS if lang == "zh" else EN_FIELDS
    fields = r.sample(formats.LOAN[lang], r.randint(2, 7))
    return [(k, name if r.random() < 0.5 or k in ("amount", "term_months", "monthly_income") else r.choice(heads[k]).lower()) for k, name in fields]


def bare(r, lang, said, keys):
    """Values one after the other, the name mostly first."""
    rest = [k for k in keys if k != "name"]
    r.shuffle(rest)
    keys = (["name"] if "name" in keys else []) + rest if r.random() < 0.7 else r.sample(keys, len(keys))
    hints = {"amount": ["贷款", "借", ""], "monthly_income": ["月薪", "月收入"], "purpose": ["", "", "用于"], "phone": ["", "电话"]} if lang == "zh" else \
        {"amount": ["", "loan ", "wants "], "monthly_income": ["earns ", "income "], "purpose": ["", "", "for "], "employer": ["", "at "], "phone": ["", "tel. "]}
    return ("，" if lang == "zh" else ", ").join(r.choice(hints.get(k, [""])) + str(said[k]) for k in keys) + ("。" if lang == "zh" else ".")


OPENS = {
    "zh": ["您好，", "你好！", "贷款申请：", "", "", "", "", "请登记：", "麻烦了，", "帮我办一下，", "小额借款，", "想办个贷款，", "来访记录：", "今", "办好了请告诉我，"],
    "en": ["Hello, ", "Hi! ", "Loan application: ", "", "", "", "", "Please record: ", "Note: ", "Small loan, ", "Visit note: ", "By phone: ", "Please arrange a loan: ", "Please get back to me. "],
}


def tell(r, lang, said, keys):
    zh = lang == "zh"
    if r.random() < 0.4:
        r.shuffle(keys)
    elif r.random() < 0.7:
        keys = sorted(keys, key=lambda k: (k != "name", r.random()))
    say = ZH_SAY if zh else EN_SAY
    parts = []
    for k in keys:
        part = r.choice(say[k]).replace("{x}", str(said[k]))
        if k == "name" and r.random() < 0.25:
            part += (r.choice(["，是个", "，职业是", "，"]) + r.choice(words.ZH_JOBS)) if zh else f", {r.choice(['a', 'the'])} {r.choice(words.EN_JOBS)}"
        if zh and k == "amount" and r.random() < 0.3 and "purpose" in keys:
            part = r.choice(["因资金紧张，", "最近急用钱，", "家里有事，", "生意不错，", ""]) + part
        parts.append(part)
    join = (lambda: r.choice(["，", "，", "，", "。", "；", " "])) if zh else (lambda: r.choice([", ", ", ", ". ", "; ", " and "]))
    text = parts[0]
    for p in parts[1:]:
        sep = join()
        text += sep + (p[:1].upper() + p[1:] if sep == ". " else p)
    return r.choice(OPENS[lang]) + text + (r.choice(["。", "。", "", "，谢谢。"]) if zh else r.choice([".", ".", "", ". Thank you."]))


def form(lang, fields, text, value):
    return formats.conversation(formats.FORM[lang], formats.form_user(lang, fields, text), formats.form_answer(lang, {k: value[k] for k, _ in fields}))


# Other forms: field, its names, how a value is made, how it is said.
OTHERS = {
    "zh": {"visitor": ("来访人", "person", "{x}来访"), "company": ("公司", "company", "来自{x}"), "date": ("日期", "iso", "日期是{x}"), "room": ("房间", "code", "在{x}房间"),
           "days": ("天数", "int", "一共{x}天"), "reason": ("事由", "purpose", "为了{x}"), "city": ("城市", "place", "前往{x}"), "order_id": ("订单号", "code", "订单号{x}"),
           "quantity": ("数量", "int", "要{x}件"), "item": ("物品", "thing", "买的是{x}"), "contact": ("联系人", "person", "联系人{x}"), "mobile": ("手机", "phone", "手机{x}"),
           "department": ("部门", "trade", "{x}部门"), "invoice_no": ("发票号", "code", "发票号码{x}"), "total": ("总额", "int", "总额{x}元")},
    "en": {"visitor": ("visitor", "person", "{x} is visiting"), "company": ("company", "company", "from {x}"), "date": ("date", "iso", "on {x}"), "room": ("room", "code", "in room {x}"),
           "days": ("days", "int", "for {x} days"), "reason": ("reason", "purpose", "because of {x}"), "city": ("city", "place", "going to {x}"), "order_id": ("order number", "code", "order {x}"),
           "quantity": ("quantity", "int", "{x} pieces"), "item": ("item", "thing", "of {x}"), "contact": ("contact", "person", "ask for {x}"), "mobile": ("mobile", "phone", "mobile {x}"),
           "department": ("department", "trade", "the {x} department"), "invoice_no": ("invoice number", "code", "invoice no. {x}"), "total": ("total", "int", "total {x}")},
}


def other(r, lang):
    chosen = r.sample(list(OTHERS[lang].items()), r.randint(2, 6))
    value, parts = {}, []
    for key, (name, kind, say) in chosen:
        v = make(r, lang, kind)
        missing = r.random() < 0.15
        value[key] = None if missing else v
        if not missing:
            parts.append(say.replace("{x}", str(v)))
    r.shuffle(parts)
    text = ("，" if lang == "zh" else ", ").join(parts) or ("没有内容" if lang == "zh" else "nothing yet")
    return form(lang, [(k, f[0]) for k, f in chosen], text + ("。" if lang == "zh" else "."), value)


def make(r, lang, kind):
    match kind:
        case "person": return words.person(r, lang)
        case "company": return words.company(r, lang)
        case "iso": return words.date(r).isoformat()
        case "code": return words.code(r)
        case "int": return r.randrange(1, 10 ** r.randint(1, 5))
        case "purpose": return purpose(r, lang)
        case "place": return words.place(r, lang)
        case "thing": return words.thing(r, lang)
        case "phone": return words.phone(r, lang)
    return r.choice(words.ZH_TRADES if lang == "zh" else words.EN_TRADES)
