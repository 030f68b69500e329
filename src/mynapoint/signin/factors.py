"""What somebody signs in with: chosen first by an invitation, changed later by who has just signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from uuid import UUID

from allauth.account.forms import LoginForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.views import IndexView
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mynapoint.signin.adapters import INVITATION, admit, can_have_passkeys
from mynapoint.signin.operations import Invited, check_invited, choose_password, follow, lock_sign_in, read_invitation
from mynapoint.signin.rules import InvitationLink, InvitationUnusable, PasswordTooWeak
from mynapoint.signin.sessions import find_presence
from mynapoint.signin.stops import stop

PASSWORDS_DIFFER: Final = "二つのパスワードが違います。同じものを二回入れてください。"
View = Callable[..., HttpResponse]


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Have an invited user choose a password; then they choose a second factor."""
    at = settings.CLOCK()
    try:
        invited = read_invitation(InvitationLink.parse(token), at=at)
        user = User.objects.get(id=invited.user_id)
        if request.method == "GET":
            return render(request, "signin/invitation.html", {"invited": user})
        if request.POST.get("password", "") != request.POST.get("again", ""):
            return _ask_again(request, user, [PASSWORDS_DIFFER])
        choose_password(invited, request.POST.get("password", ""), at=at)
    except InvitationUnusable:
        return stop(request, "invitation_unusable", status=404)
    except PasswordTooWeak as refusal:
        return _ask_again(request, user, refusal.problems.splitlines())
    return _begin_enrolment(request, invited, user)


def _ask_again(request: HttpRequest, user: User, problems: list[str]) -> HttpResponse:
    return render(request, "signin/invitation.html", {"invited": user, "problems": problems}, status=422)


def _begin_enrolment(request: HttpRequest, invited: Invited, user: User) -> HttpResponse:
    """Sign an invited user in with their new password alone: nothing but a second factor can be chosen with that."""
    request.session.flush()
    request.session[INVITATION] = str(invited.invitation_id)
    form = LoginForm({"login": user.username, "password": request.POST["password"]}, request=request)
    form.is_valid()
    return form.login(request, redirect_url=reverse("mfa_index"))  # type: ignore[no-any-return]


def enrolling(view: View) -> View:
    """Let in who follows an invitation, or has just signed in with both factors; everybody else signs in first."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        at = settings.CLOCK()
        presence = find_presence(request, at=at)
        if (presence and presence.is_fresh(at=at)) or find_enrolment(request) is not None:
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            logout(request)
        return redirect_to_login(reverse("mfa_index"))

    return never_cache(guarded)


def find_enrolment(request: HttpRequest) -> Invited | None:
    """Return the invitation that a session follows, while it counts."""
    invitation_id = request.session.get(INVITATION)
    if invitation_id is None or request.user.id is None:
        return None
    try:
        return check_invited(UUID(invitation_id), user_id=request.user.id, at=settings.CLOCK())
    except InvitationUnusable:
        return None


def finish_enrolment(request: HttpRequest) -> None:
    """Begin a session once an invited user has a second factor; the invitation has done its work.

    :raises InvitationUnusable: when somebody else has followed it meanwhile.
    """
    invited = find_enrolment(request)
    if invited is None:
        return
    follow(invited, at=settings.CLOCK())
    del request.session[INVITATION]
    user = request.user
    assert isinstance(user, User)
    admit(request, user)


class _Enrolling:
    """What the pages have in common that add a second factor."""

    request: HttpRequest

    def form_valid(self, form: Form) -> HttpResponse:
        """Add it, and let its owner in. A newer invitation comes before or after all of this, never between."""
        try:
            with transaction.atomic():
                lock_sign_in(self.request.user)
                finish_enrolment(self.request)
                return super().form_valid(form)  # type: ignore[misc,no-any-return]
        except InvitationUnusable:
            logout(self.request)
            return stop(self.request, "invitation_unusable", status=404)

    def form_invalid(self, form: Form) -> HttpResponse:
        """Say that it did not work."""
        context = self.get_context_data(form=form, is_wrong=True)  # type: ignore[attr-defined]
        return self.render_to_response(context, status=422)  # type: ignore[attr-defined,no-any-return]


@method_decorator(enrolling, name="dispatch")
class Factors(IndexView):  # type: ignore[misc]
    """Everything that somebody signs in with."""

    template_name = "signin/factors.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a passkey can be made here, and whether this is the first time."""
        more = {"can_have_passkeys": can_have_passkeys(), "is_first": find_enrolment(self.request) is not None}
        return {**super().get_context_data(**kwargs), **more}


@method_decorator(enrolling, name="dispatch")
class AddApp(_Enrolling, ActivateTOTPView):  # type: ignore[misc]
    """An authenticator app."""

    template_name = "signin/add_app.html"


@method_decorator(enrolling, name="dispatch")
class AddPasskey(_Enrolling, AddWebAuthnView):  # type: ignore[misc]
    """A passkey, which asks its owner who they are (user verification), so that it counts as both factors."""

    template_name = "signin/add_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Keep what is said about the form: allauth's page drops it."""
        return {**super().get_context_data(**kwargs), **kwargs}


@method_decorator(enrolling, name="dispatch")
class RemoveApp(DeactivateTOTPView):  # type: ignore[misc]
    """No authenticator app any more."""

    template_name = "signin/remove.html"


@method_decorator(enrolling, name="dispatch")
class RemovePasskey(RemoveWebAuthnView):  # type: ignore[misc]
    """One passkey less."""

    template_name = "signin/remove.html"
    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Form) -> HttpResponse:
        """Remove it, unless it is the last second factor."""
        if not get_adapter().can_delete_authenticator(self.get_object()):
            return stop(self.request, "last_factor", status=409)
        super().form_valid(form)
        return HttpResponseRedirect(str(self.success_url))


@method_decorator(enrolling, name="dispatch")
class Codes(ViewRecoveryCodesView):  # type: ignore[misc]
    """The recovery codes, shown once."""

    template_name = "signin/codes.html"


@method_decorator(enrolling, name="dispatch")
class NewCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """Recovery codes anew; those before count no longer."""

    template_name = "signin/new_codes.html"
