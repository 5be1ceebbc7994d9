"""Random strings that look for trouble: scripts, digits of all kinds, white space of
all kinds, contractions, emoji, combining marks, control characters, special texts."""

import random
import unicodedata

WORDS = """'s 't 're 've 'm 'll 'd 'S 'T 'RE 'Ve 'M 'lL 'D ' '' it's we'Ve HelloWorld helloWorld XMLHttp ABC aBC
éa É ñ ß İ ı ſ Ǆ ǅ ǆ ŉ Ω K µ ﬁ Ａｂ Ꭰꭰ ʰ ª 中文 中A A中 日本語 カタカナ ひらがな 한국어 㐀 𠀀 〇 々 ー ｱ 龥 龦 鿿 ก็ นี้ हिन्दी বাংলা தமிழ் ខ្មែរ עִבְרִית
العربية فارسی Ελλάδα Привет Ёлка Ђурђевдан ქართული Ⴀ հայ 0 1 12 123 1234 12345678 3.14 1,000 １２３ ٣٤٥ ४२ ½ ² ₂ Ⅷ ① ㊿ 𝟘𝟙 〡
. , ; : ! ? ... -- --- === ++ += -> <= => != && || $ € ¥ £ ^ ~ ` ~~~ ``` # @ % _ __init__ foo_bar x=1; a/b \\ \\n ( ) [ ] { } < > " “ ” ‘ ’ „ « » 。 ， 、 ！ ？ ： ；
（ ） 《 》 「 」 【 】 … — – · ・ 〜 ～ ． ／ ＂ ￥ ☆ ★ → ⇒ ∑ ∞ ° © ® ™ § ¶ † ‡ • 😀 😶‍🌫️ 👍🏽 🇨🇳 ❤️ 🦙 🚀 ✅ ♥ 1️⃣
<s> </s> <unk> <|im_end|> <|endoftext|> <think> </think> <0x0A> [CLS] [MASK] ## ▁ ▁▁ Ġ""".split()

SPACES = [" ", "  ", "   ", "    ", " " * 17, "\t", "\t\t", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n", " \n", "\n ", " \n \n ", "\t \n"]
SPACES += ["\u00a0", "\u3000", "\u3000\u3000", "\u2003", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u1680", "\u0085", "\v", "\f"]
ODD = ["\0", "\x01", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x9f", "\u00ad", "\u200b", "\u200c", "\u200d", "\u200e", "\u2060", "\ufeff"]
ODD += ["\ufffd", "\ufffe", "\uffff", "\ue000", "\U000f0000", "\U0010ffff", "\U000e0001", "\ufe0f", "\u20e3", "\u0301", "\u0300\u0323", "\u093f"]


def character(rng):
    """Any character that was in Unicode 14, from a random stretch of it."""
    while True:
        limit = rng.choice([0x80, 0x100, 0x600, 0x2000, 0x3100, 0x10000, 0x20000, 0x32000])
        c = chr(rng.randrange(limit))
        # U+0295 was a small letter, and is a letter without case since Unicode 16.
        if unicodedata.category(c) not in ("Cn", "Cs") and c != "\u0295":
            return c


def string(rng):
    parts = []
    for _ in range(rng.choice([1, 2, 3, 5, 8, 13, 21])):
        kind = rng.random()
        if kind < 0.45:
            parts.append(rng.choice(WORDS))
        elif kind < 0.7:
            parts.append(rng.choice(SPACES))
        elif kind < 0.75:
            parts.append(rng.choice(ODD))
        elif kind < 0.85:
            parts += [character(rng) for _ in range(rng.randrange(1, 5))]
        elif kind < 0.95:
            parts.append(" " * rng.randrange(2) + rng.choice(WORDS))
        else:
            parts.append(rng.choice(WORDS)[:1] * rng.randrange(1, 9))
    return "".join(parts)


def strings(count, seed):
    rng = random.Random(seed)
    return [string(rng) for _ in range(count)]


SPECIALS = """<|im_start|> <|im_end|> <|endoftext|> <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜> <|EOT|>
<|begin_of_text|> <|eot_id|> <|start_header_id|> <|end_header_id|> <s> </s> <unk> <think> </think> <tool_call> </tool_call>
[CLS] [SEP] [MASK] [PAD] >>ABSTRACT<< <|im_ <| |> <""".split()


def prompts(count, seed):
    """Strings with the special texts of several vocabularies in them."""
    rng = random.Random(seed)
    return ["".join(rng.choice(SPECIALS) + string(rng) for _ in range(rng.randrange(1, 6))) for _ in range(count)]
