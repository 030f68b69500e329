"""Somebody who is invited, and what they do at the door."""

import re

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from demo.authenticator_app import AuthenticatorApp
from mynapoint.signin.operations import invite
from mynapoint.signin.sessions import TERMINAL_COOKIE
from staff_cast import Installed

PASSWORD = "Zou-no-hana-7-tsu"
LOGIN = reverse("account_login")
SECOND = reverse("mfa_authenticate")
FACTORS = reverse("mfa_index")
APP = reverse("mfa_activate_totp")
CODES = reverse("mfa_view_recovery_codes")


def address_of(user: User) -> str:
    """Invite somebody; return the link's address."""
    return reverse("signin_invitation", args=[invite(user.id, by=None, at=settings.CLOCK()).token])


def browser_at(installed: Installed | None = None) -> Client:
    """Return a browser, a terminal's if one is given."""
    client = Client()
    if installed is not None:
        client.cookies[TERMINAL_COOKIE] = installed.device.token
    return client


def read(answer: HttpResponse) -> str:
    """Return a page's text."""
    return answer.content.decode()


def choose_password(client: Client, address: str, password: str = PASSWORD) -> HttpResponse:
    """Follow an invitation's first step."""
    return client.post(address, {"password": password, "again": password})


def add_app(client: Client) -> AuthenticatorApp:
    """Register an authenticator app."""
    secret = re.search(r'id="secret">([A-Z2-7]+)<', read(client.get(APP)))
    assert secret
    app = AuthenticatorApp(secret[1])
    answer = client.post(APP, {"code": app.show()})
    assert (answer.status_code, answer["Location"]) == (302, CODES), read(answer)
    return app


def enrol(user: User) -> AuthenticatorApp:
    """Do everything that an invitation is for."""
    client = Client()
    assert choose_password(client, address_of(user))["Location"] == FACTORS
    return add_app(client)


def give_password(client: Client, user: User, password: str = PASSWORD, **more: str) -> HttpResponse:
    """Take the first step at the door."""
    return client.post(LOGIN, {"login": user.username, "password": password, **more})


def give_code(client: Client, code: str) -> HttpResponse:
    """Take the second step."""
    return client.post(SECOND, {"code": code})
