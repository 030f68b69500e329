"""What the card program asks of the site: the statement, and the place to hand in its signature."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cardagent.languages import TAGS
from mynapoint.act.operations import submit
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Link, Submission, SubmissionMalformed, TryLater, find_turn, read_statement
from mynapoint.case.queries import check_waits
from mynapoint.kernel.refusal import Refusal
from mynapoint.service_api import silences
from mynapoint.site.journey.acts import PERFORMERS
from mynapoint.site.journey.answers import problem
from mynapoint.site.journey.authorities import get_authorities
from mynapoint.site.shell.languages import read_wanted
from mynapoint.site.shell.limits import small_body
from mynapoint.site.shell.words import get_words
from paymentservice.encoding import NotBase64Url, from_base64url


class SignatureBody(BaseModel):
    """What the card program hands in: both values base64url without padding."""

    model_config = ConfigDict(extra="forbid", strict=True)

    signature: str = Field(max_length=1024)
    certificate: str = Field(max_length=8192)


@require_safe
def statement(request: HttpRequest, token: str) -> HttpResponse:
    """Answer the bytes that the card is asked to sign, at a counter for as long as the case waits for them."""
    at = settings.CLOCK()
    try:
        link = Link.parse(token)
        wanted = get_statement(link, at=at)
        turn = find_turn(read_statement(wanted))
        if turn is not None:
            check_waits(turn, link.id, at=at)
        return HttpResponse(wanted, content_type="application/octet-stream")
    except Refusal as refusal:
        return problem(request, refusal, at=at)


# No cookie takes part in an act, so there is nothing that another site could abuse.
@csrf_exempt
@require_POST
@small_body
def signature(request: HttpRequest, token: str) -> HttpResponse:
    """Take the card's signature and answer how the act ended."""
    at = settings.CLOCK()
    try:
        done = submit(
            Link.parse(token),
            read_submission(request.body),
            audience=settings.SITE_ORIGIN,
            authorities=get_authorities(),
            performers=PERFORMERS,
            at=at,
        )
    except TryLater as put_off:
        silences.note(silences.REGISTRY, at=at)
        return problem(request, put_off, at=at)
    except Refusal as refusal:
        return problem(request, refusal, at=at)
    language = read_wanted(request)
    return JsonResponse(
        {
            "receipt": str(done.entry_id),
            "kind": done.kind,
            "done_at": at.isoformat(),
            "words": get_words(language).say(f"machine.done.{done.kind}").splitlines(),
        },
        headers={"Content-Language": TAGS[language]},
    )


def read_submission(octets: bytes) -> Submission:
    """Read the body, of which nothing is kept when it cannot be read.

    :raises SubmissionMalformed: when it is not what it must be.
    """
    try:
        body = SignatureBody.model_validate_json(octets)
        return Submission(signature=from_base64url(body.signature), certificate=from_base64url(body.certificate))
    except (ValidationError, NotBase64Url):
        raise SubmissionMalformed from None
