"""Every reason for not signing in sentences that say what to do next, and as an exit code."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from cardagent.languages import Language, get_phrases
from cardagent.link import InsecureLink, MalformedLink
from cardagent.refusal import UnableToSign
from cardagent.signing import CardCertificateExpired, CardExchanged, TriesUsedElsewhere
from cardagent.site import ActRefused, MalformedAnswer, OutcomeUnknown, SiteUnreachable
from cardagent.statement import ForeignStatement, MalformedStatement, StatementExpired
from cardagent.trust import UntrustedSite
from cardagent.typed_pin import SigningPasswordTyped
from democlock import ClockFileUnreadable
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
from jpki.client import NotAMyNumberCard, PinLocked, UnableToUseCard, UnreadableCertificate, WrongPin
from jpki.pin import MalformedPin
from jpki.virtual.contents import MalformedCardFile


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
    ClockFileUnreadable,
    MalformedPin,
    SigningPasswordTyped,
    PinMissing,
    Declined,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """What is told: what happened, what to do next, and the exit code."""

    code: ExitCode
    title: str
    advice: str


# The first kind that fits counts: a subclass stands before its base.
_STOPS: Final[tuple[tuple[type[Exception], str, ExitCode], ...]] = (
    (MalformedLink, "malformed_link", ExitCode.NOT_SIGNABLE),
    (InsecureLink, "insecure_link", ExitCode.NOT_SIGNABLE),
    (UntrustedSite, "untrusted_site", ExitCode.NOT_SIGNABLE),
    (MalformedStatement, "malformed_statement", ExitCode.NOT_SIGNABLE),
    (ForeignStatement, "foreign_statement", ExitCode.NOT_SIGNABLE),
    (StatementExpired, "statement_expired", ExitCode.NOT_SIGNABLE),
    (SiteUnreachable, "site_unreachable", ExitCode.SITE_UNREACHABLE),
    (MalformedAnswer, "malformed_answer", ExitCode.SITE_UNREACHABLE),
    (OutcomeUnknown, "outcome_unknown", ExitCode.OUTCOME_UNKNOWN),
    (ActRefused, "act_refused", ExitCode.REFUSED),
    (WrongPin, "wrong_pin", ExitCode.WRONG_PIN),
    (PinLocked, "pin_locked", ExitCode.PIN_LOCKED),
    (SigningPasswordTyped, "signing_password", ExitCode.MALFORMED_PIN),
    (MalformedPin, "malformed_pin", ExitCode.MALFORMED_PIN),
    (PinMissing, "pin_missing", ExitCode.MALFORMED_PIN),
    (CardExchanged, "card_exchanged", ExitCode.CARD_UNUSABLE),
    (TriesUsedElsewhere, "tries_used_elsewhere", ExitCode.CARD_UNUSABLE),
    (NoReader, "reader_missing", ExitCode.READER_UNUSABLE),
    (ReaderNotFound, "reader_not_found", ExitCode.READER_UNUSABLE),
    (ReaderInUse, "reader_in_use", ExitCode.READER_UNUSABLE),
    (ReaderServiceMissing, "reader_service_missing", ExitCode.READER_UNUSABLE),
    (ReaderSupportMissing, "reader_support_missing", ExitCode.READER_UNUSABLE),
    (ReaderFailed, "reader_failed", ExitCode.READER_UNUSABLE),
    (SeveralCards, "several_cards", ExitCode.READER_UNUSABLE),
    (NoCard, "card_missing", ExitCode.NO_CARD),
    (CardMute, "card_mute", ExitCode.CARD_UNUSABLE),
    (CardRemoved, "card_removed", ExitCode.CARD_REMOVED),
    (NotAMyNumberCard, "not_a_my_number_card", ExitCode.CARD_UNUSABLE),
    (UnreadableCertificate, "unreadable_certificate", ExitCode.CARD_UNUSABLE),
    (CardCertificateExpired, "certificate_expired", ExitCode.CARD_UNUSABLE),
    (MalformedCardFile, "malformed_card_file", ExitCode.CARD_UNUSABLE),
    (UnableToUseCard, "card_unusable", ExitCode.CARD_UNUSABLE),
    (MalformedApdu, "card_unusable", ExitCode.CARD_UNUSABLE),
    (ClockFileUnreadable, "malformed_demo_clock", ExitCode.NOT_SIGNABLE),
    (Declined, "declined", ExitCode.DECLINED),
)


_VALUES: Final = ("title", "detail", "tries_left", "origin", "name", "readers", "code")


def find_sentence(stop: Exception, *, language: Language = Language.JAPANESE) -> Sentence:
    """This will put a stop into words; the site's own words are given as they are."""
    key, code = next((key, code) for kind, key, code in _STOPS if isinstance(stop, kind))
    values = {value: _show(getattr(stop, value)) for value in _VALUES if hasattr(stop, value)}
    phrases = get_phrases(language)
    return Sentence(
        code=code,
        title=phrases.say(f"stop.{key}.title", **values),
        advice=phrases.say(f"stop.{key}.advice", **values),
    )


def _show(value: object) -> object:
    return "、".join(f"「{name}」" for name in value) if isinstance(value, tuple) else value
