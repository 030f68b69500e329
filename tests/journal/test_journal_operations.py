import json
import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations_with_replacement
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from journal_parties import NOON, record_acts
from pytest_django import Settings

from mynapoint.journal.merkle import check_consistency, check_inclusion, leaf_hash
from mynapoint.journal.models import Entry, Node, PendingEntry, Position
from mynapoint.journal.notes import open_checkpoint
from mynapoint.journal.operations import record, sequence
from mynapoint.journal.queries import (
    get_checkpoint,
    get_consistency_proof,
    get_first_checkpoint_covering,
    get_inclusion_proof,
    is_sequenced,
    judge_kept_proof,
    verify_journal,
)
from mynapoint.journal.rules import (
    CheckpointUnknown,
    FactsRefused,
    Finding,
    JournalDamaged,
    KeptProofRefused,
    Problem,
    Table,
    write_facts,
)

FACTS = st.dictionaries(
    st.from_regex(r"\A[a-z][a-z_]{0,9}\Z"),
    st.integers(-(2**53) + 1, 2**53 - 1) | st.from_regex(r"\A[A-Za-z0-9_.:+-]{1,20}\Z"),
)
NOT_FACTS = ["", "a b", "山", "a@b", "a/b", 'a"b', "a\n", "a" * 101, True, None, 1.0, 2**53, -(2**53), b"a", []]


@pytest.mark.django_db
class TestRecord:
    def test_writes_entry_and_queue_in_one_statement_and_reads_nothing(self) -> None:
        with CaptureQueriesContext(connection) as captured:
            record(kind="reservation", facts={"holder": "ab", "places": 1}, at=NOON)
        [statement] = [query["sql"] for query in captured]
        assert re.findall(r'(INSERT INTO "\w+"|SELECT|UPDATE|DELETE)', statement) == [
            'INSERT INTO "journal_entry"',
            'INSERT INTO "journal_pendingentry"',
        ]

    def test_goes_with_its_act_when_that_is_rolled_back(self) -> None:
        with transaction.atomic():
            record(kind="reservation", facts={}, at=NOON)
            transaction.set_rollback(True)
        assert (Entry.objects.count(), PendingEntry.objects.count()) == (0, 0)

    @pytest.mark.parametrize("kind", ["", "Reservation", "reservation-1", "予約", "a" * 51, 'x"', "a\n"])
    def test_refuses_a_kind_that_is_no_word(self, kind: str) -> None:
        with pytest.raises(FactsRefused):
            record(kind=kind, facts={}, at=NOON)

    def test_refuses_a_time_without_a_zone(self) -> None:
        with pytest.raises(FactsRefused):
            record(kind="reservation", facts={}, at=NOON.replace(tzinfo=None))

    def test_leaves_nothing_of_what_it_refuses(self) -> None:
        with pytest.raises(FactsRefused) as refused:
            record(kind="reservation", facts={"holder": "山田 花子"}, at=NOON)
        assert "山田" not in str(refused.value)
        assert (Entry.objects.count(), PendingEntry.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
class TestRecordOutsideTransaction:
    def test_is_refused(self) -> None:
        with pytest.raises(transaction.TransactionManagementError):
            record(kind="reservation", facts={}, at=NOON)


class TestFacts:
    @given(facts=FACTS)
    def test_are_written_as_rfc_8785_writes_them(self, facts: dict[str, str | int]) -> None:
        assert write_facts(facts).encode() == rfc8785.dumps(dict(facts))

    @pytest.mark.parametrize("value", NOT_FACTS)
    def test_refuse_what_could_be_personal_or_is_no_fact(self, value: Any) -> None:
        with pytest.raises(FactsRefused) as refused:
            write_facts({"holder": value})
        assert refused.value.part == "holder"

    @pytest.mark.parametrize("name", ["", "Holder", "holder1", "holder-id", "h h", "_h", "a" * 51, "a\n"])
    def test_refuse_a_name_that_is_no_word(self, name: str) -> None:
        with pytest.raises(FactsRefused):
            write_facts({name: 1})


@pytest.mark.django_db
class TestSequence:
    def test_signs_an_empty_checkpoint_once(self) -> None:
        assert sequence(at=NOON) == 0
        first = get_checkpoint()
        assert first is not None
        assert (first.size, first.at) == (0, NOON)
        assert sequence(at=NOON + timedelta(hours=1)) == 0
        assert get_checkpoint() == first

    def test_gives_places_in_the_order_of_ids_and_empties_the_queue(self) -> None:
        entries = record_acts(10)
        assert sequence(at=NOON) == 10
        assert list(Position.objects.order_by("index").values_list("entry_id", flat=True)) == sorted(entries)
        assert not PendingEntry.objects.exists()

    def test_takes_no_more_than_its_limit_at_once(self) -> None:
        record_acts(10)
        assert [sequence(at=NOON, limit=4) for _ in range(4)] == [4, 4, 2, 0]
        assert verify_journal().is_intact

    def test_signs_a_note_that_states_size_and_root(self) -> None:
        record_acts(3)
        sequence(at=NOON)
        checkpoint = get_checkpoint()
        assert checkpoint is not None
        text = open_checkpoint(
            checkpoint.note, origin=settings.JOURNAL_ORIGIN, key=settings.JOURNAL_SIGNING_KEY.public_key()
        )
        assert (text.size, text.root) == (3, checkpoint.root)

    @pytest.mark.parametrize("amount", [0, 1, 2, 3, 8, 21])
    def test_keeps_the_hash_of_every_complete_subtree(self, amount: int) -> None:
        record_acts(amount)
        sequence(at=NOON)
        expected = {(level, index) for level in range(6) for index in range(amount >> level)}
        assert set(Node.objects.values_list("level", "index")) == expected


@pytest.mark.django_db
class TestInclusionProof:
    def test_is_not_there_while_the_entry_waits(self) -> None:
        (entry,) = record_acts(1)
        assert (get_inclusion_proof(entry), get_first_checkpoint_covering(entry), is_sequenced(entry)) == (
            None,
            None,
            False,
        )
        sequence(at=NOON)
        assert is_sequenced(entry)

    def test_holds_for_every_entry_under_the_newest_checkpoint(self) -> None:
        entries = []
        for amount in (1, 4, 7):
            entries += record_acts(amount)
            sequence(at=NOON)
        for entry in entries:
            proof = get_inclusion_proof(entry)
            assert proof is not None
            assert proof.checkpoint == get_checkpoint()
            leaf = leaf_hash(proof.octets)
            size, root = proof.checkpoint.size, proof.checkpoint.root
            check_inclusion(leaf, index=proof.index, size=size, path=proof.path, root=root)

    def test_carries_the_entry_as_canonical_json_under_a_domain_line(self) -> None:
        zone = timezone(timedelta(hours=9))
        entry = record(kind="reservation", facts={"holder": "ab", "a": 1}, at=datetime(2020, 9, 1, 12, tzinfo=zone))
        sequence(at=NOON)
        proof = get_inclusion_proof(entry)
        assert proof is not None
        domain, _, document = proof.octets.partition(b"\n")
        assert domain == b"mynapoint journal entry v1"
        assert rfc8785.dumps(json.loads(document)) == document
        assert json.loads(document) == {
            "id": str(entry),
            "kind": "reservation",
            "at": datetime(2020, 9, 1, 3, tzinfo=UTC).isoformat(timespec="microseconds"),
            "facts": {"holder": "ab", "a": 1},
        }

    def test_reads_a_few_rows_however_large_the_tree(self) -> None:
        (first, *_) = record_acts(100)
        sequence(at=NOON)
        with CaptureQueriesContext(connection) as captured:
            get_inclusion_proof(first)
        assert len(captured) <= 4


@pytest.mark.django_db
class TestFirstCheckpointCovering:
    def test_is_the_one_signed_when_the_entry_came_into_the_tree(self) -> None:
        (first, *_) = record_acts(3)
        sequence(at=NOON)
        covering = get_checkpoint()
        (second, *_) = record_acts(2)
        sequence(at=NOON + timedelta(minutes=1))
        assert get_first_checkpoint_covering(first) == covering
        assert get_first_checkpoint_covering(second) == get_checkpoint() != covering


@pytest.mark.django_db
class TestConsistencyProof:
    def test_holds_between_all_checkpoints(self) -> None:
        roots = {}
        for amount in (0, 1, 2, 4, 1, 5):
            record_acts(amount)
            sequence(at=NOON)
            checkpoint = get_checkpoint()
            assert checkpoint is not None
            roots[checkpoint.size] = checkpoint.root
        for (old, old_root), (new, new_root) in combinations_with_replacement(sorted(roots.items()), 2):
            path = get_consistency_proof(old, new)
            check_consistency(old=old, new=new, path=path, old_root=old_root, new_root=new_root)

    @pytest.mark.parametrize(("old", "new"), [(1, 3), (3, 1), (3, 4)])
    def test_is_refused_where_nothing_was_signed(self, old: int, new: int) -> None:
        record_acts(3)
        sequence(at=NOON)
        with pytest.raises(CheckpointUnknown):
            get_consistency_proof(old, new)


@pytest.mark.django_db
class TestJournalOfAMovedSite:
    """The site has another address than when the journal began."""

    @pytest.mark.parametrize("before", [0, 3])
    def test_grows_on_under_the_name_that_it_began_with(self, settings: Settings, before: int) -> None:
        record_acts(before)
        sequence(at=NOON)
        first, settings.JOURNAL_ORIGIN = get_checkpoint(), "moved.example/journal"
        record_acts(2)
        assert sequence(at=NOON + timedelta(hours=1)) == 2
        second = get_checkpoint()
        assert first is not None
        assert second is not None
        assert second.note.splitlines()[0] == first.note.splitlines()[0] != "moved.example/journal"
        assert verify_journal(kept_notes=[first.note, second.note]).is_intact

    def test_proves_what_was_given_out_before_and_after(self, settings: Settings) -> None:
        (before,) = record_acts(1)
        sequence(at=NOON)
        kept, settings.JOURNAL_ORIGIN = get_inclusion_proof(before), "moved.example/journal"
        (after,) = record_acts(1)
        sequence(at=NOON)
        for proof in (kept, get_inclusion_proof(before), get_inclusion_proof(after)):
            assert proof is not None
            judged = judge_kept_proof(proof.octets, index=proof.index, path=proof.path, note=proof.checkpoint.note)
            assert judged == proof.checkpoint


@pytest.mark.django_db
class TestJournalUnderAnotherKey:
    """The signing key was exchanged, which a journal cannot survive: it says so, and that nobody touched its rows."""

    def test_grows_no_further_and_names_what_is_wrong(self, settings: Settings) -> None:
        (entry,) = record_acts(1)
        sequence(at=NOON)
        proof, settings.JOURNAL_SIGNING_KEY = get_inclusion_proof(entry), Ed25519PrivateKey.generate()
        record_acts(1)
        with pytest.raises(JournalDamaged) as damaged:
            sequence(at=NOON)
        assert damaged.value.finding == Finding(Table.CHECKPOINT, "1", Problem.OTHER_KEY)
        assert "MYNAPOINT_JOURNAL_SIGNING_KEY_FILE" in str(damaged.value.finding)
        assert verify_journal().findings == (damaged.value.finding,)
        assert proof is not None
        with pytest.raises(KeptProofRefused):
            judge_kept_proof(proof.octets, index=0, path=(), note=proof.checkpoint.note)
