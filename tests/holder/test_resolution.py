"""A day's list of lineages closes what only waited for it: nobody has to come again."""

import json
from datetime import datetime

import pytest
from review_parties import KEY, Held, act, be_held, certificate, confirm, decide, propose, renewed

from cast import AT, DAY, SECOND
from jpki.freshness import Update
from jpki.lineage_list import write_lineage_list
from jpki.registry import UnknownLineage
from mynapoint.holder.models import Holder, HolderCertificate, HoldOutcome
from mynapoint.holder.operations import resolve_hold
from mynapoint.holder.queries import get_hold, list_open_holds
from mynapoint.holder.rules import HoldClosed, hash_certificate
from mynapoint.journal.models import Entry
from mynapoint.registry.operations import import_lineages, resolve_open_holds
from races import at_once

OLD, NEW, NEWER = 1, 2, 3
ISSUER = certificate(OLD).issuer_key_id


def import_day(rows: dict[int, int | None], *, at: datetime = AT + DAY) -> int:
    """Take in a day's list, certificate by predecessor, and resolve what it resolves."""
    update = Update(this_update=at, next_update=at + DAY)
    names = {certificate(new): None if old is None else certificate(old) for new, old in rows.items()}
    content = "".join(write_lineage_list(names, update=update)).encode()
    import_lineages(content, issuers=frozenset({ISSUER}), key=KEY, at=at)
    return resolve_open_holds(at=at)


def outcome(held: Held) -> str | None:
    return get_hold(held.id).outcome


@pytest.mark.django_db
class TestDailyList:
    def test_resolves_a_hold_and_the_journal_says_so(self) -> None:
        receipt, held = act(OLD, at=AT - DAY), be_held(NEW, UnknownLineage())
        assert import_day({NEW: OLD, OLD: None}) == 1
        view = get_hold(held.id)
        assert (view.outcome, view.closed_at) == ("identified", AT + DAY)
        assert HoldOutcome.objects.get().holder_id == receipt.holder_id
        newest = Entry.objects.order_by("-id").first()
        assert newest is not None
        assert (newest.kind, json.loads(newest.facts)["outcome"]) == ("hold_closed", "identified")
        assert act(NEW, UnknownLineage(), at=AT + DAY).holder_id == receipt.holder_id

    def test_resolves_it_when_a_link_further_back_arrives(self) -> None:
        receipt, held = act(OLD, at=AT - DAY), be_held(NEWER, UnknownLineage())
        assert import_day({NEWER: NEW}) == 0
        assert outcome(held) is None
        assert import_day({NEW: OLD, OLD: None}, at=AT + 2 * DAY) == 1
        assert HoldOutcome.objects.get().holder_id == receipt.holder_id

    def test_makes_a_holder_of_somebody_who_was_never_seen(self) -> None:
        held = be_held(NEW, UnknownLineage())
        import_day({NEW: OLD, OLD: None})
        assert outcome(held) == "identified"
        assert act(NEW, renewed(OLD), at=AT + DAY).holder_id == Holder.objects.get().id

    @pytest.mark.parametrize("rows", [{NEW: OLD}, {NEW: OLD, OLD: NEW}, {7: None}], ids=["gap", "loop", "others"])
    def test_leaves_a_hold_whose_past_it_does_not_tell(self, rows: dict[int, int | None]) -> None:
        held = be_held(NEW, UnknownLineage())
        assert import_day(rows) == 0
        assert outcome(held) is None
        assert not HolderCertificate.objects.exists()

    def test_leaves_a_dispute_to_the_review(self) -> None:
        import_day({NEW: None})
        held = be_held(NEW, UnknownLineage())
        assert import_day({NEW: OLD, OLD: None}, at=AT + 2 * DAY) == 0
        assert outcome(held) is None

    def test_that_leads_to_two_holders_supersedes_the_hold_once(self) -> None:
        first, second = act(OLD, at=AT - DAY), act(NEW, at=AT - DAY)
        held = be_held(NEWER, UnknownLineage())
        rows = {NEWER: NEW, NEW: OLD, OLD: None}
        assert import_day(rows) == 0
        assert outcome(held) == "superseded"
        (torn,) = list_open_holds()
        assert (torn.reason, torn.touched) == ("two_holders", {first.holder_id, second.holder_id})
        assert import_day(rows, at=AT + 2 * DAY) == 0
        assert [view.id for view in list_open_holds()] == [torn.id]

    def test_goes_before_a_proposal(self) -> None:
        held = be_held(NEW, UnknownLineage())
        propose(held, "release")
        import_day({NEW: OLD, OLD: None})
        with pytest.raises(HoldClosed):
            confirm(held)

    def test_leaves_alone_what_two_people_decided(self) -> None:
        receipt, held = act(OLD, at=AT - DAY), be_held(NEW, UnknownLineage())
        decide(held, "release")
        assert import_day({NEW: OLD, OLD: None}) == 0
        assert not resolve_hold(held.id, past=[hash_certificate(certificate(OLD), key=KEY)], at=AT + DAY)
        assert HolderCertificate.objects.filter(holder_id=receipt.holder_id).count() == 1

    def test_resolves_also_when_it_was_taken_in_before(self) -> None:
        rows = {NEW: OLD, OLD: None}
        import_day(rows)
        held = be_held(NEW, UnknownLineage(), at=AT + DAY)
        assert import_day(rows) == 1
        assert outcome(held) == "identified"


@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_between_the_list_and_the_second_person_one_closes_the_hold(self) -> None:
        receipt, held = act(OLD, at=AT - DAY), be_held(NEW, UnknownLineage())
        propose(held, "attach", named=receipt)
        past = [hash_certificate(certificate(OLD), key=KEY)]
        at_once(lambda: confirm(held), lambda: resolve_hold(held.id, past=past, at=AT + SECOND))
        assert HoldOutcome.objects.get().holder_id == receipt.holder_id
        assert HolderCertificate.objects.filter(holder_id=receipt.holder_id).count() == 2

    def test_between_the_list_and_an_act_one_holder_comes_out(self) -> None:
        held = be_held(NEW, UnknownLineage())
        past = [hash_certificate(certificate(OLD), key=KEY)]
        at_once(lambda: act(NEW, renewed(OLD)), lambda: resolve_hold(held.id, past=past, at=AT + SECOND))
        assert outcome(held) == "identified"
        assert Holder.objects.count() == 1
