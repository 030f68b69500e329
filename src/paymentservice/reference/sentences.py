"""What the commands say when the service refuses."""

import re
from collections.abc import Mapping
from typing import Final

from paymentservice.closing_book import LinksUnknown, PointsOutOfRange, RollDigestMismatch, RowUnknown
from paymentservice.exchange import AnswerUntrusted, PeerUnreachable, ProblemAnswered
from paymentservice.reference import accounts, closings, ledger, statements
from paymentservice.reference.desk import ProgrammeNotChosen

_SENTENCES: Final[Mapping[type[Exception], str]] = {
    accounts.AccountUnknown: "その ID のアカウントはありません。",
    accounts.InstrumentClosed: "そのアカウントは解約済みか、再発行で置き換えられています。",
    ledger.NotOffered: "このサービスではチャージは行いません。",
    ledger.AmountUnusable: "金額は 1 から 1,000,000 までで指定してください。",
    ledger.ShopUnknown: "そのお店は設定にありません。",
    ledger.MoneyShort: "残高が足りません。",
    ledger.PointsShort: "ポイントが足りません。",
    ledger.EntryUnknown: "取り消せる取引がありません。",
    statements.MonthMalformed: "月は 2020-09 の形で指定してください。",
    statements.MonthNotOver: "その月はまだ終わっていません。",
    statements.LaterMonthDone: "後の月の明細が確定済みです。",
    closings.PeriodUnknown: "その締めの期間は設定にありません。",
    closings.PeriodNotEnded: "その期間はまだ終わっていません。",
    closings.StatementOutstanding: "期間の最後の月の明細が確定していません。先に statement run を実行してください。",
    closings.RollChanged: "封緘済みの締めと名簿が違います。",
    closings.NotReopened: "その締めは再開されていません。封緘し直せるのは、却下され、事務局が再開した締めだけです。",
    closings.NotSealed: "その期間の締めはまだ封緘されていません。先に close を実行してください。",
    RollDigestMismatch: "名簿が platform の示したダイジェストと合いません。",
    LinksUnknown: "名簿に、このサービスの知らない連携があります。",
    PointsOutOfRange: "上限を超えるポイントの行があります。",
    RowUnknown: "その締めに、このアカウントの行はありません。",
    PeerUnreachable: "platform に届きません。時間をおいて、もう一度実行してください。",
    AnswerUntrusted: "platform の署名を確認できない応答でした。鍵と時計を確かめてください。",
    ProgrammeNotChosen: "参加している施策を --programme で一つ選んでください。",
}


def code_of(error: Exception) -> str:
    """Return the stable code of a refusal."""
    if isinstance(error, ProblemAnswered):
        return error.problem.code
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def sentence_for(error: Exception) -> str:
    """Return what to tell the operator."""
    if isinstance(error, ProblemAnswered):
        return f"{error.problem.title}。{error.problem.detail}"
    return _SENTENCES[type(error)]
