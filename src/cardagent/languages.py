"""The languages in which this program speaks: Japanese, easy Japanese (やさしい日本語) and English."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from jpki.japan import JST


class Language(StrEnum):
    """A language's name as it stands in an address."""

    JAPANESE = "ja"
    EASY_JAPANESE = "easy"
    ENGLISH = "en"


TAGS: Final[Mapping[Language, str]] = {
    Language.JAPANESE: "ja",
    Language.EASY_JAPANESE: "ja-x-easy",
    Language.ENGLISH: "en",
}
"""As a program asks a site for one of them (BCP 47; RFC 9110, 12.5.4); easy Japanese has no tag but a private one."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Everything that is said in one language, by dotted names that are the same in all of them."""

    texts: Mapping[str, str]

    def say(self, name: str, /, **values: object) -> str:
        """This will give one phrase with its values in place."""
        # The phrase comes from this package; a value is put in as it is and never read as a phrase.
        return self.texts[name].format(**values)

    def say_done(self, kind: str) -> str:
        """This will say that an act of a kind is done; a kind that nobody named keeps its own word."""
        return self.say("page.done_title", kind=self.texts.get(f"kind.{kind}", kind))

    def say_time(self, at: datetime) -> str:
        """This will give a time as people in Japan read it, to the second."""
        return at.astimezone(JST).strftime(self.texts["time"])


@cache
def get_phrases(language: Language = Language.JAPANESE) -> Phrases:
    """This will read the phrases of a language from its file."""
    text = resources.files("cardagent").joinpath("phrases", f"{language}.toml").read_text(encoding="utf-8")
    return Phrases(dict(flatten(tomllib.loads(text))))


def flatten(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """This will yield the phrases of nested tables, each under its dotted name."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
