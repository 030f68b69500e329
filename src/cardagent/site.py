"""What this program asks of the site: the statement, and what became of the signature."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import httpx2
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from cardagent.languages import TAGS, Language
from cardagent.link import ActLink, encode_base64url
from cardagent.refusal import UnableToSign
from cardagent.statement import MAX_LENGTH, Flaw, MalformedStatement, is_showable
from deadline import ends_within, keep_to_end
from jpki.client import SignedStatement

MAX_ANSWER_LENGTH: Final = 64 * 1024
_SECONDS: Final = 15.0
# What is signed are the bytes as they come: nothing on the way may pack them.
_HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "mynapoint-card"}
_PROBLEM: Final = "application/problem+json"
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")


class SiteUnreachable(UnableToSign):
    """The site did not answer; nothing was handed in."""


class MalformedAnswer(UnableToSign):
    """The site answered something that this program does not understand; nothing was handed in."""


class OutcomeUnknown(UnableToSign):
    """The signature was handed in, but no answer that could be understood came back: it may have been accepted."""


class ActRefused(UnableToSign):
    """The site refused the act and says why, in words for the citizen."""

    def __init__(self, *, status: int, code: str, title: str, detail: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The site's receipt: number, what was done and when, and its words for the citizen with their language's tag."""

    receipt: str
    kind: str
    done_at: datetime
    words: tuple[str, ...]
    language: str


class _Receipt(BaseModel):
    # The act is done: a field that this program does not know is no reason to doubt it.
    model_config = ConfigDict(extra="ignore")

    receipt: Annotated[str, Field(min_length=1, max_length=100)]
    kind: Annotated[str, Field(max_length=40)]
    done_at: AwareDatetime
    words: Annotated[tuple[Annotated[str, Field(max_length=1000)], ...], Field(max_length=50)]


class _Problem(BaseModel):
    model_config = ConfigDict(extra="ignore")

    code: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    detail: Annotated[str, Field(max_length=2000)] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reply:
    status: int
    content_type: str
    language: str
    body: bytes


class _TooLong(Exception):
    pass


def open_http_client(
    link: ActLink, *, language: Language = Language.JAPANESE, seconds: float = _SECONDS
) -> httpx2.Client:
    """This will open a client that asks for sentences in a language.

    Its time limit is one for the whole answer, and it uses no proxy to this machine.
    """
    http_client = httpx2.Client(
        headers={"Accept-Language": TAGS[language]},
        timeout=seconds,
        follow_redirects=False,
        trust_env=not link.is_on_this_machine,
    )
    keep_to_end(http_client)
    return http_client


def fetch_statement(link: ActLink, *, http_client: httpx2.Client) -> bytes:
    """This will fetch the bytes that the card is to sign.

    :raises SiteUnreachable: when there is no answer.
    :raises ActRefused: when the site says why it gives none.
    :raises MalformedStatement: when there are too many of them.
    :raises MalformedAnswer: when the answer is something else.
    """
    try:
        reply = _exchange(http_client, "GET", link.get_address("statement"), limit=MAX_LENGTH)
    except _TooLong:
        raise MalformedStatement(Flaw.TOO_LONG) from None
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise SiteUnreachable from None
    _check_no_problem(reply)
    if reply.status != httpx2.codes.OK:
        raise MalformedAnswer
    return reply.body


def hand_in_signature(link: ActLink, signed: SignedStatement, *, http_client: httpx2.Client) -> Answer:
    """This will hand in signature and certificate, once.

    :raises ActRefused: when the site refuses the act.
    :raises SiteUnreachable: when no connection came about, so that nothing was handed in.
    :raises OutcomeUnknown: when it cannot be told what became of it.
    """
    body = {"signature": encode_base64url(signed.signature), "certificate": encode_base64url(signed.certificate)}
    try:
        reply = _exchange(http_client, "POST", link.get_address("signature"), limit=MAX_ANSWER_LENGTH, json=body)
    except (httpx2.ConnectError, httpx2.ConnectTimeout):
        raise SiteUnreachable from None
    except (_TooLong, httpx2.HTTPError, httpx2.InvalidURL):
        raise OutcomeUnknown from None
    _check_no_problem(reply)
    if reply.status != httpx2.codes.OK:
        raise OutcomeUnknown
    return _read_receipt(reply)


def _exchange(http_client: httpx2.Client, method: str, address: str, *, limit: int, json: Any = None) -> _Reply:
    with (
        ends_within(http_client.timeout.read or _SECONDS),
        http_client.stream(method, address, headers=_HEADERS, json=json) as response,
    ):
        body = bytearray()
        for piece in response.iter_raw():
            body += piece
            if len(body) > limit:
                raise _TooLong
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        language = _read_language(response.headers.get("Content-Language", ""))
        return _Reply(status=response.status_code, content_type=content_type, language=language, body=bytes(body))


def _read_language(said: str) -> str:
    """This will read the one tag of a language (BCP 47) that a site says its words are in; else they are Japanese."""
    return said if _TAG.fullmatch(said) else TAGS[Language.JAPANESE]


def _check_no_problem(reply: _Reply) -> None:
    """This will raise the problem that the site tells (RFC 9457), if its answer is one."""
    if reply.status < httpx2.codes.BAD_REQUEST or reply.content_type != _PROBLEM:
        return
    try:
        problem = _Problem.model_validate_json(reply.body)
    except ValidationError:
        return
    if is_showable(problem.title + problem.detail):
        raise ActRefused(status=reply.status, code=problem.code, title=problem.title, detail=problem.detail)


def _read_receipt(reply: _Reply) -> Answer:
    try:
        receipt = _Receipt.model_validate_json(reply.body)
    except ValidationError:
        raise OutcomeUnknown from None
    if not is_showable(receipt.receipt + receipt.kind + "".join(receipt.words)):
        raise OutcomeUnknown
    return Answer(
        receipt=receipt.receipt,
        kind=receipt.kind,
        done_at=receipt.done_at,
        words=receipt.words,
        language=reply.language,
    )
