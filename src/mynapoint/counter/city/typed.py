"""What a city's administrators type: days, times of day, instants and texts, each read or refused by its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final

from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.typed_time import read_clock
from mynapoint.place.operations import Hours, words

LONGEST_TEXT: Final = 300
LANGUAGES: Final = ("ja", "easy", "en")
_TEXTS: Final = {
    "name": "窓口の名前",
    "address": "住所",
    "building": "建物",
    "floor": "階",
    "way": "行き方",
    "reason": "理由",
    "text": "お知らせの文",
}
Said = Mapping[str, str]


@dataclass(eq=False)
class Mistyped(Refusal):
    """A field that cannot be read, and what it should be; `field` is its place on the page."""

    code = "mistyped"
    what: str
    field: str = ""


def read_day(said: Said, name: str, *, label: str = "日") -> date:
    """Read a day.

    :raises Mistyped: when it is none.
    """
    try:
        return date.fromisoformat(said.get(name, "").strip())
    except ValueError:
        raise Mistyped(what=f"「{label}」を、年月日で入れてください。", field=name) from None


def read_instant(said: Said, name: str, *, label: str = "") -> datetime:
    """Read an instant in Japan's time.

    :raises Mistyped: when it is none.
    """
    try:
        typed = datetime.fromisoformat(said.get(name, "").strip())
    except ValueError:
        raise Mistyped(what=f"{label}日時を入れてください。", field=name) from None
    if typed.tzinfo is not None:
        raise Mistyped(what=f"{label}日時は、日本の時刻で入れてください。", field=name)
    return typed.replace(tzinfo=JST)


def find_instant(said: Said, name: str) -> datetime | None:
    """Read an instant that may be left out."""
    return read_instant(said, name) if said.get(name, "").strip() else None


def read_hours(said: Said, *names: tuple[str, str], label: str) -> tuple[Hours, ...]:
    """Read spans of one day, each of two fields; a span of which both are empty is none. `label` names the day.

    :raises Mistyped: when one is no span, or they overlap.
    """
    filled = [(n, *pair) for n, pair in enumerate(names, 1) if any(said.get(name, "").strip() for name in pair)]
    spans = [(_read_span(said, first, last, label=f"{label}の{n}つ目の受付"), first) for n, first, last in filled]
    for (earlier, _), (later, field) in pairwise(spans):
        if earlier.until >= later.from_:
            raise Mistyped(what=f"{label}の受付時間は、早い順に、間をあけて入れてください。", field=field)
    return tuple(hours for hours, _ in spans)


def read_words(said: Said, name: str) -> Words:
    """Read a text: Japanese, and if they are there easy Japanese and English.

    :raises Mistyped: when there is no Japanese, or one is too long or not one line.
    """
    texts = [said.get(f"{name}_{language}", "").strip() for language in LANGUAGES]
    if not texts[0]:
        raise Mistyped(what=f"「{_TEXTS[name]}」に、日本語の文を入れてください。", field=f"{name}-ja")
    for language, text in zip(LANGUAGES, texts, strict=True):
        if len(text) > LONGEST_TEXT or not text.isprintable():
            what = f"「{_TEXTS[name]}」は、改行せずに{LONGEST_TEXT}字までで入れてください。"
            raise Mistyped(what=what, field=f"{name}-{language}")
    return words(*texts)


def keep(said: Said) -> dict[str, object]:
    """Return what was typed into a form that was refused, its texts by language, as the page shows them again."""
    parts = {
        name: {language: said.get(f"{name}_{language}", "") for language in LANGUAGES}
        for name in _TEXTS
        if f"{name}_ja" in said
    }
    return {**{name: said[name] for name in said}, **parts}


def _read_span(said: Said, first: str, last: str, *, label: str) -> Hours:
    from_, until = _read_clock(said, first, what=f"{label}の始まり"), _read_clock(said, last, what=f"{label}の終わり")
    if until <= from_:
        raise Mistyped(what=f"{label}の終わりは、始まりより後にしてください。", field=last)
    return Hours.model_validate({"from": from_, "until": until})


def _read_clock(said: Said, name: str, *, what: str) -> time:
    try:
        return read_clock(said.get(name, ""))
    except ValueError:
        raise Mistyped(what=f"{what}を、時と分で入れてください。", field=name) from None
