"""Made-up passages with questions whose answers stand in them.

facts.*.txt is the grammar. A line is

    kind|sentence|{slot}:question;question|{slot}:question

and a passage is some lines of one kind about one name, with another name's lines or
sentences of real text in between to lead astray.
"""

import pathlib
import re
from collections import defaultdict

import formats

from . import words
from .ask import vary

KINDS = {"公司": "company", "人物": "person", "地点": "place", "会议": "thing", "设备": "thing", "制度": "thing", "动物": "thing", "作品": "thing",
         "event": "thing", "device": "thing", "rule": "thing", "animal": "thing", "work": "thing"}
ZH_TAILS = {"会议": ["论坛", "展览会", "年会", "比赛"], "设备": ["打印机", "水泵", "机器人", "烤箱", "路由器"], "制度": ["办法", "条例", "项目", "通知"],
            "动物": ["鱼", "鸟", "蛇", "猴", "龟"], "地点": ["山", "湖", "塔", "寺", "古镇", "公园", "博物馆"]}
EN_TAILS = {"event": [" Forum", " Fair", " Cup", " Congress"], "device": [" printer", " pump", " oven", " router"], "rule": [" rule", " act", " scheme"],
            "animal": [" fish", " bird", " snake", " beetle"], "place": [" Hill", " Lake", " Tower", " Park", " Museum"]}
LISTS = {
    "zh": {"subject": "物理 会计 法律 临床医学 建筑 音乐 土木工程 考古 哲学 统计学", "direction": "东 西 南 北 东南 西北 东北 西南",
           "product": "苹果 茶叶 丝绸 身份证 户口本 昆虫 小鱼 竹子 陶瓷 葡萄酒 银行卡 羊毛 蜂蜜 海带 毕业证 水果 种子",
           "award": "金桥奖 国家科技进步奖 青年文学奖 最佳设计奖 百花奖 劳动模范称号", "action": "关闭电源 检查水位 寻找失散的妹妹 修建水渠 更换滤芯 开办学校 阅读说明书 守护灯塔 接好地线 打开阀门",
           "school": "大学 师范学院 理工大学 职业学院 第一中学"},
    "en": {"subject": "physics accounting law medicine architecture music history botany statistics", "direction": "north south east west north-east south-west",
           "product": "apples tea silk passport insects bamboo pottery wine wool honey seeds cheese lace salt", "award": "the Bridge Prize;the Golden Pen;a medal for science;the Young Poets' Award;the Design Cup",
           "action": "switch off the power;check the water level;find a lost sister;dig a canal;change the filter;open a school;read the manual;guard a lighthouse;connect the earth wire;close the valve",
           "school": "University;College;Institute of Technology;Academy;Music School"},
}


def load(lang):
    kinds = defaultdict(list)
    for line in (pathlib.Path(__file__).parent / f"facts.{lang}.txt").read_text().splitlines():
        kind, sentence, *asked = line.split("|")
        kinds[kind].append((sentence, [(a.split(":", 1)[0], a.split(":", 1)[1].split(";")) for a in asked]))
    return kinds


FACTS = {"zh": load("zh"), "en": load("en")}


def pick(r, lang, name):
    text = LISTS[lang][name]
    return r.choice(text.split(";") if ";" in text else text.split())


def count(r):
    n = r.choice([r.randrange(2, 100), r.randrange(100, 10_000), r.randrange(10_000, 5_000_000)])
    return f"{n:,}" if r.random() < 0.2 else str(n)


def slot(r, lang, name):
    zh = lang == "zh"
    n = r.randrange(2, 60)
    match name:
        case "year": return str(words.date(r).year) + ("年" if zh else "")
        case "place": return words.place(r, lang)
        case "person": return words.person(r, lang)
        case "company": return words.company(r, lang)
        case "thing": return words.thing(r, lang)
        case "phone": return words.phone(r, lang)
        case "code": return words.code(r)
        case "count": return count(r)
        case "date": return words.say_date(r, lang, words.date(r))
        case "job": return r.choice(words.ZH_JOBS if zh else words.EN_JOBS)
        case "percent": return r.choice([f"{n}%", f"{n}.{r.randrange(10)}%"])
        case "money": return r.choice([f"{n}万元", f"{n}元", f"{count(r)}元", f"{n}.{r.randrange(1, 10)}亿元"]) if zh else r.choice([f"${count(r)}", f"{count(r)} euros", f"{n} million dollars"])
        case "clock": return r.choice([f"{r.randrange(5, 12)}:{r.choice(['00', '30'])}至{r.randrange(13, 23)}:00", f"早上{r.randrange(5, 10)}点"]) if zh else f"{r.randrange(5, 12)} am to {r.randrange(1, 12)} pm"
        case "span": return f"{n}" + r.choice(["天", "个月", "年", "个工作日"]) if zh else f"{n} " + r.choice(["days", "months", "years", "weeks"])
        case "area": return f"{count(r)}平方公里" if zh else f"{count(r)} square kilometres"
        case "temp": return f"{n - 20}℃" if zh else f"{n - 20} °C"
        case "school": return (words.place(r, lang) + pick(r, lang, "school")) if zh else words.place(r, lang) + " " + pick(r, lang, "school")
        case "action2": return pick(r, lang, "action")
    return pick(r, lang, name)


def name_of(r, lang, kind):
    base = slot(r, lang, KINDS.get(kind, kind))
    tails = (ZH_TAILS if lang == "zh" else EN_TAILS).get(kind)
    return base.strip("《》“”") + r.choice(tails) if tails else base


def about(r, lang, kind, lines):
    """Sentences about one name, and (question, sentence, answer) for each."""
    name = name_of(r, lang, kind)
    sentences, asked = [], []
    for template, questions in lines:
        values = {"n": name}
        for s in re.findall(r"\{(\w+)\}", template):
            if s not in values:
                values[s] = slot(r, lang, s)
        sentence = template.format(**values)
        if lang == "en":
            sentence = sentence[0].upper() + sentence[1:]
        sentences.append(sentence)
        for s, ways in questions:
            asked.append((r.choice(ways).format(**values), sentence, values[s.strip("{}")]))
    return sentences, asked


def story(r, lang, more=()):
    """A passage and what may be asked about it. Sentences in more lead astray."""
    kind = r.choice(list(FACTS[lang]))
    lines = FACTS[lang][kind]
    sentences, asked = about(r, lang, kind, r.sample(lines, r.randint(1, min(5, len(lines)))))
    if r.random() < 0.6:
        other = r.choice([kind, kind, r.choice(list(FACTS[lang]))])
        sentences += about(r, lang, other, r.sample(FACTS[lang][other], min(r.randint(1, 3), len(FACTS[lang][other]))))[0]
    sentences += more
    if r.random() < 0.5:
        r.shuffle(sentences)
    return ("" if lang == "zh" else " ").join(sentences), asked


def row(r, lang, more=()):
    passage, asked = story(r, lang, more)
    turns = []
    for question, sentence, value in r.sample(asked, min(len(asked), r.randint(1, 5))):
        answer = formats.extract_answer(lang, sentence, value)
        if r.random() < 0.12:  # ask what only another passage answers
            question, answer = r.choice(story(r, lang)[1])[0], formats.NOT_IN_TEXT[lang]
        question = vary(r, lang, question)
        turns += [formats.again(lang, question) if turns else formats.extract_user(lang, passage, question), answer]
    return formats.conversation(formats.EXTRACT[lang], *turns)
