"""Citizens of a town who apply, and whose signature can be handed in at a chosen moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from cardagent.link import ActLink
from cardagent.signing import open_act
from cardagent.site import ActRefused, Answer, OutcomeUnknown, SiteUnreachable, hand_in_signature
from demo.people import OK, Page, Person
from demo.story import check
from demo.town import Town
from jpki.client import JpkiCard
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard

SERVICE = "hanamaru"

HandIn = Callable[[], Answer | None]
"""Hands a signature in; None when no answer came, so that nobody can tell what became of it."""


class AlreadyLinked(Exception):
    """The account is linked already."""


@dataclass
class Applicant:
    """Somebody with a card and an account, and the acts by which they tried to bring the two together."""

    person: Person
    account: dict[str, object]
    acts: list[UUID] = field(default_factory=list)

    @classmethod
    def move_in(cls, town: Town, name: str) -> Self:
        """Give a newcomer a card and an account."""
        return cls(Person.move_in(town, name), account=town.services[SERVICE].ask("account", "open"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.person.browser.close()

    @property
    def account_id(self) -> str:
        """Return the account's id, which the platform never stores."""
        return str(self.account["account_id"])

    def sign_reservation(self) -> HandIn:
        """Have the card sign a reservation."""
        return self._sign(self.person.reserve())

    def sign_application(self) -> HandIn:
        """Have the card sign an application.

        :raises AlreadyLinked: when the service says so before there is anything to sign.
        """
        return self._sign(self.person.apply(SERVICE, self.account))

    def apply(self) -> str:
        """Apply, as somebody does who does not know whether they have already; return what they are told."""
        try:
            answer = self.sign_application()()
        except AlreadyLinked:
            return "account_already_linked"
        except ActRefused as refused:
            return refused.code
        return "accepted" if answer else "no answer"

    def _sign(self, page: Page) -> HandIn:
        if "すでに結び付けられています" in page.words:
            raise AlreadyLinked
        check(page.status == OK, page.words)
        link, browser = ActLink.parse(page.act_link), self.person.browser
        self.acts.append(link.act_id)
        act = open_act(link, http_client=browser, at=self.person.clock())
        card = JpkiCard(VirtualCard.open(self.person.card))
        signed = card.sign_statement(act.statement_bytes, pin=Pin(self.person.pin))

        def hand_in() -> Answer | None:
            try:
                return hand_in_signature(link, signed, http_client=browser)
            except (OutcomeUnknown, SiteUnreachable):
                return None

        return hand_in
