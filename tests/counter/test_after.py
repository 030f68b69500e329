"""What comes after the counter: looking back, reports to keep, who is away, and taking the report of a wrong link."""

import csv
import re
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import get_args
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader
from pytest_django.fixtures import Settings

from cast import AT, DAY, INQUIRY, SECOND, SITE, Cast, application
from correction.correction_parties import apply_and_link
from jpki.virtual.contents import FileMemory
from mynapoint.act.operations import propose
from mynapoint.act.rules import Proposal
from mynapoint.case.models import OpenedCase
from mynapoint.case.operations import (
    continue_case,
    end_lapsed,
    extend_counter,
    open_case,
    report_card,
    report_removal,
    show_act,
)
from mynapoint.case.queries import get_case
from mynapoint.case.rules import CaseName, EndReason, ExtensionReason, Offer, Seat, Turn, fingerprint_of
from mynapoint.correction.models import Correction
from mynapoint.counter.after.alerts import ENDS, EXTENSIONS, OUTCOME_HEADS, OUTCOME_NAMES, tell
from mynapoint.counter.after.reports import MONTH_HEAD
from mynapoint.place.operations import SpecialDays, change, change_place, with_special_days, words
from mynapoint.place.queries import find_place
from mynapoint.service_api import silences
from mynapoint.staff.rules import Role
from mynapoint.tally.queries import list_alerts, list_visits
from mynapoint.tally.rules import OUTCOMES, Alert, AlertKind, Visit
from staff_cast import CITY, COUNTER, OTHER_CITY, OTHER_COUNTER, employ, open_counters, sit_down

pytestmark = pytest.mark.django_db
SEAT = Seat(COUNTER, "市民課", "t1", "1番窓口")
CLOSES_AT = AT.replace(hour=17)
MINUTE = timedelta(minutes=1)
MONTH_END = AT.replace(month=10, day=1, hour=0, minute=0, second=0)


@pytest.fixture(autouse=True)
def _open(settings: Settings, db: None) -> None:
    settings.CLOCK = lambda: AT + timedelta(hours=2)
    open_counters()


def browser(role: Role = Role.SUPERVISOR, *, name: str = "rin", city: str = CITY) -> Client:
    user = employ(name, role, city=city, at=AT)
    return sit_down(user, at=AT + timedelta(hours=2))


def begin(card: Path, *, user_id: int = 7, at: datetime = AT) -> Turn:
    """Open a case with a card in it."""
    name = CaseName(COUNTER, uuid4())
    open_case(name, SEAT, user_id=user_id, closes_at=CLOSES_AT, at=at)
    report_card(
        COUNTER,
        "t1",
        fingerprint_of(FileMemory(card).read().credentials.authentication.certificate),
        put_down_at=at,
        at=at,
    )
    return Turn(name, "t1")


def sign_in_case(cast: Cast, card: Path, proposal: Proposal, *, at: datetime) -> None:
    """Open a case, sign an act in it, and take the card."""
    turn = begin(card, at=at)
    offer = Offer(turn, get_case(turn.case, at=at).acts_proposed)
    link = propose(Proposal(**{**vars(proposal), "offer": offer}), audience=SITE, at=at)
    show_act(turn, link.id, at=at)
    cast.submit(link, cast.sign(link, card, at=at), at=at)
    report_removal(COUNTER, "t1", at=at + MINUTE)


def see(client: Client, name: str, *args: object, status: int = 200) -> str:
    answer = client.get(reverse(f"counter:{name}", args=args))
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def hanako(cast: Cast, programme: str) -> Path:
    card = cast.card("hanako")
    cast.reserve(card, at=AT - DAY)
    return card


@pytest.fixture
def broken(cast: Cast, hanako: Path) -> None:
    """Taro's case breaks off before he signs; two minutes later Hanako applies at the same terminal."""
    turn = begin(cast.card("taro"), at=AT)
    propose(Proposal(**{**vars(INQUIRY), "offer": Offer(turn, 0)}), audience=SITE, at=AT)
    end_lapsed(at=AT + 2 * MINUTE)
    sign_in_case(cast, hanako, application("1234567890"), at=AT + 2 * MINUTE)


class TestDay:
    def test_shows_sums_and_explains_what_stands_out(self, broken: None) -> None:
        words = see(browser(), "after-day", COUNTER, AT.date())
        assert "途中で終わった件の直後に、同じ端末で申込が済んでいます" in words
        assert "1番窓口の件1(赤)は、カードのプログラムとの連絡が切れたため途中で終わりました" in words
        assert "1番窓口の件2(黄)で申込が済みました" in words
        assert "予約 0、申込 1、そのほか 0" in words
        counts = dict(re.findall(r"<dt>([^<]*件)</dt><dd>(\d+)</dd>", words))
        assert counts == dict.fromkeys(OUTCOME_NAMES.values(), "0") | {
            "件": "2", "途中で終わった件": "1", "手続が済んだ件": "1",
        }  # fmt: skip
        assert "10時" in words

    def test_names_nobody_s_hash(self, broken: None) -> None:
        (visit,) = [visit for visit in list_visits(COUNTER, AT.date(), AT.date()) if visit.deeds]
        words = see(browser(), "after-day", COUNTER, AT.date())
        assert visit.deeds[0].holder
        assert visit.deeds[0].holder not in words
        assert str(visit.deeds[0].account) not in words

    def test_explains_a_case_outside_the_hours_by_its_extension(self, cast: Cast, hanako: Path) -> None:
        boss = employ("mio", Role.SUPERVISOR, at=AT)
        late = CLOSES_AT + 30 * MINUTE
        extend_counter(
            COUNTER, until=late, reason="people_waiting", user_id=boss.id, closes_at=CLOSES_AT, at=CLOSES_AT - MINUTE
        )
        begin(hanako, at=CLOSES_AT + 20 * MINUTE)
        (alert,) = list_alerts(COUNTER, AT.date())
        assert alert.kind == "outside_hours"
        words = see(browser(), "after-day", COUNTER, AT.date())
        assert "mioさんが、待っている人がいたため延長しています" in words

    def test_goes_by_the_calendar_that_counted_as_a_case_began(self, hanako: Path) -> None:
        place = find_place(COUNTER, at=AT)
        assert place is not None
        begin(hanako)
        later = AT + MINUTE
        closed = with_special_days(place, SpecialDays(days=(AT.date(),), hours=(), reason=words("工事", "", "")))
        assert change_place(change(place, closed, at=later), seen=place.effective_from, by=7, at=later)
        assert list_alerts(COUNTER, AT.date()) == []
        report_removal(COUNTER, "t1", at=later)
        begin(hanako, at=later + MINUTE)
        (alert,) = list_alerts(COUNTER, AT.date())
        assert [visit.number for visit in alert.visits] == [2]

    def test_is_empty_on_a_day_without_cases(self) -> None:
        assert "気になる件はありません" in see(browser(), "after-day", COUNTER, AT.date())

    @pytest.mark.parametrize("day", ["2020-09-11", "2015-12-31", "2020-02-30"])
    def test_is_not_found_in_the_future_or_out_of_the_calendar(self, day: str) -> None:
        assert browser().get(f"/counter/after/{COUNTER}/{day}/").status_code == 404

    @pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.CITY_ADMIN, Role.AUDITOR])
    def test_is_for_those_who_look_after_the_counter(self, role: Role) -> None:
        see(browser(role), "after-day", COUNTER, AT.date())

    def test_is_not_for_clerks_nor_for_another_city(self) -> None:
        see(browser(Role.CLERK), "after-day", COUNTER, AT.date(), status=403)
        other = browser(Role.SUPERVISOR, name="sora", city=OTHER_CITY)
        for name, args in (("after-day", (AT.date(),)), ("after-month", (AT.date().replace(day=1),))):
            see(other, name, COUNTER, *args, status=404)
        see(other, "after-day", OTHER_COUNTER, AT.date())

    def test_is_where_one_begins(self) -> None:
        boss = employ("aya", Role.SUPERVISOR, counter=COUNTER, at=AT)
        answer = sit_down(boss, at=AT + timedelta(hours=2)).get(reverse("counter:after"))
        assert answer["Location"] == reverse("counter:after-day", args=[COUNTER, AT.date()])


class TestReports:
    def seed(self, *counts: int) -> None:
        """Put so many finished cases into September's first days."""
        for day, count in enumerate(counts, start=1):
            at = AT.replace(day=day)
            for number in range(1, count + 1):
                OpenedCase.objects.create(
                    counter=COUNTER, id=uuid4(), day=at.date(), number=number, counter_name="市民課", terminal="t1",
                    terminal_name="1番窓口", user_id=7, opened_at=at, closes_at=CLOSES_AT,
                )  # fmt: skip

    def test_hide_small_numbers_and_whatever_would_tell_them(self) -> None:
        self.seed(3, 9, 12)
        answer = browser().get(reverse("counter:after-month-file", args=[COUNTER, AT.date().replace(day=1), "csv"]))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
        assert [row[:2] for row in rows[1:]] == [
            ["2020-09-01", "5未満"],
            ["2020-09-02", "伏せる"],
            ["2020-09-03", "12"],
            ["合計", "24"],
        ]

    def test_show_a_month_day_by_day_on_the_page(self) -> None:
        self.seed(3, 9)
        words = see(browser(), "after-month", COUNTER, AT.date().replace(day=1))
        assert "1日(火)" in words
        assert "9</td>" in words

    @pytest.mark.parametrize(("name", "day"), [("after-month-file", 1), ("after-day-file", 2)])
    def test_are_set_on_paper(self, name: str, day: int) -> None:
        self.seed(3, 9)
        answer = browser().get(reverse(f"counter:{name}", args=[COUNTER, AT.date().replace(day=day), "pdf"]))
        assert answer.content.startswith(b"%PDF")
        assert "xlsx" not in answer["Content-Disposition"]

    def test_of_a_whole_month_are_one_sheet(self) -> None:
        self.seed(*[5] * 30)
        answer = browser().get(reverse("counter:after-month-file", args=[COUNTER, AT.date().replace(day=1), "pdf"]))
        (page,) = PdfReader(BytesIO(answer.content)).pages
        text = page.extract_text()
        assert all(head in text for head in MONTH_HEAD)
        assert "\n合計" in text

    def test_of_a_day_say_each_sum(self) -> None:
        self.seed(3, 9)
        answer = browser().get(reverse("counter:after-day-file", args=[COUNTER, AT.date().replace(day=2), "csv"]))
        assert "件,9" in answer.content.decode()

    @pytest.mark.parametrize(
        ("name", "day", "at", "is_internal"),
        [
            ("after-day-file", 2, MONTH_END, True),
            ("after-month-file", 1, MONTH_END - SECOND, True),
            ("after-month-file", 1, MONTH_END, False),
        ],
    )
    def test_are_internal_unless_of_a_month_that_is_over(
        self, settings: Settings, name: str, day: int, at: datetime, is_internal: bool
    ) -> None:
        self.seed(3, 9, 12)
        user = employ("rin", Role.SUPERVISOR, at=AT)
        settings.CLOCK = lambda: at
        client, of = sit_down(user, at=at), AT.date().replace(day=day)
        for form in ("csv", "pdf"):
            answer = client.get(reverse(f"counter:{name}", args=[COUNTER, of, form]))
            assert (f'-internal.{form}"' in answer["Content-Disposition"]) is is_internal
            text = (
                answer.content.decode() if form == "csv" else PdfReader(BytesIO(answer.content)).pages[0].extract_text()
            )
            assert ("(内部用)" in text) is is_internal
        page = client.get(reverse(f"counter:{name.removesuffix('-file')}", args=[COUNTER, of])).content.decode()
        assert ("(内部用)</h2>" in page) is is_internal

    def test_are_csv_or_pdf(self) -> None:
        address = reverse("counter:after-month-file", args=[COUNTER, AT.date().replace(day=1), "xlsx"])
        assert browser().get(address).status_code == 404

    def test_of_an_empty_month_have_a_total_of_nothing(self) -> None:
        answer = browser().get(reverse("counter:after-month-file", args=[COUNTER, AT.date().replace(day=1), "csv"]))
        assert "合計,0,0" in answer.content.decode()


class TestAway:
    def test_is_told_on_every_page_until_ten_minutes_after(self, settings: Settings, programme: str) -> None:
        client = browser()
        assert "返事がありません" not in see(client, "after-corrections")
        silences.note("hanamaru", at=settings.CLOCK())
        silences.note(silences.REGISTRY, at=settings.CLOCK())
        words = see(client, "after-corrections")
        assert "はなまるペイ(見本)から返事がありません" in words
        assert "認証局に確かめられません" in words
        now = settings.CLOCK()
        settings.CLOCK = lambda: now + silences.LATELY
        assert "返事がありません" not in see(client, "after-corrections")


class TestCorrections:
    @pytest.fixture
    def receipt(self, cast: Cast, hanako: Path) -> UUID:
        return apply_and_link(cast, hanako)

    def report(self, client: Client, receipt: object, reason: str = "not_my_account") -> str:
        address, said = reverse("counter:after-corrections"), {"receipt": str(receipt), "reason": reason}
        return client.post(address, said, follow=True).content.decode()

    def test_are_reported_with_a_receipt_and_followed(self, receipt: UUID) -> None:
        client = browser()
        words = self.report(client, receipt)
        row = Correction.objects.get()
        assert row.source == "counter"
        assert f"番号は {row.id} です" in words
        assert "報告あり" in see(client, "after-corrections")

    def test_of_another_city_are_not_shown(self, receipt: UUID) -> None:
        self.report(browser(), receipt)
        other = browser(name="sora", city=OTHER_CITY)
        assert str(Correction.objects.get().id) not in see(other, "after-corrections")

    @pytest.mark.parametrize(
        ("receipt_number", "reason", "told"),
        [("x", "not_my_account", "この番号の手続はありません"), ("x", "", "理由を一覧から")],
    )
    def test_say_what_is_wrong(self, programme: str, receipt_number: str, reason: str, told: str) -> None:
        assert told in self.report(browser(), receipt_number, reason)

    def test_say_that_one_is_open(self, receipt: UUID) -> None:
        client = browser()
        self.report(client, receipt)
        assert "すでに確認しています" in self.report(client, receipt)

    def test_are_a_supervisor_s(self) -> None:
        see(browser(Role.CLERK), "after-corrections", status=403)
        see(browser(Role.AUDITOR, name="ao"), "after-corrections", status=403)


class TestWords:
    def test_say_of_every_alert_what_was_seen_and_what_to_do_next(self) -> None:
        one = Visit(
            counter=COUNTER, number=3, terminal="t1", terminal_name="1番窓口", user_id=7, opened_at=AT,
            ended_at=AT + MINUTE, reason="idle", has_card=True, acts_proposed=1,
        )  # fmt: skip
        two = replace(one, number=4, opened_at=AT + 2 * MINUTE)
        said = {kind: tell(Alert(kind, (one, two), of=3), names={7: "hana"}) for kind in get_args(AlertKind)}
        assert all(told.title and told.what and told.next for told in said.values())
        assert len({told.title for told in said.values()} | {told.next for told in said.values()}) == 2 * len(said)
        assert "操作がないまま時間が切れたため途中で終わりました。1分たたないうちに" in said["linked_after_break"].what
        assert "9月10日の1番窓口の件3(緑)、9月10日の1番窓口の件4(紫)" in said["same_account"].what
        assert said["outside_hours"].what.startswith("2件です:1番窓口の件3(緑) 10:00、1番窓口の件4(紫) 10:02。")
        assert "hanaさんの、カードが置かれた3件のうち2件が、手続を選ばないまま" in said["looked_only"].what

    def test_there_are_for_every_outcome(self) -> None:
        assert tuple(OUTCOME_NAMES) == OUTCOMES
        assert len(OUTCOME_HEADS) == len(OUTCOMES)

    def test_there_are_for_every_end_and_every_extension(self) -> None:
        assert set(ENDS) == set(get_args(EndReason))
        assert set(EXTENSIONS) == set(get_args(ExtensionReason))


def test_a_case_that_goes_on_is_no_alert(hanako: Path) -> None:
    """Somebody who is still there has not broken off."""
    turn = begin(hanako)
    continue_case(turn, at=AT + 20 * SECOND)
    assert list_alerts(COUNTER, AT.date()) == []
