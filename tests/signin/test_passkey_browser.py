"""Passkeys in a real browser, with an authenticator of the browser's own making (WebAuthn, 11: automation)."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from parties import PASSWORD, address_of
from playwright.sync_api import Browser, CDPSession, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from browser.markup import check_html
from browser.window import NARROW, WIDE, Window, open_window
from cast import AT
from mynapoint.staff.rules import Role
from staff_cast import employ, open_counters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class Telephone:
    """What makes and keeps passkeys."""

    session: CDPSession
    id: str

    @classmethod
    def beside(cls, page: Page) -> "Telephone":
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        added = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        return cls(session, added["authenticatorId"])

    def knows_its_owner(self, is_so: bool) -> None:
        said = {"authenticatorId": self.id, "isUserVerified": is_so}
        self.session.send("WebAuthn.setUserVerified", said)

    def forget(self) -> None:
        self.session.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})


@pytest.fixture
def window(chromium: Browser) -> Iterator[Window]:
    with open_window(chromium, width=WIDE, others=(NARROW,)) as opened:
        yield opened


@pytest.fixture
def site(settings: Settings, live_server: LiveServer) -> str:
    settings.SITE_ORIGIN = live_server.url
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.CLOCK = lambda: AT
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slowness is not tested here
    open_counters()
    return str(live_server.url)


class TestPasskey:
    def test_is_made_by_an_invitation_and_counts_as_both_factors(self, window: Window, site: str) -> None:
        page, sources = window.page, {}
        telephone = Telephone.beside(page)

        def look(name: str) -> None:
            window.check(f"signin-{name}", expected="Clear-Site-Data")
            sources[name] = window.source

        page.goto(site + address_of(employ("aoi", Role.OFFICE, at=AT)))
        look("invitation")
        page.fill("#id_password", PASSWORD)
        page.fill("#id_again", PASSWORD)
        page.click("main .button")
        look("factors")
        page.goto(f"{site}/signin/factors/app/")
        look("app")
        page.goto(f"{site}/signin/factors/passkey/")
        look("passkey")
        page.click("button[data-passkey]")
        page.wait_for_url("**/codes/")
        look("codes")
        page.click("main .button")
        page.wait_for_url("**/office/")

        page.click("text=終了")
        page.wait_for_url("**/signin/")
        look("login")
        page.click("button[data-passkey]")
        page.wait_for_url("**/office/")

        page.click("text=終了")
        page.fill("#id_login", "aoi")
        page.fill("#id_password", PASSWORD)
        page.click("text=次へ")
        look("second")
        page.click("button[data-passkey]")
        page.wait_for_url("**/office/")
        page.click("text=ログインに使うもの")
        look("factors-later")
        self.refuses_whoever_has_only_the_telephone(page, telephone)
        self.says_when_there_is_none(page, telephone)
        check_html(sources)

    def refuses_whoever_has_only_the_telephone(self, page: Page, telephone: Telephone) -> None:
        page.click("text=終了")
        telephone.knows_its_owner(False)
        page.click("button[data-passkey]")
        page.wait_for_selector("#passkey-trouble:visible")
        telephone.knows_its_owner(True)

    def says_when_there_is_none(self, page: Page, telephone: Telephone) -> None:
        telephone.forget()
        page.reload()
        page.click("button[data-passkey]")
        page.wait_for_selector("#passkey-trouble:visible")
