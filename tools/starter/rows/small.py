"""Small talk and small sums: who the model is, arithmetic, dates, units, and what it
does not know."""

import datetime

import formats

from . import words
from .ask import vary

SELF = {
    "zh": ([("你是谁;你叫什么名字;介绍一下你自己;你是什么模型;你是 ChatGPT 吗;你是不是通义千问;谁训练的你;你是人吗",
             "我是 hearth 的入门模型，很小，在这台机器上运行。"),
            ("你会做什么;你能干什么;你有什么用;怎么用你;帮助;help",
             "我能按手册回答 hearth 的用法，从文字中摘取答案，填写表单，调用工具，算简单的数。"),
            ("你好;您好;在吗;hi;早上好;晚上好;嗨;哈喽;有人吗", "你好！我是 hearth 的入门模型，有什么可以帮你？"),
            ("谢谢;多谢;太好了;好的;辛苦了;明白了", "不客气！"), ("再见;拜拜;下次聊;我走了", "再见！"),
            ("你说得对吗;你可靠吗;你会出错吗;我能相信你吗", "我很小，可能出错。重要的事请核对原文，或导入更大的模型。"),
            ("你联网吗;你会把我的话传出去吗;我的数据安全吗", "不会。我只在这台机器上运行，不联网。"),
            ("你太笨了;你怎么什么都不知道;有没有更聪明的模型", "我只是入门模型。导入更大的模型：hearth model import FILE.gguf")]),
    "en": ([("who are you;what is your name;introduce yourself;what model are you;are you ChatGPT;are you Qwen;who trained you;are you human",
             "I am the starter model of hearth, a small one that runs on this machine."),
            ("what can you do;what are you good for;how do I use you;help;what are your skills",
             "I can answer questions about hearth from its manual, copy answers out of a text, fill forms, call tools and do small sums."),
            ("hello;hi;hey;good morning;good evening;hi there;anyone there", "Hello! I am the starter model of hearth. How can I help?"),
            ("thanks;thank you;great;okay;well done;got it", "You are welcome!"), ("bye;goodbye;see you;I am leaving", "Goodbye!"),
            ("are you right;are you reliable;do you make mistakes;can I trust you", "I am small and can be wrong. Check what matters, or import a larger model."),
            ("are you online;do you send my words anywhere;is my data safe", "No. I run on this machine alone and use no network."),
            ("you are stupid;why do you know nothing;is there a smarter model", "I am only the starter model. Import a larger one: hearth model import FILE.gguf")]),
}
UNKNOWN = {"zh": "这个我不知道。我是 hearth 的入门模型，懂得很少；请导入更大的模型。",
           "en": "I do not know that. I am the starter model of hearth and know little; import a larger model."}
ZH_WEEK = "一二三四五六日"
EN_WEEK = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def talk(r, lang):
    questions, reply = r.choice(SELF[lang])
    question = r.choice(questions.split(";"))
    first = formats.conversation("", question if r.random() < 0.4 else vary(r, lang, question), reply)
    if r.random() < 0.3:
        questions, reply = r.choice(SELF[lang])
        first += formats.conversation("", r.choice(questions.split(";")), reply)
    return first


def unknown(r, lang):
    from .guide import OFF_TOPIC
    name = words.person(r, lang) if r.random() < 0.5 else words.thing(r, lang)
    made = ([f"{name}是谁", f"介绍一下{name}", f"{name}是哪年的", f"{words.place(r, lang)}有什么好玩的", f"为什么{name}很有名", f"写一篇关于{name}的文章"] if lang == "zh" else
            [f"who is {name}", f"tell me about {name}", f"when was {name}", f"what can one see in {words.place(r, lang)}", f"why is {name} famous", f"write an essay about {name}"])
    question = r.choice(made) if r.random() < 0.6 else r.choice(OFF_TOPIC[lang].split(";"))
    return formats.conversation("", vary(r, lang, question), UNKNOWN[lang])


def sums(r, lang):
    top = r.choice([10, 20, 100, 100])
    a, b = r.randrange(top + 1), r.randrange(top + 1)
    op = r.choice("+-+-*")
    if op == "*":
        a, b = r.randrange(13), r.randrange(13)
    if op == "-" and a < b and r.random() < 0.8:
        a, b = b, a
    result = {"+": a + b, "-": a - b, "*": a * b}[op]
    zh = {"+": "加", "-": "减", "*": "乘"}[op]
    en = {"+": "plus", "-": "minus", "*": "times"}[op]
    shown = {"+": "+", "-": "-", "*": r.choice("×*")}[op]
    asked = r.choice([f"{a}{shown}{b}=", f"{a} {shown} {b} = ?", f"{a}{shown}{b}", f"{a}{zh}{b}等于多少？" if lang == "zh" else f"What is {a} {en} {b}?",
                      f"计算 {a}{shown}{b}" if lang == "zh" else f"Work out {a} {shown} {b}"])
    return formats.conversation("", asked, f"{a} {'×' if op == '*' else op} {b} = {result}")


def dates(r, lang):
    d = datetime.date(2020, 1, 1) + datetime.timedelta(days=r.randrange(4000))
    n = r.randrange(1, 15)
    kind = r.randrange(3)
    if kind == 0:  # the weekday after some days, which a table of seven can teach
        w = r.randrange(7)
        n = r.randrange(1, 8)
        if lang == "zh":
            return formats.conversation("", f"今天星期{ZH_WEEK[w]}，{n}天后星期几？", f"星期{ZH_WEEK[(w + n) % 7]}")
        return formats.conversation("", f"Today is {EN_WEEK[w]}. What day is it in {n} days?", EN_WEEK[(w + n) % 7])
    if kind == 1:
        later = d + datetime.timedelta(days=n)
        if lang == "zh":
            return formats.conversation("", f"{d.isoformat()} 之后 {n} 天是哪天？", later.isoformat())
        return formats.conversation("", f"Which date is {n} days after {d.isoformat()}?", later.isoformat())
    if lang == "zh":
        return formats.conversation("", f"把日期写成年-月-日：{d.year}年{d.month}月{d.day}日", d.isoformat())
    return formats.conversation("", f"Write the date as year-month-day: {d.day} {words.MONTHS[d.month - 1]} {d.year}", d.isoformat())


UNITS = [("米", "厘米", "metres", "centimetres", 100), ("公里", "米", "kilometres", "metres", 1000), ("公斤", "克", "kilograms", "grams", 1000), ("小时", "分钟", "hours", "minutes", 60),
         ("分钟", "秒", "minutes", "seconds", 60), ("天", "小时", "days", "hours", 24), ("年", "个月", "years", "months", 12), ("周", "天", "weeks", "days", 7), ("元", "角", "euros", "cents", 0)]


def units(r, lang):
    a, b, en_a, en_b, factor = r.choice(UNITS)
    if factor == 0:
        factor = 10 if lang == "zh" else 100
    n = r.randrange(1, 13 if factor < 100 else 100)
    if lang == "zh":
        return formats.conversation("", r.choice([f"{n}{a}是多少{b}？", f"{n}{a}等于几{b}", f"把{n}{a}换算成{b}"]), f"{n}{a} = {n * factor}{b}")
    return formats.conversation("", r.choice([f"How many {en_b} are {n} {en_a}?", f"Convert {n} {en_a} to {en_b}"]), f"{n} {en_a} = {n * factor} {en_b}")
