"""A closing from the roll to the verdict."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from closing_parties import (
    ENDS,
    LINKED_AT,
    NOVEMBER_ENDS,
    OCTOBER_ENDS,
    SECOND,
    SEPTEMBER_ENDS,
    announce,
    close,
    draw_rows,
    hand_in,
    keep_book,
    link,
    open_rows,
)
from mynapoint.closing.models import AcceptedClosing, JudgedClosing, RollPart, SealedClosing
from mynapoint.closing.operations import reopen_closing, seal_closing
from mynapoint.closing.queries import (
    count_acceptances,
    get_closing,
    get_roll_page,
    list_acceptances,
    list_closings,
    list_missing,
    sum_accepted,
)
from mynapoint.closing.rolls import PART_TOKENS, get_tokens
from mynapoint.closing.rules import (
    ClosingAlreadyReopened,
    ClosingAlreadySealed,
    ClosingName,
    ClosingNotDrawn,
    ClosingNotRejected,
    ClosingUnknown,
    LaterPeriodAccepted,
    PeriodNotEnded,
    ReasonUnknown,
    RollMismatch,
    RootImpossible,
    SealedTotal,
    TotalImpossible,
)
from mynapoint.directory.queries import REGISTER as SERVICES
from mynapoint.journal.queries import get_first_checkpoint_covering
from mynapoint.programme.rules import Audit, PeriodUnknown, Programme
from sealedclaim.opening import Opening
from sealedclaim.roll import roll_digest
from sealedclaim.tree import EMPTY_ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return announce()


def read_roll(programme: Programme, *, limit: int = 1000, at: datetime = SEPTEMBER_ENDS) -> list[bytes]:
    """Read September's roll page by page."""
    tokens: list[bytes] = []
    after = None
    while True:
        page = get_roll_page("sakura", programme, "2020-09", after=after, limit=limit, at=at)
        tokens += page.tokens
        after = page.next
        if after is None:
            return tokens


def reopen(*, period_id: str = "2020-09", reason: str = "service_corrects") -> int:
    return reopen_closing(
        service_id="sakura",
        programme_id="mynapoint-2020",
        period_id=period_id,
        user_id=7,
        reason=reason,
        at=ENDS[period_id] + timedelta(hours=1),
    )


def list_periods(programme: Programme, *, at: datetime = SEPTEMBER_ENDS) -> list[str]:
    """Return of which periods Sakura's closing is missing."""
    return [each.name.period_id for each in list_missing(programme, at=at) if each.name.service_id == "sakura"]


def begin_applications(application_from: datetime, *, since: datetime) -> None:
    """Give sakura a newer text with another first instant of applications."""
    sakura = SERVICES.find("sakura", at=since)
    assert sakura is not None
    newer = sakura.model_copy(update={"effective_from": since, "application_from": application_from})
    SERVICES.add(newer, at=since)


def falsify(openings: Sequence[Opening], **values: object) -> list[Opening]:
    """Change the first opening."""
    return [replace(openings[0], **values), *openings[1:]]  # type: ignore[arg-type]


class TestListMissing:
    def test_begins_with_the_period_s_end(self, programme: Programme) -> None:
        assert list_missing(programme, at=SEPTEMBER_ENDS - SECOND) == []
        first = list_missing(programme, at=SEPTEMBER_ENDS)
        assert {each.due_since for each in first} == {SEPTEMBER_ENDS}
        services = [each.name.service_id for each in first]
        assert services == sorted(services)
        assert "sakura" in services

    def test_waits_for_nothing_of_a_service_that_can_have_no_link_yet(self, programme: Programme) -> None:
        week_before = SEPTEMBER_ENDS - timedelta(days=7)
        begin_applications(week_before, since=LINKED_AT)
        assert list_periods(programme) == []
        begin_applications(week_before - SECOND, since=LINKED_AT + SECOND)
        assert list_periods(programme) == ["2020-09"]

    def test_tells_whether_the_service_has_fetched_its_roll(self, programme: Programme) -> None:
        link(3)
        assert {each.count for each in list_missing(programme, at=SEPTEMBER_ENDS)} == {None}
        read_roll(programme)
        counts = {each.name.service_id: each.count for each in list_missing(programme, at=SEPTEMBER_ENDS)}
        assert counts.pop("sakura") == 3
        assert set(counts.values()) == {None}

    def test_ends_with_the_first_attempt_whatever_becomes_of_it(self, programme: Programme) -> None:
        link(3)
        hand_in(programme, keep_book(programme, 5000))
        assert list_periods(programme) == []
        draw_rows()
        open_rows(programme, [])
        reopen()
        assert list_periods(programme) == []

    def test_ends_when_a_later_period_with_its_points_is_accepted(self, programme: Programme) -> None:
        link(3)
        book = keep_book(programme, 5000, period_id="2020-10")
        hand_in(programme, book, period_id="2020-10")
        assert list_periods(programme, at=NOVEMBER_ENDS) == ["2020-09", "2020-11"]
        open_rows(programme, book.open(draw_rows(period_id="2020-10")), period_id="2020-10")
        assert list_periods(programme, at=NOVEMBER_ENDS) == ["2020-11"]


class TestGetRollPage:
    def test_refuses_until_the_last_second_of_the_period(self, programme: Programme) -> None:
        with pytest.raises(PeriodNotEnded) as refused:
            read_roll(programme, at=SEPTEMBER_ENDS - SECOND)
        assert refused.value.ends_at == SEPTEMBER_ENDS
        assert read_roll(programme, at=SEPTEMBER_ENDS) == []

    def test_refuses_a_period_that_the_programme_does_not_have(self, programme: Programme) -> None:
        with pytest.raises(PeriodUnknown):
            get_roll_page("sakura", programme, "2020-08", after=None, limit=10, at=SEPTEMBER_ENDS)

    def test_holds_the_links_that_could_be_objected_to_for_a_week(self, programme: Programme) -> None:
        week_before = SEPTEMBER_ENDS - timedelta(days=7)
        last = link(linked_at=week_before - SECOND)
        link(linked_at=week_before)
        assert read_roll(programme, at=OCTOBER_ENDS) == last

    def test_holds_every_link_before_the_last_period_s_end(self, programme: Programme) -> None:
        ends_at = programme.closing[-1].ends_at
        last = link(linked_at=ends_at - SECOND)
        link(linked_at=ends_at)
        page = get_roll_page("sakura", programme, programme.closing[-1].id, after=None, limit=10, at=ends_at)
        assert page.tokens == last

    def test_holds_only_the_links_of_the_service_itself(self, programme: Programme) -> None:
        link(3, service_id="hanamaru")
        assert read_roll(programme) == []

    @pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 1000])
    def test_comes_sorted_in_pages_of_any_size(self, programme: Programme, limit: int) -> None:
        tokens = link(5)
        assert read_roll(programme, limit=limit) == sorted(tokens)

    def test_names_count_and_digest_on_every_page(self, programme: Programme) -> None:
        tokens = sorted(link(3))
        page = get_roll_page("sakura", programme, "2020-09", after=tokens[0], limit=1, at=SEPTEMBER_ENDS)
        assert (page.count, page.digest) == (3, roll_digest(tokens, count=3))
        assert (page.tokens, page.next) == ([tokens[1]], tokens[1])

    def test_goes_on_after_a_token_that_is_not_in_the_roll(self, programme: Programme) -> None:
        tokens = sorted(link(2))
        page = get_roll_page("sakura", programme, "2020-09", after=b"\xff" * 16, limit=9, at=SEPTEMBER_ENDS)
        assert (page.tokens, page.next) == ([], None)
        page = get_roll_page("sakura", programme, "2020-09", after=b"\x00" * 16, limit=9, at=SEPTEMBER_ENDS)
        assert page.tokens == tokens

    def test_spans_several_stored_parts(self, programme: Programme) -> None:
        tokens = sorted(link(PART_TOKENS * 2 + 3))
        assert read_roll(programme, limit=700) == tokens
        assert RollPart.objects.count() == 3
        rows = [0, PART_TOKENS - 1, PART_TOKENS, PART_TOKENS * 2 + 2]
        name = ClosingName("sakura", programme.id, "2020-09")
        assert get_tokens(name, rows) == {row: tokens[row] for row in rows}

    def test_stays_as_it_was_when_a_confirmation_is_committed_late(self, programme: Programme) -> None:
        early = link(2)
        first = get_roll_page("sakura", programme, "2020-09", after=None, limit=9, at=SEPTEMBER_ENDS)
        late = link(linked_at=SEPTEMBER_ENDS - SECOND)
        assert get_roll_page("sakura", programme, "2020-09", after=None, limit=9, at=OCTOBER_ENDS) == first
        october = get_roll_page("sakura", programme, "2020-10", after=None, limit=9, at=OCTOBER_ENDS)
        assert october.tokens == sorted(early + late)


class TestSealClosing:
    def test_takes_the_period_from_its_end_on(self, programme: Programme) -> None:
        link(2)
        book = keep_book(programme, 5000)
        with pytest.raises(PeriodNotEnded):
            hand_in(programme, book, at=SEPTEMBER_ENDS - SECOND)
        assert hand_in(programme, book, at=SEPTEMBER_ENDS)

    def test_says_that_the_very_same_again_is_nothing_new(self, programme: Programme) -> None:
        link(2)
        book = keep_book(programme, 5000)
        assert [hand_in(programme, book), hand_in(programme, book)] == [True, False]
        assert SealedClosing.objects.count() == 1

    def test_refuses_another_total_for_the_same_period(self, programme: Programme) -> None:
        link(2)
        hand_in(programme, keep_book(programme, 5000))
        with pytest.raises(ClosingAlreadySealed):
            hand_in(programme, keep_book(programme, 4999))
        assert get_closing("sakura", programme.id, "2020-09").total == 10_000

    @pytest.mark.parametrize("change", [{"count": 3}, {"roll_digest": bytes(32)}])
    def test_refuses_another_roll(self, programme: Programme, change: dict[str, object]) -> None:
        link(2)
        sealed = replace(keep_book(programme, 1).total, **change)  # type: ignore[arg-type]
        with pytest.raises(RollMismatch):
            seal(programme, sealed)

    def test_takes_a_total_of_the_cap_for_everybody_and_not_one_point_more(self, programme: Programme) -> None:
        link(2)
        sealed = keep_book(programme, 5000).total
        with pytest.raises(TotalImpossible) as refused:
            seal(programme, replace(sealed, total=10_001))
        assert refused.value.data() == {"limit": 10_000}
        with pytest.raises(TotalImpossible):
            seal(programme, replace(sealed, total=-1))
        assert seal(programme, sealed)

    @pytest.mark.parametrize("root", [b"", bytes(31), bytes(33)])
    def test_refuses_a_root_that_is_no_hash(self, programme: Programme, root: bytes) -> None:
        link(1)
        with pytest.raises(RootImpossible):
            seal(programme, replace(keep_book(programme, 1).total, root=root))

    def test_refuses_another_root_for_an_empty_roll(self, programme: Programme) -> None:
        sealed = keep_book(programme, 0).total
        with pytest.raises(RootImpossible):
            seal(programme, replace(sealed, root=bytes(32)))
        assert sealed.root == EMPTY_ROOT
        assert seal(programme, sealed)

    def test_refuses_a_period_before_one_that_was_accepted(self, programme: Programme) -> None:
        link(2)
        close(programme, 100, period_id="2020-10")
        with pytest.raises(LaterPeriodAccepted) as refused:
            hand_in(programme, keep_book(programme, 50))
        assert refused.value.data() == {"period": "2020-10"}

    def test_stores_nothing_of_what_it_refuses(self, programme: Programme) -> None:
        link(1)
        with pytest.raises(TotalImpossible):
            seal(programme, replace(keep_book(programme, 1).total, total=99_999))
        assert not SealedClosing.objects.exists()


def seal(programme: Programme, sealed: SealedTotal) -> bool:
    return seal_closing(service_id="sakura", programme=programme, period_id="2020-09", sealed=sealed, at=SEPTEMBER_ENDS)


class TestGetClosing:
    def test_knows_nothing_before_the_service_has_sealed(self, programme: Programme) -> None:
        with pytest.raises(ClosingUnknown):
            get_closing("sakura", programme.id, "2020-09")

    def test_draws_nothing_before_a_checkpoint_covers_it(self, programme: Programme) -> None:
        link(3)
        hand_in(programme, keep_book(programme, 1))
        view = get_closing("sakura", programme.id, "2020-09")
        assert (view.state, view.draw, view.checkpoint) == ("sealed", None, None)

    def test_draws_all_rows_when_there_are_no_more_than_the_programme_audits(self, programme: Programme) -> None:
        link(64)
        hand_in(programme, keep_book(programme, 1))
        assert draw_rows() == list(range(64))

    def test_draws_as_many_as_the_programme_audits(self, programme: Programme) -> None:
        link(200)
        hand_in(programme, keep_book(programme, 1))
        drawn = draw_rows()
        assert len(drawn) == 64
        assert drawn == sorted(set(drawn))
        assert 0 <= drawn[0] < drawn[-1] < 200

    def test_draws_the_same_rows_however_far_the_journal_goes_on(self, programme: Programme) -> None:
        link(200)
        hand_in(programme, keep_book(programme, 1))
        first = draw_rows()
        close(programme, 0, service_id="hanamaru")
        assert get_closing("sakura", programme.id, "2020-09").draw == first

    def test_is_overdue_from_the_second_on_that_the_programme_gives_for_opening(self, programme: Programme) -> None:
        link(3)
        hand_in(programme, keep_book(programme, 5000))
        waiting = get_closing("sakura", programme.id, "2020-09")
        assert waiting.get_open_by(programme) is None
        assert not waiting.is_overdue(programme, at=NOVEMBER_ENDS)
        draw_rows()
        drawn = get_closing("sakura", programme.id, "2020-09")
        assert drawn.checkpoint is not None
        assert drawn.checkpoint.signed_at is not None
        open_by = drawn.checkpoint.signed_at + timedelta(days=7)
        assert drawn.get_open_by(programme) == open_by
        assert not drawn.is_overdue(programme, at=open_by - SECOND)
        assert drawn.is_overdue(programme, at=open_by)
        longer = programme.model_copy(update={"audit": Audit(rows=64, open_within_days=8)})
        assert not drawn.is_overdue(longer, at=open_by)
        open_rows(programme, [])
        assert not get_closing("sakura", programme.id, "2020-09").is_overdue(programme, at=NOVEMBER_ENDS)

    def test_is_listed_by_its_newest_attempt(self, programme: Programme) -> None:
        link(1)
        close(programme, 100)
        close(programme, 0, service_id="hanamaru")
        close(programme, 200, period_id="2020-10")
        listed = [(view.name.period_id, view.name.service_id, view.state) for view in list_closings(programme.id)]
        assert listed == [
            ("2020-10", "sakura", "accepted"),
            ("2020-09", "hanamaru", "accepted"),
            ("2020-09", "sakura", "accepted"),
        ]


class TestJudgeOpenings:
    def test_accepts_the_drawn_rows(self, programme: Programme) -> None:
        tokens = link(100)
        verdict = close(programme, {tokens[0]: 5000, tokens[1]: 1})
        assert (verdict.accepted, verdict.reason, verdict.index) == (True, None, None)
        view = get_closing("sakura", programme.id, "2020-09")
        assert (view.state, view.total, view.reason) == ("accepted", 5001, None)

    def test_accepts_an_empty_roll_with_an_empty_draw(self, programme: Programme) -> None:
        assert close(programme, 0).accepted
        assert get_closing("sakura", programme.id, "2020-09").draw == []

    def test_waits_for_the_draw(self, programme: Programme) -> None:
        link(1)
        book = keep_book(programme, 1)
        hand_in(programme, book)
        with pytest.raises(ClosingNotDrawn):
            open_rows(programme, book.open([0]))

    def test_judges_nothing_that_was_not_sealed(self, programme: Programme) -> None:
        with pytest.raises(ClosingUnknown):
            open_rows(programme, [])

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"points": 99}, "root_mismatch"),
            ({"points": 5001}, "points_over_cap"),
            ({"salt": bytes(16)}, "root_mismatch"),
            ({"token": bytes(16)}, "token_not_in_place"),
            ({"path": ()}, "path_length_wrong"),
            ({"index": 10}, "row_not_drawn"),
        ],
    )
    def test_rejects_an_opening_that_does_not_fit(
        self, programme: Programme, change: dict[str, object], reason: str
    ) -> None:
        link(10)
        book = keep_book(programme, 100)
        hand_in(programme, book)
        verdict = open_rows(programme, falsify(book.open(draw_rows()), **change))
        assert (verdict.accepted, verdict.reason) == (False, reason)
        assert verdict.index == (10 if reason == "row_not_drawn" else 0)

    def test_rejects_a_drawn_row_that_is_not_opened(self, programme: Programme) -> None:
        link(10)
        book = keep_book(programme, 100)
        hand_in(programme, book)
        verdict = open_rows(programme, book.open(draw_rows()[1:]))
        assert (verdict.reason, verdict.index) == ("row_not_opened", 0)

    def test_rejects_rows_sealed_over_the_cap(self, programme: Programme) -> None:
        tokens = link(10)
        assert close(programme, {tokens[0]: 5001}).reason == "points_over_cap"

    def test_rejects_a_total_that_the_rows_do_not_have(self, programme: Programme) -> None:
        link(10)
        book = keep_book(programme, 100)
        seal(programme, replace(book.total, total=1001))
        assert open_rows(programme, book.open(draw_rows())).reason == "total_mismatch"

    def test_rejects_points_on_another_persons_row(self, programme: Programme) -> None:
        tokens = sorted(link(3))
        book = keep_book(programme, {tokens[0]: 5000})
        hand_in(programme, book)
        opened = book.open(draw_rows())
        swapped = [replace(opened[0], token=tokens[1]), replace(opened[1], token=tokens[0]), opened[2]]
        assert open_rows(programme, swapped).reason == "token_not_in_place"

    def test_judges_once(self, programme: Programme) -> None:
        link(10)
        book = keep_book(programme, 100)
        hand_in(programme, book)
        opened = book.open(draw_rows())
        assert open_rows(programme, falsify(opened, points=1)).index == 0
        again = open_rows(programme, opened)
        assert (again.accepted, again.reason, again.index) == (False, "root_mismatch", None)
        assert JudgedClosing.objects.count() == 1

    def test_keeps_an_acceptance_whatever_comes_after_it(self, programme: Programme) -> None:
        link(10)
        assert close(programme, 100).accepted
        assert open_rows(programme, []).accepted

    def test_keeps_the_checkpoint_and_no_row(self, programme: Programme) -> None:
        link(10)
        book = keep_book(programme, 100)
        hand_in(programme, book)
        open_rows(programme, falsify(book.open(draw_rows()), points=1))
        judged, sealed = JudgedClosing.objects.get(), SealedClosing.objects.get()
        covering = get_first_checkpoint_covering(sealed.entry_id)
        assert covering is not None
        assert (judged.checkpoint_size, bytes(judged.checkpoint_root)) == (covering.size, covering.root)
        columns = {field.name for field in JudgedClosing._meta.get_fields()}
        assert not columns & {"index", "row", "points", "token", "salt"}

    def test_goes_by_the_rules_that_counted_when_it_was_sealed(self, programme: Programme) -> None:
        link(100)
        book = keep_book(programme, 5000)
        hand_in(programme, book)
        drawn = draw_rows()
        stricter = programme.model_copy(
            update={
                "grant": programme.grant.model_copy(update={"cap": 10}),
                "audit": programme.audit.model_copy(update={"rows": 1}),
            }
        )
        assert open_rows(stricter, book.open(drawn)).accepted

    def test_does_not_accept_a_period_once_a_later_one_is(self, programme: Programme) -> None:
        link(2)
        book = keep_book(programme, 50)
        hand_in(programme, book)
        opened = book.open(draw_rows())
        close(programme, 100, period_id="2020-10")
        with pytest.raises(LaterPeriodAccepted):
            open_rows(programme, opened)
        assert get_closing("sakura", programme.id, "2020-09").state == "drawn"

    def test_numbers_acceptances_in_the_order_of_their_periods(self, programme: Programme) -> None:
        link(2)
        for period_id, points in (("2020-09", 100), ("2020-10", 90), ("2020-11", 300)):
            close(programme, points, period_id=period_id)
        accepted = [(a.number, a.period_id, a.total) for a in list_acceptances("sakura", programme.id)]
        assert accepted == [(1, "2020-09", 200), (2, "2020-10", 180), (3, "2020-11", 600)]
        assert count_acceptances() == {("sakura", programme.id): 3}
        assert sum_accepted(programme.id) == {"sakura": 600}


class TestReopenClosing:
    def reject(self, programme: Programme) -> None:
        link(2)
        book = keep_book(programme, 100)
        hand_in(programme, book)
        draw_rows()
        open_rows(programme, [])

    def test_allows_one_more_attempt(self, programme: Programme) -> None:
        self.reject(programme)
        assert reopen() == 2
        view = get_closing("sakura", programme.id, "2020-09")
        assert (view.state, view.attempt, view.reopened) == ("rejected", 1, True)
        assert close(programme, 70).accepted
        view = get_closing("sakura", programme.id, "2020-09")
        assert (view.state, view.attempt, view.total, view.reopened) == ("accepted", 2, 140, False)

    def test_draws_anew_for_the_very_same_total(self, programme: Programme) -> None:
        self.reject(programme)
        reopen()
        assert close(programme, 100).accepted
        assert SealedClosing.objects.count() == 2

    def test_is_needed_before_anything_else_is_sealed(self, programme: Programme) -> None:
        self.reject(programme)
        with pytest.raises(ClosingAlreadySealed):
            hand_in(programme, keep_book(programme, 70))

    def test_is_once_for_each_attempt(self, programme: Programme) -> None:
        self.reject(programme)
        reopen()
        with pytest.raises(ClosingAlreadyReopened):
            reopen()

    def test_is_not_for_a_closing_that_was_accepted_or_waits(self, programme: Programme) -> None:
        with pytest.raises(ClosingUnknown):
            reopen()
        link(2)
        hand_in(programme, keep_book(programme, 100))
        with pytest.raises(ClosingNotRejected):
            reopen()
        close(programme, 100)
        with pytest.raises(ClosingNotRejected):
            reopen()

    def test_takes_a_listed_reason_only(self, programme: Programme) -> None:
        self.reject(programme)
        with pytest.raises(ReasonUnknown):
            reopen(reason="花子さんの分")

    def test_is_idle_once_a_later_period_was_accepted(self, programme: Programme) -> None:
        self.reject(programme)
        close(programme, 100, period_id="2020-10")
        with pytest.raises(LaterPeriodAccepted):
            reopen()
        assert not AcceptedClosing.objects.filter(period="2020-09").exists()
