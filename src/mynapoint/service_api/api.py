"""What a payment service asks the platform: its rolls, its closings, and nothing of anybody else's."""

from typing import Annotated, Any, Final, cast

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.responses import Status
from pydantic import Field

from mynapoint.closing.operations import judge_openings, seal_closing
from mynapoint.closing.queries import get_closing as get_closing_view
from mynapoint.closing.queries import get_roll_page
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.queries import get_programme
from mynapoint.programme.rules import Programme
from mynapoint.service_api.answering import answer_problem
from mynapoint.service_api.conversion import read_sealed, show_closing, show_roll
from mynapoint.service_api.problems import problem, problem_of
from mynapoint.service_api.receiving import MessageSignature, ServiceRequest
from mynapoint.service_api.refusals import ParameterUnknown, ProgrammeNotJoined
from mynapoint.settlement.operations import raise_claims
from mynapoint.settlement.queries import get_claim_for_closing
from paymentservice.bodies import OPENINGS_LIMIT, Body, BodyRefused, Name, Token, read_body
from paymentservice.encoding import from_base64url
from paymentservice.messages import UnableToVerify
from paymentservice.openings import Openings, read_openings
from paymentservice.problems import problem_for
from paymentservice.wire import ROLL_PAGE, AuditVerdict, ClosingState, RollPage, SealedTotals

PERIOD: Final = "/programmes/{programme}/periods/{period}"
Limit = Annotated[int, Field(ge=1, le=ROLL_PAGE)]

api = NinjaAPI(
    title="mynapoint service API",
    version="1",
    description="What a payment service asks the platform. Every message is signed both ways: see service-api.md.",
    servers=[{"url": "/service/v1"}],
    urls_namespace="service_api",
    auth=MessageSignature(),
    docs_url=None,
    openapi_url=None,
)


def _takes(body: type[Body]) -> dict[str, Any]:
    """Say in the OpenAPI document what a body is; the view reads it itself, as strictly as the other side does."""
    schema = {"$ref": f"#/components/schemas/{body.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@api.get(PERIOD + "/roll", response=RollPage, operation_id="get_roll", summary="Fetch a run of the period's roll")
def get_roll(
    request: ServiceRequest, programme: Name, period: Name, after: Token | None = None, limit: Limit = ROLL_PAGE
) -> RollPage:
    """The tokens of the links that the period counts, sorted; fixed when they are first asked for.

    It counts links that were made before its `ends_at` less the programme's `objection.days`; the last period counts
    all that were made before its `ends_at`.
    """
    _check_parameters(request, known={"after", "limit"})
    page = get_roll_page(
        request.auth.service.id,
        _get_joined(request, programme),
        period,
        after=from_base64url(after) if after else None,
        limit=limit,
        at=request.auth.at,
    )
    return show_roll(page, programme=programme, period=period)


@api.put(
    PERIOD + "/closing",
    response={200: ClosingState, 201: ClosingState},
    operation_id="put_closing",
    summary="Seal the period",
    openapi_extra=_takes(SealedTotals),
)
def put_closing(request: ServiceRequest, programme: Name, period: Name) -> Status[ClosingState]:
    """201 when it is new, 200 when the very same was sealed before."""
    _check_parameters(request)
    is_new = seal_closing(
        service_id=request.auth.service.id,
        programme=_get_joined(request, programme),
        period_id=period,
        sealed=read_sealed(read_body(SealedTotals, request.auth.body)),
        at=request.auth.at,
    )
    return Status(201 if is_new else 200, _get_state(request, programme, period))


@api.get(PERIOD + "/closing", response=ClosingState, operation_id="get_closing", summary="See where the closing stands")
def get_closing(request: ServiceRequest, programme: Name, period: Name) -> ClosingState:
    """The rows to open are named as soon as a checkpoint of the journal covers the closing: within a minute."""
    _check_parameters(request)
    _get_joined(request, programme)
    return _get_state(request, programme, period)


@api.post(
    PERIOD + "/closing/openings",
    response=AuditVerdict,
    operation_id="post_openings",
    summary="Open the drawn rows",
    auth=MessageSignature(limit=OPENINGS_LIMIT),
    openapi_extra=_takes(Openings),
)
def post_openings(request: ServiceRequest, programme: Name, period: Name) -> AuditVerdict:
    """The verdict is final; the opened rows are not kept."""
    _check_parameters(request)
    openings = read_openings(request.auth.body)
    verdict = judge_openings(
        service_id=request.auth.service.id,
        programme=_get_joined(request, programme),
        period_id=period,
        openings=openings,
        at=request.auth.at,
    )
    if not verdict.accepted:
        return AuditVerdict(state="rejected", reason=verdict.reason, index=verdict.index)
    # The verdict stands by itself: after a crash here, the job of missing claims raises the claim.
    raise_claims(service_id=request.auth.service.id, programme_id=programme, at=request.auth.at)
    return AuditVerdict(state="accepted")


def _get_joined(request: ServiceRequest, programme_id: str) -> Programme:
    """Return a programme that the caller takes part in.

    :raises ProgrammeUnknown, ProgrammeNotJoined: when it does not.
    """
    programme = get_programme(programme_id, at=request.auth.at)
    if programme.id not in request.auth.service.programmes:
        raise ProgrammeNotJoined
    return programme


def _get_state(request: ServiceRequest, programme_id: str, period_id: str) -> ClosingState:
    service_id = request.auth.service.id
    view = get_closing_view(service_id, programme_id, period_id)
    return show_closing(view, claim=get_claim_for_closing(service_id, programme_id, period_id))


def _check_parameters(request: HttpRequest, *, known: frozenset[str] | set[str] = frozenset()) -> None:
    """Check that the address carries no parameter but the known ones, each once.

    :raises ParameterUnknown: when it does.
    """
    if any(name not in known or len(values) > 1 for name, values in request.GET.lists()):
        raise ParameterUnknown


@api.exception_handler(BodyRefused)
def _answer_body_refused(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer_problem(cast(BodyRefused, error).problem)


@api.exception_handler(UnableToVerify)
def _answer_unverified(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer_problem(problem_for(cast(UnableToVerify, error)))


@api.exception_handler(Refusal)
def _answer_refusal(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer_problem(problem_of(cast(Refusal, error)))


@api.exception_handler(ValidationError)
def _answer_invalid_parameter(request: HttpRequest, error: Exception) -> HttpResponse:
    return answer_problem(problem("invalid_parameter"))
