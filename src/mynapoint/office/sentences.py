"""Every refusal that an office user can meet, as a Japanese sentence: what happened, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mynapoint.kernel.refusal import Refusal


@dataclass(frozen=True)
class Sentence:
    """A refusal as it is shown, with its HTTP status."""

    status: int
    title: str
    detail: str


_SENTENCES: Final[Mapping[str, Sentence]] = {
    "closing_unknown": Sentence(404, "この締めはありません", "締めの一覧から選び直してください。"),
    "closing_not_rejected": Sentence(
        409, "再開できません", "再開できるのは、不合格になった締めだけです。いまの状況を確かめてください。"
    ),
    "closing_already_reopened": Sentence(
        409, "すでに再開されています", "決済サービスが送り直すのを待っています。ほかの人が再開したかもしれません。"
    ),
    "later_period_accepted": Sentence(
        409,
        "再開の必要はありません",
        "あとの期間({period})の締めが合格しています。ポイントは累計なので、この期間の分もそこに含まれています。",
    ),
    "reason_unknown": Sentence(422, "理由を選んでください", "再開の理由を一覧から一つ選んでください。"),
    "claim_unknown": Sentence(404, "この請求はありません", "請求の一覧から選び直してください。"),
    "nothing_due": Sentence(409, "支払うものがありません", "この請求は0円です。承認は要りません。"),
    "second_person_needed": Sentence(
        409, "あなたは承認済みです", "二人目の承認は、別の人がします。もう一人の担当者に頼んでください。"
    ),
    "claim_already_approved": Sentence(
        409, "すでに二人が承認しています", "次は「振込」のページで振込データを作ってください。"
    ),
    "nothing_payable": Sentence(
        409, "振り込む請求がありません", "二人の承認が済み、まだ振込データに入っていない請求があるときに作れます。"
    ),
    "kana_not_allowed": Sentence(
        422,
        "振込データに使えない文字があります",
        "{field} の「{character}」は銀行に送れません。カナ、英大文字、数字と ( ) . - / だけで登録し直してください。",
    ),
    "kana_too_long": Sentence(
        422,
        "振込データの名前が長すぎます",
        "{field} は {length} 文字あります(濁点も1文字)。{limit} 文字までに縮めて、登録し直してください。",
    ),
    "transfer_too_large": Sentence(
        422,
        "一つの振込データに入りません",
        "件数か合計が上限({limit})を超えています。システムの担当者に知らせてください。",
    ),
    "transfer_unknown": Sentence(404, "この振込データはありません", "振込の一覧から選び直してください。"),
    "programme_unknown": Sentence(404, "この事業はありません", "事業の一覧から選び直してください。"),
}


def explain(refusal: Refusal) -> Sentence:
    """Return a refusal's sentence with its values put in."""
    sentence = _SENTENCES[refusal.code]
    return Sentence(sentence.status, sentence.title, sentence.detail.format(**refusal.data()))


def knows(refusal: Refusal) -> bool:
    """Say whether there is a sentence for a refusal."""
    return refusal.code in _SENTENCES
