"""The office's pages that say that something cannot be shown."""

from django.http import HttpRequest, HttpResponse

from mynapoint.office.pages import show
from mynapoint.office.sentences import Sentence


def not_found(request: HttpRequest) -> HttpResponse:
    """Say that the office has no such page, and lead back to its first."""
    return show(
        request,
        "stop",
        {
            "stop": Sentence(
                404, "このページはありません", "住所が正しいか確かめるか、事業の一覧から選び直してください。"
            )
        },
        status=404,
    )


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form did not come from the page that it should have: only the office's forms ask for a cookie."""
    return show(
        request,
        "stop",
        {
            "stop": Sentence(
                403,
                "この送信は受け付けられません",
                "何も変わっていません。ページが古くなったか、Cookie が使えないか、ほかのサイトから送られています。"
                "ページを開き直して、もう一度入れてください。",
            )
        },
        status=403,
    )
