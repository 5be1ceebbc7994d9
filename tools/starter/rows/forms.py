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
    if n % 1000 == 0:
        ways += [f"{n // 1000}k", words.en_number(n), f"{n // 1000} thousand"]
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


def loan(r, lang):
    zh = lang == "zh"
    months = r.choice([3, 6, 9, 12, 18, 24, 30, 36, 48, 60, 72, 84, 96, 120, 180, 240, r.randint(3, 60), r.randint(3, 60)])
    amount = r.choice([r.randint(1, 99) * 10000, r.randint(2, 99) * 1000, r.randint(5, 95) * 100, r.randint(1, 30) * 5000, r.randint(10, 300) * 10000])
    income = r.choice([r.randint(20, 150) * 100, r.randint(3, 40) * 1000, r.randint(400, 4000) * 5])
    value = {"name": words.person(r, lang), "phone": words.phone(r, lang), "amount": amount, "term_months": months,
             "purpose": purpose(r, lang), "monthly_income": income, "employer": words.company(r, lang)}
    said = {**value, "amount": money(r, lang, amount), "monthly_income": money(r, lang, income), "term_months": term(r, lang, months)}
    for key, chance in (("phone", 0.25), ("monthly_income", 0.2), ("employer", 0.35), ("purpose", 0.04), ("name", 0.02)):
        if r.random() < chance:
            value[key] = None
    text = tell(r, lang, said, [k for k in value if value[k] is not None])
    return form(lang, formats.LOAN[lang], text, value)


def tell(r, lang, said, keys):
    zh = lang == "zh"
    if r.random() < 0.4:
        r.shuffle(keys)
    elif r.random() < 0.7:
        keys = sorted(keys, key=lambda k: (k != "name", r.random()))
    say = ZH_SAY if zh else EN_SAY
    if zh and r.random() < 0.15:
        heads = dict(formats.LOAN["zh"])
        marks = r.choice([("{}：{}", "；"), ("[{}] {}", " "), ("{}：{}", "，"), ("{} {}", "\n")])
        return marks[1].join(marks[0].format(heads[k].split("，")[0], said[k]) for k in keys)
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
    opens = ["您好，", "你好！", "贷款申请：", "", "", "", "", "请登记：", "麻烦了，", "帮我办一下，"] if zh else ["Hello, ", "Hi! ", "Loan application: ", "", "", "", "", "Please record: ", "Note: "]
    return r.choice(opens) + text + (r.choice(["。", "。", "", "，谢谢。"]) if zh else r.choice([".", ".", "", ". Thank you."]))


def form(lang, fields, text, value):
    return formats.conversation(formats.FORM[lang], formats.form_user(lang, fields, text), formats.as_json(value))


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
