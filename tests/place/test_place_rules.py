"""Places: when they are open, to the second, by week, holiday, special day and year's end."""

from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import holidays
import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st

from cast import ROOT, SECOND
from mynapoint.kernel.documents import DocumentMalformed
from mynapoint.kernel.period import JST, Period
from mynapoint.place.queries import REGISTER
from mynapoint.place.rules import (
    Place,
    can_help_with,
    closes_at,
    get_check_digit,
    get_openings,
    get_plan,
    get_slots,
    is_open,
    next_opening,
    notices_at,
    opening_at,
)

PLACES = ROOT / "places"
SHIMIN = REGISTER.read(PLACES / "mihon-shimin.toml")
HELPDESK = REGISTER.read(PLACES / "sodan.toml")
MINUTE = timedelta(minutes=1)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday")


def jst(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=JST)


def a_place(**changed: Any) -> Place:
    content = SHIMIN.model_dump(mode="json", by_alias=True) | changed
    return Place.model_validate(content)


class TestS18CounterHours:
    """平日開庁日 8:30–17:00, 休日開庁日 9:00–13:00, until 2021-03-31."""

    @pytest.mark.parametrize(
        ("opens", "closes"),
        [
            (jst(2020, 10, 5, 8, 30), jst(2020, 10, 5, 17)),  # a Monday
            (jst(2020, 10, 10, 9), jst(2020, 10, 10, 13)),  # an open Saturday
            (jst(2021, 3, 31, 8, 30), jst(2021, 3, 31, 17)),  # the last day
        ],
    )
    def test_open_and_close_to_the_second(self, opens: datetime, closes: datetime) -> None:
        assert not is_open(SHIMIN, at=opens - SECOND)
        assert is_open(SHIMIN, at=opens)
        assert is_open(SHIMIN, at=closes - SECOND)
        assert not is_open(SHIMIN, at=closes)
        assert opening_at(SHIMIN, at=opens) == Period(opens, closes)
        assert closes_at(SHIMIN, at=closes - SECOND) == closes
        assert closes_at(SHIMIN, at=closes) is None

    @pytest.mark.parametrize("day", [date(2020, 10, 11), date(2020, 9, 22), date(2020, 12, 29), date(2021, 1, 3)])
    def test_are_none_on_sundays_holidays_and_around_the_new_year(self, day: date) -> None:
        assert get_openings(SHIMIN, day=day) == ()

    def test_begin_again_after_the_new_year(self) -> None:
        opening = next_opening(SHIMIN, at=jst(2020, 12, 28, 17))
        assert opening == Period(jst(2021, 1, 4, 8, 30), jst(2021, 1, 4, 17))

    def test_are_over_for_good_after_the_last_day(self) -> None:
        assert next_opening(SHIMIN, at=jst(2021, 3, 31, 8, 30)) is None
        assert next_opening(SHIMIN, at=jst(2021, 3, 31, 8, 30) - SECOND) is not None

    def test_are_cut_to_the_time_in_which_the_place_exists(self) -> None:
        brief = a_place(open_from="2020-10-05T10:00:00+09:00", open_until="2020-10-05T11:00:00+09:00")
        assert get_openings(brief, day=date(2020, 10, 5)) == (Period(jst(2020, 10, 5, 10), jst(2020, 10, 5, 11)),)
        assert next_opening(brief, at=jst(2015, 1, 1)) == Period(jst(2020, 10, 5, 10), jst(2020, 10, 5, 11))
        assert get_openings(brief, day=date(2020, 10, 6)) == ()

    def test_say_the_next_opening_after_the_break_at_noon(self) -> None:
        branch = REGISTER.read(PLACES / "mihon-higashi.toml")
        assert not is_open(branch, at=jst(2020, 10, 5, 12))
        opening = next_opening(branch, at=jst(2020, 10, 5, 11))
        assert opening is not None
        assert opening.start == jst(2020, 10, 5, 13)


class TestS11HelpdeskHours:
    """平日 9:30–20:00, 土日祝 9:30–17:30, closed 12/29–1/3."""

    @pytest.mark.parametrize(
        ("day", "closes"),
        [
            (date(2020, 10, 5), time(20)),
            (date(2020, 10, 10), time(17, 30)),
            (date(2020, 10, 11), time(17, 30)),
            (date(2020, 9, 22), time(17, 30)),  # 秋分の日, a Tuesday
            (date(2020, 12, 28), time(20)),
            (date(2021, 1, 4), time(20)),
        ],
    )
    def test_follow_the_week_and_the_holidays(self, day: date, closes: time) -> None:
        opens = datetime.combine(day, time(9, 30), JST)
        assert get_openings(HELPDESK, day=day) == (Period(opens, datetime.combine(day, closes, JST)),)

    @pytest.mark.parametrize("day", [date(2020, 12, 29), date(2020, 12, 31), date(2021, 1, 1), date(2021, 1, 3)])
    def test_are_none_around_the_new_year(self, day: date) -> None:
        assert get_openings(HELPDESK, day=day) == ()
        assert get_plan(HELPDESK, day=day).why == "yearly"


class TestS22Notices:
    def test_are_shown_from_their_first_instant_to_their_last(self) -> None:
        notice = SHIMIN.notices[0]
        assert "消毒" in notice.text.ja
        assert notices_at(SHIMIN, at=notice.from_) == notices_at(SHIMIN, at=notice.until - SECOND) == (notice,)
        assert notices_at(SHIMIN, at=notice.from_ - SECOND) == notices_at(SHIMIN, at=notice.until) == ()


class TestS23Contact:
    def test_shows_no_address_that_programs_could_collect(self) -> None:
        assert SHIMIN.contact.shown_mail == "shimin(at)mihon.example"
        assert HELPDESK.contact.shown_mail is None
        assert HELPDESK.contact.menu_digit == "5"


class TestPlan:
    def test_says_why_a_day_is_as_it_is(self) -> None:
        assert get_plan(SHIMIN, day=date(2020, 10, 5)).why == "weekly"
        open_day = get_plan(SHIMIN, day=date(2020, 10, 10))
        assert open_day.why == "special"
        assert open_day.reason is not None
        assert open_day.reason.ja == "休日開庁日"
        equinox = get_plan(SHIMIN, day=date(2020, 9, 22))
        assert (equinox.why, equinox.holiday and equinox.holiday.ja) == ("holiday", "秋分の日")

    def test_prefers_special_days_to_the_yearly_days_off(self) -> None:
        calendar = SHIMIN.calendar.model_dump(mode="json", by_alias=True)
        calendar["special"].append({"days": ["2020-12-30"], "hours": [{"from": "09:00", "until": "12:00"}],
                                    "reason": {"ja": "臨時"}})  # fmt: skip
        assert is_open(a_place(calendar=calendar), at=jst(2020, 12, 30, 9))


class TestSlots:
    def test_fill_an_opening_and_end_with_it(self) -> None:
        slots = get_slots(SHIMIN, day=date(2020, 10, 10))
        assert slots[0] == Period(jst(2020, 10, 10, 9), jst(2020, 10, 10, 9, 30))
        assert slots[-1].end == jst(2020, 10, 10, 13)
        assert len(slots) == 8

    def test_leave_out_a_span_that_would_end_after_closing(self) -> None:
        assert len(get_slots(a_place(slots={"minutes": 45, "places": 1}), day=date(2020, 10, 10))) == 5

    def test_are_none_where_nothing_can_be_booked(self) -> None:
        assert get_slots(HELPDESK, day=date(2020, 10, 5)) == ()


class TestS20PossibleHere:
    def test_is_said_for_each_help_and_each_service(self) -> None:
        post_office = REGISTER.read(PLACES / "minatono-yubin.toml")
        assert can_help_with(post_office, "application", service_id="sakura")
        assert not can_help_with(post_office, "application", service_id="hanamaru")
        assert not can_help_with(post_office, "pin_reset")


class TestCityCode:
    @pytest.mark.parametrize("code", ["131016", "011002", "232017", "271004", "401307", "473821"])
    def test_has_the_check_digit_that_real_municipalities_have(self, code: str) -> None:
        assert get_check_digit(code[:5]) == code[5]

    def test_is_completed_from_five_digits_and_refused_with_a_wrong_sixth(self) -> None:
        assert a_place(city_code="99201").city_code == "992011"
        with pytest.raises(ValueError, match="check digit"):
            a_place(city_code="992012")


class TestReadPlace:
    @pytest.mark.parametrize("path", sorted(PLACES.glob("*.toml")), ids=lambda path: path.stem)
    def test_takes_every_sample_and_keeps_it_through_the_database_form(self, path: Path) -> None:
        place = REGISTER.read(path)
        assert place.id == path.stem
        assert Place.model_validate_json(place.model_dump_json(by_alias=True)) == place

    @pytest.mark.parametrize(
        ("old", "new", "where"),
        [
            ('kind = "counter"', 'kind = "shop"', "kind"),
            ('city_code = "992011"', 'city_code = "992010"', "check digit"),
            ("from = 08:30:00, until = 17:00:00", "from = 17:00:00, until = 08:30:00", "end after they start"),
            ("{ from = 08:30:00, until = 17:00:00 }",
             "{ from = 08:30:00, until = 12:00:00 }, { from = 12:00:00, until = 17:00:00 }", "with a pause"),
            ('"thursday", "friday"', '"thursday", "monday"', "stands twice"),
            ("2020-07-11, 2020-07-26", "2020-07-11, 2020-07-11", "stands twice"),
            ("open_until = 2021-04-01", "open_until = 2019-04-01", "ends after it starts"),
            ('mail = "shimin@mihon.example"', 'mail = "shimin(at)mihon.example"', "contact.mail"),
            ('from = "12-29"', 'from = "13-29"', "closed_yearly"),
            ("[address]", "[adress]", "adress"),
            ('reading = "みほんし しみんか"', 'reading = "mihon"', "reading"),
        ],
    )  # fmt: skip
    def test_names_what_is_wrong(self, tmp_path: Path, old: str, new: str, where: str) -> None:
        text = (PLACES / "mihon-shimin.toml").read_text()
        assert old in text
        path = tmp_path / "place.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(DocumentMalformed, match=where):
            REGISTER.read(path)


@cache
def walk(first: str, last: str) -> frozenset[str]:
    """Return the days of a year as MM-DD from a first to a last, over the New Year if need be."""
    days = [f"{date(2020, 1, 1) + timedelta(days=n):%m-%d}" for n in range(366)] * 2
    start = days.index(first)
    return frozenset(days[start : days.index(last, start) + 1])


JAPAN = holidays.country_holidays("JP")


class NaivePlace:
    """The oracle: the same calendar asked minute by minute, from the raw document and nothing else."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self.first, self.last = (datetime.fromisoformat(content[name]) for name in ("open_from", "open_until"))
        self.known: dict[date, list[dict[str, str]]] = {}

    def is_open(self, at: datetime) -> bool:
        if not self.first <= at < self.last:
            return False
        day, clock = at.date(), f"{at:%H:%M:%S}"
        if day not in self.known:
            self.known[day] = self.hours(day)
        return any(hours["from"] <= clock < hours["until"] for hours in self.known[day])

    def hours(self, day: date) -> list[dict[str, str]]:
        calendar = self.content["calendar"]
        for special in calendar["special"]:
            if day.isoformat() in special["days"]:
                return special["hours"]
        for closure in calendar["closed_yearly"]:
            if f"{day:%m-%d}" in walk(closure["from"], closure["until"]):
                return []
        name = "holiday" if day in JAPAN else DAYS[day.weekday()]
        return [hours for line in calendar["weekly"] if name in line["days"] for hours in line["hours"]]


FIRST = datetime(2020, 12, 21, tzinfo=JST)
SPAN = 15 * 24 * 60


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> list[dict[str, str]]:
    edges = sorted(draw(st.lists(st.integers(0, 24 * 12 - 1), max_size=4, unique=True)))
    times = [f"{edge // 12:02}:{edge % 12 * 5:02}:00" for edge in edges]
    return [{"from": start, "until": end} for start, end in zip(times[::2], times[1::2], strict=False)]


@st.composite
def calendars(draw: st.DrawFn) -> dict[str, Any]:
    days = draw(st.permutations(DAYS))
    cut = draw(st.integers(1, 7))
    dates = [(FIRST + timedelta(days=n)).date().isoformat() for n in range(15)]
    special = draw(st.lists(st.sampled_from(dates), unique=True, max_size=4))
    reason = {"ja": "見本"}
    edges = st.sampled_from(["12-24", "12-29", "12-31", "01-01", "01-03", "01-05"])
    closures = st.builds(lambda first, last: {"from": first, "until": last, "reason": reason}, edges, edges)
    return {
        "weekly": [{"days": part, "hours": draw(hours_of_a_day())} for part in (days[:cut], days[cut:])],
        "special": [{"days": [day], "hours": draw(hours_of_a_day()), "reason": reason} for day in special],
        "closed_yearly": draw(st.lists(closures, max_size=2)),
    }


class TestOpening:
    @fewer(max_examples=15)
    @given(calendar=calendars(), ends=st.integers(1, SPAN), asked=st.integers(-600, SPAN - 1))
    def test_agrees_minute_by_minute_with_a_naive_reading(
        self, calendar: dict[str, Any], ends: int, asked: int
    ) -> None:
        content = {
            "open_from": FIRST.isoformat(), "open_until": (FIRST + ends * MINUTE).isoformat(), "calendar": calendar
        }  # fmt: skip
        place, naive = a_place(**content), NaivePlace(content)
        openness = [naive.is_open(FIRST + n * MINUTE) for n in range(SPAN)]
        openness_here = [
            opening for n in range(16) for opening in get_openings(place, day=(FIRST + timedelta(days=n)).date())
        ]
        minutes = {
            int((opening.start - FIRST) / MINUTE) + n
            for opening in openness_here
            for n in range(int((opening.end - opening.start) / MINUTE))
        }
        assert minutes == {n for n, is_open_then in enumerate(openness) if is_open_then}
        at = FIRST + asked * MINUTE
        assert is_open(place, at=at) == (asked >= 0 and openness[asked])
        # An opening starts where a closed minute is followed by an open one; hours never run over midnight.
        starts = [
            n
            for n in range(max(asked + 1, 0), SPAN)
            if openness[n] and (n == 0 or n % 1440 == 0 or not openness[n - 1])
        ]
        found = next_opening(place, at=at)
        assert (found and int((found.start - FIRST) / MINUTE)) == (starts[0] if starts else None)
