"""Answering a service: every answer is signed and bound to its request, and every refusal is a problem document."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from mynapoint.kernel.connection import Unreached, is_database_away
from mynapoint.service_api.identity import platform_key
from mynapoint.service_api.problems import RETRY_SECONDS, problem, problem_of_status
from mynapoint.service_api.receiving import message_of
from paymentservice.messages import Response, sign_response
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body

log = structlog.get_logger(__name__)

View = Callable[..., HttpResponse]


def answer_problem(problem: Problem) -> HttpResponse:
    """Return a problem as an answer."""
    return HttpResponse(problem_body(problem), status=problem.status, content_type=CONTENT_TYPE)


def signed(view: View) -> View:
    """Return the view with every answer signed: what it returns, refuses, or fails with."""

    @csrf_exempt
    @wraps(view)
    def sign_answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django's own way from an exception to an answer, with its log entry; only the page it renders is replaced.
        answered = convert_exception_to_response(lambda asked: _ask(view, asked, *args, **kwargs))
        return _sign(_as_problem(cast(HttpResponse, answered(request))), request)

    return sign_answer


def _ask(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Ask the view; answer for it that this is no time, when the database is away."""
    try:
        return view(request, *args, **kwargs)
    except Unreached as error:
        if not is_database_away(error):
            raise
        log.error("database_away")
        answer = answer_problem(problem("unavailable"))
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer


def _as_problem(answer: HttpResponse) -> HttpResponse:
    if answer.status_code < 400 or answer.headers["Content-Type"] == CONTENT_TYPE:
        return answer
    replaced = answer_problem(problem_of_status(answer.status_code))
    if "Allow" in answer.headers:
        replaced.headers["Allow"] = answer.headers["Allow"]
    return replaced


def _sign(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    message = Response(status=answer.status_code, headers=dict(answer.headers), body=answer.content)
    message = sign_response(message, request=message_of(request), key=platform_key(), at=settings.CLOCK())
    for name, value in message.headers.items():
        answer.headers[name] = value
    return answer
