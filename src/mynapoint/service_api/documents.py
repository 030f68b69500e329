"""The protocol's documents that are made from the code: the OpenAPI file and the table of problem codes."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final

from pydantic.json_schema import models_json_schema

import mynapoint
from mynapoint.kernel.refusal import Refusal
from mynapoint.service_api.api import api
from mynapoint.service_api.problems import REFUSALS, problem
from paymentservice import bodies
from paymentservice.messages import UnableToVerify
from paymentservice.openings import Openings
from paymentservice.problems import CONTENT_TYPE, Problem, problem_for
from paymentservice.wire import (
    AccountCheck,
    AccountConfirmed,
    Linked,
    LinkOrder,
    LinkStands,
    SealedTotals,
    StandingOrder,
)

REFERENCE: Final = "#/components/schemas/{model}"

FROM_PLATFORM: Final = (AccountCheck, AccountConfirmed, LinkOrder, Linked, StandingOrder, LinkStands)
"""What the platform asks a service, and what that answers."""
FROM_SERVICES: Final = (
    ("account_not_confirmed", 422, "Account id and codes do not belong together, or there is no such account."),
    ("account_closed", 409, "The account is closed. Final for a link."),
    ("account_already_linked", 409, "The account is linked in this programme already. Final for a link."),
    ("too_many_attempts", 429, "No more tries for this account for `retry_after` seconds."),
    ("reference_unknown", 422, "No check gave this account reference, or it is too old. Final for a link."),
    ("link_token_taken", 409, "The link token stands for another account. Final for a link."),
    ("link_unknown", 404, "No link of this programme has this token."),
    ("link_ended", 409, "The link was stopped, for good."),
    ("standing_differs", 409, "An order of this number said something else."),
)

_PREAMBLE: Final = """\
# Problem codes

Made from the code by `mynapoint write_protocol`; a test holds it true.

A refusal is an `application/problem+json` document (RFC 9457). `code` is stable and meant for programs; `title` and
`detail` are for people and say what to do next. The members named under "data" come beside them.
"""


def openapi_text() -> str:
    """Write the OpenAPI document: what services ask the platform, and as webhooks what the platform asks them."""
    document: dict[str, Any] = api.get_openapi_schema(path_prefix="")
    components = document["components"]
    components["schemas"] |= _schemas(SealedTotals, Openings, *FROM_PLATFORM)
    components["schemas"]["Problem"] = _PROBLEM
    components["responses"] = {"Problem": {"description": "A refusal: see errors.md.", "content": _PROBLEM_CONTENT}}
    document["webhooks"] = {
        "account-checks": _webhook("Check an account before its holder signs", AccountCheck, {"200": AccountConfirmed}),
        "links": _webhook("Link a checked account, once", LinkOrder, {"201": Linked, "200": Linked}),
        "link-standings": _webhook("Hold, resume or stop a link", StandingOrder, {"200": LinkStands}),
    }
    for path in (*document["paths"].values(), *document["webhooks"].values()):
        for operation in path.values():
            answers = {str(status): answer for status, answer in operation["responses"].items()}
            operation["responses"] = {**answers, "default": {"$ref": "#/components/responses/Problem"}}
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def errors_text() -> str:
    """Write the table of every code that platform or service may answer."""
    sections = (
        _PREAMBLE,
        "## Both sides, about a message\n\n" + _table(about_messages()),
        "## The platform, to a service\n\n" + _table(problem(code) for code in sorted(REFUSALS)),
        "## A service, to the platform\n\nAny other code counts as no answer, and the question is asked again.\n\n"
        + _rows(("code", "status", "meaning"), ((f"`{code}`", str(n), text) for code, n, text in FROM_SERVICES)),
        "## Every refusal of the platform's rooms\n\n" + _rows(("code", "data", "meaning"), _refusals()),
    )
    return "\n".join(sections)


def about_messages() -> list[Problem]:
    """Return the problems of a message itself: its signature, its size, its form."""
    unverified = [problem_for(kind(*_ARGUMENTS.get(kind.__name__, ()))) for kind in UnableToVerify.__subclasses__()]
    refused = [_refused(b"{"), _refused(b'{"x": 1}'), _refused(b"{}"), _too_large()]
    return sorted([*unverified, *refused], key=lambda problem: problem.code)


def _too_large() -> Problem:
    """Return the problem of a body that is too large, with both limits: a real one names the one that it is over."""
    both = f"本文は {bodies.BODY_LIMIT} バイト(開示は {bodies.OPENINGS_LIMIT} バイト)までです。"
    return replace(bodies.too_large(bodies.BODY_LIMIT), detail=f"{both}小さくして送り直してください。")


def all_refusals() -> list[type[Refusal]]:
    """Return every named refusal of every room, by code."""
    for room in (module.name for module in iter_modules(mynapoint.__path__, prefix="mynapoint.") if module.ispkg):
        for module in iter_modules(import_module(room).__path__, prefix=f"{room}."):
            # A wsgi module is a program: to import it is to start it.
            if not module.ispkg and not module.name.endswith("wsgi"):
                import_module(module.name)
    named = [kind for kind in _descendants(Refusal) if "code" in vars(kind)]
    ours = {kind for kind in named if kind.__module__.startswith("mynapoint.")}
    return sorted(ours, key=lambda kind: (kind.code, kind.__module__))


_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457; the data of a code comes beside these members.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "pattern": "^urn:mynapoint:problem:[a-z_]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^[a-z_]+$"},
    },
}
_PROBLEM_CONTENT: Final = {CONTENT_TYPE: {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
_ARGUMENTS: Final[dict[str, tuple[Any, ...]]] = {"UnknownKey": ("",), "ClockTooFar": (0,)}


def _schemas(*models: type[bodies.Body]) -> dict[str, Any]:
    _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
    return dict(definitions["$defs"])


def _webhook(summary: str, asked: type[bodies.Body], answers: dict[str, type[bodies.Body]]) -> dict[str, Any]:
    responses = {status: {"description": summary, "content": _content(model)} for status, model in answers.items()}
    body = {"required": True, "content": _content(asked)}
    return {"post": {"summary": summary, "requestBody": body, "responses": responses}}


def _content(model: type[bodies.Body]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(model=model.__name__)}}}


def _refused(body: bytes) -> Problem:
    try:
        bodies.read_body(SealedTotals, body)
    except bodies.BodyRefused as refused:
        return refused.problem
    raise AssertionError("an example of a refused body was taken")


def _descendants(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _refusals() -> Iterator[tuple[str, ...]]:
    for kind in all_refusals():
        data = ", ".join(f"`{field.name}`" for field in fields(kind)) if is_dataclass(kind) else ""
        yield f"`{kind.code}`", data, (kind.__doc__ or "").partition("\n")[0]


def _table(problems: Iterable[Problem]) -> str:
    rows = ((f"`{shown.code}`", str(shown.status), shown.title, shown.detail) for shown in problems)
    return _rows(("code", "status", "title", "detail"), rows)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)
