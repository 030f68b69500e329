"""The guide's lists, each a file beside this one: questions, what is held, how the site was tested."""

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Any

from pydantic import Field

from mynapoint.kernel.documents import Part, Words


class Question(Part):
    """One question with its answer, a paragraph each; `link` is the name of a page that says more."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    q: Words
    a: Annotated[tuple[Words, ...], Field(min_length=1)]
    link: str | None = None


class QuestionGroup(Part):
    """Questions about one thing."""

    id: str
    title: Words
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]


class Held(Part):
    """One class of what is held about citizens (docs/scale.md), in plain words."""

    classes: Annotated[tuple[str, ...], Field(min_length=1)]
    what: Words
    why: Words


class Check(Part):
    """One thing that was tested for accessibility, how, and by which test."""

    what: Words
    how: Words
    test: Annotated[str, Field(pattern=r"^tests/[a-z_/]+\.py:[A-Za-z0-9_.]+$")]


@cache
def list_questions() -> tuple[QuestionGroup, ...]:
    """This will list the questions by group."""
    return tuple(QuestionGroup.model_validate(group) for group in _read("faq")["group"])


@cache
def list_held() -> tuple[Held, ...]:
    """This will list what is held about citizens."""
    return tuple(Held.model_validate(held) for held in _read("held")["held"])


@cache
def list_checks() -> tuple[Check, ...]:
    """This will list how the site was tested."""
    return tuple(Check.model_validate(check) for check in _read("checks")["check"])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("mynapoint.site").joinpath("guide", f"{name}.toml").read_text("utf-8"))
