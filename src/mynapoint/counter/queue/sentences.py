"""What a clerk is told when something is not done in the line, with a ticket, or with a locked card."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from mynapoint.kernel.refusal import Refusal
from mynapoint.pinreset.rules import Document
from mynapoint.queue.rules import State
from mynapoint.site.shell.refusals import Sentence, explain

DOCUMENTS: Final[Mapping[Document, str]] = {
    "driving_licence": "運転免許証",
    "passport": "旅券(パスポート)",
    "residence_card": "在留カード・特別永住者証明書",
    "disability_certificate": "障害者手帳",
    "two_without_photo": "写真のない書類2点",
}
STATES: Final[Mapping[State, str]] = {
    "waits": "待っています",
    "called": "呼び出し中",
    "served": "済み",
    "gone": "不在で終わり",
    "left": "取りやめ",
}
BOOKING_STATES: Final[Mapping[str, str]] = {
    "open": "まだ",
    "arrived": "来ました",
    "over": "来ませんでした",
    "cancelled": "取消",
}
_SENTENCES: Final[Mapping[str, tuple[int, str, str]]] = {
    "nobody_waits": (409, "待っている方はいません", "番号札を取った方が来たら、また呼び出してください。"),
    "line_moved": (409, "古い画面から送られました", "だれも呼び出していません。いまの画面を確かめてください。"),
    "not_called_here": (409, "この端末で呼び出した番号ではありません", "いまの画面を確かめてください。"),
    "number_unknown": (404, "この番号は今日の番号札にありません", "番号を確かめてください。"),
    "not_waiting": (409, "この番号は待っていません", "ほかの端末で呼び出し中か、手続が済んでいます。"),
    "served_already": (409, "この番号には猶予票を出せません", "手続が済んだか、待つのをやめた番号です。"),
    "reset_unknown": (404, "この再設定は見つかりません", "一覧から選び直してください。"),
    "reset_over": (409, "この再設定は終わっています", "時間が過ぎたか、済みました。はじめからやり直してください。"),
    "same_member": (
        409,
        "もう一人の職員が確認してください",
        "同じ職員が二回確認することはできません。ほかの職員が自分の名前で入り、確認します。",
    ),
    "checked_twice": (409, "二人の確認が済んでいます", "指示番号を使って、端末で再設定してください。"),
    "not_checked": (409, "二人の確認がまだです", "二人の職員が本人を確認すると、指示番号が出ます。"),
}


def tell(refusal: Refusal, *, at: datetime) -> Sentence:
    """This will say to a clerk why something was not done, and what to do next."""
    if refusal.code in _SENTENCES:
        return Sentence(*_SENTENCES[refusal.code])
    return explain(refusal.code, refusal.data(), names={})
