"""The service's side of the wire contract: every request verified before it is read, every answer signed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from paymentservice import problems
from paymentservice.bodies import BODY_LIMIT, Body, BodyRefused, read_body, too_large, write_body
from paymentservice.config import Config, Programme
from paymentservice.encoding import from_base64url, to_base64url
from paymentservice.messages import Request, Response, UnableToVerify, sign_response, verify_request
from paymentservice.problems import Problem, problem_body, problem_for
from paymentservice.reference.checks import ProgrammeUnknown, UnableToLink, check_account
from paymentservice.reference.configured import get_config
from paymentservice.reference.links import link_account
from paymentservice.reference.nonces import DatabaseNonces
from paymentservice.reference.refusals import METHOD_NOT_ALLOWED, NOT_FOUND, refusal_for
from paymentservice.reference.standings import take_order
from paymentservice.wire import AccountCheck, AccountConfirmed, Linked, LinkOrder, LinkStands, StandingOrder


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an endpoint answers before it is signed."""

    status: int
    content: Body


Endpoint = Callable[[bytes, Config, datetime], Answer]


def answer_signed(http: HttpRequest, path: str = "") -> HttpResponse:
    """Answer any request below the service's base address, also those for which there is nothing."""
    config = get_config()
    at = config.clock()
    request = _request_of(http, config=config)
    response = sign_response(
        _respond(request, path=path, config=config, at=at), request=request, key=config.signing_key, at=at
    )
    return _http_of(response)


def check(body: bytes, config: Config, at: datetime) -> Answer:
    """Answer ``POST /account-checks``."""
    asked = read_body(AccountCheck, body)
    programme = _get_programme(asked.programme, config=config)
    confirmed = check_account(
        asked.account_id, asked.codes, programme=programme.id, form=config.accounts, code_key=config.code_key, at=at
    )
    content = AccountConfirmed(account_reference=to_base64url(confirmed.reference), hint=confirmed.hint)
    return Answer(status=200, content=content)


def link(body: bytes, config: Config, at: datetime) -> Answer:
    """Answer ``POST /links``."""
    order = read_body(LinkOrder, body)
    programme = _get_programme(order.programme, config=config)
    outcome = link_account(
        from_base64url(order.link_token),
        reference=from_base64url(order.account_reference),
        programme=programme.id,
        at=at,
    )
    return Answer(status=201 if outcome.is_new else 200, content=Linked(link_token=order.link_token))


def stand(body: bytes, config: Config, at: datetime) -> Answer:
    """Answer ``POST /link-standings``."""
    order = read_body(StandingOrder, body)
    _get_programme(order.programme, config=config)
    newest = take_order(order, config=config, at=at)
    content = LinkStands(link_token=order.link_token, number=newest.number, standing=newest.standing)
    return Answer(status=200, content=content)


_ENDPOINTS: Final[dict[str, Endpoint]] = {"account-checks": check, "links": link, "link-standings": stand}


def _respond(request: Request, *, path: str, config: Config, at: datetime) -> Response:
    try:
        answer = _act_on(request, path=path, config=config, at=at)
    except UnableToVerify as error:
        return _refusal(problem_for(error))
    except BodyRefused as error:
        return _refusal(error.problem)
    except UnableToLink as error:
        return _refusal(refusal_for(error))
    if isinstance(answer, Problem):
        return _refusal(answer)
    headers = {"Content-Type": "application/json"}
    return Response(status=answer.status, headers=headers, body=write_body(answer.content))


def _act_on(request: Request, *, path: str, config: Config, at: datetime) -> Answer | Problem:
    if len(request.body) > BODY_LIMIT:
        raise BodyRefused(too_large(BODY_LIMIT))
    verified = verify_request(request, keys=config.platform_peer.public_keys, at=at)
    DatabaseNonces().remember(verified=verified, at=at)
    endpoint = _ENDPOINTS.get(path)
    if endpoint is None:
        return NOT_FOUND
    if request.method != "POST":
        return METHOD_NOT_ALLOWED
    return endpoint(request.body, config, at)


def _get_programme(programme: str, *, config: Config) -> Programme:
    found = config.get_programme(programme)
    if found is None:
        raise ProgrammeUnknown
    return found


def _request_of(http: HttpRequest, *, config: Config) -> Request:
    # The address that was signed is the one we are known by, whatever Host a proxy or a stranger sends.
    base = urlsplit(config.service.base_url)
    return Request(
        method=http.method or "",
        url=f"{base.scheme}://{base.netloc}{http.get_full_path()}",
        headers=dict(http.headers),
        # One byte more than is allowed tells a body that is too large, without reading it.
        body=http.read(BODY_LIMIT + 1),
    )


def _refusal(problem: Problem) -> Response:
    headers = {"Content-Type": problems.CONTENT_TYPE}
    if "retry_after" in problem.data:
        headers["Retry-After"] = str(problem.data["retry_after"])
    return Response(status=problem.status, headers=headers, body=problem_body(problem))


def _http_of(response: Response) -> HttpResponse:
    return HttpResponse(response.body, status=response.status, headers=dict(response.headers))
