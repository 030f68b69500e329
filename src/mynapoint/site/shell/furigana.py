"""読みがな: readings over difficult words in easy Japanese, from one small glossary.

A wrong reading is worse than none. So a run of kanji is read only when the glossary's words cover it from its first
letter to its last, and a word that begins or ends with a single kanji never touches another: 所《ところ》 says nothing
of 連絡所.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from importlib import resources
from typing import Final

_KANJI: Final = "一-龠々〆ヶ"
# A word in the glossary carries its readings as books do: 申《もう》し込《こ》む.
_READING: Final = re.compile(rf"([{_KANJI}]+)《([^》]+)》")
_ANY_TAG: Final = re.compile(r"<[^>]*>")
_TAG: Final = re.compile(r"(<[^>]*>)")
# Inside these nothing may be added: they hold text only, or a reading already.
_PLAIN: Final = re.compile(r"<(?P<name>ruby|title|option|textarea|code|svg)\b.*?</(?P=name)>", re.DOTALL)
_NUMBER: Final = re.compile(r"[0-9０-９][0-9０-９,.]* ?")
_ENDS_IN_NUMBER: Final = re.compile(r"[0-9０-９]\s*$")
_RUN: Final = re.compile(rf"[{_KANJI}]+")
_WEEKDAY: Final = re.compile(r"(?<=[(（])[月火水木金土日](?=[)）])")
_IN_A_LIST: Final = re.compile(rf"(?<=[・〜～])[月火水木金土日](?![{_KANJI}])|[月火水木金土日](?=[・〜～])")


@dataclass(frozen=True)
class Word:
    """A word of the glossary: as it is written, with its readings, and how its kanji may stand."""

    written: str
    ruby: str
    begins_alone: bool
    ends_alone: bool
    is_verb: bool = False

    @classmethod
    def read(cls, entry: str, *, is_verb: bool = False) -> "Word":
        """This will read an entry."""
        written = _READING.sub(r"\1", entry)
        first, last = (re.search(pattern, written) for pattern in (rf"^[{_KANJI}]+", rf"[{_KANJI}]+$"))
        return cls(
            written=written,
            ruby=_READING.sub(lambda found: _to_ruby(found[1], found[2]), entry),
            begins_alone=first is not None and len(first[0]) == 1,
            ends_alone=last is not None and len(last[0]) == 1,
            is_verb=is_verb,
        )

    def may_stand(self, text: str, start: int, *, is_anew: bool) -> bool:
        """This will say whether it can be this word that stands there, as far as its neighbours tell.

        After a number and after words such as 一度《いちど》 a verb begins anew: もう一度待《ま》って.
        """
        end = start + len(self.written)
        if self.begins_alone and not (is_anew and self.is_verb) and _RUN.match(text[start - 1 : start]):
            return False
        if self.ends_alone and _RUN.match(text, end):
            return False
        # After a name in katakana a single kanji is a suffix, which sounds otherwise: ロビー店.
        return not (len(self.written) == 1 and re.match("[ァ-ヶー]", text[start - 1 : start]))


@dataclass(frozen=True)
class Glossary:
    """What is read: words by their first letter, the longest first, and what follows a number."""

    words: Mapping[str, list[Word]]
    beginnings: re.Pattern[str]
    before_a_verb: frozenset[str]
    counted: list[Word]
    spans: frozenset[str]
    after_a_span: list[Word]
    whole: Mapping[str, Mapping[str, str]]
    by_last_digit: Mapping[str, Mapping[str, str]]
    weekdays: Mapping[str, str]


@cache
def read_glossary() -> Glossary:
    """This will read the glossary."""
    text = resources.files("mynapoint.site").joinpath("phrases", "furigana.toml").read_text(encoding="utf-8")
    glossary = tomllib.loads(text)
    words: dict[str, list[Word]] = {}
    verbs = [Word.read(entry, is_verb=True) for entry in glossary["verbs"]]
    for word in _longest_first([*map(Word.read, glossary["words"]), *verbs]):
        words.setdefault(word.written[0], []).append(word)
    return Glossary(
        words=words,
        beginnings=re.compile(f"[0-9０-９{_KANJI}{''.join(letter for letter in words if not _RUN.match(letter))}]"),
        before_a_verb=frozenset(glossary["before_a_verb"]),
        counted=_longest_first(map(Word.read, glossary["after_a_number"])),
        spans=frozenset(glossary["spans"]),
        after_a_span=_longest_first(map(Word.read, glossary["after_a_span"])),
        whole=glossary["whole"],
        by_last_digit=glossary["by_last_digit"],
        weekdays=glossary["weekdays"],
    )


def add_furigana(html: str) -> str:
    """This will put readings over the glossary's words in HTML, between its tags only."""
    done, last = [], 0
    for plain in _PLAIN.finditer(html):
        done += [_read_between_tags(html[last : plain.start()]), plain.group()]
        last = plain.end()
    return "".join((*done, _read_between_tags(html[last:])))


def spell_out(text: str) -> str:
    """This will put the readings behind the words of a plain text, for paper: 予約(よやく)."""
    return unescape(_ANY_TAG.sub("", add_furigana(escape(text))))


def _read_between_tags(html: str) -> str:
    parts, before = [], ""
    for part in _TAG.split(html):
        if not part.startswith("<"):
            run = _RUN.match(part) if _ENDS_IN_NUMBER.search(before) else None
            unread = run.group() if run else ""  # it counts what another tag holds: <b>5</b>日
            parts.append(unread + _read(part.removeprefix(unread)))
            before = part or before
        else:
            parts.append(part)
    return "".join(parts)


def _read(text: str) -> str:
    if text.strip() in read_glossary().weekdays:  # a calendar's column
        return text
    done, at = [], 0
    while found := read_glossary().beginnings.search(text, at):
        ruby, end = _read_next(text, found.start())
        done += [text[at : found.start()], ruby]
        at = end
    return "".join((*done, text[at:]))


def _read_next(text: str, at: int) -> tuple[str, int]:
    """Return what stands next, with its reading where there is one, and where it ends."""
    if number := _NUMBER.match(text, at):
        return _read_counted(text, number)
    if weekday := _WEEKDAY.match(text, at):
        return _to_ruby(weekday[0], read_glossary().weekdays[weekday[0]]), weekday.end()
    words = _cover(text, at)
    if words:
        return "".join(word.ruby for word in words), at + sum(len(word.written) for word in words)
    run = _RUN.match(text, at)
    end = run.end() if run else at + 1
    return text[at:end], end


def _read_counted(text: str, number: re.Match[str]) -> tuple[str, int]:
    """Return a number with what it counts: 8日《ようか》, 3階《がい》; or the number alone."""
    glossary = read_glossary()
    for word in glossary.counted:
        if not text.startswith(word.written, number.end()):
            continue
        end = number.end() + len(word.written)
        rest = _follow(text, end, is_span=word.written in glossary.spans)
        if rest is not None:
            read = _read_count(number[0], word, before=text[: number.start()], is_span=bool(rest))
            return read + "".join(one.ruby for one in rest), end + sum(len(one.written) for one in rest)
    run = _RUN.match(text, number.end())
    words = _cover(text, number.end(), is_anew=True) if run else None
    if run is None or (words and (len(words[0].written) > 1 or words[0].is_verb)):
        return number[0], number.end()
    return number[0] + run[0], run.end()


def _read_count(number: str, word: Word, *, before: str, is_span: bool) -> str:
    glossary, digits = read_glossary(), number.strip()
    digits = str(int(digits)) if digits.isdecimal() else digits
    if word.written == "日" and digits == "1":
        reading = "いちにち" if is_span else "ついたち" if before.endswith("月") else None
        return _to_ruby(number + word.written, reading) if reading else number + word.written
    if reading := glossary.whole.get(word.written, {}).get(digits):
        return _to_ruby(number + word.written, reading) if reading != "?" else number + word.written
    last = glossary.by_last_digit.get(word.written, {}).get(digits[-1])
    return number + (_to_ruby(word.written, last) if last else word.ruby)


def _follow(text: str, at: int, *, is_span: bool) -> list[Word] | None:
    """Return the words that follow what was counted without a gap; None when they are not all known."""
    if not _RUN.match(text, at):
        return []
    for word in read_glossary().after_a_span if is_span else ():
        if text.startswith(word.written, at) and not _RUN.match(text, at + len(word.written)):
            return [word]
    return _cover(text, at, is_anew=True)


def _cover(text: str, at: int, *, is_anew: bool = False) -> list[Word] | None:
    """Return the words that stand from there to the end of the kanji; None when they are not all known."""
    if _IN_A_LIST.match(text, at):
        return None
    glossary = read_glossary()
    for word in glossary.words.get(text[at : at + 1], ()):
        if not (text.startswith(word.written, at) and word.may_stand(text, at, is_anew=is_anew)):
            continue
        end = at + len(word.written)
        if not (_RUN.match(word.written[-1]) and _RUN.match(text, end)):
            return [word]
        if rest := _cover(text, end, is_anew=word.written in glossary.before_a_verb):
            return [word, *rest]
    return None


def _longest_first(words: Iterable[Word]) -> list[Word]:
    return sorted(words, key=lambda word: len(word.written), reverse=True)


def _to_ruby(written: str, reading: str) -> str:
    return f"<ruby>{written}<rp>(</rp><rt>{reading}</rt><rp>)</rp></ruby>"
