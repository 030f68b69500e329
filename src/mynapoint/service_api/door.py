"""What the platform asks the payment services: to check an account, to link one, to hold, resume or stop a link."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final, Protocol

import httpx2
import structlog
from django.conf import settings

from mynapoint.application.rules import (
    MAX_HINT_LENGTH,
    AccountAlreadyLinked,
    AccountClosed,
    AccountNotConfirmed,
    CheckedAccount,
    LinkRefused,
    LinkStandingOrder,
    LinkToken,
    ServiceUnreachable,
    TooManyAttempts,
    UnableToApply,
)
from mynapoint.directory.rules import Service, ServiceKey, normalise_typed
from mynapoint.service_api import silences
from mynapoint.service_api.identity import platform_key
from mynapoint.service_api.transport import BoundedTransport
from paymentservice.bodies import write_body
from paymentservice.clock import Clock
from paymentservice.encoding import to_base64url
from paymentservice.exchange import Peer, ProblemAnswered, SignedClient, UnableToExchange
from paymentservice.keys import read_public_key
from paymentservice.messages import SigningKey
from paymentservice.problems import Problem
from paymentservice.wire import AccountCheck, AccountConfirmed, Linked, LinkOrder, LinkStands, StandingOrder

log = structlog.get_logger(__name__)

LONGEST_WAIT: Final = 24 * 60 * 60
"""seconds; a service that asks for a longer pause after failed tries is taken to mean a day"""

FINAL_LINK_REFUSALS: Final = frozenset(
    {"account_already_linked", "account_closed", "reference_unknown", "link_token_taken"}
)

_CODE: Final = re.compile(r"[a-z_]{1,40}")
_HINT_MARKS: Final = frozenset(" 　*＊●○•・-‐…/.()（）")


class NoteSilence(Protocol):
    """Who takes note that a service gave no answer to rely on."""

    def __call__(self, service_id: str, *, at: datetime) -> None:
        """Take note of it."""
        ...


class HintRefused(Exception):
    """A service's hint would carry what it must not: the account id itself, or characters that deceive the eye."""


class HttpPaymentServiceDoor:
    """The way to every payment service, over one pool of connections; safe to share between threads."""

    def __init__(
        self,
        *,
        key: SigningKey,
        clock: Clock,
        transport: httpx2.BaseTransport,
        note_silence: NoteSilence | None = None,
    ) -> None:
        self._key = key
        self._clock = clock
        self._transport = transport
        self._note_silence = note_silence
        self._clients: dict[tuple[str, tuple[ServiceKey, ...]], SignedClient] = {}

    def check_account(
        self, service: Service, *, programme_id: str, account_id: str, codes: Sequence[str], at: datetime
    ) -> CheckedAccount:
        """Ask whether account id and codes belong together.

        :raises AccountNotConfirmed, AccountClosed, AccountAlreadyLinked, TooManyAttempts: as the service says.
        :raises ServiceUnreachable: when there is no answer to rely on.
        """
        try:
            return self._check_account(service, programme_id=programme_id, account_id=account_id, codes=codes, at=at)
        except ServiceUnreachable:
            if self._note_silence is not None:
                self._note_silence(service.id, at=at)
            raise

    def _check_account(
        self, service: Service, *, programme_id: str, account_id: str, codes: Sequence[str], at: datetime
    ) -> CheckedAccount:
        question = AccountCheck(programme=programme_id, account_id=account_id, codes=list(codes))
        try:
            answer = self._client(service, at=at).ask(
                AccountConfirmed, "POST", "/account-checks", content=write_body(question)
            )
            check_hint(answer.hint, account_id=account_id)
        except ProblemAnswered as error:
            raise _refused_check(service, error.problem) from None
        except (UnableToExchange, HintRefused) as error:
            raise _unreachable(service, error) from None
        return CheckedAccount(reference=answer.account_reference, hint=answer.hint)

    def link(self, service: Service, *, programme_id: str, link_token: LinkToken, reference: str, at: datetime) -> None:
        """Have the service link an account; the same token again changes nothing.

        :raises LinkRefused: with the service's reason, which is final.
        :raises ServiceUnreachable: when there is no answer to rely on.
        """
        token = to_base64url(link_token)
        order = LinkOrder(programme=programme_id, link_token=token, account_reference=reference)
        try:
            linked = self._client(service, at=at).ask(Linked, "POST", "/links", content=write_body(order))
        except ProblemAnswered as error:
            if error.problem.code in FINAL_LINK_REFUSALS:
                raise LinkRefused(reason=error.problem.code) from None
            raise _unreachable(service, error) from None
        except UnableToExchange as error:
            raise _unreachable(service, error) from None
        if linked.link_token != token:
            raise _unreachable(service, None)

    def stand(self, service: Service, order: LinkStandingOrder, *, at: datetime) -> None:
        """Have a link held, resumed or stopped; the same order again changes nothing.

        :raises ServiceUnreachable: when there is no answer to rely on, or one that refuses what must be done.
        """
        told = StandingOrder(
            programme=order.programme_id,
            link_token=to_base64url(order.link_token),
            number=order.number,
            standing=order.standing,
        )
        try:
            stands = self._client(service, at=at).ask(LinkStands, "POST", "/link-standings", content=write_body(told))
        except UnableToExchange as error:
            raise _unreachable(service, error) from None
        if stands.link_token != told.link_token or stands.number < told.number:
            raise _unreachable(service, None)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _client(self, service: Service, *, at: datetime) -> SignedClient:
        """Return the client for a service at its address, which trusts the keys that count now."""
        trusted = service.address, tuple(key for key in service.keys if key.counts(at=at))
        if trusted not in self._clients:
            self._clients[trusted] = self._open_client(*trusted)
        return self._clients[trusted]

    def _open_client(self, address: str, keys: tuple[ServiceKey, ...]) -> SignedClient:
        public_keys = {key.id: read_public_key(key.public_key, keyid=key.id) for key in keys}
        peer = Peer(base_url=address, public_keys=public_keys)
        return SignedClient(peer=peer, key=self._key, clock=self._clock, transport=self._transport)


@cache
def get_door() -> HttpPaymentServiceDoor:
    """Return this process's way to the services."""
    return HttpPaymentServiceDoor(
        key=platform_key(), clock=settings.CLOCK, transport=BoundedTransport(), note_silence=silences.note
    )


def check_hint(hint: str, *, account_id: str) -> None:
    """Check that a hint may be shown and stored.

    :raises HintRefused: when it is too long, has unexpected characters or contains the account id.
    """
    if len(hint) > MAX_HINT_LENGTH or not all(_is_plain(character) for character in hint):
        raise HintRefused
    if normalise_typed(account_id) in normalise_typed(hint):
        raise HintRefused


def _is_plain(character: str) -> bool:
    """Letters, digits and a few marks: nothing invisible, nothing that turns the direction of writing."""
    return character in _HINT_MARKS or unicodedata.category(character) in {"Lu", "Ll", "Lo", "Lm", "Nd"}


def _refused_check(service: Service, problem: Problem) -> UnableToApply:
    """Name the refusal of an account check."""
    if problem.code == TooManyAttempts.code:
        return TooManyAttempts(retry_after=_wait_in(problem))
    for refusal in (AccountNotConfirmed, AccountClosed, AccountAlreadyLinked):
        if problem.code == refusal.code:
            return refusal()
    return _unreachable(service, ProblemAnswered(problem))


def _wait_in(problem: Problem) -> int:
    seconds = problem.data.get("retry_after")
    return min(max(seconds, 1), LONGEST_WAIT) if type(seconds) is int else LONGEST_WAIT


def _unreachable(service: Service, error: Exception | None) -> ServiceUnreachable:
    """Log why there is no answer to rely on, by names alone, and return the refusal."""
    code = error.problem.code if isinstance(error, ProblemAnswered) else None
    log.warning(
        "service_unreachable",
        service=service.id,
        reason="wrong_token" if error is None else type(error).__name__,
        cause=type(error.__cause__).__name__ if error and error.__cause__ else None,
        code=code if code and _CODE.fullmatch(code) else None,
    )
    return ServiceUnreachable()
