"""Tool calls, as Qwen writes them, and answers from what a tool returned."""

import formats

from . import words

# name, what it does (zh, en), parameters, and ways to ask for it.
TOOLS = [
    ("get_weather", ("查询天气", "look up the weather"), {"city": "place"}, ["{city}天气怎么样", "查一下{city}的天气", "{city}今天下雨吗"], ["What's the weather in {city}?", "Is it raining in {city}?", "weather for {city}"]),
    ("get_time", ("查询时间", "tell the time in a city"), {"city": "place"}, ["{city}现在几点", "告诉我{city}的时间"], ["What time is it in {city}?", "current time in {city}"]),
    ("send_email", ("发送邮件", "send an email"), {"to": "person", "subject": "thing"}, ["给{to}发邮件，主题是{subject}", "写封信给{to}，标题{subject}"], ["Email {to} about {subject}", "Send a message to {to}, subject {subject}"]),
    ("create_reminder", ("创建提醒", "set a reminder"), {"date": "iso", "text": "purpose"}, ["{date}提醒我{text}", "设个提醒：{date}，{text}"], ["Remind me on {date}: {text}", "Set a reminder for {date}, {text}"]),
    ("search_documents", ("搜索文档", "search the documents"), {"query": "thing"}, ["搜索关于{query}的文件", "找一下{query}的资料"], ["Find documents about {query}", "Search for {query}"]),
    ("calculate", ("计算算式", "work out an expression"), {"expression": "sum"}, ["用计算器算{expression}", "计算{expression}"], ["Use the calculator for {expression}", "Compute {expression}"]),
    ("get_order", ("查询订单", "look up an order"), {"order_id": "code"}, ["订单{order_id}到哪了", "查订单{order_id}"], ["Where is order {order_id}?", "Check order {order_id}"]),
    ("find_customer", ("查找客户", "find a customer"), {"name": "person"}, ["查一下客户{name}", "客户{name}的资料"], ["Look up the customer {name}", "Find customer {name}"]),
    ("book_room", ("预订会议室", "book a meeting room"), {"room": "code", "date": "iso", "people": "int"}, ["{date}订{room}会议室，{people}人", "帮我预订{room}，{date}，共{people}人"], ["Book room {room} on {date} for {people} people", "Reserve {room}, {date}, {people} people"]),
    ("loan_status", ("查询贷款进度", "look up a loan application"), {"name": "person", "phone": "phone"}, ["{name}的贷款批了吗，电话{phone}", "查{name}的申请进度，手机号{phone}"], ["Is the loan of {name} approved, phone {phone}?", "Status for {name}, {phone}"]),
    ("convert_currency", ("换算货币", "convert money"), {"amount": "int", "to": "currency"}, ["把{amount}元换成{to}", "{amount}元等于多少{to}"], ["Convert {amount} into {to}", "How much is {amount} in {to}?"]),
    ("translate", ("翻译文字", "translate a text"), {"text": "thing", "language": "language"}, ["把{text}翻译成{language}", "{text}用{language}怎么说"], ["Translate {text} into {language}", "How do you say {text} in {language}?"]),
]


def value(r, lang, kind):
    from . import forms
    if kind == "sum":
        return f"{r.randrange(2, 999)}{r.choice('+-*/')}{r.randrange(2, 999)}"
    if kind == "currency":
        return r.choice(["USD", "EUR", "JPY", "GBP", "HKD"])
    if kind == "language":
        return r.choice(["法语", "日语", "英语", "德语"] if lang == "zh" else ["French", "Japanese", "German", "Chinese"])
    return forms.make(r, lang, kind)


def schema(tool, lang):
    name, does, parameters, *_ = tool
    properties = {k: {"type": "integer" if kind == "int" else "string"} for k, kind in parameters.items()}
    return {"type": "function", "function": {"name": name, "description": does[lang != "zh"],
            "parameters": {"type": "object", "properties": properties, "required": list(parameters)}}}


def renamed(r, tool):
    """The same tool under a name that was never seen, so that names are read, not known."""
    name = words.word(r).lower() + "_" + words.word(r, 1).lower()
    return (name, *tool[1:])


def row(r, lang):
    """(messages, tools)."""
    chosen = [renamed(r, t) if r.random() < 0.3 else t for t in r.sample(TOOLS, r.randint(1, 4))]
    tool = chosen[0]
    arguments = {k: value(r, lang, kind) for k, kind in tool[2].items()}
    question = r.choice(tool[3 if lang == "zh" else 4]).format(**arguments)
    offered = [schema(t, lang) for t in chosen]
    if len(chosen) > 1 and r.random() < 0.15:  # the tool that would do it is not offered
        offered = offered[1:]
        said = "现有的工具做不到这一点。" if lang == "zh" else "None of the tools can do that."
        r.shuffle(offered)
        return formats.conversation("", question, said), offered
    r.shuffle(offered)
    call = {"id": "call_1", "type": "function", "function": {"name": tool[0], "arguments": arguments}}
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    if r.random() < 0.4:
        key = r.choice(["result", "status", "temperature", "answer", "total"])
        v = r.choice([words.code(r), r.randrange(1000), words.thing(r, lang)])
        messages.append({"role": "tool", "tool_call_id": "call_1", "content": formats.as_json({key: v})})
        messages.append({"role": "assistant", "content": f"结果：{key} 为 {v}。" if lang == "zh" else f"Result: {key} is {v}."})
    return messages, offered
