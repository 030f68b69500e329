"""So many citizens one after the other, a tenth of whom leave, and others of whom do what should never matter."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.conf import settings
from playwright.sync_api import Browser

from casework.simulation import Result
from cast import PERFORMERS, RESERVATION, sign
from deskwork.house import House
from deskwork.windows import Windows, open_windows
from jpki.certificate import CertificateId, parse_certificate
from jpki.virtual.contents import FileMemory
from mynapoint.act.operations import propose, submit
from mynapoint.act.queries import get_statement
from mynapoint.act.rules import Authorities, Link
from mynapoint.application.models import Application
from mynapoint.application.rules import hash_account
from mynapoint.holder.models import HolderCertificate
from mynapoint.holder.rules import hash_certificate
from mynapoint.reservation.models import Reservation

OK: Final = 200
MISCHIEF: Final = {
    "none": 35, "abandoned": 10, "hasty": 10, "back": 10, "crossed": 10, "card_swapped": 5, "foreign_card": 5,
    "began_again": 5, "idle": 5, "old_window": 5,
}  # fmt: skip


@dataclass
class Day:
    """What happens at the counter, and what a witness has seen of it."""

    windows: Windows
    dice: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    typed: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    known: dict[bytes, int] = field(default_factory=dict)
    at_home: int = 0
    bound: int = 0
    story: str = ""

    @property
    def house(self) -> House:
        return self.windows.house

    def new_person(self, kind: str) -> int:
        """Have somebody come for a reservation or, with one that was made at home, for an application."""
        person = self.house.issue()
        self.kinds[person] = kind
        certificate = FileMemory(self.house.cards[person]).read().credentials.authentication.certificate
        name = CertificateId.of(parse_certificate(certificate))
        self.known[hash_certificate(name, key=settings.HOLDER_KEY)] = person
        if kind == "application":
            self.reserve_at_home(person)
        return person

    def reserve_at_home(self, person: int) -> None:
        at = settings.CLOCK()
        link = propose(RESERVATION, audience=settings.SITE_ORIGIN, at=at)
        signed = sign(get_statement(link, at=at), self.house.cards[person])
        authority = self.house.authority
        authorities = Authorities(anchors=authority.anchors(), registry=authority.registry)
        submit(link, signed, audience=settings.SITE_ORIGIN, authorities=authorities, performers=PERFORMERS, at=at)
        self.at_home += 1

    def new_account(self, person: int) -> str:
        """Draw an account that nobody else has, which this person types from now on."""
        self.typed[person] = f"{person:06}{self.dice.randrange(10**6):06}"
        return self.typed[person]

    def sign(self, person: int, link: str | None) -> None:
        """Have a person's card sign an act, and see who is bound by it."""
        if link is None:
            self.outcomes["nothing_to_sign"] += 1
            return
        answer = self.house.sitting.sign(self.house.cards[person], link=link)
        if answer.status_code != OK:
            self.outcomes[f"refused:{answer.json()['code']}"] += 1
            return
        self.outcomes["signed"] += 1
        self.bound += 1
        self.judge(person, Link.parse(link.removeprefix("/act/")).id)

    def judge(self, person: int, act_id: UUID) -> None:
        """Compare what was bound with whose card signed, and with what its holder typed."""
        row = Reservation.objects.filter(act_id=act_id).first() or Application.objects.get(act_id=act_id)
        hashes = HolderCertificate.objects.filter(holder_id=row.holder_id).values_list("certificate_hash", flat=True)
        holders = {self.known[bytes(one)] for one in hashes}
        if holders != {person}:
            self.wrong.append(f"{self.story}: {type(row).__name__} bound to {holders}, signed by the card of {person}")
        if isinstance(row, Application):
            own = hash_account("sakura", self.typed.get(person, ""), key=settings.ACCOUNT_KEY)
            if bytes(row.account_hash) != own:
                self.wrong.append(f"{self.story}: person {person} bound to an account that they had not typed last")


def run_sessions(
    browser: Browser,
    house: House,
    *,
    sessions: int,
    seed: int,
    progress: Callable[[Result], None] = lambda _result: None,
) -> Result:
    """Let so many citizens come; the same seed lets the same come and do the same."""
    dice = random.Random(seed)
    with open_windows(browser, house) as windows:
        day = Day(windows, dice)
        for number in range(1, sessions + 1):
            if house.look_at_clock():
                windows.sign_in()
            mischief = dice.choices(list(MISCHIEF), list(MISCHIEF.values()))[0]
            day.story = f"session {number}, {mischief}"
            hold_session(day, mischief)
            house.sitting.later(dice.randrange(10, 40))
            progress(Result(seed, number, day.outcomes, tuple(day.wrong)))
    count = Reservation.objects.count() + Application.objects.count() - day.at_home
    if count != day.bound:
        day.wrong.append(f"{count} are bound, {day.bound} have signed")
    return Result(seed, sessions, day.outcomes, tuple(day.wrong))


def hold_session(day: Day, mischief: str) -> None:
    """Have one citizen come, and do what they do."""
    day.outcomes[mischief] += 1
    windows, kind = day.windows, day.dice.choice(("reservation", "application"))
    person = day.new_person(kind)
    account = day.new_account(person)
    windows.is_hasty = mischief == "hasty"
    windows.begin_case()
    day.house.sitting.put_down(day.house.cards[person])
    windows.begin_act(kind)
    _STORIES.get(mischief, _go_through)(day, person, account)
    windows.is_hasty = False


def _go_through(day: Day, person: int, account: str) -> None:
    day.windows.answer_all(account)
    day.sign(person, day.windows.find_link())
    day.house.sitting.report(None)


def _abandon(day: Day, _person: int, account: str) -> None:
    """Leave in the middle, with the card or without it."""
    day.windows.look()
    for _ in range(day.dice.randrange(4)):
        if day.windows.asked():
            day.windows.answer(account)
    if day.dice.random() < 0.5:
        day.house.sitting.report(None)


def _go_back(day: Day, person: int, account: str) -> None:
    """Go back to an earlier question, answer it anew, and go on; the last word counts."""
    windows = day.windows
    windows.answer_all(account, until="check")
    while windows.asked() not in {"terms", "account"}:
        windows.screen.go_back()
    if windows.asked() == "account":
        account = day.new_account(person)
    windows.answer(account)
    _go_through(day, person, account)


def _cross(day: Day, person: int, account: str) -> None:
    """Have the clerk begin the next case in another window, while this citizen's form is still on the screen."""
    windows, other = day.windows, day.new_person("application")
    theirs = day.new_account(other)
    windows.answer_all(account, until="check")
    second = windows.work.context.new_page()
    windows.begin_case(second)
    second.close()
    windows.press_late(windows.screen, "main form .button")
    day.house.sitting.put_down(day.house.cards[other])
    windows.begin_act("application")
    _go_through(day, other, theirs)
    day.sign(person, windows.find_link())


def _swap_card(day: Day, person: int, account: str) -> None:
    """Put another card down in the middle."""
    day.windows.answer_all(account)
    link, other = day.windows.find_link(), day.new_person(day.kinds[person])
    day.house.sitting.put_down(day.house.cards[other])
    day.sign(other, link)
    day.sign(person, day.windows.find_link() and link)


def _sign_with_foreign_card(day: Day, person: int, account: str) -> None:
    """Sign with a card that nobody has put down."""
    day.windows.answer_all(account)
    day.sign(day.new_person(day.kinds[person]), day.windows.find_link())


def _begin_again(day: Day, person: int, account: str) -> None:
    """Have the clerk begin the act anew when it could be signed; then sign the old one, and go through."""
    day.windows.answer_all(account)
    link = day.windows.find_link()
    day.windows.begin_act(day.kinds[person], again=True)
    day.windows.answer_all(account)
    day.sign(person, link)


def _stay_idle(day: Day, person: int, account: str) -> None:
    """Do nothing for a minute and a half, with the card in the reader, then sign."""
    day.windows.answer_all(account)
    link = day.windows.find_link()
    for _ in range(6):
        day.house.sitting.later(15)
        day.house.sitting.put_down(day.house.cards[person])
    day.sign(person, link)


def _use_old_window(day: Day, person: int, account: str) -> None:
    """Go home with the act on another device, and sign it when the next one's case is open."""
    day.windows.answer_all(account)
    link = day.windows.find_link()
    day.windows.begin_case()
    day.sign(person, link)


_STORIES: Final[dict[str, Callable[[Day, int, str], None]]] = {
    "abandoned": _abandon,
    "back": _go_back,
    "crossed": _cross,
    "card_swapped": _swap_card,
    "foreign_card": _sign_with_foreign_card,
    "began_again": _begin_again,
    "idle": _stay_idle,
    "old_window": _use_old_window,
}
