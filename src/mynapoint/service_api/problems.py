"""What a service is told when something is not done: every refusal's status and sentences (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mynapoint.kernel.refusal import Refusal
from paymentservice.problems import Problem


@dataclass(frozen=True)
class Sentences:
    """A refusal's HTTP status, its title, and what happened and what to do next."""

    status: int
    title: str
    detail: str


REFUSALS: Final[Mapping[str, Sentences]] = {
    "programme_unknown": Sentences(
        404, "施策がありません", "この名前の施策はありません。施策の名前を確かめてください。"
    ),
    "period_unknown": Sentences(
        404, "締め期間がありません", "この施策にこの名前の締め期間はありません。期間の名前を確かめてください。"
    ),
    "programme_not_joined": Sentences(
        403, "参加していない施策です", "この施策にはまだ登録されていません。事務局に登録を確かめてください。"
    ),
    "period_not_ended": Sentences(
        409, "締め期間が終わっていません", "名簿は期間が終わると決まります。ends_at を過ぎてから取りに来てください。"
    ),
    "roll_mismatch": Sentences(
        422, "名簿が合いません", "封をした名簿がこの期間の名簿と違います。名簿を取り直して、封をし直してください。"
    ),
    "total_impossible": Sentences(
        422,
        "合計があり得ない値です",
        "合計が、名簿の件数と一人の上限から決まる limit を超えています。計算を確かめてください。",
    ),
    "root_impossible": Sentences(
        422, "根があり得ない値です", "この名簿の根ではあり得ない値です。空の名簿では決められた根だけが通ります。"
    ),
    "closing_already_sealed": Sentences(
        409, "既に封がされています", "この期間には別の内容で封がされています。訂正は事務局に連絡してください。"
    ),
    "later_period_accepted": Sentences(
        409, "後の期間が受理済みです", "後の期間の累計がこの期間を含んでいます。この期間に封をする必要はありません。"
    ),
    "closing_unknown": Sentences(
        404, "締めがまだありません", "この期間にはまだ封がされていません。先に PUT で封をしてください。"
    ),
    "closing_not_drawn": Sentences(
        409, "抽出がまだです", "開示する行はまだ決まっていません。状態が drawn になってから送ってください。"
    ),
    "address_unknown": Sentences(404, "宛先がありません", "この宛先はありません。道筋の綴りを確かめてください。"),
    "method_not_allowed": Sentences(
        405, "この方法では使えません", "この宛先では別のメソッドを使います。Allow ヘッダーを見てください。"
    ),
    "unsupported_content": Sentences(
        415, "本文の種類が違います", "本文は Content-Type: application/json で送ってください。"
    ),
    "unknown_parameter": Sentences(
        422, "知らない引数があります", "決められた引数だけを付けてください。知らない引数のある要求は断ります。"
    ),
    "invalid_parameter": Sentences(422, "引数の形が正しくありません", "引数の形を説明と比べて直してください。"),
    "request_malformed": Sentences(
        400, "要求を読めません", "要求の形が HTTP として正しくありません。直して送り直してください。"
    ),
    "unavailable": Sentences(
        503,
        "いまは答えられません",
        "データベースが止まっています。何も変わっていません。Retry-After の秒数を待って、署名し直して送ってください。",
    ),
    "internal_error": Sentences(
        500,
        "こちらの不具合です",
        "こちらの不具合で答えられません。同じ要求を署名し直して、時間をおいて送ってください。",
    ),
}


def problem(code: str) -> Problem:
    """Return the problem of a code of this page, without data."""
    sentences = REFUSALS[code]
    return Problem(code=code, title=sentences.title, status=sentences.status, detail=sentences.detail)


def problem_of(refusal: Refusal) -> Problem:
    """Return the problem to answer a refusal of a room with."""
    sentences = REFUSALS[refusal.code]
    return Problem(
        code=refusal.code,
        title=sentences.title,
        status=sentences.status,
        detail=sentences.detail,
        data=refusal.data(),
    )


RETRY_SECONDS: Final = 30
"""How long to wait when the database is away; a restart takes a few seconds."""
UNSUPPORTED_CONTENT: Final = problem("unsupported_content")
_BY_STATUS: Final = {400: "request_malformed", 404: "address_unknown", 405: "method_not_allowed"}


def problem_of_status(status: int) -> Problem:
    """Return the problem that stands for an answer of the framework's own."""
    return problem(_BY_STATUS.get(status, "internal_error" if status >= 500 else "request_malformed"))
