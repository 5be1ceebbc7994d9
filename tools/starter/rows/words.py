"""Names, places, numbers and dates to fill sentences with, drawn by a random.Random.

A third of all names are made up from syllables or rare characters: the model is to
copy what stands there, not to know it.
"""

import datetime

ZH_SURNAMES = ("赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
               "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁"
               "杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫房丁")
ZH_DOUBLE = ["欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐"]
ZH_GIVEN = ("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华文玉兰红建国志海波辉鹏飞雪梅琳晨宇欣怡佳慧子轩浩然梓涵思远嘉诚雅婷俊熙一诺"
            "瑞泽天佑晓东家豪美玲春燕立新德福长江大山小川若曦书瑶景行清扬逸凡沐阳锦程望舒")
ZH_PLACES = ("北京 上海 广州 深圳 杭州 南京 成都 重庆 武汉 西安 苏州 天津 长沙 郑州 青岛 大连 宁波 厦门 福州 济南 合肥 昆明 贵阳 南宁 海口 兰州 银川 西宁 "
             "太原 石家庄 哈尔滨 长春 沈阳 呼和浩特 乌鲁木齐 拉萨 温州 绍兴 泉州 洛阳 开封 桂林 遵义 大理 丽江 敦煌 喀什 威海 烟台 徐州 扬州 无锡").split()
ZH_BRANDS = "云杉 蓝鲸 星河 长虹 恒信 东篱 海风 青禾 鼎盛 晨光 百川 远山 金穗 瑞丰 弘毅 明德 天元 九州 华灯 银杏 白鹭 松涛 江南 北斗 南风".split()
ZH_TRADES = "科技 物流 机械 食品 建材 传媒 纺织 电力 医药 水产 印刷 乳业 模具 软件 农业 家具 化工 渔业 贸易 航运".split()
ZH_JOBS = "会计 护士 教师 司机 工程师 厨师 出纳 销售 设计师 电工 律师 医生 保安 快递员 理发师 记者 程序员 农民 焊工 店长".split()

EN_FIRST = ("James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Karen "
            "Omar Leila Chen Wei Ravi Anita Kenji Yuki Carlos Lucia Ivan Olga Pierre Sophie Hans Greta Kwame Amara Noah Emma Luca Nina "
            "Jonas Freya Diego Elif Mateo Ines Arjun Meera Tariq Salma Viktor Irina Bruno Clara Felix Hedda Stefan Vera").split()
EN_LAST = ("Smith Johnson Brown Taylor Miller Wilson Moore Clark Lewis Walker Hall Young King Wright Scott Green Baker Adams Nelson Carter "
           "Turner Parker Collins Edwards Stewart Morris Rogers Cook Bailey Cooper Sharma Khan Patel Singh Tanaka Sato Garcia Lopez Rossi "
           "Ferrari Novotny Kowalczyk Ivanov Petrov Muller Schmidt Jansen Larsen Nyström Mensah Okafor Haddad Yilmaz Costa Silva Moreau").split()
EN_PLACES = ("London Paris Berlin Madrid Rome Vienna Oslo Lisbon Dublin Prague Warsaw Athens Cairo Nairobi Lagos Accra Mumbai Delhi Tokyo Kyoto "
             "Seoul Hanoi Jakarta Sydney Auckland Toronto Boston Denver Austin Lima Bogota Quito Santiago Leeds Bristol Ghent Lyon Turin Porto "
             "Malmo Bergen Tampere Gdansk Brno Graz Basel Izmir Tbilisi Almaty").split()
EN_BRANDS = "Redwood Bluewater Starlight Harbor Summit Evergreen Falcon Copper Silver Northwind Meadow Granite Beacon Cedar Orchid Maple Anchor Delta Orion Pioneer".split()
EN_TRADES = "Software Logistics Foods Cement Media Textiles Energy Dairy Tools Printing Shipping Furniture Pharma Farms Trading Motors Paper Glass Mining Catering".split()
EN_JOBS = "accountant nurse teacher driver engineer cook cashier designer electrician lawyer doctor guard courier hairdresser reporter programmer farmer welder plumber baker".split()

COMMON_HANZI = [bytes([a, b]).decode("gb2312") for a in range(0xB0, 0xD7) for b in range(0xA1, 0xFF)]
SYLLABLES = [c + v for c in "b c d f g h j k l m n p r s t v w z br dr gr kr tr st sh ch".split() for v in "a e i o u ai ea io".split()]


def hanzi(r, n):
    return "".join(r.choice(COMMON_HANZI) for _ in range(n))


def word(r, n=None):
    return "".join(r.choice(SYLLABLES) for _ in range(n or r.randint(2, 3))) + r.choice(["", "", "n", "r", "s", "x"])


def code(r):
    """A string nobody can know: a part number, an id, an address."""
    kind = r.randrange(5)
    letters = "".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(r.randint(1, 4)))
    digits = "".join(r.choice("0123456789") for _ in range(r.randint(2, 8)))
    return [letters + "-" + digits, digits, letters + digits, word(r).lower() + "." + word(r, 1) + str(r.randint(1, 99)),
            digits[:3] + "-" + letters.lower() + "/" + digits[-2:]][kind]


def person(r, lang):
    if lang == "zh":
        if r.random() < 0.25:
            return hanzi(r, r.randint(2, 3))
        surname = r.choice(ZH_DOUBLE) if r.random() < 0.05 else r.choice(ZH_SURNAMES)
        return surname + "".join(r.choice(ZH_GIVEN) for _ in range(r.choice([1, 2, 2, 2])))
    if r.random() < 0.25:
        return word(r).capitalize() + " " + word(r).capitalize()
    return r.choice(EN_FIRST) + " " + r.choice(EN_LAST)


def place(r, lang):
    if r.random() < 0.3:
        return hanzi(r, 2) + r.choice("市县镇村省") if lang == "zh" else word(r).capitalize()
    return r.choice(ZH_PLACES) if lang == "zh" else r.choice(EN_PLACES)


def company(r, lang):
    if lang == "zh":
        brand = hanzi(r, 2) if r.random() < 0.4 else r.choice(ZH_BRANDS)
        head = r.choice(ZH_PLACES) if r.random() < 0.25 else ""
        return head + brand + r.choice(ZH_TRADES) + r.choice(["", "", "公司", "集团", "厂", "中心"])
    brand = word(r).capitalize() if r.random() < 0.4 else r.choice(EN_BRANDS)
    return brand + " " + r.choice(EN_TRADES) + r.choice(["", "", " Ltd", " Group"])


def thing(r, lang):
    """A made-up product, book, ship or project."""
    if lang == "zh":
        return r.choice(["《{}》", "{}号", "{}一号", "{}计划", "“{}”"]).format(hanzi(r, r.randint(2, 4)))
    return r.choice(["{}", "the {} project", "{} II", "Project {}", "the {}"]).format(word(r).capitalize())


def phone(r, lang):
    if lang == "zh":
        return r.choice(["13", "15", "17", "18", "19"]) + "".join(r.choice("0123456789") for _ in range(9))
    return r.choice(["555-{:04d}", "555 {:04d}", "+1 555 {:04d}", "020 7946 {:04d}"]).format(r.randrange(10000))


def date(r):
    return datetime.date(1800, 1, 1) + datetime.timedelta(days=r.randrange(250 * 365))


MONTHS = "January February March April May June July August September October November December".split()


def say_date(r, lang, d):
    if lang == "zh":
        return r.choice([f"{d.year}年{d.month}月{d.day}日", f"{d.year}年{d.month}月", f"{d.year}-{d.month:02}-{d.day:02}"])
    m = MONTHS[d.month - 1]
    return r.choice([f"{d.day} {m} {d.year}", f"{m} {d.day}, {d.year}", f"{m} {d.year}", f"{d.isoformat()}"])


DIGITS = "零一二三四五六七八九"


def zh_number(n):
    """A number up to a hundred million in Chinese: 120000 is 十二万."""
    if n >= 10000:
        rest = n % 10000
        return zh_number(n // 10000) + "万" + ("" if rest == 0 else ("零" if rest < 1000 else "") + zh_number(rest))
    out, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        d = n // unit % 10
        if d == 0:
            zero = bool(out)
            continue
        out += ("零" if zero else "") + DIGITS[d] + name
        zero = False
    return (out[1:] if out.startswith("一十") else out) or "零"


EN_SMALL = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen").split()
EN_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()


def en_number(n):
    """A number up to a million in English words."""
    if n < 20:
        return EN_SMALL[n]
    if n < 100:
        return EN_TENS[n // 10] + ("-" + EN_SMALL[n % 10] if n % 10 else "")
    if n < 1000:
        return EN_SMALL[n // 100] + " hundred" + (" and " + en_number(n % 100) if n % 100 else "")
    return en_number(n // 1000) + " thousand" + (" " + en_number(n % 1000) if n % 1000 else "")
