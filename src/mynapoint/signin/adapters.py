"""What allauth asks the platform: whom to let in, how secrets are kept, what a passkey is for."""

import base64
import ipaddress
from typing import Any, Final

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from mynapoint.signin.door import end_tries
from mynapoint.signin.sessions import begin_session, find_own_terminal
from mynapoint.signin.stops import stop
from mynapoint.signin.visiting import get_visitor
from mynapoint.staff.queries import find_member
from mynapoint.staff.rules import AT_COUNTERS, OFFICE, Role

SECOND_FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
INVITATION: Final = "invitation"
_WITHOUT_TERMINAL: Final = (
    (Role.CITY_ADMIN, "counter:city"),
    (Role.SUPERVISOR, "counter:after"),
    (Role.AUDITOR, "counter:after"),
)


def has_second_factor(user: User) -> bool:
    """Say whether somebody has anything beside a password; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists())


def can_have_passkeys() -> bool:
    """Say whether browsers make passkeys for this site: for names only, never for numbers (WebAuthn, 5.1.2)."""
    try:
        ipaddress.ip_address(settings.ALLOWED_HOSTS[0].strip("[]"))
    except ValueError:
        return True
    return False


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Lets in who has a post and both factors; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody does: staff are invited."""
        return False

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """Never by allauth's own pages: `signin.views` asks for a fresh sign-in."""
        return False

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Say nothing: each page of ours says what was done."""

    def pre_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse | None:
        """Stop whom a right password does not help: without a second factor, or without a post."""
        if not user.is_active or find_member(user.id, at=settings.CLOCK()) is None:
            request.session.flush()
            return stop(request, "no_post", status=403)
        if not has_second_factor(user) and INVITATION not in request.session:
            request.session.flush()
            return stop(request, "no_second_factor", status=403)
        return super().pre_login(request, user, **hooks)  # type: ignore[no-any-return]

    def post_login(self, request: HttpRequest, user: User, **hooks: Any) -> HttpResponse:
        """Begin the session of somebody who gave both factors."""
        if any(given["method"] == "mfa" for given in get_authentication_records(request, user)):
            admit(request, user)
        return super().post_login(request, user, **hooks)  # type: ignore[no-any-return]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead to where somebody works."""
        return lead_to_work(request)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps what an authenticator app shares with the platform encrypted (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def encrypt(self, text: str) -> str:
        """Encrypt for the database."""
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what the database has."""
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code as a picture that a page may hold under its policy."""
        return segno.make(url).svg_inline(scale=5, border=4, omitsize=False)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Say whether another second factor stays."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=SECOND_FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def send_notification_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """Send none: the platform knows no mail address of anybody."""

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Number a user's passkeys."""
        return f"パスキー{Authenticator.objects.filter(user=user, type=type).count() + 1}"


def admit(request: HttpRequest, user: User) -> None:
    """Begin the session of somebody who has given both factors, and forget the tries before."""
    at = settings.CLOCK()
    begin_session(request.session, terminal=find_own_terminal(request, at=at), at=at)
    end_tries(get_visitor(request, user.username))


def lead_to_work(request: HttpRequest) -> str:
    """Return where somebody works: the office, a counter's desk, or what needs no terminal."""
    at = settings.CLOCK()
    member = find_member(request.user.id, at=at) if request.user.id else None
    if member and member.city == OFFICE:
        return reverse("office:start")
    if member is None or (member.roles & AT_COUNTERS and find_own_terminal(request, at=at)):
        return reverse("counter:desk")
    first = next((page for role, page in _WITHOUT_TERMINAL if role in member.roles), "counter:desk")
    return reverse(first)


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.SECOND_FACTOR_KEY))
