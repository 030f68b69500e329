"""Coming in: name and password, then a second factor, or a passkey at once; and going."""

import math
from typing import Any, Final

from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from mynapoint.signin.adapters import can_have_passkeys, lead_to_work
from mynapoint.signin.door import begin_try
from mynapoint.signin.operations import use_code
from mynapoint.signin.rules import CodeUsed, TooManyTries
from mynapoint.signin.sessions import find_presence
from mynapoint.signin.visiting import get_visitor

LEFTOVERS: Final = '"cache", "storage"'
"""What a browser forgets at the end (Clear-Site-Data); not its cookies, one of which says which terminal it is."""


class SignIn(LoginView):  # type: ignore[misc]
    """The door."""

    template_name = "signin/login.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take a name and a password, unless there were too many tries."""
        try:
            begin_try(get_visitor(request, request.POST.get("login", "")), at=settings.CLOCK())
        except TooManyTries as refusal:
            return _tell_to_wait(self.render_to_response(self.get_context_data(form=Form(), wait=True)), refusal)
        return super().post(request, *args, **kwargs)  # type: ignore[no-any-return]

    def form_invalid(self, form: Form) -> HttpResponse:
        """Say that name or password is wrong (RFC 9110, 15.5.4: credentials were given and do not suffice)."""
        return self.render_to_response(self.get_context_data(form=form), status=403)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether a passkey can be used here."""
        return {
            **super().get_context_data(**kwargs),
            "can_have_passkeys": can_have_passkeys(),
            "next": self.get_next_url() or "",
        }


class SecondFactor(AuthenticateView):  # type: ignore[misc]
    """The second step: an authenticator app's code, a recovery code, or a passkey."""

    template_name = "signin/second.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count a try before a code is looked at."""
        try:
            begin_try(get_visitor(request, self.stage.login.user.username), at=settings.CLOCK())
        except TooManyTries as refusal:
            return _tell_to_wait(self.render_to_response(self.get_context_data(wait=True)), refusal)
        return super().post(request, *args, **kwargs)  # type: ignore[no-any-return]

    def form_valid(self, form: Form) -> HttpResponse:
        """Take a code once, then go on."""
        authenticator = getattr(form, "authenticator", None)
        if authenticator is not None and authenticator.type == Authenticator.Type.TOTP:
            try:
                use_code(authenticator.user_id, form.cleaned_data["code"].strip(), at=settings.CLOCK())
            except CodeUsed:
                form.add_error("code", "used")
                return self.form_invalid(form)
        return super().form_valid(form)  # type: ignore[no-any-return]

    def form_invalid(self, form: Form) -> HttpResponse:
        """Say that the code or the passkey is not right."""
        return self.render_to_response(self.get_context_data(is_wrong=True), status=403)  # type: ignore[no-any-return]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add which second factors the user has."""
        user: User = self.stage.login.user
        kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        return {
            **super().get_context_data(**kwargs),
            **kwargs,
            "has_app": Authenticator.Type.TOTP in kinds,
            "has_passkey": Authenticator.Type.WEBAUTHN in kinds and can_have_passkeys(),
        }


class PasskeySignIn(LoginWebAuthnView):  # type: ignore[misc]
    """Both factors at once: a passkey that has asked its owner who they are."""

    def form_invalid(self, form: Form) -> HttpResponse:
        """Lead back to the door, which says that it did not work."""
        return HttpResponseRedirect(f"{reverse('account_login')}?passkey=failed")


@require_GET
@never_cache
def work(request: HttpRequest) -> HttpResponse:
    """Lead somebody to their work, whoever they are."""
    is_in = find_presence(request, at=settings.CLOCK()) is not None
    return HttpResponseRedirect(lead_to_work(request) if is_in else reverse("account_login"))


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the session, and have the browser forget what it showed (W3C Clear Site Data)."""
    logout(request)
    answer = HttpResponseRedirect(reverse("account_login"))
    answer.headers["Clear-Site-Data"] = LEFTOVERS
    return answer


def _tell_to_wait(answer: HttpResponse, refusal: TooManyTries) -> HttpResponse:
    """Make it an answer that says when one more try is taken (RFC 6585, 4: 429 and Retry-After)."""
    answer.status_code = 429
    answer.headers["Retry-After"] = str(math.ceil((refusal.retry_at - settings.CLOCK()).total_seconds()))
    return answer
