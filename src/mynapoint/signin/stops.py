"""Why somebody does not come in, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True)
class Stop:
    """What such a page says."""

    title: str
    detail: str


_STOPS: Final[Mapping[str, Stop]] = {
    "no_post": Stop(
        "いまの役割がありません",
        "この利用者には、いま使える役割が登録されていません。市の管理者か、事務局の管理者に確かめてください。",
    ),
    "no_second_factor": Stop(
        "二つ目の確認が登録されていません",
        "ログインには、パスワードのほかにパスキーか認証アプリが要ります。管理者から新しい招待のリンクを受け取ってください。",
    ),
    "invitation_unusable": Stop(
        "この招待は使えません",
        "期限が切れたか、もう使われたか、新しい招待に替わっています。管理者から新しい招待のリンクを受け取ってください。",
    ),
    "last_factor": Stop(
        "最後の一つは消せません",
        "ログインには二つ目の確認が要ります。先に、別のパスキーか認証アプリを登録してください。",
    ),
    "forbidden": Stop(
        "このページを使う権限がありません",
        "いまの役割では使えません。役割は、市の管理者か事務局の管理者に確かめてください。ほかの利用者名をお持ちなら、終了して入り直してください。",
    ),
}

_FOR_MEMBERS: Final = frozenset({"forbidden", "last_factor"})
"""What is said to somebody who has work elsewhere, to which the page leads."""


def stop(request: HttpRequest, name: str, *, status: int) -> HttpResponse:
    """Say why it goes no further."""
    context = {"stop": _STOPS[name], "is_in": name in _FOR_MEMBERS}
    return render(request, "signin/stop.html", context, status=status)
