"""What goes wrong at counters, and how often; and the stories of it that take more than a wrong click."""

from contextlib import suppress
from typing import TYPE_CHECKING

from casework.platform import Wish
from casework.town import Page, Steps, Unanswered
from mynapoint.case.rules import Offer, Turn
from mynapoint.kernel.refusal import Refusal

if TYPE_CHECKING:
    from casework.visits import Visit

MISCHIEF = (
    ("abandoned", 11), ("crossed", 6), ("back", 5), ("double", 6), ("stolen", 6), ("swap", 6), ("two_terminals", 4),
    ("idle", 7), ("hasty", 10), ("mistyped", 5), ("paused", 4), ("silent", 3), ("late", 4), ("forgetful", 10),
    ("card_left", 3), ("none", 31),
)  # fmt: skip
AT_THE_LIMIT = (59, 60, 61, 88, 89, 90, 91, 120)
"""seconds of silence, around the warning and the end"""


class Left(Exception):
    """The citizen leaves, with or without a word."""


def steal(visit: "Visit", act: object) -> None:
    """Somebody elsewhere has the clerk's cookie and the act's link: they propose, sign and end."""
    town, thief = visit.town, visit.companion
    town.witness.see_typing(thief.person, f"account-{thief.person}")
    elsewhere = Turn(visit.page.case, "elsewhere")
    offer = Offer(elsewhere, visit.page.after)
    wish = Wish("application", f"account-{thief.person}")
    crime = town.random.randrange(4)
    with suppress(Refusal):
        if crime == 0:
            town.deliver("stolen-proposed", lambda at: town.platform.propose(offer, wish, at=at))
        elif crime == 1:
            town.deliver("stolen-ended", lambda at: town.platform.end_case(elsewhere, "finished", at=at))
        elif crime == 2:
            town.deliver("stolen-shown", lambda at: town.platform.show(elsewhere, act, at=at))
        else:
            submission = thief.sign(town.deliver("stolen-fetched", lambda at: town.platform.get_statement(act, at=at)))
            town.witness.see_signing(thief, submission)
            town.deliver("stolen-signed", town.submit(act, submission))


def change_desks(visit: "Visit") -> Steps:
    """Go to a free desk with the card, of which the first one's reader may hear too late, and open a case there."""
    free = [desk for desk in visit.town.desks if not desk.people and desk is not visit.desk]
    if not free:
        return
    visit.desk.is_silent = visit.town.is_chance(0.5)
    visit.town.take_out(visit.desk)
    before, visit.desk = visit.desk, visit.town.random.choice(free)
    before.is_silent = False
    before.people -= {visit.card.person, visit.companion.person}
    visit.desk.people.add(visit.person)
    visit.mischief.discard("two_terminals")
    visit.open()
    yield from visit.put_card_down()


def pause(visit: "Visit") -> Steps:
    """Go with a slip, and come again; sometimes it is the companion who comes with it."""
    town, turn = visit.town, visit.desk.turn(visit.page)
    try:
        slip = town.send("paused", lambda at: town.platform.pause(turn, at=at))
    except (Unanswered, Refusal):
        return
    town.take_out(visit.desk)
    yield town.random.randrange(5, 60)
    visit.page = Page(town.new_name(visit.desk))
    visit.desk.pages.append(visit.page)
    try:
        town.send("resumed", town.open_case(visit.page.case, visit.desk.seat, slip=slip))
    except Unanswered:
        pass
    except Refusal:
        raise Left from None
    if town.is_chance(0.3):
        town.put_down(visit.desk, visit.companion)
        yield from visit.wait(3, 8)
    yield from visit.put_card_down()
