"""How the site answers a program: refusals as problem documents, in the language that it asks for."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse

from cardagent.languages import TAGS
from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.site.shell.languages import read_wanted
from mynapoint.site.shell.refusals import explain
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body


def problem(request: HttpRequest, refusal: Refusal, *, at: datetime) -> HttpResponse:
    """Return a refusal as a problem document (RFC 9457) with its sentence."""
    language = read_wanted(request)
    sentence = explain(refusal.code, refusal.data(), names=list_service_names(at=at), language=language)
    body = Problem(
        code=refusal.code,
        title=sentence.title,
        status=sentence.status,
        detail=sentence.detail,
        data=refusal.data(),
    )
    answer = HttpResponse(problem_body(body), status=sentence.status, content_type=CONTENT_TYPE)
    answer["Content-Language"] = TAGS[language]
    return answer
