"""A counter works in its hours, to the second, and longer by a supervisor's word alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from sitting import HIDDEN, see

from cast import AT, SECOND
from mynapoint.journal.models import Entry
from mynapoint.kernel.period import JST
from mynapoint.signin.sessions import TERMINAL_COOKIE
from mynapoint.staff.rules import Role
from staff_cast import COUNTER, Installed, employ, install, open_counters, sit_down

pytestmark = pytest.mark.django_db
OPENS = datetime(2020, 9, 10, 8, 30, tzinfo=JST)
CLOSES = datetime(2020, 9, 10, 17, tzinfo=JST)
EXTENDED = CLOSES + timedelta(minutes=30)
NOON = datetime(2020, 9, 10, 12, tzinfo=JST)
HOUR = timedelta(hours=1)
QUARTER_PAST_FIVE = datetime(2020, 9, 10, 17, 15, tzinfo=JST)
LUNCHING, LUNCHING_CITY = "yamabiko-juumin", "993018"
SUNDAY_NOON = datetime(2020, 9, 13, 12, tzinfo=JST)
NEXT_EVENING = datetime(2020, 9, 11, 17, tzinfo=JST)
HIRED = datetime(2020, 9, 1, tzinfo=JST)
FORM = "/counter/extension/"


@pytest.fixture
def terminal() -> Installed:
    open_counters()
    return install(at=HIRED)


@pytest.fixture
def clerk(terminal: Installed) -> User:
    return employ("hana", Role.CLERK, counter=COUNTER, at=HIRED)


@pytest.fixture
def supervisor(terminal: Installed) -> User:
    return employ("sora", Role.SUPERVISOR, counter=COUNTER, at=HIRED)


def begin(user: User, terminal: Installed, settings: Settings, *, at: datetime) -> int:
    """Press はじめる at an instant; return the answer's status."""
    settings.CLOCK = lambda: at
    return sit_down(user, terminal, at=at).post("/counter/cases/", {"case": str(uuid4())}).status_code


def extend(
    user: User, terminal: Installed, settings: Settings, *, at: datetime = AT, until: str = "17:30", **said: str
) -> int:
    """Ask for an extension; return the answer's status."""
    settings.CLOCK = lambda: at
    client: Client = sit_down(user, terminal, at=at)
    return client.post(FORM, {"until": until, "reason": "people_waiting", **said}).status_code


class TestHours:
    @pytest.mark.parametrize(
        ("at", "status"),
        [(OPENS - SECOND, 409), (OPENS, 302), (CLOSES - SECOND, 302), (CLOSES, 409), (SUNDAY_NOON, 409)],
    )
    def test_are_kept_to_the_second(
        self, clerk: User, terminal: Installed, settings: Settings, at: datetime, status: int
    ) -> None:
        assert begin(clerk, terminal, settings, at=at) == status

    def test_are_the_same_for_a_supervisor(self, supervisor: User, terminal: Installed, settings: Settings) -> None:
        assert begin(supervisor, terminal, settings, at=CLOSES) == 409


class TestBreak:
    """A counter that closes for lunch says when it goes on, not that the day is over."""

    @pytest.fixture
    def sat_down(self, settings: Settings) -> Callable[[datetime], Client]:
        open_counters(LUNCHING)
        terminal = install(counter=LUNCHING, city=LUNCHING_CITY, at=HIRED)
        user = employ("yama", Role.SUPERVISOR, counter=LUNCHING, city=LUNCHING_CITY, at=HIRED)

        def sit(at: datetime) -> Client:
            settings.CLOCK = lambda: at
            return sit_down(user, terminal, at=at)

        return sit

    @pytest.mark.parametrize(
        ("at", "told"),
        [
            (OPENS - SECOND, "今日の受付は 8:30 からです。"),
            (OPENS, "いまの受付は 12:00 までです。13:00 からまた受け付けます。"),
            (NOON - SECOND, "いまの受付は 12:00 までです。13:00 からまた受け付けます。"),
            (NOON, "いまは休み時間です。今日は 13:00 からまた受け付けます。"),
            (NOON + HOUR - SECOND, "いまは休み時間です。今日は 13:00 からまた受け付けます。"),
            (NOON + HOUR, "今日の受付は 17:15 までです。"),
            (QUARTER_PAST_FIVE - SECOND, "今日の受付は 17:15 までです。"),
            (QUARTER_PAST_FIVE, "今日の受付は 17:15 に終わりました。 次は 9月11日 8:30 からです。"),
            (SUNDAY_NOON, "今日は受付のない日です。 次は 9月14日 8:30 からです。"),
        ],
    )
    def test_is_told_with_its_end(self, sat_down: Callable[[datetime], Client], at: datetime, told: str) -> None:
        client = sat_down(at)
        for page in ("/counter/", FORM):
            assert told in see(client.get(page))

    def test_is_one_after_a_short_extension_too(self, sat_down: Callable[[datetime], Client]) -> None:
        asked = {"until": "12:10", "reason": "people_waiting"}
        assert sat_down(NOON - SECOND).post(FORM, asked).status_code == 302
        late = NOON + timedelta(minutes=10)
        assert "いまの受付は 12:10 までです。13:00 から" in see(sat_down(late - SECOND).get("/counter/"))
        assert "いまは休み時間です。今日は 13:00 から" in see(sat_down(late).get("/counter/"))

    def test_is_bridged_by_an_extension_beyond_it(self, sat_down: Callable[[datetime], Client]) -> None:
        asked = {"until": "17:30", "reason": "people_waiting"}
        assert sat_down(NOON - SECOND).post(FORM, asked).status_code == 302
        assert "今日の受付は 17:30 までです。" in see(sat_down(NOON).get("/counter/"))


class TestExtension:
    @pytest.mark.parametrize(("at", "status"), [(EXTENDED - SECOND, 302), (EXTENDED, 409), (NEXT_EVENING, 409)])
    def test_counts_to_the_second_and_for_today(
        self, clerk: User, supervisor: User, terminal: Installed, settings: Settings, at: datetime, status: int
    ) -> None:
        assert extend(supervisor, terminal, settings) == 302
        assert begin(clerk, terminal, settings, at=at) == status

    def test_is_a_supervisor_s_and_stands_in_the_journal(
        self, clerk: User, supervisor: User, terminal: Installed, settings: Settings
    ) -> None:
        assert extend(clerk, terminal, settings) == 403
        assert not Entry.objects.filter(kind="counter_extended").exists()
        assert extend(supervisor, terminal, settings) == 302
        (entry,) = Entry.objects.filter(kind="counter_extended")
        assert f'"user":{supervisor.id}' in entry.facts
        assert '"reason":"people_waiting"' in entry.facts

    @pytest.mark.parametrize("typed", ["１７：３０", "17：30", " 17:30 ", "17時30分", "１７時３０分", "17:30:00"])
    def test_is_typed_in_any_width(self, supervisor: User, terminal: Installed, settings: Settings, typed: str) -> None:
        assert extend(supervisor, terminal, settings, until=typed) == 302

    @pytest.mark.parametrize(
        ("at", "example"),
        [(AT, "17:30"), (CLOSES, "17:30"), (EXTENDED - SECOND, "17:30"), (EXTENDED, "18:00"),
         (CLOSES.replace(hour=23, minute=40), "23:59"), (SUNDAY_NOON, "12:30")],
    )  # fmt: skip
    def test_shows_an_example_that_is_later_than_the_closing(
        self, supervisor: User, terminal: Installed, settings: Settings, at: datetime, example: str
    ) -> None:
        settings.CLOCK = lambda: at
        client = sit_down(supervisor, terminal, at=at)
        assert f"例: {example}" in client.get(FORM).content.decode()
        told = client.post(FORM, {"until": "later", "reason": "people_waiting"}).content.decode()
        assert f"{example} のような形で" in told
        assert 'value="later"' in told

    def test_tells_a_browser_that_is_not_registered_what_to_do(
        self, supervisor: User, terminal: Installed, settings: Settings
    ) -> None:
        settings.CLOCK = lambda: AT
        client = sit_down(supervisor, terminal, at=AT)
        client.cookies.pop(TERMINAL_COOKIE)
        answer = client.get(FORM)
        told = answer.content.decode()
        assert answer.status_code == 403
        assert "この端末は登録されていません" in told
        assert "窓口の端末でサインインしてください" in told
        assert reverse("signin_terminal") in told

    def test_is_given_after_closing_too(
        self, clerk: User, supervisor: User, terminal: Installed, settings: Settings
    ) -> None:
        late = CLOSES + timedelta(minutes=5)
        assert extend(supervisor, terminal, settings, at=late) == 302
        assert begin(clerk, terminal, settings, at=late) == 302

    @pytest.mark.parametrize(
        ("at", "until", "told"),
        [
            (AT, "20:00", ""),
            (AT, "20:01", "ふだんは 17:00 までです。それより 3時間1分 長くなります"),
            (CLOSES + timedelta(hours=2), "20:01", "ふだんは 17:00 までです。それより 3時間1分 長くなります"),
            (SUNDAY_NOON, "15:00", ""),
            (SUNDAY_NOON, "15:01", "今日は、ふだんは受け付けない日です。いまから 3時間1分 受け付けることになります"),
        ],
    )
    def test_of_more_than_three_hours_is_asked_back(
        self, supervisor: User, terminal: Installed, settings: Settings, at: datetime, until: str, told: str
    ) -> None:
        settings.CLOCK = lambda: at
        client = sit_down(supervisor, terminal, at=at)
        answer = client.post(FORM, {"until": until, "reason": "people_waiting"})
        words = see(answer, 200 if told else 302)
        assert f"今日は {until} まで受け付けますか" in words or not told
        assert told in words
        assert Entry.objects.filter(kind="counter_extended").exists() is not bool(told)
        if told:
            hidden = dict(HIDDEN.findall(answer.content.decode()))
            assert client.post(FORM, hidden | {"until": "23:59"}).status_code == 200, "another time is asked back anew"
            assert not Entry.objects.filter(kind="counter_extended").exists()
            assert client.post(FORM, hidden).status_code == 302
            assert Entry.objects.filter(kind="counter_extended").count() == 1

    def test_is_not_asked_back_about_a_time_that_is_past(
        self, supervisor: User, terminal: Installed, settings: Settings
    ) -> None:
        evening = CLOSES + timedelta(hours=4)
        assert extend(supervisor, terminal, settings, at=evening, until="21:00") == 422
        assert extend(supervisor, terminal, settings, at=evening, until="21:01") == 200

    @pytest.mark.parametrize(
        "said",
        [
            {"until": "17:00"},
            {"until": "16:59"},
            {"until": "x"},
            {"until": ""},
            {"reason": ""},
            {"reason": "なんとなく"},
        ],
    )
    def test_needs_a_later_time_and_a_reason(
        self, supervisor: User, terminal: Installed, settings: Settings, said: dict[str, str]
    ) -> None:
        assert extend(supervisor, terminal, settings, **said) in {409, 422}
        assert not Entry.objects.filter(kind="counter_extended").exists()
