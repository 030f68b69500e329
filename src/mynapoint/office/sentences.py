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
    "reason_unknown": Sentence(422, "理由を選んでください", "理由を一覧から一つ選んでください。"),
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
    "pace_unusable": Sentence(
        422, "人数を読み取れません", "1分に始められる人数を、1から1,000,000までの数字で入れてください。"
    ),
    "admission_changed_meanwhile": Sentence(
        409, "同時にほかの変更がありました", "いまの状態を確かめて、必要ならもう一度変えてください。"
    ),
    "hold_unknown": Sentence(404, "この確認はありません", "確認待ちの一覧から選び直してください。"),
    "hold_closed": Sentence(
        409, "この確認は終わっています", "つながりが届いたか、ほかの人が決めました。いまの状態を確かめてください。"
    ),
    "hold_not_rejected": Sentence(
        409,
        "やり直せません",
        "もう一度確認できるのは、認めなかったものだけです。すでにやり直しが始まっているかもしれません。",
    ),
    "decision_unknown": Sentence(422, "決め方を選んでください", "決め方を一覧から一つ選んでください。"),
    "decision_proposed": Sentence(
        409, "すでに提案があります", "ほかの人の提案が、二人目の確認を待っています。内容を確かめてください。"
    ),
    "nothing_proposed": Sentence(
        409, "その提案はありません", "提案が変わったか、すでに答えがあります。いまの状態を確かめてください。"
    ),
    "own_proposal": Sentence(
        409, "あなたの提案です", "二人目の確認は、別の人がします。もう一人の担当者に頼んでください。"
    ),
    "release_impossible": Sentence(
        422,
        "新しい本人にはできません",
        "前の証明書が分かっています。どの本人のものかを、受領書で確かめて決めてください。",
    ),
    "named_act_unknown": Sentence(
        422,
        "この番号の手続はありません",
        "受領書の番号を、ハイフンも含めてそのまま入れてください。確認番号ではなく、済んだ手続の受領書の番号です。",
    ),
    "named_act_too_late": Sentence(
        422,
        "この手続は、確認が始まった後のものです",
        "前の証明書で済ませた手続の受領書が要ります。後の手続では、前のことは分かりません。",
    ),
    "named_holder_moved_on": Sentence(
        422,
        "受領書の本人は、その後に別の新しい証明書を使っています",
        "同じ人が、新しいカードを二枚は持てません。受領書がほかの人のものでないか確かめてください。",
    ),
    "named_holder_not_touched": Sentence(
        422,
        "受領書の本人は、この証明書とつながっていません",
        "分かっている前の証明書で済ませた手続の受領書が要ります。",
    ),
    "correction_unknown": Sentence(404, "この訂正はありません", "訂正の一覧から選び直してください。"),
    "nothing_linked": Sentence(
        422,
        "結び付けがありません",
        "この人には、いま有効な決済サービスとの結び付けがありません。訂正するものがありません。",
    ),
    "already_reported": Sentence(
        409, "すでに確認しています", "同じ結び付けの訂正が始まっています。番号は {correction} です。"
    ),
    "step_not_due": Sentence(
        409, "いまはできません", "訂正が先に進んだか、ほかの人が同時に操作しました。いまの状態を確かめてください。"
    ),
    "evidence_unknown": Sentence(422, "確かめたものを選んでください", "確かめたものを一覧から一つ選んでください。"),
    "programme_unknown": Sentence(404, "この事業はありません", "事業の一覧から選び直してください。"),
}


def explain(refusal: Refusal) -> Sentence:
    """Return a refusal's sentence with its values put in."""
    sentence = _SENTENCES[refusal.code]
    return Sentence(sentence.status, sentence.title, sentence.detail.format(**refusal.data()))


def knows(refusal: Refusal) -> bool:
    """Say whether there is a sentence for a refusal."""
    return refusal.code in _SENTENCES
