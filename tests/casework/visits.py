"""What people do at a counter, most of it well.

A message is made of what the page has when it is sent: it may arrive again when everything is different.
"""

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass

from casework.cards import Card, Person
from casework.mischief import AT_THE_LIMIT, MISCHIEF, Left, change_desks, pause, steal
from casework.platform import Kind, Wish
from casework.town import Desk, Page, Steps, Town, Unanswered
from mynapoint.case.rules import CaseOver, CounterClosed, Farewell, NoCardInCase, Offer, Turn
from mynapoint.kernel.refusal import Refusal

ATTEMPTS = 3


@dataclass
class Visit:
    """One citizen at one desk, and the clerk who helps."""

    town: Town
    desk: Desk
    person: Person
    card: Card
    companion: Card
    mischief: set[str]
    leaves_at: int | None
    steps: int = 0
    is_noticed: bool = True
    page: Page | None = None

    @classmethod
    def begin(cls, town: Town, desk: Desk, person: Person) -> "Visit":
        """Draw who comes: every tenth leaves at any step; some make two kinds of trouble."""
        names, weights = zip(*MISCHIEF, strict=True)
        mischief = set(town.random.choices(names, weights, k=2 if town.is_chance(0.15) else 1))
        card, companion = (town.platform.make_card(2 * person + n) for n in range(2))
        leaves_at = town.random.randrange(1, 7) if "abandoned" in mischief else None
        return cls(town, desk, card.person, card, companion, mischief, leaves_at)

    def run(self) -> Steps:
        """Come, do what is to be done, and go."""
        town = self.town
        town.witness.outcomes["sessions"] += 1
        self.desk.people |= {self.card.person} | ({self.companion.person} if "swap" in self.mischief else set())
        kinds: list[Kind] = ["reservation", "application"]
        if town.is_chance(0.8):
            town.platform.reserve_at_home(self.card, at=town.at)
            kinds = ["application"]
        try:
            yield from self._sit_down()
            for kind in kinds:
                yield from self._do(kind)
        except Left:
            pass
        yield from self._go()

    # -- the way of a visit

    def _sit_down(self) -> Steps:
        """Have a case opened, or not; put the card down, or type first."""
        yield self.town.random.randrange(2, 15)
        if "forgetful" in self.mischief and self.desk.pages:
            self.page = self.desk.pages[-1]
        else:
            self.open()
        if "hasty" not in self.mischief:
            yield from self.put_card_down()
        if "paused" in self.mischief:
            yield from pause(self)
        if "silent" in self.mischief:
            self.desk.is_silent = True

    def put_card_down(self) -> Steps:
        yield from self.wait(1, 12)
        if self.desk.reader is not self.card or self.town.platform.is_card_left(self.page.case, at=self.town.at):
            self.town.put_down(self.desk, self.card)
        yield from self.wait(3, 8)

    def _do(self, kind: Kind) -> Steps:
        """Type, propose, look, sign; begin again when it did not work, but not for ever."""
        for attempt in range(ATTEMPTS):
            if attempt or not self._finds_an_act_there():
                yield from self._type(kind)
                if not (yield from self._propose()):
                    continue
                yield from self._show()
            if self.desk.reader is None and self.town.is_chance(0.6):
                self.is_noticed = False  # gone to fetch the card, perhaps
                raise Left
            if (yield from self._sign()):
                return
            if self.town.is_chance(0.3):
                break
        raise Left

    def _finds_an_act_there(self) -> bool:
        """Say whether the screens still show what the citizen before had typed, and nobody minds."""
        return "forgetful" in self.mischief and self.page.act is not None and self.town.is_chance(0.5)

    def _type(self, kind: Kind) -> Steps:
        """Type the account into the page that is there."""
        yield from self.wait(5, 35)
        account = f"account-{self.person}"
        if kind == "application" and "mistyped" in self.mischief:
            yield from self._mistype()
        if kind == "application":
            self.town.witness.see_typing(self.person, account)
        self.page.wish = Wish(kind, account)

    def _mistype(self) -> Steps:
        """Type a wrong account, see it on the screen, and begin to correct it."""
        wrong = f"account-{self.person}-wrong"
        self.town.witness.see_typing(self.person, wrong)
        self.page.wish = Wish("application", wrong)
        if (yield from self._propose()):
            yield from self._show()
            self.desk.pages.append(Page(self.page.case, self.page.after - 1, self.page.wish, self.page.act))

    def _propose(self) -> Generator[int, None, bool]:
        """Send the form, twice when somebody clicks twice; return whether there is an act now."""
        page = self._find_page()
        page.act = None
        offer, wish, platform = Offer(self.desk.turn(page), page.after), page.wish, self.town.platform
        if wish is None:
            return False
        for _ in range(2 if "double" in self.mischief else 1):
            try:
                page.act = self.town.send("proposed", lambda at: platform.propose(offer, wish, at=at))
            except Unanswered:
                continue
            except Refusal as refusal:
                if page.act is None:
                    yield from self._recover(refusal)
                    return False
        if page.act is not None:
            # Whoever has no answer stays before the window into which they type next.
            self.page = page
            page.after += 1
        yield from self.wait(1, 3)
        return page.act is not None

    def _show(self) -> Steps:
        """Let the citizen's own screen show the act; or another's, or nothing."""
        if self.town.is_chance(0.02):
            return
        act = self._find_other_act() if "crossed" in self.mischief and self.town.is_chance(0.3) else self.page.act
        turn = self.desk.turn(self.page)
        with suppress(Unanswered, Refusal):
            self.town.send("shown", lambda at: self.town.platform.show(turn, act, at=at))
        yield from self.wait(4, 25)

    def _sign(self) -> Generator[int, None, bool]:
        """Have the card program open an act, and sign it with whatever card lies there; return whether it was done."""
        town, act = self.town, self.page.act
        if self.mischief & {"crossed", "back", "mistyped"} and town.is_chance(0.6):
            act = self._find_other_act()
        if "stolen" in self.mischief:
            steal(self, act)
        if "swap" in self.mischief and town.is_chance(0.7):
            town.put_down(self.desk, self.companion)
        if "two_terminals" in self.mischief:
            yield from change_desks(self)
        card = self.desk.reader
        if card is None or card.person not in self.desk.people:
            yield from self.put_card_down()  # nothing there, or a card whose PIN nobody here knows
            return False
        try:
            submission = card.sign(town.send("fetched", lambda at: town.platform.get_statement(act, at=at)))
            town.witness.see_signing(card, submission)
            yield from self.wait(1, 3)
            if "late" in self.mischief:
                yield town.random.choice((*AT_THE_LIMIT, 5, 200, 299, 300))
            town.send("signed", town.submit(act, submission))
        except Unanswered:
            return False
        except Refusal as refusal:
            yield from self._recover(refusal)
            return False
        return True

    def _go(self) -> Steps:
        """Take the card or forget it; the clerk presses a button or does not."""
        yield self.town.random.randrange(1, 10)
        self.desk.is_silent = False
        left = "card_left" in self.mischief or self.town.is_chance(0.01)
        if self.desk.reader in (self.card, self.companion) and not left:
            self.town.take_out(self.desk)
        self.desk.people -= {self.card.person, self.companion.person}
        if self.page is not None and self.is_noticed and self.town.is_chance(0.6):
            self._press_next(self.desk.turn(self.page))

    # -- what can happen on it

    def _press_next(self, turn: Turn) -> None:
        reason: Farewell = self.town.random.choice(("finished", "next_person"))
        with suppress(Unanswered, Refusal):
            self.town.send(reason, lambda at: self.town.platform.end_case(turn, reason, at=at))

    def wait(self, shortest: int, longest: int) -> Steps:
        """Let time pass, up to a limit if somebody dreams; and leave when it is the step to leave."""
        self.steps += 1
        if self.steps == self.leaves_at:
            raise Left
        if "idle" in self.mischief and self.town.is_chance(0.15):
            yield self.town.random.choice(AT_THE_LIMIT)
            if self.town.is_chance(0.3):
                self._say_still_here()
        yield self.town.random.randrange(shortest, longest + 1)

    def open(self) -> None:
        """Press 「はじめる」, again when there is no answer; twice when somebody clicks twice."""
        name = self.town.new_name(self.desk)
        for _ in range(3 if "double" in self.mischief else 2):
            try:
                self.town.send("opened", self.town.open_case(name, self.desk.seat))
                if "double" not in self.mischief:
                    break
            except Unanswered:
                continue
            except CounterClosed:
                raise Left from None
        self.page = Page(name)
        self.desk.pages.append(self.page)

    def _recover(self, refusal: Refusal) -> Steps:
        """Do what the page says that is to be done."""
        if isinstance(refusal, NoCardInCase):
            yield from self.put_card_down()
        elif isinstance(refusal, CaseOver) or refusal.code == "another_card_in_case":
            yield from self.wait(2, 6)
            self.open()
            yield from self.put_card_down()
        else:
            yield from self.wait(1, 5)
            self._reload()

    def _reload(self) -> None:
        """Have the page made anew."""
        with suppress(Unanswered, Refusal):
            case, platform = self.page.case, self.town.platform
            self.page.after = self.town.send("reloaded", lambda at: platform.count_acts(case, at=at))

    def _find_page(self) -> Page:
        """Return the page whose form is sent: with Back or in another window it is an older one."""
        if self.mischief & {"back", "crossed", "mistyped"} and self.town.is_chance(0.3):
            return self.town.random.choice(self.desk.pages)
        return self.page

    def _find_other_act(self) -> object:
        """Return an act that another page shows, of this desk or of another one."""
        desk = self.desk if self.town.is_chance(0.7) else self.town.random.choice(self.town.desks)
        acts = [page.act for page in desk.pages if page.act is not None]
        return self.town.random.choice(acts) if acts else self.page.act

    def _say_still_here(self) -> None:
        turn = self.desk.turn(self.page)
        with suppress(Unanswered, Refusal):
            self.town.send("continued", lambda at: self.town.platform.continue_case(turn, at=at))
