"""Stories that chance would seldom tell: the office errs, somebody shows another's receipt, two cards act at first."""

from collections.abc import Callable
from datetime import timedelta

from jpki.registry import Lineage, Renewed, UnknownLineage
from lives.life import BEGIN, Life, Stage, Steps, run_at_once
from lives.platform import Held, Outcome, Passed, decide
from lives.registry import Card

DAY = timedelta(days=1)
ALIAS = -1_000_000_000
"""Added to a person who stands twice in the tables because the office erred, for the second time."""


def _try(life: Life, card: Card, kind: type[Outcome], *, holder_of: int | None = None) -> Outcome:
    lineage: Lineage = life.stage.registry.get_lineage(card, at=life.at)
    outcome = life.stage.platform.act(card, lineage, at=life.at)
    life.stage.observer.expect(life.person, outcome, kind, holder_of=holder_of)
    life.take_in(card, outcome)
    return outcome


def release_somebody_who_is_known(life: Life) -> Steps:
    """The office takes a known person for a new one. The lineage brings it to light; the review settles it."""
    old, at = life.card, life.at
    first = _try(life, old, Passed)
    life.replace_card(is_told=False)
    yield from _later(life)
    held = _try(life, life.card, Held)
    if isinstance(first, Passed) and isinstance(held, Held):
        decide(held, "release", at=life.at)
        yield from _later(life)
        _try(life, life.card, Passed, holder_of=ALIAS - life.person)
        life.stage.registry.tell(life.card)
        yield from _later(life)
        torn = _try(life, life.card, Held)
        if isinstance(torn, Held):
            decide(torn, "attach", receipt=first.receipt, at=life.at)
            yield from _later(life)
            _try(life, life.card, Passed)
            life.replace_card(is_told=True)
            yield from _later(life)
            _try(life, life.card, Passed)
    assert at < life.at


def show_anothers_receipt(life: Life) -> Steps:
    """Somebody is attached to another's holder. That other's own card brings it to light, and both are put right."""
    registry, thief = life.stage.registry, ALIAS - life.person
    receipt = _try(life, life.card, Passed)
    stolen = registry.issue(thief, follows=None, is_told=False, at=life.at)
    yield from _later(life)
    held = _try(life, stolen, Held)
    if isinstance(receipt, Passed) and isinstance(held, Held):
        decide(held, "attach", receipt=receipt.receipt, at=life.at)
        yield from _later(life)
        _try(life, stolen, Passed)
        found = _try(life, life.card, Held)
        if isinstance(found, Held):
            decide(found, "attach", receipt=receipt.receipt, at=life.at)
            yield from _later(life)
            _try(life, life.card, Passed)
            caught = _try(life, stolen, Held)
            if isinstance(caught, Held):
                decide(caught, "release", at=life.at)
                _try(life, stolen, Passed, holder_of=thief)


def come_first_with_both_cards(life: Life) -> Steps:
    """The very first acts are the old and the new card's, at once: each makes the holder, one of them in vain."""
    old, stage = life.card, life.stage
    life.replace_card(is_told=True, is_revoked=False)
    yield from _later(life)
    cards = [old, life.card] * 2
    works = [_make_work(life, card) for card in cards]
    for outcome in run_at_once(works, stage.executor):
        stage.observer.expect(life.person, outcome, Passed)


def come_first_with_the_newest_of_many(life: Life) -> Steps:
    """The first act is the first card's, the next the fourth's: those between were never seen."""
    _try(life, life.card, Passed)
    for _ in range(3):
        yield from _later(life)
        life.replace_card(is_told=True)
    yield from _later(life)
    lineage = life.stage.registry.get_lineage(life.card, at=life.at)
    assert isinstance(lineage, Renewed)
    _try(life, life.card, Passed)


def hear_of_two_holders_late(life: Life) -> Steps:
    """While a card waits for its lineage, it comes and leads to two holders: a new hold takes the old one's place."""
    _try(life, life.card, Passed)
    life.replace_card(is_told=False)
    middle = life.card
    yield from _later(life)
    held = _try(life, middle, Held)
    if isinstance(held, Held):
        decide(held, "release", at=life.at)
    _try(life, middle, Passed, holder_of=ALIAS - life.person)
    life.replace_card(is_told=False)
    yield from _later(life)
    assert isinstance(life.stage.registry.get_lineage(life.card, at=life.at), UnknownLineage)
    waiting = _try(life, life.card, Held)
    life.stage.registry.tell(middle)
    life.stage.registry.tell(life.card)
    yield from _later(life)
    torn = _try(life, life.card, Held)
    if isinstance(waiting, Held) and isinstance(torn, Held) and torn.hold_id == waiting.hold_id:
        life.stage.observer.complain(life.person, "the evidence changed, and the hold did not")


def _make_work(life: Life, card: Card) -> Callable[[], Outcome]:
    lineage, at = life.stage.registry.get_lineage(card, at=life.at), life.at
    return lambda: life.stage.platform.act(card, lineage, at=at)


def _later(life: Life) -> Steps:
    life.at += DAY
    yield life.at


PLOTS: tuple[Callable[[Life], Steps], ...] = (
    release_somebody_who_is_known,
    show_anothers_receipt,
    come_first_with_both_cards,
    come_first_with_the_newest_of_many,
    hear_of_two_holders_late,
)


def begin_plot(number: int, person: int, stage: Stage) -> Steps:
    """Begin one of the stories with a person whose first card is told."""
    card = stage.registry.issue(person, follows=None, is_told=True, at=BEGIN)
    life = Life(person, stage, BEGIN + timedelta(seconds=stage.random.randrange(90 * 86400)), card)
    yield life.at
    yield from PLOTS[number % len(PLOTS)](life)
