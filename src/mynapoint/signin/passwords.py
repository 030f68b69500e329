"""What a password may consist of, beside what Django's own validators ask."""

from typing import Final

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

LONGEST: Final = 200
_ADVICE: Final = f"{LONGEST}文字までにしてください。前後の空白と、目に見えない文字は使えません。"


class TypeableValidator:
    """Refuses what a form would change or not take: nobody could sign in with it."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Check a password.

        :raises ValidationError: when it could not be typed at the door.
        """
        if len(password) > LONGEST or password != password.strip() or not password.isprintable():
            raise ValidationError(_ADVICE, code="password_not_typeable")

    def get_help_text(self) -> str:
        """Say what is asked."""
        return _ADVICE
