"""What a clerk is told when something is not done; the citizen's own screen has the site's sentences."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from mynapoint.case.rules import CaseOver, EndReason, Lack
from mynapoint.directory.queries import list_service_names
from mynapoint.kernel.refusal import Refusal
from mynapoint.site.shell.refusals import STATUSES, Sentence, explain

ENDS: Final[Mapping[EndReason, str]] = {
    "finished": "終わりにしました",
    "next_person": "次の方をはじめました",
    "paused": "中断しました",
    "card_removed": "カードが取り出されました",
    "second_card": "ほかのカードが置かれました",
    "another_case": "この端末で次の件をはじめました",
    "idle": "90秒のあいだ操作がありませんでした",
    "contact_lost": "カードのプログラムから連絡がなくなりました",
    "counter_closed": "窓口の受付時間が終わりました",
}
LACKS: Final[Mapping[Lack, str]] = {
    "no_card": "マイナンバーカードがない",
    "pin_unknown": "暗証番号がわからない",
    "pin_locked": "暗証番号がロックされている",
    "no_payment": "決済手段（カードやスマートフォン）がない",
    "not_decided": "決済サービスを決めていない",
    "not_prepared": "決済サービスの登録や準備が済んでいない",
    "not_here": "窓口では申し込めない決済サービス",
    "renewed": "電子証明書を更新したばかり",
    "no_proof": "法定代理人であることがわかる書類がない",
}
TO_SAY: Final[Mapping[Lack, str]] = {
    "no_card": "本人のマイナンバーカードを持ってお越しください。",
    "pin_unknown": "暗証番号（数字4けた）は、市区町村の窓口で本人が再設定できます。カードをお持ちください。",
    "pin_locked": "ロックされた暗証番号は、市区町村の窓口で本人が再設定できます。カードをお持ちください。",
    "no_payment": "使いたい決済手段（カードやスマートフォン）と、そのIDとコードを持ってお越しください。",
    "not_decided": "決済サービスは一つだけで、あとから変えられません。一覧を見て、決めてからお越しください。",
    "not_prepared": "先に決済サービスへの登録を済ませ、IDとコードがわかるようにしてからお越しください。",
    "not_here": "この決済サービスには、一覧にある方法で申し込めます。ほかの決済サービスなら、窓口で申し込めます。",
    "renewed": "電子証明書を更新してから24時間は手続できません。そのあとで、もう一度お越しください。",
    "no_proof": "法定代理人であることがわかる書類（戸籍、住民票、母子健康手帳など）を持ってお越しください。",
}
"""What somebody who has to come again is told."""
PIN_LACKS: Final[frozenset[Lack | None]] = frozenset({"pin_unknown", "pin_locked"})
"""What two members of staff can help with, where PINs are reset."""
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "case_unknown": ("この件は見つかりません", "窓口のはじめのページに戻ってください。"),
    "case_elsewhere": ("ほかの端末の件です", "この端末でははじめられません。"),
    "no_card_in_case": (
        "カードがまだ置かれていません",
        "マイナンバーカードを読み取り機に置いてもらってから、進んでください。",
    ),
    "form_outdated": ("古い画面から送られました", "何も登録されていません。いまの画面を確かめてください。"),
    "counter_closed": (
        "窓口は受付時間の外です",
        "件ははじめられません。延長が必要なときは、責任者が理由を選んで延長します。",
    ),
    "slip_unknown": ("この中断票は使えません", "期限が過ぎたか、読み取れませんでした。新しい件ではじめてください。"),
    "slip_not_printable": (
        "この中断票は印刷できません",
        "紙がお手もとにあれば、期限まではその紙で続けられます。なければ、新しい件ではじめてください。",
    ),
    "slip_used": (
        "この中断票は、もう使われました",
        "印刷し直せません。お持ちの中断票で続けるか、新しい件ではじめてください。",
    ),
}


def tell(refusal: Refusal, *, at: datetime) -> Sentence:
    """This will say to a clerk why something was not done, and what to do next."""
    if isinstance(refusal, CaseOver):
        return Sentence(STATUSES[refusal.code], "この件は終わっています", f"{ENDS[refusal.reason]}。")
    if refusal.code in _SENTENCES:
        return Sentence(STATUSES[refusal.code], *_SENTENCES[refusal.code])
    return explain(refusal.code, refusal.data(), names=list_service_names(at=at))
