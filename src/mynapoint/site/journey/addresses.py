"""The parts of the journey's addresses, and the pages that they name."""

from collections.abc import Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from mynapoint.draft.queries import DraftView
from mynapoint.draft.rules import DraftKind, Step
from mynapoint.site.shell.languages import NAMESPACES, read_language
from mynapoint.site.shell.pages import go_to

WAYS: Final[Mapping[DraftKind, str]] = {"reservation": "reserve", "application": "apply"}


class WayPart:
    """Which way: `reserve` or `apply`."""

    regex = "|".join(WAYS.values())

    def to_python(self, value: str) -> str:
        """Take it as it is."""
        return value

    to_url = to_python


class DraftPart(WayPart):
    """A draft's token: 43 characters of base64url."""

    regex = "[A-Za-z0-9_-]{43}"


class StepPart(WayPart):
    """A step by its name."""

    regex = "|".join(Step)


def go_to_step(request: HttpRequest, draft: DraftView, step: Step | None) -> HttpResponse:
    """This will lead to a step, or to the check of all answers when none waits."""
    return go_to(request, "step" if step else "answers", **name_parts(draft, step))


def name_parts(draft: DraftView, step: Step | None = None) -> dict[str, str]:
    """This will give the parts of a draft's address."""
    parts = {"way": WAYS[draft.kind], "draft": draft.link.token}
    return parts | {"step": step.value} if step else parts


def find_address(request: HttpRequest, name: str, **parts: object) -> str:
    """This will give a page's address in the visitor's language."""
    return reverse(f"{NAMESPACES[read_language(request)]}:{name}", kwargs=parts)
