"""市の管理: a city's counters, calendars, terminals and staff, changed by its administrator, all in the journal."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from cast import AT, DAY, SECOND
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.counter.city.changes import tell_change
from mynapoint.counter.city.pages import knows
from mynapoint.journal.models import Entry
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import verify_journal
from mynapoint.kernel.documents import Words
from mynapoint.place import changing
from mynapoint.place.changing import PlaceChangedMeanwhile, PlaceTaken, PlaceUnknown, change, with_week
from mynapoint.place.models import PlaceRevision
from mynapoint.place.operations import begin_place, change_place
from mynapoint.place.queries import find_place
from mynapoint.place.rules import Place, get_openings, notices_at, opening_at
from mynapoint.staff import rules as staff_rules
from mynapoint.staff.operations import end_membership, register_terminal
from mynapoint.staff.queries import find_member, list_terminals
from mynapoint.staff.rules import Role
from races import at_once, list_ends
from staff_cast import CITY, COUNTER, OTHER_COUNTER, employ, open_counters, sit_down

pytestmark = pytest.mark.django_db
PAGE = "counter:city-counter"
LATER = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _open(settings: Settings, db: None) -> None:
    settings.CLOCK = lambda: LATER
    open_counters()


def browser(role: Role = Role.CITY_ADMIN, *, name: str = "kei") -> Client:
    return sit_down(employ(name, role, at=AT), at=LATER)


@pytest.fixture
def kei() -> Client:
    return browser()


def get_place(counter: str = COUNTER) -> Place:
    place = find_place(counter, at=LATER)
    assert place is not None
    return place


def say(client: Client, step: str, *, status: int = 302, counter: str = COUNTER, **said: str) -> str:
    """Send one of the page's forms as the page has it now, and return what the page says then."""
    seen = get_place(counter).effective_from.isoformat()
    answer = client.post(reverse(PAGE, args=[counter]), {"step": step, "seen": seen, **said})
    assert answer.status_code == status, answer.content.decode()
    if status == 302:
        answer = client.get(str(answer["Location"]))
    return answer.content.decode()


class TestCounter:
    def test_shows_its_week_its_days_and_its_terminals(self, kei: Client) -> None:
        register_terminal(COUNTER, "1番窓口", city=CITY, by=None, at=AT)
        words = kei.get(reverse(PAGE, args=[COUNTER])).content.decode()
        for shown in ("月曜日", "祝日", 'value="08:30"', "休日開庁日", "登録コードを待っています", "マスクをつけて"):
            assert shown in words

    def test_of_another_city_is_not_found(self, kei: Client) -> None:
        assert kei.get(reverse(PAGE, args=[OTHER_COUNTER])).status_code == 404
        seen = get_place(OTHER_COUNTER).effective_from.isoformat()
        said = {"step": "no-special", "day": "2020-09-19", "seen": seen}
        assert kei.post(reverse(PAGE, args=[OTHER_COUNTER]), said).status_code == 404
        assert get_place(OTHER_COUNTER).effective_from.isoformat() == seen

    @pytest.mark.parametrize("role", [Role.CLERK, Role.SUPERVISOR, Role.AUDITOR])
    def test_is_for_administrators_alone(self, role: Role) -> None:
        client = browser(role, name="sato")
        for name, args in (
            (PAGE, [COUNTER]),
            ("counter:city", []),
            ("counter:city-people", []),
            ("counter:city-new", []),
        ):
            assert client.get(reverse(name, args=args)).status_code == 403
            assert client.post(reverse(name, args=args), {"step": "week"}).status_code in {403, 405}

    def test_is_listed_with_its_city_s_others(self, kei: Client) -> None:
        words = kei.get(reverse("counter:city")).content.decode()
        assert "みなとの市役所" in words
        assert OTHER_COUNTER not in words


class TestChanges:
    """What was changed, in words."""

    @pytest.mark.parametrize(
        ("step", "said", "told"),
        [
            ("special", {"day": "2020-09-14", "reason_ja": "工事"}, "2020年9月14日の受付を、休み にしました(工事)。"),
            ("no-special", {"day": "2020-10-12"}, "2020年10月12日を、ふつうの日に戻しました。"),
            (
                "notice",
                {"from": "2020-09-11T00:00", "until": "2020-09-12T00:00", "text_ja": "混みます"},
                "お知らせを出しました:「混みます」",
            ),
        ],
    )
    def test_are_told_one_by_one(self, kei: Client, step: str, said: dict[str, str], told: str) -> None:
        say(kei, step, **said)
        page = kei.get(reverse(PAGE, args=[COUNTER])).content.decode()
        assert told in page[page.index("これまでの変更") :]

    def test_name_the_parts_of_the_description_and_the_beginning(self) -> None:
        place = get_place()
        moved = place.model_copy(update={"address": Words(ja="よそ"), "floor": Words(ja="9階")})
        assert tell_change(place, moved) == ["窓口の案内(住所、階)を変えました。"]
        assert tell_change(None, place) == ["窓口を作りました。"]
        assert tell_change(place, place) == ["そのほかの内容を変えました。"]


class TestCalendar:
    def week(self, **hours: str) -> dict[str, str]:
        days = ("monday", "tuesday", "wednesday", "thursday", "friday")
        usual = {f"{day}_{which}_1": time for day in days for which, time in (("from", "08:30"), ("until", "17:00"))}
        return usual | hours

    def test_changes_its_week_from_now_on(self, kei: Client) -> None:
        say(kei, "week", **self.week(thursday_until_1="19:00", saturday_from_1="09:00", saturday_until_1="12:00"))
        thursday = AT.date()
        assert [f"{each.end:%H:%M}" for each in get_openings(get_place(), day=thursday)] == ["19:00"]
        assert [f"{each.end:%H:%M}" for each in get_openings(get_place(), day=thursday + 2 * DAY)] == ["12:00"]
        before = find_place(COUNTER, at=LATER - SECOND)
        assert before is not None
        assert [f"{each.end:%H:%M}" for each in get_openings(before, day=thursday)] == ["17:00"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"monday_from_1": "17:00", "monday_until_1": "08:30"},
            {"monday_until_1": ""},
            {"monday_from_2": "16:00", "monday_until_2": "18:00"},
            {"monday_from_1": "25:00"},
        ],
    )
    def test_refuses_hours_that_are_none(self, kei: Client, wrong: dict[str, str]) -> None:
        told = say(kei, "week", status=422, **self.week(**wrong))
        assert "できませんでした" in told
        for field, typed in wrong.items():
            assert f'name="{field}" value="{typed}"' in told
        assert PlaceRevision.objects.filter(id=COUNTER).count() == 1

    @pytest.mark.parametrize(
        ("wrong", "what", "field"),
        [
            ({"thursday_from_1": "25:00"}, "木曜日の1つ目の受付の始まりを、時と分で", "thursday_from_1"),
            ({"thursday_until_1": ""}, "木曜日の1つ目の受付の終わりを、時と分で", "thursday_until_1"),
            ({"friday_until_1": "08:30"}, "金曜日の1つ目の受付の終わりは、始まりより後に", "friday_until_1"),
            ({"holiday_from_2": "9"}, "祝日の2つ目の受付の始まりを、時と分で", "holiday_from_2"),
            ({"monday_from_2": "16:00", "monday_until_2": "18:00"}, "月曜日の受付時間は、早い順に", "monday_from_2"),
        ],
    )
    def test_names_the_day_and_the_field_of_an_error_and_leads_to_it(
        self, kei: Client, wrong: dict[str, str], what: str, field: str
    ) -> None:
        told = say(kei, "week", status=422, **self.week(**wrong))
        assert re.search(f'<a href="#{field}">{what}', told)
        (marked,) = re.findall(r'id="(\w+)"[^>]* aria-invalid="true"', told)
        assert marked == field

    def test_says_what_was_changed(self, kei: Client) -> None:
        say(kei, "week", **self.week(thursday_until_1="１９：００"))
        page = reverse(PAGE, args=[COUNTER])
        assert "木曜日の受付を、08:30 〜 17:00 から 08:30 〜 19:00 に変えました。" in kei.get(page).content.decode()

    def test_opens_on_a_day_off_and_closes_on_others(self, kei: Client) -> None:
        reason = {"reason_ja": "休日開庁日", "reason_en": "Open on this day off"}
        say(kei, "special", day="2020-09-13", from_1="09:00", until_1="13:00", **reason)
        sunday = AT.replace(day=13, hour=12, minute=59, second=59)
        assert opening_at(get_place(), at=sunday)
        assert not opening_at(get_place(), at=sunday + SECOND)

    def test_takes_one_day_once(self, kei: Client, settings: Settings) -> None:
        say(kei, "special", day="2020-09-14", last="2020-09-16", reason_ja="工事")
        settings.CLOCK = lambda: LATER + SECOND
        seen = find_place(COUNTER, at=LATER)
        assert seen is not None
        said = {
            "step": "special",
            "seen": seen.effective_from.isoformat(),
            "day": "2020-09-15",
            "reason_ja": "開けます",
        }
        hours = {"from_1": "10:00", "until_1": "11:00"}
        assert kei.post(reverse(PAGE, args=[COUNTER]), said | hours).status_code == 302
        place = find_place(COUNTER, at=LATER + SECOND)
        assert place is not None
        opened = [bool(get_openings(place, day=AT.date() + n * DAY)) for n in (4, 5, 6)]
        assert opened == [False, True, False]

    def test_forgets_a_special_day(self, kei: Client) -> None:
        say(kei, "no-special", day="2020-10-12")
        monday = AT.replace(month=10, day=12)
        assert opening_at(get_place(), at=monday)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"day": ""},
            {"day": "2020-09-09"},
            {"day": "2020-09-31"},
            {"reason_ja": ""},
            {"last": "2021-09-14"},
            {"reason_ja": "あ" * 301},
        ],
    )
    def test_refuses_a_day_that_is_none(self, kei: Client, wrong: dict[str, str]) -> None:
        said = {"day": "2020-09-14", "reason_ja": "工事"} | wrong
        told = say(kei, "special", status=422, **said)
        assert "できませんでした" in told
        assert f'id="day" name="day" value="{said["day"]}"' in told
        pointed = re.search(r'id="day"[^>]* aria-invalid="true" aria-describedby="day-form what-error"', told)
        assert bool(pointed) is ("day" in wrong)
        assert 'name="from_1" value="" aria-describedby="from_1-form">' in told
        assert 'id="from_1-form">英語で表示されるときは、AMが午前、PMが午後です。' in told
        assert f'name="reason_ja" maxlength="300" value="{said["reason_ja"]}"' in told


class TestNotices:
    def test_are_shown_for_their_time(self, kei: Client) -> None:
        times = {"from": "2020-09-11T08:00", "until": "2020-09-12T08:00"}
        say(kei, "notice", text_ja="入口は東側です。", text_en="Please use the east door.", **times)
        texts = [[notice.text.ja for notice in notices_at(get_place(), at=AT + wait)] for wait in (0 * DAY, DAY)]
        assert "入口は東側です。" not in texts[0]
        assert "入口は東側です。" in texts[1]

    def test_end_when_they_are_ended(self, kei: Client) -> None:
        say(kei, "no-notice", number="0")
        assert notices_at(get_place(), at=LATER) == ()
        assert [notice.until for notice in get_place().notices] == [LATER]

    @pytest.mark.parametrize("said", [{"number": "7"}, {"number": "x"}])
    def test_that_are_not_there_are_not_ended(self, kei: Client, said: dict[str, str]) -> None:
        assert "できませんでした" in say(kei, "no-notice", status=422, **said)

    def test_end_after_they_begin(self, kei: Client) -> None:
        times = {"from": "2020-09-11T08:00", "until": "2020-09-11T08:00"}
        assert "始まりより後" in say(kei, "notice", status=422, text_ja="見本", **times)
        past = {"from": "2020-09-09T08:00", "until": "2020-09-10T11:00"}
        told = say(kei, "notice", status=422, text_ja="見本", **past)
        assert "いまより後" in told
        assert 'value="2020-09-10T11:00"' in told
        assert 'value="見本"' in told


class TestDetails:
    def test_are_changed_in_every_language(self, kei: Client) -> None:
        say(kei, "details", name_ja="港の窓口", name_en="Harbour counter", address_ja="みなとの市港町2")
        place = get_place()
        assert (place.name.ja, place.name.en, place.building) == ("港の窓口", "Harbour counter", None)

    def test_that_say_the_same_are_no_change(self, kei: Client) -> None:
        place = get_place()
        said = {
            f"{name}_{language}": value or ""
            for name in ("name", "address", "building", "floor", "way")
            for language in ("ja", "easy", "en")
            for value in [getattr(getattr(place, name), language, None)]
        }
        assert "変わったところはありません" in say(kei, "details", **said)
        assert PlaceRevision.objects.filter(id=COUNTER).count() == 1

    def test_of_a_counter_need_its_address(self, kei: Client) -> None:
        assert "この内容では登録できません" in say(kei, "details", status=422, name_ja="港の窓口")


class TestNewCounter:
    def test_begins_like_another_one(self, kei: Client) -> None:
        said = {"id": "minatono-eki", "name_ja": "駅前窓口", "address_ja": "みなとの市駅前1"}
        answer = kei.post(reverse("counter:city-new"), said)
        assert answer["Location"] == reverse(PAGE, args=["minatono-eki"])
        place = get_place("minatono-eki")
        assert (place.city_code, place.name.ja, place.notices) == (CITY, "駅前窓口", ())
        assert opening_at(place, at=LATER)

    @pytest.mark.parametrize("wrong", [{"id": COUNTER}, {"id": "えき"}, {"name_ja": ""}, {"address_ja": ""}])
    def test_is_refused_with_a_reason(self, kei: Client, wrong: dict[str, str]) -> None:
        said = {"id": "minatono-eki", "name_ja": "駅前窓口", "address_ja": "みなとの市駅前1"} | wrong
        answer = kei.post(reverse("counter:city-new"), said)
        assert (answer.status_code, "できませんでした" in answer.content.decode()) == (422, True)


class TestChange:
    def test_is_in_the_journal_with_its_text_and_who_made_it(self, kei: Client) -> None:
        say(kei, "no-special", day="2020-10-12")
        sequence(at=LATER)
        assert verify_journal(counterparts=COUNTERPARTS).findings == ()
        assert Entry.objects.filter(kind="place_changed").count() == 1
        assert "kei" in kei.get(reverse(PAGE, args=[COUNTER])).content.decode()
        row = PlaceRevision.objects.get(id=COUNTER, effective_from=LATER)
        row.content["name"]["ja"] = "だれかの窓口"
        row.save()
        changed = verify_journal(counterparts=COUNTERPARTS).findings
        assert [finding.table for finding in changed] == ["place_placechange"]

    def test_is_refused_when_somebody_was_first(self, kei: Client, settings: Settings) -> None:
        seen = get_place().effective_from.isoformat()
        say(kei, "no-special", day="2020-10-12")
        settings.CLOCK = lambda: LATER + SECOND
        answer = kei.post(reverse(PAGE, args=[COUNTER]), {"step": "no-special", "day": "2020-11-21", "seen": seen})
        assert (answer.status_code, "ほかの人が先に変えたか" in answer.content.decode()) == (422, True)

    @pytest.mark.parametrize("said", [{"step": "nothing"}, {"step": "week", "seen": "yesterday"}, {}])
    def test_that_no_page_asks_for_is_refused(self, kei: Client, said: dict[str, str]) -> None:
        assert kei.post(reverse(PAGE, args=[COUNTER]), said).status_code == 422

    def test_needs_a_place_and_a_new_one_a_new_name(self) -> None:
        place = get_place()
        other = place.model_copy(update={"id": "nowhere", "effective_from": LATER})
        with pytest.raises(PlaceUnknown):
            change_place(other, seen=place.effective_from, by=1, at=LATER)
        with pytest.raises(PlaceTaken):
            begin_place(place, by=1, at=LATER)


class TestTerminals:
    def test_are_registered_with_a_code_that_is_shown_once(self, kei: Client) -> None:
        words = say(kei, "register", status=200, name="3番窓口")
        assert re.search(r"<code class=\"secret\">(\w{4}-){3}\w{4}</code>", words)
        assert [each.name for each in list_terminals(COUNTER)] == ["3番窓口"]
        assert "secret" not in kei.get(reverse(PAGE, args=[COUNTER])).content.decode()

    def test_are_given_a_new_code_and_revoked(self, kei: Client) -> None:
        say(kei, "register", status=200, name="3番窓口")
        terminal = str(list_terminals(COUNTER)[0].id)
        assert "登録コードです" in say(kei, "replace", status=200, terminal=terminal)
        say(kei, "revoke", terminal=terminal)
        assert list_terminals(COUNTER) == []

    def test_of_another_counter_are_not_touched(self, kei: Client) -> None:
        other, _ = register_terminal(OTHER_COUNTER, "1番窓口", city="992020", by=None, at=AT)
        assert "この端末はありません" in say(kei, "revoke", status=422, terminal=str(other))
        assert len(list_terminals(OTHER_COUNTER)) == 1

    def test_of_one_counter_have_different_names(self, kei: Client) -> None:
        say(kei, "register", status=200, name="3番窓口")
        assert "同じ名前の端末" in say(kei, "register", status=422, name="3番窓口")


class TestPeople:
    def say(self, client: Client, step: str, *, status: int = 302, **said: str) -> str:
        answer = client.post(reverse("counter:city-people"), {"step": step, **said})
        assert answer.status_code == status, answer.content.decode()
        return answer.content.decode()

    def test_are_added_with_an_invitation(self, kei: Client) -> None:
        words = self.say(kei, "add", status=200, name="yuki", role="clerk", counter=COUNTER)
        assert "/signin/invitation/" in words
        member = find_member(User.objects.get(username="yuki").id, at=LATER)
        assert member is not None
        assert member.roles_at(COUNTER) == {Role.CLERK}

    def test_are_given_a_further_post_for_a_time(self, kei: Client) -> None:
        user = employ("yuki", Role.CLERK, counter=COUNTER, at=AT)
        until = {"from": "2020-09-11T08:30", "until": "2020-09-12T08:30"}
        self.say(kei, "give", user=str(user.id), role="supervisor", counter=COUNTER, **until)
        starts = AT.replace(day=11, hour=8, minute=30)
        for at, has in ((starts - SECOND, False), (starts, True), (starts + DAY - SECOND, True), (starts + DAY, False)):
            member = find_member(user.id, at=at)
            assert member is not None
            assert (Role.SUPERVISOR in member.roles) is has

    def test_stop_working_at_once(self, kei: Client) -> None:
        user = employ("yuki", Role.CLERK, counter=COUNTER, at=AT)
        self.say(kei, "end", user=str(user.id), number="1")
        assert find_member(user.id, at=LATER) is None
        other = employ("mai", Role.CLERK, at=AT)
        self.say(kei, "dismiss", user=str(other.id))
        assert find_member(other.id, at=LATER) is None

    def test_keep_their_administrator(self, kei: Client) -> None:
        own = User.objects.get(username="kei").id
        for step in ("end", "dismiss"):
            told = self.say(kei, step, status=422, user=str(own), number="1")
            assert "自分では終わりにできません。ほかの管理者に頼んでください" in told
        mai = employ("mai", Role.CITY_ADMIN, at=AT)
        end_membership(own, 1, ends_at=LATER + DAY, by=mai.id, at=AT)
        assert "市の管理者がいない期間ができます" in self.say(kei, "dismiss", status=422, user=str(mai.id))
        assert find_member(mai.id, at=LATER) is not None

    def test_are_invited_again(self, kei: Client) -> None:
        user = employ("yuki", Role.CLERK, at=AT)
        assert "/signin/invitation/" in self.say(kei, "invite", status=200, user=str(user.id))

    def test_of_another_city_are_not_touched(self, kei: Client) -> None:
        other = employ("umi", Role.CLERK, city="992020", at=AT)
        for step in ("give", "end", "dismiss", "invite"):
            said = {"user": str(other.id), "role": "clerk", "number": "1"}
            assert "この利用者はいません" in self.say(kei, step, status=422, **said)
        assert find_member(other.id, at=LATER) is not None
        assert "umi" not in kei.get(reverse("counter:city-people")).content.decode()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": "Yuki!"},
            {"role": "office"},
            {"role": "auditor"},
            {"counter": OTHER_COUNTER},
            {"until": "2020-09-01T00:00"},
        ],
    )
    def test_are_refused_with_a_reason(self, kei: Client, wrong: dict[str, str]) -> None:
        said = {"name": "yuki", "role": "clerk", "counter": COUNTER} | wrong
        assert "できませんでした" in self.say(kei, "add", status=422, **said)
        assert not User.objects.filter(username="yuki").exists()


class TestWords:
    def test_there_are_for_every_refusal(self) -> None:
        for rules, base in ((changing, changing.UnableToChangePlace), (staff_rules, staff_rules.UnableToStaff)):
            for kind in vars(rules).values():
                if isinstance(kind, type) and issubclass(kind, base) and "code" in vars(kind):
                    assert knows(kind.code) or kind.code == "code_unusable", kind


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    @pytest.fixture(autouse=True)
    def _tidy(self) -> Iterator[None]:
        yield
        connection.close()

    def test_leave_one_change(self) -> None:
        place = get_place()

        def attempt(minutes: int) -> None:
            new = change(place, with_week(place, {"monday": ()}), at=LATER + timedelta(minutes=minutes))
            change_place(new, seen=place.effective_from, by=1, at=LATER)

        ended = at_once(lambda: attempt(0), lambda: attempt(1))
        assert list_ends(ended) == ["done", PlaceChangedMeanwhile.code]
