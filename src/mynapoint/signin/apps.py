"""The Django app of signing in."""

from django.apps import AppConfig


class SigninConfig(AppConfig):
    """Signing in, for the office and for counters."""

    name = "mynapoint.signin"
    label = "signin"
