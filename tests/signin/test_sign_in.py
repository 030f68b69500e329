"""Coming in by invitation, by password and second factor; and going."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from parties import (
    APP,
    CODES,
    FACTORS,
    LOGIN,
    SECOND,
    add_app,
    address_of,
    browser_at,
    choose_password,
    enrol,
    give_code,
    give_password,
    read,
)
from pytest_django.fixtures import Settings

from cast import AT, DAY
from cast import SECOND as ONE_SECOND
from demo.authenticator_app import AuthenticatorApp
from mynapoint.console.counterparts import COUNTERPARTS
from mynapoint.journal.operations import sequence
from mynapoint.journal.queries import verify_journal
from mynapoint.signin.operations import follow, invite, read_invitation, use_code
from mynapoint.signin.rules import INVITED_FOR, CodeUsed, InvitationUnusable
from mynapoint.signin.sessions import FRESH_FOR
from mynapoint.staff.operations import dismiss
from mynapoint.staff.rules import Role
from races import at_once
from staff_cast import COUNTER, employ, install, open_counters, sit_down

pytestmark = pytest.mark.django_db
START = reverse("office:start")
END = reverse("account_logout")
RESPONSE = {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA", "userHandle": "MQ"}
BROKEN_PASSKEYS = [
    *("", "{", "[]", "1", '{"id": 1}', '{"response": {"userHandle": "x"}}'),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": RESPONSE}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": RESPONSE | {"clientDataJSON": "e30"}}),
    json.dumps({"id": "AA", "rawId": 7, "type": [], "response": {"attestationObject": "oA", "clientDataJSON": "e30"}}),
]


@pytest.fixture(autouse=True)
def _door(settings: Settings) -> None:
    settings.CLOCK = lambda: AT
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slowness is not tested here
    open_counters()


@pytest.fixture
def aoi() -> User:
    return employ("aoi", Role.OFFICE, at=AT)


@pytest.fixture
def app(aoi: User) -> AuthenticatorApp:
    return enrol(aoi)


class TestInvitation:
    def test_leads_from_a_password_and_an_app_to_work(self, aoi: User) -> None:
        client, address = Client(), address_of(aoi)
        assert "aoi" in read(client.get(address))
        assert choose_password(client, address)["Location"] == FACTORS
        assert client.get(START).status_code == 302
        client = Client()
        choose_password(client, address)
        add_app(client)
        assert len(re.findall(r"<li><code>\d{8}</code>", read(client.get(CODES)))) == 10
        assert "<li><code>" not in read(client.get(CODES))
        assert client.get(START).status_code == 200
        assert client.get(reverse("signin_work"))["Location"] == START

    def test_shows_its_secrets_to_nobody_but_its_browser(self, aoi: User) -> None:
        client = Client()
        choose_password(client, address_of(aoi))
        for page in (FACTORS, APP):
            answer = client.get(page)
            assert answer.status_code == 200
            assert "no-store" in answer["Cache-Control"]
            assert not re.search(r"<script(?![^>]* (src|type)=)| style=|<style", read(answer))
            assert Client().get(page).status_code == 302

    @pytest.mark.parametrize(("late", "status"), [(-ONE_SECOND, 200), (timedelta(0), 404)])
    def test_counts_for_three_days(self, aoi: User, settings: Settings, late: timedelta, status: int) -> None:
        address = address_of(aoi)
        settings.CLOCK = lambda: AT + INVITED_FOR + late
        assert Client().get(address).status_code == status
        assert choose_password(Client(), address).status_code == (302 if status == 200 else 404)

    def test_is_over_once_a_second_factor_is_there(self, aoi: User) -> None:
        client, address = Client(), address_of(aoi)
        choose_password(client, address)
        late = Client()
        choose_password(late, address)
        # The newer password has ended the older browser's session.
        assert client.get(APP).status_code == 302
        add_app(late)
        answer = choose_password(Client(), address)
        assert answer.status_code == 404
        assert "この招待は使えません" in read(answer)

    def test_is_replaced_by_a_newer_one(self, aoi: User) -> None:
        older = address_of(aoi)
        client = Client()
        choose_password(client, older)
        newer = address_of(aoi)
        assert Client().get(older).status_code == 404
        assert client.get(APP).status_code == 302
        assert Client().get(newer).status_code == 200

    @pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 3000, "あ"])
    def test_is_nothing_that_a_stranger_says(self, aoi: User, token: str) -> None:
        address_of(aoi)
        assert Client().get(reverse("signin_invitation", args=[token])).status_code == 404

    @pytest.mark.parametrize(
        ("password", "again", "said"),
        [
            ("Zou-no-hana-7", "Zou-no-hana-8", "二つのパスワードが違います"),
            ("12345", "12345", "短すぎます"),
            ("", "", "短すぎます"),
            (" Zou-no-hana-7", " Zou-no-hana-7", "前後の空白"),
            ("Zou-no\x00hana-7", "Zou-no\x00hana-7", "目に見えない文字"),
            ("Zou7" * 51, "Zou7" * 51, "200文字まで"),
        ],
    )
    def test_refuses_a_password_and_says_why(self, aoi: User, password: str, again: str, said: str) -> None:
        answer = Client().post(address_of(aoi), {"password": password, "again": again})
        assert answer.status_code == 422
        assert said in read(answer)
        assert not User.objects.get(id=aoi.id).has_usable_password()

    def test_takes_everything_away_that_counted_before(self, aoi: User, app: AuthenticatorApp) -> None:
        client = Client()
        give_password(client, aoi)
        give_code(client, app.show(steps=1))
        assert client.get(START).status_code == 200
        invite(aoi.id, by=None, at=AT)
        assert client.get(START).status_code == 302
        assert give_password(Client(), aoi).status_code == 403

    def test_needs_a_second_factor_before_anything_else(self, aoi: User) -> None:
        choose_password(Client(), address_of(aoi))
        answer = give_password(Client(), aoi)
        assert answer.status_code == 403
        assert "二つ目の確認が登録されていません" in read(answer)

    def test_is_of_no_use_without_a_post(self, aoi: User) -> None:
        address = address_of(aoi)
        dismiss(aoi.id, by=None, at=AT)
        answer = choose_password(Client(), address)
        assert answer.status_code == 403
        assert "いまの役割がありません" in read(answer)

    def test_stands_in_the_journal(self, aoi: User, app: AuthenticatorApp) -> None:
        sequence(at=AT)
        assert verify_journal(counterparts=COUNTERPARTS).is_intact


class TestSignIn:
    def test_takes_a_password_and_a_code(self, aoi: User, app: AuthenticatorApp) -> None:
        client = Client()
        assert give_password(client, aoi)["Location"] == SECOND
        assert client.get(START).status_code == 302
        assert give_code(client, app.show(steps=1))["Location"] == START
        assert client.get(START).status_code == 200

    def test_leads_back_to_where_one_wanted_to_go_and_to_no_other_site(self, aoi: User, app: AuthenticatorApp) -> None:
        page = reverse("office:holds")
        for wanted, reached, steps in ((page, page, 0), ("https://evil.example/", START, 1)):
            client = Client()
            give_password(client, aoi, next=wanted)
            assert give_code(client, app.show(steps=steps))["Location"] == reached

    def test_takes_a_code_once(self, aoi: User, app: AuthenticatorApp) -> None:
        code = app.show(steps=1)
        for status in (302, 403):
            client = Client()
            give_password(client, aoi)
            assert give_code(client, code).status_code == status

    def test_takes_a_recovery_code_once(self, aoi: User) -> None:
        client = Client()
        choose_password(client, address_of(aoi))
        add_app(client)
        code = re.findall(r"<li><code>(\d{8})</code>", read(client.get(CODES)))[3]
        for status in (302, 403):
            client = Client()
            give_password(client, aoi)
            assert give_code(client, code).status_code == status

    @pytest.mark.parametrize("code", ["", "000000", "あ", "0" * 5000, "\x00"])
    def test_refuses_another_code_and_says_what_to_do(self, aoi: User, app: AuthenticatorApp, code: str) -> None:
        client = Client()
        give_password(client, aoi)
        answer = give_code(client, code)
        assert answer.status_code == 403
        assert "確認できません" in read(answer)
        assert client.get(START).status_code == 302

    @pytest.mark.parametrize("credential", BROKEN_PASSKEYS)
    def test_refuses_a_passkey_that_is_none(self, aoi: User, app: AuthenticatorApp, credential: str) -> None:
        client = Client()
        answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
        assert (answer.status_code, answer["Location"]) == (302, f"{LOGIN}?passkey=failed")
        give_password(client, aoi)
        assert client.post(SECOND, {"credential": credential}).status_code == 403
        assert client.get(START).status_code == 302

    def test_says_the_same_for_a_wrong_name_and_a_wrong_password(self, aoi: User, app: AuthenticatorApp) -> None:
        said = [
            read(Client().post(LOGIN, {"login": name, "password": "x"})).replace(name, "") for name in ("aoi", "dare")
        ]
        assert all("利用者名かパスワードが違います" in text for text in said)

    def test_has_no_second_step_without_the_first(self, app: AuthenticatorApp) -> None:
        assert Client().get(SECOND)["Location"] == LOGIN
        assert give_code(Client(), app.show())["Location"] == LOGIN

    def test_is_of_no_use_to_whoever_left(self, aoi: User, app: AuthenticatorApp) -> None:
        dismiss(aoi.id, by=None, at=AT)
        answer = give_password(Client(), aoi)
        assert answer.status_code == 403
        assert "いまの役割がありません" in read(answer)

    def test_is_of_no_use_to_a_user_who_was_switched_off(self, aoi: User, app: AuthenticatorApp) -> None:
        User.objects.filter(id=aoi.id).update(is_active=False)
        assert give_password(Client(), aoi).status_code == 403

    def test_begins_a_new_session(self, aoi: User, app: AuthenticatorApp) -> None:
        client = Client()
        give_password(client, aoi)
        before = client.cookies["sessionid"].value
        give_code(client, app.show(steps=1))
        assert client.cookies["sessionid"].value != before

    def test_at_a_terminal_is_for_this_terminal(self) -> None:
        hana = employ("hana", Role.CLERK, counter=COUNTER, at=AT)
        app = enrol(hana)
        client = browser_at(install(at=AT))
        give_password(client, hana)
        assert give_code(client, app.show(steps=1))["Location"] == "/counter/"
        assert client.session["staff"]["terminal"]

    @pytest.mark.parametrize(
        ("role", "page"),
        [
            (Role.CLERK, "counter:desk"),
            (Role.SUPERVISOR, "counter:after"),
            (Role.AUDITOR, "counter:after"),
            (Role.CITY_ADMIN, "counter:city"),
        ],
    )
    def test_leads_to_what_somebody_can_do_without_a_terminal(self, role: Role, page: str) -> None:
        client = sit_down(employ("hana", role, at=AT), at=AT)
        assert client.get(reverse("signin_work"))["Location"] == reverse(page)

    def test_shows_no_personal_thing_of_anybody(self, app: AuthenticatorApp) -> None:
        assert "aoi" not in read(Client().get(LOGIN))


class TestNewPasskey:
    @pytest.mark.parametrize("credential", BROKEN_PASSKEYS)
    def test_is_refused_when_it_is_none(self, aoi: User, credential: str) -> None:
        client = Client()
        choose_password(client, address_of(aoi))
        page = reverse("mfa_add_webauthn")
        client.get(page)
        answer = client.post(page, {"name": "x", "credential": credential, "passwordless": "on"})
        assert answer.status_code == 422
        assert client.get(START).status_code == 302


class TestEnd:
    def test_ends_the_session_and_has_the_browser_forget(self, aoi: User, app: AuthenticatorApp) -> None:
        client = browser_at()
        give_password(client, aoi)
        give_code(client, app.show(steps=1))
        stolen = browser_at()
        stolen.cookies["sessionid"] = client.cookies["sessionid"].value
        answer = client.post(END)
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert (answer["Location"], stolen.get(START).status_code) == (LOGIN, 302)

    def test_is_reached_by_a_form_only(self) -> None:
        assert Client().get(END).status_code == 405
        assert Client(enforce_csrf_checks=True).post(END).status_code == 403


class TestFactors:
    def sign_in(self, aoi: User, app: AuthenticatorApp) -> Client:
        client = Client()
        give_password(client, aoi)
        give_code(client, app.show(steps=1))
        return client

    @pytest.mark.parametrize(("late", "status"), [(-ONE_SECOND, 200), (timedelta(0), 302)])
    def test_are_changed_just_after_signing_in(
        self, aoi: User, app: AuthenticatorApp, settings: Settings, late: timedelta, status: int
    ) -> None:
        client = self.sign_in(aoi, app)
        settings.CLOCK = lambda: AT + FRESH_FOR + late
        assert client.get(FACTORS).status_code == status

    def test_keep_at_least_one(self, aoi: User, app: AuthenticatorApp) -> None:
        client = self.sign_in(aoi, app)
        page = reverse("mfa_deactivate_totp")
        for answer in (client.get(page), client.post(page)):
            assert "最後の一つは消せません" in read(answer)
        assert client.get(FACTORS).status_code == 200
        assert "登録してあります" in read(client.get(FACTORS))

    def test_have_recovery_codes_made_anew(self, aoi: User) -> None:
        client = Client()
        choose_password(client, address_of(aoi))
        add_app(client)
        old = re.findall(r"\d{8}", read(client.get(CODES)))[0]
        client.post(reverse("mfa_generate_recovery_codes"))
        (new, *_) = re.findall(r"<li><code>(\d{8})</code>", read(client.get(CODES)))
        for code, status in ((old, 403), (new, 302)):
            other = Client()
            give_password(other, aoi)
            assert give_code(other, code).status_code == status

    def test_are_kept_where_the_database_alone_does_not_read_them(self, aoi: User, app: AuthenticatorApp) -> None:
        kept = str(list(aoi.authenticator_set.values_list("data", flat=True)))
        assert app.secret not in kept

    def test_of_another_user_are_nobodys(self, aoi: User, app: AuthenticatorApp) -> None:
        other = employ("midori", Role.OFFICE, at=AT)
        enrol(other)
        client = self.sign_in(aoi, app)
        theirs = other.authenticator_set.values_list("pk", flat=True)[0]
        assert client.post(reverse("mfa_remove_webauthn", args=[theirs])).status_code == 404
        assert other.authenticator_set.filter(pk=theirs).exists()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_follow_an_invitation_once(self, aoi: User) -> None:
        invited = read_invitation(invite(aoi.id, by=None, at=AT), at=AT)
        ended = at_once(*[lambda: follow(invited, at=AT)] * 2)
        assert sorted(type(one).__name__ for one in ended) == ["InvitationUnusable", "NoneType"]

    def test_leave_no_second_factor_of_an_invitation_that_is_replaced_meanwhile(self, aoi: User) -> None:
        client = Client()
        choose_password(client, address_of(aoi))
        secret = re.search(r'id="secret">([A-Z2-7]+)<', read(client.get(APP)))
        assert secret
        code = AuthenticatorApp(secret[1]).show()
        _, link = at_once(lambda: client.post(APP, {"code": code}), lambda: invite(aoi.id, by=None, at=AT))
        assert not aoi.authenticator_set.exists()
        assert client.get(START).status_code == 302
        assert _is_usable(link)

    def test_leave_one_invitation_of_two(self, aoi: User) -> None:
        links = at_once(*[lambda: invite(aoi.id, by=None, at=AT)] * 2)
        usable = [link for link in links if _is_usable(link)]
        assert len(usable) == 1

    def test_take_a_code_once(self, aoi: User) -> None:
        ended = at_once(*[lambda: use_code(aoi.id, "123456", at=AT)] * 2)
        assert sorted(type(one).__name__ for one in ended) == ["CodeUsed", "NoneType"]
        use_code(aoi.id, "123456", at=AT + DAY)
        with pytest.raises(CodeUsed):
            use_code(aoi.id, "123456", at=AT + DAY)


def _is_usable(link: object) -> bool:
    try:
        read_invitation(link, at=AT)  # type: ignore[arg-type]
    except InvitationUnusable:
        return False
    return True
