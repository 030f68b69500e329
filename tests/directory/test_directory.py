"""Services as data, and what people type for them."""

from contextlib import suppress
from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cast import AT, DAY, LOADED_AT, ROOT, SECOND, SERVICE_KEY
from mynapoint.directory.models import ServiceRevision
from mynapoint.directory.operations import register_service
from mynapoint.directory.queries import REGISTER, find_key, get_service, list_services
from mynapoint.directory.rules import (
    Service,
    ServiceClosed,
    ServiceKey,
    ServiceNotOpen,
    ServiceNotThisWay,
    ServiceStartsInOwnApp,
    ServiceUnknown,
    TypedWrong,
    check_service_open,
    find_obstacle,
    normalise_typed,
    read_typed,
)
from mynapoint.kernel.documents import DocumentDiffers, DocumentMalformed
from mynapoint.kernel.kana import KanaNotAllowed, KanaTooLong
from mynapoint.kernel.period import JST
from races import at_once

SAKURA = ROOT / "services" / "sakura.toml"
ADDRESS = "https://sakura.example/mynapoint/v1"
OTHER_KEY = "B" * 42 + "A"
KEY = {"id": "sakura-1", "public_key": SERVICE_KEY, "from": LOADED_AT}


@pytest.fixture(scope="module")
def sakura() -> Service:
    return REGISTER.read(SAKURA, address=ADDRESS, keys=[KEY])


class TestReadTyped:
    @pytest.mark.parametrize(
        "typed",
        ["9999 1234 1234 1234", "9999-1234-1234-1234", "９９９９１２３４１２３４１２３４", " 9999123412341234 "],
    )
    def test_takes_what_people_type_in_its_one_normal_form(self, sakura: Service, typed: str) -> None:
        assert read_typed(sakura.account, typed, field="account") == "9999123412341234"

    @pytest.mark.parametrize(
        "typed", ["", "999912341234123", "99991234123412345", "9999x23412341234", "9" * 10_000, "\x00" * 16]
    )
    def test_refuses_another_form_with_the_label_and_an_example_but_not_what_was_typed(
        self, sakura: Service, typed: str
    ) -> None:
        with pytest.raises(TypedWrong) as refusal:
            read_typed(sakura.account, typed, field="account")
        assert refusal.value.data() == {"field": "account", "label": "カード番号", "example": "9999123412341234"}

    @given(typed=st.text(max_size=80))
    def test_never_fails_otherwise(self, sakura: Service, typed: str) -> None:
        with suppress(TypedWrong):
            assert read_typed(sakura.codes[1], typed, field="code2") == normalise_typed(typed)

    @given(typed=st.text(alphabet="Aa９９-－ 　ー１z", max_size=40))
    def test_normalises_to_something_that_stays_as_it_is(self, typed: str) -> None:
        assert normalise_typed(normalise_typed(typed)) == normalise_typed(typed)


class TestCheckServiceOpen:
    """A service has dates of its own: this one closes a month before the programme."""

    def test_opens_to_the_second(self, sakura: Service) -> None:
        opens = datetime(2020, 7, 1, tzinfo=JST)
        check_service_open(sakura, at=opens)
        with pytest.raises(ServiceNotOpen) as refusal:
            check_service_open(sakura, at=opens - SECOND)
        assert refusal.value.open_from == opens

    def test_closes_to_the_second(self, sakura: Service) -> None:
        closes = datetime(2021, 3, 1, tzinfo=JST)
        check_service_open(sakura, at=closes - SECOND)
        with pytest.raises(ServiceClosed) as refusal:
            check_service_open(sakura, at=closes)
        assert refusal.value.closed_at == closes


class TestFindObstacle:
    """What a list can say of a service before anybody types anything (S20)."""

    def test_names_the_way_in_which_one_cannot_apply(self, sakura: Service) -> None:
        obstacle = find_obstacle(sakura, ways=("counter",), at=AT)
        assert isinstance(obstacle, ServiceNotThisWay)
        assert (obstacle.way, obstacle.instead) == ("counter", sakura.channels[0])
        assert find_obstacle(sakura, ways=("counter", "pc"), at=AT) is None

    def test_names_the_dates(self, sakura: Service) -> None:
        opens = datetime(2020, 7, 1, tzinfo=JST)
        assert find_obstacle(sakura, ways=("pc",), at=opens) is None
        assert isinstance(find_obstacle(sakura, ways=("pc",), at=opens - SECOND), ServiceNotOpen)
        assert isinstance(find_obstacle(sakura, ways=("pc",), at=datetime(2021, 3, 1, tzinfo=JST)), ServiceClosed)

    def test_names_the_services_own_app_and_no_application_gets_past_it(self) -> None:
        momiji = REGISTER.read(ROOT / "services" / "momiji.toml", address=ADDRESS, keys=[KEY])
        assert isinstance(find_obstacle(momiji, ways=("phone", "pc"), at=AT), ServiceStartsInOwnApp)
        with pytest.raises(ServiceStartsInOwnApp):
            check_service_open(momiji, at=AT)


class TestReadService:
    @pytest.mark.parametrize("path", sorted((ROOT / "services").glob("*.toml")), ids=lambda path: path.stem)
    def test_takes_every_sample(self, path: Path) -> None:
        service = REGISTER.read(path, address=ADDRESS, keys=[KEY])
        assert service.id == path.stem
        assert Service.model_validate_json(service.model_dump_json(by_alias=True)) == service

    @pytest.mark.parametrize(
        ("old", "new", "where"),
        [
            ('kind = "purchase"', 'kind = "barter"', "kind"),
            ('example = "1234"', 'example = "12345"', "codes.0"),
            ('pattern = "[0-9]{4}"', 'pattern = "[9-0]{4}"', "no regular expression"),
            ('channels = ["phone", "pc"]', "channels = []", "channels"),
            ('number = "7654321"', 'number = "765432"', "bank_account.number"),
            ("minors = false", "miners = false", "minors"),
        ],
    )
    def test_names_what_is_wrong(self, tmp_path: Path, old: str, new: str, where: str) -> None:
        text = SAKURA.read_text()
        assert old in text
        path = tmp_path / "service.toml"
        path.write_text(text.replace(old, new, 1))
        with pytest.raises(DocumentMalformed, match=where):
            REGISTER.read(path, address=ADDRESS, keys=[KEY])

    @pytest.mark.parametrize(
        "address", ["sakura.example", "ftp://sakura.example/x", "https://sakura.example/x/", "https:///x", ""]
    )
    def test_refuses_an_address_that_is_none(self, address: str) -> None:
        with pytest.raises(DocumentMalformed, match="address"):
            REGISTER.read(SAKURA, address=address, keys=[KEY])


class TestServiceKey:
    @pytest.mark.parametrize("key", ["A" * 42, "A" * 44, "A" * 42 + "B", "+" * 43, ""])
    def test_refuses_what_is_no_key_when_it_is_loaded(self, key: str) -> None:
        with pytest.raises(DocumentMalformed, match="keys"):
            REGISTER.read(SAKURA, address=ADDRESS, keys=[KEY | {"public_key": key}])


@pytest.mark.django_db
class TestRegisterService:
    def test_lists_the_service_with_its_programme(self, programme: str) -> None:
        assert [service.id for service in list_services(programme=programme, at=AT)] == ["hanamaru", "sakura"]
        assert list_services(programme="another", at=AT) == []

    def test_takes_a_newer_text_of_a_service(self, programme: str, tmp_path: Path) -> None:
        path = tmp_path / "newer.toml"
        path.write_text(SAKURA.read_text().replace("2020-06-01", "2020-09-10"))
        key = ServiceKey.model_validate(KEY)
        register_service(path, address="https://moved.example/v1", keys=[key], at=AT)
        assert get_service("sakura", at=datetime(2020, 9, 9, tzinfo=JST)).address == "http://127.0.0.1:9/x"
        assert get_service("sakura", at=AT).address == "https://moved.example/v1"

    @pytest.mark.parametrize(
        ("holder_kana", "said"),
        [
            ("株式会社さくらカード", "sakura: bank_account.holder_kana: the banks' network cannot carry '株'"),
            ("ガ" * 16, "sakura: bank_account.holder_kana: 32 characters (a voiced kana counts twice) where 30 have"),
        ],
    )
    def test_refuses_a_name_that_no_bank_could_write(self, tmp_path: Path, holder_kana: str, said: str) -> None:
        path = tmp_path / "service.toml"
        path.write_text(SAKURA.read_text().replace("カ)サクラカード", holder_kana))
        with pytest.raises((KanaNotAllowed, KanaTooLong)) as refused:
            register_service(path, address=ADDRESS, keys=[ServiceKey.model_validate(KEY)], at=AT)
        assert str(refused.value).startswith(said)
        assert REGISTER.find("sakura", at=AT) is None

    def test_knows_no_service_of_another_name(self, programme: str) -> None:
        with pytest.raises(ServiceUnknown):
            get_service("momiji", at=AT)


def say(*words: str) -> str:
    out = StringIO()
    call_command("service", *words, stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
class TestServiceCommand:
    """`mynapoint service`, as the office runs it in the course of a year."""

    REGISTER = ("register", str(SAKURA), "--address", ADDRESS, "--key", f"sakura-1={SERVICE_KEY}")

    @pytest.fixture(autouse=True)
    def registered(self, settings: Settings) -> None:
        settings.CLOCK = lambda: AT
        assert say(*self.REGISTER) == "sakura: registered"

    def test_registers_once_however_often_it_is_run(self, settings: Settings) -> None:
        settings.CLOCK = lambda: AT + DAY
        assert say(*self.REGISTER) == "sakura: nothing new"
        assert find_key("sakura-1", at=AT - SECOND) is None
        with pytest.raises(CommandError, match="another text"):
            say(*self.REGISTER, "--key", f"sakura-2={OTHER_KEY}")

    def test_leaves_a_known_key_as_it_is_in_a_newer_text(self, settings: Settings, tmp_path: Path) -> None:
        path = tmp_path / "newer.toml"
        path.write_text(SAKURA.read_text().replace("2020-06-01", "2020-09-11"))
        settings.CLOCK = lambda: AT + 2 * DAY
        newer = ("register", str(path), *self.REGISTER[2:], "--key", f"sakura-2={OTHER_KEY}")
        assert say(*newer) == "sakura: registered"
        first, second = get_service("sakura", at=AT + 2 * DAY).keys
        assert (first.from_, second.from_) == (AT, AT + 2 * DAY)
        assert say(*newer) == "sakura: nothing new"

    def test_exchanges_a_key_to_the_second(self, settings: Settings) -> None:
        settings.CLOCK = lambda: AT + DAY
        say("keys", "sakura", "--key", f"sakura-2={OTHER_KEY}")
        assert [key.id for key in get_service("sakura", at=AT + DAY).keys] == ["sakura-1", "sakura-2"]
        assert find_key("sakura-2", at=AT + DAY - SECOND) is None
        settings.CLOCK = lambda: AT + DAY + SECOND
        end = AT + 2 * DAY
        said = say("keys", "sakura", "--key-until", f"sakura-1={end.astimezone(JST).replace(tzinfo=None).isoformat()}")
        assert said.splitlines()[0].endswith(f"until {end.astimezone(JST):%Y-%m-%d %H:%M:%S}")
        assert find_key("sakura-1", at=end - SECOND)
        assert find_key("sakura-1", at=end) is None
        settings.CLOCK = lambda: end
        assert say(*self.REGISTER) == "sakura: nothing new"
        assert say("keys", "sakura").startswith("sakura-2")

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            (("--key", f"sakura-1={OTHER_KEY}"), "name of its own"),
            (("--key-until", "sakura-9=2020-11-01T09:00"), "no key of the name"),
            (("--key-until", "sakura-1=2020-09-01T09:00"), "no key would count"),
            (("--key", "sakura-2=AAAA"), "not the base64url"),
        ],
    )
    def test_refuses_keys_that_cannot_be(self, words: tuple[str, str], reason: str) -> None:
        before = get_service("sakura", at=AT)
        with pytest.raises(CommandError, match=reason):
            say("keys", "sakura", *words)
        assert get_service("sakura", at=AT) == before

    def test_changes_no_keys_before_a_text_that_would_change_them_back(self, tmp_path: Path) -> None:
        path = tmp_path / "later.toml"
        path.write_text(SAKURA.read_text().replace("2020-06-01", "2020-10-01"))
        say("register", str(path), *self.REGISTER[2:])
        with pytest.raises(CommandError, match="counts later"):
            say("keys", "sakura", "--key", f"sakura-2={OTHER_KEY}")

    def test_knows_no_service_of_another_name(self) -> None:
        with pytest.raises(CommandError):
            say("keys", "momiji")


@pytest.mark.django_db
class TestFindKey:
    def test_finds_the_service_of_a_key_from_the_instant_from_which_it_counts(self, programme: str) -> None:
        found = find_key("sakura-1", at=LOADED_AT)
        assert found is not None
        assert found[0].id == "sakura"
        assert find_key("sakura-1", at=LOADED_AT - SECOND) is None
        assert find_key("sakura-2", at=AT) is None


@pytest.mark.django_db(transaction=True)
class TestRegisterAtOnce:
    def test_takes_one_of_two_texts_for_one_instant(self) -> None:
        keys = [ServiceKey.model_validate(KEY)]
        addresses = (ADDRESS, ADDRESS, f"{ADDRESS}/other")
        acts = [partial(register_service, SAKURA, address=one, keys=keys, at=AT) for one in addresses]
        ended = at_once(*acts)
        added = [end[1] if isinstance(end, tuple) else end.code for end in ended]
        assert added.count(True) == 1
        assert set(added[:2]) in ({True, False}, {DocumentDiffers.code})
        assert added[2] in (True, DocumentDiffers.code)
        assert ServiceRevision.objects.count() == 1
