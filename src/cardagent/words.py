"""A statement in plain Japanese words, taken from nothing but the statement itself."""

from dataclasses import dataclass
from typing import Final

from cardagent.statement import Application, Inquiry, Reservation, Statement

KIND_WORDS: Final = {"reservation": "予約", "application": "申込", "inquiry": "照会"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wording:
    """What a person reads before signing: a heading, labelled rows, and what cannot be taken back."""

    heading: str
    rows: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...] = ()


def put_into_words(statement: Statement) -> Wording:
    """This will say everything that the signature will bind."""
    match statement:
        case Reservation():
            wording = _word_reservation(statement)
        case Application():
            wording = _word_application(statement)
        case Inquiry():
            wording = _word_inquiry(statement)
    return Wording(heading=wording.heading, rows=wording.rows + _word_frame(statement), warnings=wording.warnings)


def _word_reservation(statement: Reservation) -> Wording:
    return Wording(
        heading="予約をします",
        rows=(
            ("施策", statement.programme.title),
            ("すること", "マイキーIDを受け取り、ポイントを予約します。決済サービスはあとで選びます。"),
        ),
    )


def _word_application(statement: Application) -> Wording:
    content = statement.content
    return Wording(
        heading="申込をします",
        rows=(
            ("施策", statement.programme.title),
            ("決済サービス", content.service.name),
            ("アカウント", content.account.hint),
            ("ポイント", f"チャージまたは買い物の {content.grant.rate_percent}%、最大 {content.grant.cap:,} ポイント"),
        ),
        warnings=(
            "申込のあとで、決済サービスやアカウントを変えることはできません。",
            "アカウントがご自身のものか、もう一度確かめてください。",
        ),
    )


def _word_inquiry(statement: Inquiry) -> Wording:
    return Wording(
        heading="登録の内容を確認します",
        rows=(
            ("施策", statement.programme.title),
            ("すること", "ご自身の予約と申込の状況を表示します。何も変わりません。"),
        ),
    )


def _word_frame(statement: Statement) -> tuple[tuple[str, str], ...]:
    return (
        ("相手のサイト", statement.audience),
        ("署名の期限", f"{statement.expires_at:%Y年%m月%d日 %H時%M分%S秒}"),
    )
