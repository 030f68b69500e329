"""How the office's pages write numbers and states."""

from collections.abc import Mapping
from typing import Final

from django import template

register = template.Library()

_STATES: Final[Mapping[str, str]] = {
    "sealed": "封緘済み(抽出待ち)",
    "drawn": "抽出済み(開示待ち)",
    "accepted": "合格",
    "rejected": "不合格",
    "nothing_due": "支払なし",
    "awaiting_approval": "承認待ち",
    "payable": "振込待ち",
    "in_transfer_file": "振込データ作成済み",
}
_REASONS: Final[Mapping[str, str]] = {
    "index_outside_roll": "名簿にない行が開示された",
    "token_not_in_place": "行の位置が名簿と違う",
    "points_over_cap": "ポイントが上限を超えている",
    "path_length_wrong": "検証の経路の長さが違う",
    "sum_overflow": "合計が大きすぎる",
    "root_mismatch": "封緘した値と合わない",
    "total_mismatch": "封緘した合計と合わない",
    "row_not_opened": "抽出した行が開示されていない",
    "row_not_drawn": "抽出していない行が開示された",
}
_REVIEWS: Final[Mapping[str, str]] = {
    "awaiting_proposal": "提案待ち",
    "awaiting_second_person": "二人目の確認待ち",
    "identified": "つながりが届き、自動で終わった",
    "superseded": "つながりが届き、別の確認に移った",
    "released": "新しい本人とした",
    "rejected": "認めなかった",
    "attached": "前に手続した本人のものとした",
    "settled": "どの本人のものかを決めた",
    "predecessor_unknown": "前の証明書が分からない",
    "two_holders": "前の証明書が二人の本人に分かれている",
    "replaced": "取り替えたはずの証明書がまた使われた",
    "attach": "前に手続した本人のものとする提案",
    "release": "新しい本人とする提案",
    "reject": "認めない提案",
    "confirmed": "同意して決めた",
    "declined": "同意しなかった",
    "reservation": "予約",
    "application": "申込",
    "inquiry": "照会",
    "objection": "申し出",
}
_CORRECTIONS: Final[Mapping[str, str]] = {
    "reported": "報告あり(付与を止める前)",
    "frozen": "付与を止めた",
    "evidence": "確認中",
    "decided": "二人で決めた",
    "relinked": "結び付け直した",
    "rejected": "そのままとした",
    "objection": "本人がカードで申し出た",
    "counter": "窓口で受け付けた",
    "office": "事務局で受け付けた",
    "not_my_application": "申込をした覚えがない",
    "not_my_account": "アカウントが自分のものではない",
    "link_is_wrong": "結び付けの状態が実際と違う",
    "card_seen": "本人がカードを示した",
    "receipt_seen": "受領書を見た",
    "account_seen": "決済サービスの画面を本人と見た",
    "service_answer": "決済サービスの回答を受けた",
    "counter_record": "窓口の件の記録を見た",
    "person_heard": "本人から聞いた",
    "undo": "申込を取り消し、選び直してもらう",
    "keep": "そのままとする",
    "proposed": "提案した",
    "declined": "同意しなかった",
    "told": "決済サービスが確認した",
    "reminded": "期限が過ぎたことを知らせた",
    "held": "付与の停止",
    "resumed": "付与の再開",
    "stopped": "終了と付与分の取消",
}
REOPEN_REASONS: Final[Mapping[str, str]] = {
    "service_corrects": "決済サービスが誤りを直して送り直す",
    "transmission_fault": "送信の途中で内容が壊れた",
    "platform_fault": "国のシステムに原因があった",
}


@register.filter
def grouped(number: int) -> str:
    """Write a number with its thousands apart."""
    return f"{number:,}"


@register.filter
def in_words(code: str) -> str:
    """Write a state or a reason in Japanese; an unknown one as it is, so that nothing is hidden."""
    return _STATES.get(code) or _REASONS.get(code) or code


@register.filter
def in_review_words(code: str) -> str:
    """Write a reason, a step or an outcome of a review in Japanese; an unknown one as it is."""
    return _REVIEWS.get(code, code)


@register.filter
def in_correction_words(code: str) -> str:
    """Write a state, a step or a reason of a correction in Japanese; an unknown one as it is."""
    return _CORRECTIONS.get(code, code)
