"""Whatever somebody with access to the database alone does to a room's rows, verification finds it by their entries."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models, transaction

from cast import AT, OBJECTION, RESERVATION, Cast, application
from closing_parties import SEPTEMBER_ENDS, announce, close
from closing_parties import link as link_somebody
from holder.review_parties import be_held, confirm, propose
from jpki.registry import UnknownLineage
from mynapoint.application.models import Application
from mynapoint.application.operations import link
from mynapoint.application.rules import LinkRefused
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.journal.models import Entry
from mynapoint.journal.queries import Counterparts, verify_journal
from mynapoint.journal.rules import Finding, Problem
from mynapoint.kernel.sql import tell
from mynapoint.settlement.operations import approve_claim, make_transfer, raise_claims

WITHOUT_COUNTERPART = {
    "act_answeredact": "says which entry an act has; forgotten rows are the act's business",
    "draft_draft": "binds nobody, and is forgotten",
    "holder_holdattempt": "counts who came again, without an entry",
    "holder_replacedcertificate": "belongs to a hold's outcome, which has the entry",
}


class RefusingDoor:
    """A service that knows nobody."""

    def check_account(self, *_words: object, **_named: object) -> None:
        raise NotImplementedError

    def link(self, *_words: object, **_named: object) -> None:
        raise LinkRefused("account_closed")


def tables_of(*rooms: str) -> list[Counterparts]:
    return [table for table in COUNTERPARTS if table.table.partition("_")[0] in rooms]


def find(tables: list[Counterparts]) -> set[tuple[str, str, Problem]]:
    return {(found.table, found.row, found.problem) for found in verify_journal(counterparts=tables).findings}


def damage(table: Counterparts, change: str) -> set[tuple[str, str, Problem]]:
    """Do something to a table's rows, look, and undo it."""
    with transaction.atomic():
        tell(change.format(table=table.table), [])
        found = find([table])
        transaction.set_rollback(True)
    return found


def check_every_damage_is_found(tables: list[Counterparts]) -> None:
    """Move, remove and edit the rows of each table that has any; each is named."""
    for table in tables:
        keys = {row.key for row in table.list_rows()}
        model = next(model for model in apps.get_models() if model._meta.db_table == table.table)
        columns = {field.column: field for field in model._meta.local_concrete_fields}
        key = next(name for name in ("entry_id", "act_id", "application_id") if name in columns)
        time = next(name for name, field in columns.items() if isinstance(field, models.DateTimeField))
        time = next((name for name in columns if name.endswith("_at") and name != "ends_at"), time)
        if not keys:
            continue
        gone = {(table.table, key_, Problem.ROW_REMOVED) for key_ in keys}
        assert damage(table, "DELETE FROM {table}") == gone
        changed = damage(table, f"UPDATE {{table}} SET {time} = {time} + interval '1 microsecond'")
        assert changed == {(table.table, key_, Problem.ROW_CHANGED) for key_ in keys}
        moved = damage(table, f"UPDATE {{table}} SET {key} = gen_random_uuid()")
        assert moved > gone
        assert {problem for _, _, problem in moved - gone} == {Problem.ROW_ADDED}


@pytest.mark.django_db
class TestVerifyJournal:
    def test_holds_citizens_rows_against_their_entries(self, cast: Cast, programme: str) -> None:
        card = cast.card("hanako")
        for proposal in (RESERVATION, application("1"), OBJECTION):
            cast.act(proposal, card)
        row = Application.objects.get()
        link(row.holder_id, row.id, door=RefusingDoor(), at=AT)
        tables = tables_of("reservation", "application")
        assert find(tables) == set()
        assert sum(len(list(table.list_rows())) for table in tables) == 4
        check_every_damage_is_found(tables)
        for change in (
            "UPDATE {table} SET service = 'sakura'",
            "UPDATE {table} SET account_hash = set_byte(account_hash, 0, get_byte(account_hash, 0) # 1)",
            "UPDATE {table} SET holder_id = gen_random_uuid()",
        ):
            found = damage(tables[1], change)
            assert found == {("application_application", str(row.act_id), Problem.ROW_CHANGED)}

    def test_holds_closings_and_claims_against_their_entries(self) -> None:
        programme = announce()
        link_somebody(3)
        assert close(programme, 5000).accepted
        later = SEPTEMBER_ENDS + timedelta(minutes=3)
        assert raise_claims(service_id="sakura", programme_id=programme.id, at=later) == 1
        for user_id in (1, 2):
            approve_claim(service_id="sakura", programme_id=programme.id, number=1, user_id=user_id, at=later)
        make_transfer(programme, user_id=3, at=later)
        tables = tables_of("closing", "settlement")
        assert find(tables) == set()
        assert sum(len(list(table.list_rows())) for table in tables) == 6
        check_every_damage_is_found(tables)
        claims = next(table for table in tables if table.table == "settlement_claim")
        dearer = damage(claims, "UPDATE {table} SET amount = amount + 1, total = total + 1")
        assert {problem for _, _, problem in dearer} == {Problem.ROW_CHANGED}

    def test_holds_reviews_against_their_entries(self, programme: str) -> None:
        held = be_held(1, UnknownLineage())
        propose(held, "reject")
        confirm(held)
        tables = tables_of("holder")
        assert find(tables) == set()
        assert sum(len(list(table.list_rows())) for table in tables) == 4
        check_every_damage_is_found(tables)

    def test_finds_a_row_whose_entry_was_edited_into_something_else(self, cast: Cast, programme: str) -> None:
        done = cast.reserve(cast.card("hanako"))
        for facts in ("no JSON", "[]", "{{}}"):
            Entry.objects.filter(id=done.entry_id).update(facts=facts)
            found = {problem for _, _, problem in find(tables_of("reservation"))}
            assert found == {Problem.NOT_SEALED, Problem.ROW_ADDED, Problem.ROW_REMOVED}

    def test_says_in_words_what_it_compared_and_found(self, cast: Cast, programme: str) -> None:
        done = cast.reserve(cast.card("hanako"))
        tell("DELETE FROM reservation_reservation", [])
        report = verify_journal(counterparts=tables_of("reservation"))
        assert "と、記録と対になる表 1 枚を調べました。" in str(report)
        assert report.findings == (Finding("reservation_reservation", str(done.act_id), Problem.ROW_REMOVED),)
        assert "記録はありますが、その行がありません。" in str(report)


class TestCounterparts:
    def test_are_all_tables_whose_rows_name_an_entry_or_an_act(self) -> None:
        known = {table.table for table in COUNTERPARTS} | WITHOUT_COUNTERPART.keys()
        assert set(_tables_that_name_one()) <= known


def _tables_that_name_one() -> Iterator[str]:
    for model in apps.get_models():
        names = {field.column for field in model._meta.local_concrete_fields}
        if model._meta.app_label not in {"journal", "case"} and names & {"entry_id", "act_id"}:
            yield model._meta.db_table
