"""What can be done about office users."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from mynapoint.kernel.integrity import constraint_name
from mynapoint.kernel.refusal import Refusal
from mynapoint.office.access import OFFICE_GROUP


class UserNameTaken(Refusal):
    """Somebody has this user name."""

    code = "user_name_taken"


@dataclass(eq=False)
class PasswordTooWeak(Refusal):
    """The password is easy to guess; what is wrong with it, one sentence a line."""

    code = "password_too_weak"
    problems: str

    def __str__(self) -> str:
        return self.problems


@transaction.atomic
def add_office_user(username: str, *, password: str) -> User:
    """Add somebody who works for the office.

    :raises PasswordTooWeak: naming what is wrong with it.
    :raises UserNameTaken: when there is such a user.
    """
    try:
        validate_password(password, user=User(username=username))
    except ValidationError as error:
        raise PasswordTooWeak(problems="\n".join(error.messages)) from None
    try:
        with transaction.atomic():
            user = User.objects.create_user(username, password=password)
    except IntegrityError as error:
        if constraint_name(error) != "auth_user_username_key":
            raise
        raise UserNameTaken from None
    user.groups.add(Group.objects.get_or_create(name=OFFICE_GROUP)[0])
    return user
