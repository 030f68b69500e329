"""The database as the book of cases. What is locked is the case's live row, which its end takes away."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from django.db.models import Max

from mynapoint.case.facts import (
    ActEnded,
    ActProposed,
    ActShown,
    CardSeen,
    CardStillIn,
    Case,
    Continued,
    Ended,
    Extension,
    Fact,
    LeftCardSeen,
    ProofSeen,
    ReaderEmptied,
    SentHome,
)
from mynapoint.case.models import CaseFact, CounterExtension, LiveCase, OpenedCase
from mynapoint.case.rules import CardHash, CaseName, CaseUnknown, Seat, day_of
from mynapoint.kernel.secret_link import SECRET_BYTES


class DatabaseBook:
    """Every case of every counter. Whatever is locked stays so to the end of the caller's transaction."""

    def find(self, name: CaseName) -> Case | None:
        """Return a case."""
        opened = OpenedCase.objects.filter(counter=name.counter, id=name.id).first()
        return self.read(opened) if opened else None

    def lock(self, name: CaseName) -> Case:
        """Return a case that nobody else changes meanwhile.

        :raises CaseUnknown: when there is none.
        """
        live = LiveCase.objects.select_for_update().filter(counter=name.counter, case_id=name.id).first()
        opened = OpenedCase.objects.filter(counter=name.counter, id=name.id).first()
        if opened is None:
            raise CaseUnknown
        return self._compose(opened, live)

    def lock_live(self, counter: str, terminal: str) -> Case | None:
        """Return the terminal's case that nothing has ended, as `lock` does."""
        live = LiveCase.objects.select_for_update().filter(counter=counter, terminal=terminal).first()
        if live is None:
            return None
        return self._compose(OpenedCase.objects.get(counter=live.counter, id=live.case_id), live)

    def next_number(self, counter: str, day: date) -> int:
        """Return the number of the counter's next case of the day."""
        last = OpenedCase.objects.filter(counter=counter, day=day).aggregate(last=Max("number"))["last"]
        return (last or 0) + 1

    def get_extensions(self, counter: str, day: date) -> Sequence[Extension]:
        """Return how long the counter stays open on that day beyond its calendar, in the order of time."""
        rows = CounterExtension.objects.filter(counter=counter, day=day).order_by("number")
        return [Extension(row.extended_at, row.until) for row in rows]

    def insert(self, case: Case) -> Case:
        """Write a new case down, with a new key unless it brings one; constraints refuse a second one in its place."""
        key = case.key or secrets.token_bytes(SECRET_BYTES)
        OpenedCase.objects.create(
            counter=case.name.counter,
            id=case.name.id,
            day=day_of(case.opened_at),
            number=case.number,
            counter_name=case.seat.counter_name,
            terminal=case.seat.terminal,
            terminal_name=case.seat.terminal_name,
            user_id=case.user_id,
            opened_at=case.opened_at,
            closes_at=case.closes_at,
        )
        LiveCase.objects.create(
            counter=case.name.counter,
            terminal=case.seat.terminal,
            case_id=case.name.id,
            key=key,
            card_hash=case.card,
        )
        return replace(case, key=key)

    def add(self, case: Case, facts: Sequence[Fact]) -> Case:
        """Write facts down; an end takes the key away."""
        after = case.with_facts(facts)
        live = LiveCase.objects.filter(counter=case.name.counter, case_id=case.name.id)
        if after.ended:
            live.delete()
        elif after.contact_at != case.contact_at:
            live.update(contact_at=after.contact_at, card_hash=after.card)
        kept = [fact for fact in facts if not isinstance(fact, CardStillIn)]
        if kept:
            rows = [_write(case.name, index, fact) for index, fact in enumerate(kept, case.fact_count)]
            CaseFact.objects.bulk_create(rows)
        return after

    def read(self, opened: OpenedCase) -> Case:
        """Return a case as it stands, without locking it."""
        return self._compose(opened, LiveCase.objects.filter(counter=opened.counter, case_id=opened.id).first())

    def _compose(self, opened: OpenedCase, live: LiveCase | None) -> Case:
        seat = Seat(opened.counter, opened.counter_name, opened.terminal, opened.terminal_name)
        case = Case(
            name=CaseName(opened.counter, opened.id),
            seat=seat,
            number=opened.number,
            user_id=opened.user_id,
            opened_at=opened.opened_at,
            closes_at=opened.closes_at,
            active_at=opened.opened_at,
            key=bytes(live.key) if live else None,
            card=CardHash(bytes(live.card_hash)) if live and live.card_hash else None,
        )
        for extension in self.get_extensions(opened.counter, opened.day):
            case = case.extended(extension)
        rows = CaseFact.objects.filter(counter=opened.counter, case_id=opened.id).order_by("index")
        case = case.with_facts(_read(row, card=case.card) for row in rows)
        return case.with_facts([CardStillIn(live.contact_at)]) if live and live.contact_at else case


def _write(name: CaseName, index: int, fact: Fact) -> CaseFact:
    row = CaseFact(counter=name.counter, case_id=name.id, index=index, kind=_KINDS[type(fact)], at=fact.at)
    match fact:
        case ActEnded():
            row.act_id, row.word = fact.act_id, fact.outcome
        case ActProposed() | ActShown():
            row.act_id = fact.act_id
        case ProofSeen():
            row.word = fact.kind
        case SentHome():
            row.word = fact.lack
        case Ended():
            row.word = fact.reason
    return row


def _read(row: CaseFact, *, card: CardHash | None) -> Fact:
    if row.kind == "card_seen":
        return CardSeen(row.at, card)
    values = [getattr(row, column) for column in _COLUMNS[row.kind]]
    return _FACTS[row.kind](row.at, *values)


_FACTS: Final[Mapping[str, Callable[..., Fact]]] = {
    "card_seen": CardSeen,
    "left_card_seen": LeftCardSeen,
    "reader_emptied": ReaderEmptied,
    "act_proposed": ActProposed,
    "act_shown": ActShown,
    "act_ended": ActEnded,
    "continued": Continued,
    "proof_seen": ProofSeen,
    "sent_home": SentHome,
    "ended": Ended,
}
_KINDS: Final = {kind: word for word, kind in _FACTS.items()}
_COLUMNS: Final = {
    "left_card_seen": (),
    "reader_emptied": (),
    "act_proposed": ("act_id",),
    "act_shown": ("act_id",),
    "act_ended": ("act_id", "word"),
    "continued": (),
    "proof_seen": ("word",),
    "sent_home": ("word",),
    "ended": ("word",),
}
