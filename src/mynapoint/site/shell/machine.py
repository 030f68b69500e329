"""What programs are answered: every refusal and every failure as a problem document (RFC 9457), never as a page."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, cast

import structlog
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse

from mynapoint.kernel.connection import Unreached, is_database_away
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body

RETRY_SECONDS: Final = 30
"""How long to wait when the database is away; a restart takes a few seconds."""
UNAVAILABLE: Final = 503

log = structlog.get_logger(__name__)
View = Callable[..., HttpResponse]

_PROBLEMS: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("request_malformed", "要求を読めません", "形が正しくありません。手続をはじめからやり直してください。"),
    404: ("not_found", "ここには何もありません", "リンクが正しいか確かめてください。"),
    405: ("method_not_allowed", "この方法では使えません", "決められたメソッドで送ってください。"),
    413: ("body_too_large", "送られた内容が大きすぎます", "署名と証明書だけを送ってください。何も登録されていません。"),
    500: (
        "internal_error",
        "このサイトの不具合です",
        "署名の後なら、登録されたかもしれません。「いまの状況を見る」で確かめてください。",
    ),
    UNAVAILABLE: (
        "unavailable",
        "いまは受け付けられません",
        "サイトのデータベースが止まっています。30秒ほど待って、もう一度お試しください。",
    ),
}


def for_programs(view: View) -> View:
    """Return the view with whatever it fails with as a problem document; what it answers itself stays."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django's own way from an exception to an answer, with its log entry; only the page it renders is replaced.
        convert = convert_exception_to_response(lambda asked: _ask(view, asked, *args, **kwargs))
        return _as_problem(cast(HttpResponse, convert(request)))

    return answered


def _ask(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except Unreached as error:
        if not is_database_away(error):
            raise
        log.error("database_away")
        return HttpResponse(status=UNAVAILABLE, headers={"Retry-After": str(RETRY_SECONDS)})


def _as_problem(answer: HttpResponse) -> HttpResponse:
    if answer.status_code < 400 or answer.headers["Content-Type"] == CONTENT_TYPE:
        return answer
    status = answer.status_code if answer.status_code in _PROBLEMS else 500 if answer.status_code > 500 else 400
    code, title, detail = _PROBLEMS[status]
    body = problem_body(Problem(code=code, title=title, status=answer.status_code, detail=detail))
    kept = {name: answer.headers[name] for name in ("Allow", "Retry-After", "Connection") if name in answer.headers}
    return HttpResponse(body, status=answer.status_code, content_type=CONTENT_TYPE, headers=kept)
