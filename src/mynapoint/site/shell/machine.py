"""What programs are answered: every refusal and every failure as a problem document (RFC 9457), never as a page."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, cast

import structlog
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse

from mynapoint.kernel.connection import Unreached, is_database_away
from mynapoint.site.shell.languages import read_wanted
from mynapoint.site.shell.words import get_words
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body

RETRY_SECONDS: Final = 30
"""How long to wait when the database is away; a restart takes a few seconds."""
UNAVAILABLE: Final = 503

log = structlog.get_logger(__name__)
View = Callable[..., HttpResponse]

_CODES: Final[Mapping[int, str]] = {
    400: "request_malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    500: "internal_error",
    UNAVAILABLE: "unavailable",
}


def for_programs(view: View) -> View:
    """Return the view with whatever it fails with as a problem document; what it answers itself stays."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django's own way from an exception to an answer, with its log entry; only the page it renders is replaced.
        convert = convert_exception_to_response(lambda asked: _ask(view, asked, *args, **kwargs))
        return _as_problem(request, cast(HttpResponse, convert(request)))

    return answered


def _ask(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except Unreached as error:
        if not is_database_away(error):
            raise
        log.error("database_away")
        return HttpResponse(status=UNAVAILABLE, headers={"Retry-After": str(RETRY_SECONDS)})


def _as_problem(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    if answer.status_code < 400 or answer.headers["Content-Type"] == CONTENT_TYPE:
        return answer
    code = _CODES.get(answer.status_code) or _CODES[500 if answer.status_code > 500 else 400]
    words = get_words(read_wanted(request))
    title, detail = (words.say(f"machine.{code}.{part}") for part in ("title", "detail"))
    body = problem_body(Problem(code=code, title=title, status=answer.status_code, detail=detail))
    kept = {name: answer.headers[name] for name in ("Allow", "Retry-After", "Connection") if name in answer.headers}
    return HttpResponse(body, status=answer.status_code, content_type=CONTENT_TYPE, headers=kept)
