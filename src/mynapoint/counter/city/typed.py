"""What a city's administrators type: days, times of day, instants and texts, each read or refused by its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final

from mynapoint.kernel.documents import Words
from mynapoint.kernel.period import JST
from mynapoint.kernel.refusal import Refusal
from mynapoint.place.operations import Hours, words

LONGEST_TEXT: Final = 300
Said = Mapping[str, str]


@dataclass(eq=False)
class Mistyped(Refusal):
    """A field that cannot be read, and what it should be."""

    code = "mistyped"
    what: str


def read_day(said: Said, name: str) -> date:
    """Read a day.

    :raises Mistyped: when it is none.
    """
    try:
        return date.fromisoformat(said.get(name, "").strip())
    except ValueError:
        raise Mistyped(what="日付を、年月日で入れてください。") from None


def read_instant(said: Said, name: str) -> datetime:
    """Read an instant in Japan's time.

    :raises Mistyped: when it is none.
    """
    try:
        typed = datetime.fromisoformat(said.get(name, "").strip())
    except ValueError:
        raise Mistyped(what="日時を入れてください。") from None
    if typed.tzinfo is not None:
        raise Mistyped(what="日時は、日本の時刻で入れてください。")
    return typed.replace(tzinfo=JST)


def find_instant(said: Said, name: str) -> datetime | None:
    """Read an instant that may be left out."""
    return read_instant(said, name) if said.get(name, "").strip() else None


def read_hours(said: Said, *names: tuple[str, str]) -> tuple[Hours, ...]:
    """Read spans of one day, each of two fields; a span of which both are empty is none.

    :raises Mistyped: when one is no span, or they overlap.
    """
    spans = [(said.get(first, "").strip(), said.get(last, "").strip()) for first, last in names]
    hours = tuple(_read_span(first, last) for first, last in spans if first or last)
    if any(earlier.until >= later.from_ for earlier, later in pairwise(hours)):
        raise Mistyped(what="同じ日の受付時間は、早い順に、間をあけて入れてください。")
    return hours


def read_words(said: Said, name: str) -> Words:
    """Read a text: Japanese, and if they are there easy Japanese and English.

    :raises Mistyped: when there is no Japanese, or one is too long or not one line.
    """
    texts = [said.get(f"{name}_{language}", "").strip() for language in ("ja", "easy", "en")]
    if not texts[0]:
        raise Mistyped(what="日本語の文を入れてください。")
    if any(len(text) > LONGEST_TEXT or not text.isprintable() for text in texts if text):
        raise Mistyped(what=f"文は、改行せずに{LONGEST_TEXT}字までで入れてください。")
    return words(*texts)


def keep(said: Said) -> dict[str, object]:
    """Return what was typed into a form that was refused, its texts by language, as the page shows them again."""
    parts = {
        name: {language: said.get(f"{name}_{language}", "") for language in ("ja", "easy", "en")}
        for name in ("name", "address", "building", "floor", "way", "reason", "text")
        if f"{name}_ja" in said
    }
    return {**{name: said[name] for name in said}, **parts}


def _read_span(first: str, last: str) -> Hours:
    try:
        from_, until = time.fromisoformat(first), time.fromisoformat(last)
        return Hours.model_validate({"from": from_, "until": until})
    except ValueError:
        raise Mistyped(what="受付時間は、始まりと、それより後の終わりを、時と分で入れてください。") from None
