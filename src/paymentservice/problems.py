"""Problem details: what went wrong, for programs and for people (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from paymentservice.messages import (
    ClockTooFar,
    DigestMismatch,
    Replayed,
    SignatureInvalid,
    SignatureMissing,
    UnableToVerify,
    UnknownKey,
)

CONTENT_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:mynapoint:problem:"
_OWN_MEMBERS: Final = frozenset({"type", "title", "status", "detail", "code", "instance"})

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


class NotAProblem(Exception):
    """A body that claims to be a problem and is none."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem: a stable code, a short title, what happened and what to do next, and data for programs."""

    code: str
    title: str
    status: int
    detail: str
    data: Mapping[str, Json] = field(default_factory=dict)


def problem_body(problem: Problem) -> bytes:
    """Write a problem as the body of an ``application/problem+json`` answer."""
    members = {
        "type": TYPE_PREFIX + problem.code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.data,
    }
    return json.dumps(members, ensure_ascii=False).encode()


def read_problem(body: bytes) -> Problem:
    """Read the body of an ``application/problem+json`` answer.

    :raises NotAProblem: when it is none of ours.
    """
    try:
        members = json.loads(body)
        code, title, status, detail = (members[name] for name in ("code", "title", "status", "detail"))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise NotAProblem from None
    if not (isinstance(status, int) and all(isinstance(text, str) for text in (code, title, detail))):
        raise NotAProblem
    data = {name: value for name, value in members.items() if name not in _OWN_MEMBERS}
    return Problem(code=code, title=title, status=status, detail=detail, data=data)


_UNVERIFIED: Final[Mapping[type[UnableToVerify], Problem]] = {
    SignatureMissing: Problem(
        code="signature_missing",
        title="署名がありません",
        status=401,
        detail="この窓口は署名付きの要求だけを受け付けます。登録した鍵で署名して送り直してください。",
    ),
    SignatureInvalid: Problem(
        code="signature_invalid",
        title="署名を確認できません",
        status=401,
        detail="署名が要求の内容と合いません。署名の対象と鍵を確かめて送り直してください。",
    ),
    UnknownKey: Problem(
        code="unknown_key",
        title="登録されていない鍵です",
        status=401,
        detail="署名の鍵が登録されていません。鍵の名前を確かめるか、鍵を登録してください。",
    ),
    ClockTooFar: Problem(
        code="clock_too_far",
        title="時刻がずれています",
        status=401,
        detail="署名の時刻が許される範囲の外です。時計を合わせて、署名し直して送ってください。",
    ),
    DigestMismatch: Problem(
        code="digest_mismatch",
        title="本文が署名と合いません",
        status=400,
        detail="本文の Content-Digest が本文と合いません。本文を変えずに、署名し直して送ってください。",
    ),
    Replayed: Problem(
        code="replayed",
        title="同じ要求が二度届きました",
        status=409,
        detail="この要求は既に受け取っています。新しい nonce で署名し直して送ってください。",
    ),
}


def problem_for(error: UnableToVerify) -> Problem:
    """Return the problem to answer a request with that could not be verified."""
    problem = _UNVERIFIED[type(error)]
    if isinstance(error, ClockTooFar):
        return Problem(
            code=problem.code,
            title=problem.title,
            status=problem.status,
            detail=problem.detail,
            data={"seconds": error.seconds},
        )
    return problem
