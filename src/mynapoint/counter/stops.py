"""The counter's pages that say that something cannot be shown, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mynapoint.office import stops


@dataclass(frozen=True)
class Stop:
    """What such a page says."""

    title: str
    detail: str


_STOPS: Final[Mapping[str, Stop]] = {
    "not_found": Stop(
        "このページはありません", "住所が正しいか確かめるか、窓口のはじめのページから選び直してください。"
    ),
    "forbidden": Stop(
        "このページを使う権限がありません",
        "この窓口での役割が登録されていないか、終わっています。市の管理者に確かめてください。",
    ),
    "forged": Stop(
        "この送信は受け付けられません",
        "何も変わっていません。ログインが終わったか、ページが古くなったか、ほかのサイトから送られています。"
        "自分の仕事のページから開き直してください。",
    ),
    "paper_missing": Stop(
        "PDF を作れません",
        "日本語の文字がありません(Debian: fonts-noto-cjk)。CSV は使えます。システムの担当者に知らせてください。",
    ),
    "no_terminal": Stop(
        "この端末は登録されていません",
        "窓口の手続と今日の受付の延長は、登録された端末でだけ使えます。窓口の端末でサインインしてください。"
        "この端末を窓口で使うときは、市の管理者から登録コードを受け取り、「この端末を登録する」から入れてください。",
    ),
}


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form did not come from the page that it should have; every other room's stop is the office's."""
    match = request.resolver_match
    if match is None or "counter" not in match.namespaces:
        return stops.forged(request, reason)
    return stop(request, "forged", status=403)


def stop(request: HttpRequest, name: str, *, status: int) -> HttpResponse:
    """Say why it goes no further."""
    return render(request, "counter/stop.html", {"stop": _STOPS[name]}, status=status)
