"""One person's random life with cards, step by step: each step is a generator that says when it goes on."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import Barrier

from django.db import connection

from lives.observer import Observer
from lives.platform import Held, Outcome, Passed, Platform, decide
from lives.registry import Card, CardRegistry
from mynapoint.kernel.period import JST

BEGIN = datetime(2020, 7, 1, 9, tzinfo=JST)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
Steps = Iterator[datetime]


@dataclass
class Stage:
    """What all lives have in common."""

    platform: Platform
    registry: CardRegistry
    observer: Observer
    random: Random
    executor: Executor


@dataclass
class Life:
    """A person with a card, the receipts in their drawer, and the last hold they were told of."""

    person: int
    stage: Stage
    at: datetime
    card: Card
    old: list[Card] = field(default_factory=list)
    receipts: list[Passed] = field(default_factory=list)
    held: tuple[Card, Held] | None = None

    @classmethod
    def begin(cls, person: int, stage: Stage) -> "Life":
        """Issue a first card, told at once: whose first card is not told, is held like any other."""
        at = BEGIN + timedelta(seconds=stage.random.randrange(90 * 86400))
        card = stage.registry.issue(person, follows=None, is_told=stage.random.random() < 0.97, at=at)
        return cls(person, stage, at, card)

    def run(self) -> Steps:
        """Live: yield the instant of each step before it is done."""
        yield self.at
        names, weights = zip(*MOVES.items(), strict=True)
        for move in self.stage.random.choices(names, weights, k=self.stage.random.randint(2, 5)):
            self.at += timedelta(seconds=self.stage.random.randrange(1, 20 * 86400))
            yield self.at
            yield from move(self)

    def act(self, card: Card | None = None) -> None:
        """Act with a card, the present one if none is named."""
        card = card or self.card
        if self.stage.registry.is_revoked(card):
            self.stage.observer.note_revoked()
            return
        lineage = self.stage.registry.get_lineage(card, at=self.at)
        outcome = self.stage.platform.act(card, lineage, at=self.at)
        self.take_in(card, outcome)
        self.stage.observer.note(card, lineage, outcome, at=self.at)

    def take_in(self, card: Card, outcome: Outcome) -> None:
        """Keep a receipt, or the number of a hold."""
        if isinstance(outcome, Passed):
            self.receipts.append(outcome)
            self.held = None
        elif isinstance(outcome, Held):
            self.held = (card, outcome)

    def replace_card(self, *, is_told: bool, is_revoked: bool = True) -> None:
        """Get a new card after the present one."""
        self.old.append(self.card)
        if is_revoked:
            self.stage.registry.revoke(self.card, at=self.at)
        self.card = self.stage.registry.issue(self.person, follows=self.card, is_told=is_told, at=self.at)


def _act(life: Life) -> Steps:
    life.act()
    yield from ()


def _act_with_an_old_card(life: Life) -> Steps:
    if life.old:
        life.act(life.stage.random.choice(life.old))
    yield from ()


def _renew(life: Life) -> Steps:
    life.replace_card(is_told=True)
    yield from ()


def _renew_and_watch_the_clock(life: Life) -> Steps:
    life.replace_card(is_told=True)
    for wait in (DAY - SECOND, DAY):
        life.at = life.card.issued_at + wait
        yield life.at
        life.act()


def _lose_the_card(life: Life) -> Steps:
    life.replace_card(is_told=False)
    life.at += DAY
    yield life.at
    life.act()


def _hear_the_lineage_late(life: Life) -> Steps:
    untold = [card for card in (*life.old, life.card) if not life.stage.registry.is_told(card)]
    if untold:
        life.stage.registry.tell(life.stage.random.choice(untold))
    life.at += DAY
    yield life.at
    life.act()


def _go_to_the_office(life: Life) -> Steps:
    """The office knows who stands before it, and decides by that; sometimes it cannot, and rejects."""
    if life.held is None or life.held[0] is not life.card:
        return
    card, held = life.held
    if life.stage.random.random() < 0.1:
        decide(held, "reject", at=life.at)
        life.stage.observer.note_decision(card, "reject")
    elif life.receipts:
        decide(held, "attach", receipt=life.stage.random.choice(life.receipts).receipt, at=life.at)
        life.stage.observer.note_decision(card, "attach")
    else:
        decide(held, "release", at=life.at)
        life.stage.observer.note_decision(card, "release")
    life.held = None
    life.at += SECOND
    yield life.at
    life.act()


def _use_both_cards_at_once(life: Life) -> Steps:
    """The revocation is late, and the old card acts in the very moment of the new one."""
    stage, old = life.stage, life.card
    if stage.registry.is_revoked(old) or not _is_all_told(life):
        return
    life.replace_card(is_told=True, is_revoked=False)
    life.at += DAY
    yield life.at
    cards = [old, life.card]
    lineages = [stage.registry.get_lineage(card, at=life.at) for card in cards]
    works = [
        lambda card=card, lineage=lineage: stage.platform.act(card, lineage, at=life.at)  # type: ignore[misc]
        for card, lineage in zip(cards, lineages, strict=True)
    ]
    for card, lineage, outcome in zip(cards, lineages, run_at_once(works, stage.executor), strict=True):
        life.take_in(card, outcome)
        stage.observer.note(card, lineage, outcome, at=life.at)
    stage.registry.revoke(old, at=life.at)


def _is_all_told(life: Life) -> bool:
    return all(life.stage.registry.is_told(card) for card in (*life.old, life.card))


def run_at_once(works: list[Callable[[], Outcome]], executor: Executor) -> list[Outcome]:
    """Run works in threads from the same instant."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], Outcome]) -> Outcome:
        barrier.wait()
        try:
            return work()
        finally:
            connection.close()

    return list(executor.map(run, works))


MOVES: dict[Callable[[Life], Steps], float] = {
    _act: 30,
    _act_with_an_old_card: 5,
    _renew: 12,
    _renew_and_watch_the_clock: 8,
    _lose_the_card: 12,
    _hear_the_lineage_late: 12,
    _go_to_the_office: 25,
    _use_both_cards_at_once: 2,
}
