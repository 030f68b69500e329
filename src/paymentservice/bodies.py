"""Reading JSON bodies against a model, and saying what is wrong with one without repeating any of it."""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from paymentservice.encoding import from_base64url
from paymentservice.problems import Problem

BODY_LIMIT: Final = 64 * 1024
OPENINGS_LIMIT: Final = 4 * 1024 * 1024

_FIELD_NAME: Final = re.compile(r"[a-z_]{1,40}")


class Body(BaseModel):
    """A body of the wire contract: strict types, no unknown field, nothing of it in an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


BodyT = TypeVar("BodyT", bound=Body)


class BodyRefused(Exception):
    """A body that does not fit its model."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def _check_spelling(length: int) -> AfterValidator:
    def check(text: str) -> str:
        from_base64url(text, length=length)
        return text

    return AfterValidator(check)


Token = Annotated[str, Field(min_length=22, max_length=22), _check_spelling(16)]
Digest = Annotated[str, Field(min_length=43, max_length=43), _check_spelling(32)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def read_body(model: type[BodyT], body: bytes, *, limit: int = BODY_LIMIT) -> BodyT:
    """Read a body as its model.

    :raises BodyRefused: with the problem to answer.
    """
    if len(body) > limit:
        raise BodyRefused(too_large(limit))
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        raise BodyRefused(_problem_of(errors)) from None


def write_body(content: Body) -> bytes:
    """Write a model as a body."""
    return json.dumps(content.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode()


def too_large(limit: int) -> Problem:
    """Return the problem of a body over the limit (bytes)."""
    return Problem(
        code="body_too_large",
        title="本文が大きすぎます",
        status=413,
        detail=f"本文は {limit} バイトまでです。小さくして送り直してください。",
        data={"limit": limit},
    )


def _problem_of(errors: list[ErrorDetails]) -> Problem:
    if any(error["type"] == "json_invalid" for error in errors):
        return Problem(
            code="malformed_json",
            title="JSON として読めません",
            status=400,
            detail="本文を UTF-8 の JSON オブジェクトにして送り直してください。",
        )
    if any(error["type"] == "extra_forbidden" for error in errors):
        # Its name may be content: a sender's mistake must not travel on through our answer.
        return Problem(
            code="unknown_field",
            title="知らない項目があります",
            status=422,
            detail="決められた項目だけを送ってください。知らない項目を含む要求は、読まずに断ります。",
        )
    return Problem(
        code="invalid_field",
        title="項目の形が正しくありません",
        status=422,
        detail="項目の有無と形を、この窓口の説明と比べて直してください。",
        data={"fields": sorted(_names_of(errors))},
    )


def _names_of(errors: Iterable[ErrorDetails]) -> set[str]:
    paths = (".".join(str(part) for part in error["loc"]) for error in errors)
    return {path for path in paths if all(_FIELD_NAME.fullmatch(part) or part.isdigit() for part in path.split("."))}
