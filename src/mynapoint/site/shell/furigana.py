"""読みがな: readings over difficult words in easy Japanese, from one small glossary."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

# A word in the glossary carries its readings as books do: 申《もう》し込《こ》む.
_READING: Final = re.compile(r"([一-龠々〆ヶ]+)《([^》]+)》")
_TAG: Final = re.compile(r"(<[^>]*>)")
# Inside these nothing may be added: they hold text only, or a reading already.
_PLAIN: Final = re.compile(r"<(?P<name>ruby|title|option|textarea|code|svg)\b.*?</(?P=name)>", re.DOTALL)


@cache
def read_glossary() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """This will read the glossary: what finds its words, the longest first, and each word with its readings."""
    glossary = tomllib.loads(
        resources.files("mynapoint.site").joinpath("phrases", "furigana.toml").read_text(encoding="utf-8")
    )
    words = {_READING.sub(r"\1", entry): _to_ruby(entry) for entry in glossary["words"]}
    counted = {_READING.sub(r"\1", entry): _to_ruby(entry) for entry in glossary["after_a_number"]}
    longest = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    numbered = "|".join(map(re.escape, sorted(counted, key=len, reverse=True)))
    pattern = re.compile(f"(?<=[0-9０-９,])(?P<counted>{numbered})|(?P<word>{longest})")
    return pattern, {**{f"word:{word}": ruby for word, ruby in words.items()},
                     **{f"counted:{word}": ruby for word, ruby in counted.items()}}  # fmt: skip


def add_furigana(html: str) -> str:
    """This will put readings over the glossary's words in HTML, between its tags only."""
    done, last = [], 0
    for plain in _PLAIN.finditer(html):
        done += [_read_between_tags(html[last : plain.start()]), plain.group()]
        last = plain.end()
    return "".join((*done, _read_between_tags(html[last:])))


def _read_between_tags(html: str) -> str:
    return "".join(part if part.startswith("<") else _read(part) for part in _TAG.split(html))


def _read(text: str) -> str:
    if len(text.strip()) == 1:  # a calendar's weekday
        return text
    pattern, readings = read_glossary()
    return pattern.sub(lambda found: readings[f"{found.lastgroup}:{found.group()}"], text)


def _to_ruby(entry: str) -> str:
    return _READING.sub(r"<ruby>\1<rp>(</rp><rt>\2</rt><rp>)</rp></ruby>", entry)
