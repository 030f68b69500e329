"""How the site answers: refusals as problem documents, done acts in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.http import HttpResponse

from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.site.shell.refusals import explain
from paymentservice.problems import CONTENT_TYPE, Problem, problem_body

KIND_NAMES: Final[Mapping[str, str]] = {
    "reservation": "予約",
    "application": "申込",
    "inquiry": "照会",
    "objection": "申し出",
}

DONE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "reservation": (
        "予約ができました。",
        "マイキーIDは手続のページで見られます。",
        "次は決済サービスを一つ選んで申し込みます。",
    ),
    "application": (
        "申込を受け付けました。",
        "決済サービスがアカウントを結び付けると、ポイントの対象になります。",
        "状況は「いまの状況を見る」からカードで見られます。",
    ),
    "inquiry": ("確認ができました。", "内容は手続のページで見られます。"),
    "objection": (
        "申し出を受け付けました。",
        "事務局が確かめます。",
        "結果は「いまの状況を見る」からカードで見られます。",
    ),
}


def problem(refusal: Refusal, *, at: datetime) -> HttpResponse:
    """Return a refusal as a problem document (RFC 9457) with its sentence."""
    sentence = explain(refusal.code, refusal.data(), names=list_service_names(at=at))
    body = Problem(
        code=refusal.code,
        title=sentence.title,
        status=sentence.status,
        detail=sentence.detail,
        data=refusal.data(),
    )
    return HttpResponse(problem_body(body), status=sentence.status, content_type=CONTENT_TYPE)
