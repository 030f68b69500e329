"""Every reason for not signing in Japanese sentences that say what to do next, and as an exit code."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cardagent.clock import MalformedDemoClock
from cardagent.link import InsecureLink, MalformedLink
from cardagent.refusal import UnableToSign
from cardagent.signing import CardExchanged
from cardagent.site import ActRefused, MalformedAnswer, OutcomeUnknown, SiteUnreachable
from cardagent.statement import ForeignStatement, MalformedStatement, StatementExpired
from iccard.frames import MalformedApdu
from iccard.unreachable import (
    CardMute,
    CardRemoved,
    NoCard,
    NoReader,
    ReaderFailed,
    ReaderInUse,
    ReaderNotFound,
    ReaderServiceMissing,
    ReaderSupportMissing,
    SeveralCards,
    UnableToReachCard,
)
from jpki.client import NotAMyNumberCard, PinLocked, UnableToUseCard, WrongPin
from jpki.pin import MalformedPin
from jpki.virtual.contents import MalformedCardFile

COUNTER_ADVICE: Final = (
    "お住まいの市区町村の窓口に、カードと本人確認書類をお持ちください。暗証番号を設定しなおすと、また使えます。"
)
LAST_TRY_WARNING: Final = (
    "入力できるのは、あと1回です。まちがえるとロックされ、市区町村の窓口での手続が必要になります。"
    "自信がないときは、ここでやめてください。"
)


class ExitCode(IntEnum):
    """How the program ended, for scripts; 1 and 2 are left to crashes and to misuse of the command line."""

    DONE = 0
    DECLINED = 3
    CARD_UNUSABLE = 4
    WRONG_PIN = 5
    PIN_LOCKED = 6
    NOT_SIGNABLE = 7
    SITE_UNREACHABLE = 8
    REFUSED = 9
    MALFORMED_PIN = 10
    OUTCOME_UNKNOWN = 11
    READER_UNUSABLE = 12
    NO_CARD = 13
    CARD_REMOVED = 14


class PinMissing(Exception):
    """There is neither a keyboard to ask for the PIN nor a file that holds one."""


class Declined(Exception):
    """The person decided not to sign."""


STOPS: Final = (
    UnableToSign,
    UnableToReachCard,
    UnableToUseCard,
    MalformedApdu,
    MalformedCardFile,
    MalformedDemoClock,
    MalformedPin,
    PinMissing,
    Declined,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """What is told: what happened, what to do next, and the exit code."""

    code: ExitCode
    title: str
    advice: str


_SENTENCES: Final[tuple[tuple[type[Exception], Sentence], ...]] = (
    (MalformedLink, Sentence(
        code=ExitCode.NOT_SIGNABLE, title="手続のリンクではありません。",
        advice="サイトの画面に表示されたリンクを、そのまま貼り付けてください。")),
    (InsecureLink, Sentence(
        code=ExitCode.NOT_SIGNABLE, title="安全でないリンクです。",
        advice="https で始まるリンクだけを使えます。メールやSMSで届いたリンクは使わないでください。")),
    (MalformedStatement, Sentence(
        code=ExitCode.NOT_SIGNABLE, title="手続の内容を正しく読み取れないため、署名しません。",
        advice="カードプログラムを新しくして、サイトで手続をはじめからやり直してください。")),
    (ForeignStatement, Sentence(
        code=ExitCode.NOT_SIGNABLE, title="リンクとちがうサイトの手続のため、署名しません。",
        advice="だれかがすり替えたおそれがあります。公式のサイトから手続をやり直してください。")),
    (StatementExpired, Sentence(
        code=ExitCode.NOT_SIGNABLE, title="署名の期限が過ぎました。",
        advice="サイトで手続をはじめからやり直してください。")),
    (CardExchanged, Sentence(
        code=ExitCode.CARD_UNUSABLE, title="はじめに置いたカードとちがうカードのため、署名しません。",
        advice="暗証番号は試していません。ご自身のカードだけを置いて、もう一度はじめからどうぞ。")),
    (SiteUnreachable, Sentence(
        code=ExitCode.SITE_UNREACHABLE, title="サイトにつながりません。",
        advice="まだ何も送っていません。少し待ってから、もう一度お試しください。")),
    (MalformedAnswer, Sentence(
        code=ExitCode.SITE_UNREACHABLE, title="サイトの返事を読み取れません。",
        advice="まだ何も送っていません。少し待ってから、もう一度お試しください。")),
    (OutcomeUnknown, Sentence(
        code=ExitCode.OUTCOME_UNKNOWN, title="署名を送りましたが、結果を受け取れませんでした。",
        advice="手続が済んでいることもあります。サイトで状況を確認してから、やり直してください。")),
    (PinLocked, Sentence(
        code=ExitCode.PIN_LOCKED, title="暗証番号がロックされています。",
        advice=COUNTER_ADVICE)),
    (MalformedPin, Sentence(
        code=ExitCode.MALFORMED_PIN, title="暗証番号は4けたの数字です。",
        advice="カードには送っていないので、回数は減っていません。もう一度はじめからどうぞ。")),
    (PinMissing, Sentence(
        code=ExitCode.MALFORMED_PIN, title="暗証番号を受け取れません。",
        advice="キーボードのある端末で使うか、--pin-file で暗証番号のファイルを示してください。")),
    (CardRemoved, Sentence(
        code=ExitCode.CARD_REMOVED, title="カードが途中でリーダーから離れました。",
        advice="署名は送っていません。カードを置きなおして、同じリンクでもう一度どうぞ。"
               "暗証番号を入力できる回数は、そのとき表示します。")),
    (NoCard, Sentence(
        code=ExitCode.NO_CARD, title="カードが見つかりません。",
        advice="マイナンバーカードをリーダーに置いて、もう一度お試しください。")),
    (CardMute, Sentence(
        code=ExitCode.CARD_UNUSABLE, title="カードが応答しません。",
        advice="カードの向きと裏表を確かめて、置きなおしてください。")),
    (NoReader, Sentence(
        code=ExitCode.READER_UNUSABLE, title="カードリーダーが見つかりません。",
        advice="リーダーをパソコンにつないで、もう一度お試しください。")),
    (ReaderInUse, Sentence(
        code=ExitCode.READER_UNUSABLE, title="ほかのプログラムがカードを使っています。",
        advice="ほかのプログラムを終えるか、少し待ってから、もう一度お試しください。")),
    (ReaderServiceMissing, Sentence(
        code=ExitCode.READER_UNUSABLE, title="カードリーダーのサービスが動いていません。",
        advice="Linux では pcscd を、Windows では Smart Card サービスを始めてから、もう一度お試しください。")),
    (ReaderSupportMissing, Sentence(
        code=ExitCode.READER_UNUSABLE, title="このプログラムには、カードリーダーの部品が入っていません。",
        advice="mynapoint[reader] を入れるか、--card で仮想カードのファイルを示してください。")),
    (NotAMyNumberCard, Sentence(
        code=ExitCode.CARD_UNUSABLE, title="マイナンバーカードではありません。",
        advice="マイナンバーカードを置いて、もう一度お試しください。")),
    (MalformedCardFile, Sentence(
        code=ExitCode.CARD_UNUSABLE, title="仮想カードのファイルを読み取れません。",
        advice="--card に、mynapoint card issue で作ったファイルを示してください。")),
    (UnableToUseCard, Sentence(
        code=ExitCode.CARD_UNUSABLE, title="カードを読み取れませんでした。",
        advice="カードを置きなおして、もう一度お試しください。続くときは市区町村の窓口でご相談ください。")),
    (MalformedApdu, Sentence(
        code=ExitCode.CARD_UNUSABLE, title="カードを読み取れませんでした。",
        advice="カードを置きなおして、もう一度お試しください。")),
    (MalformedDemoClock, Sentence(
        code=ExitCode.NOT_SIGNABLE, title="デモ用の時計を読み取れません。",
        advice="--demo-clock のファイルを確かめてください。")),
    (Declined, Sentence(
        code=ExitCode.DECLINED, title="署名しませんでした。",
        advice="何も送っていません。手続は期限が来ると取り消されます。")),
)  # fmt: skip


def find_sentence(stop: Exception) -> Sentence:
    """This will put a stop into words; the site's own words are given as they are."""
    match stop:
        case ActRefused():
            return Sentence(code=ExitCode.REFUSED, title=stop.title, advice=stop.detail)
        case WrongPin():
            return Sentence(
                code=ExitCode.WRONG_PIN,
                title=f"暗証番号がちがいます。あと{stop.tries_left}回でロックされます。",
                advice="暗証番号を確かめてから、もう一度はじめからどうぞ。利用者証明用の4けたの数字です。",
            )
        case ReaderNotFound():
            return Sentence(
                code=ExitCode.READER_UNUSABLE,
                title=f"「{stop.name}」というカードリーダーを一つに決められません。",
                advice=f"--reader に、次のうちの一つを示してください: {_quote(stop.readers)}",
            )
        case SeveralCards():
            return Sentence(
                code=ExitCode.READER_UNUSABLE,
                title="いくつかのリーダーにカードがあります。",
                advice=f"一枚だけにするか、--reader に次のうちの一つを示してください: {_quote(stop.readers)}",
            )
        case ReaderFailed():
            return Sentence(
                code=ExitCode.READER_UNUSABLE,
                title="カードリーダーが使えません。",
                advice=f"リーダーをつなぎなおして、もう一度お試しください。番号: {stop.code:#010x}",
            )
    return next(sentence for kind, sentence in _SENTENCES if isinstance(stop, kind))


def _quote(readers: tuple[str, ...]) -> str:
    return "、".join(f"「{reader}」" for reader in readers)
