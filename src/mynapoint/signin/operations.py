"""What can be done about signing in: invitations, first passwords, and the codes that count once."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from uuid_utils import compat

from mynapoint.journal.operations import record
from mynapoint.kernel.integrity import constraint_name
from mynapoint.signin.models import FollowedInvitation, Invitation, UsedCode
from mynapoint.signin.rules import (
    CODE_REMEMBERED,
    INVITED_FOR,
    CodeUsed,
    InvitationLink,
    InvitationUnusable,
    PasswordTooWeak,
    facts_of_following,
    facts_of_invitation,
)
from mynapoint.staff.rules import UserUnknown


@dataclass(frozen=True, slots=True)
class Invited:
    """Who may choose a password and a second factor, by which invitation."""

    invitation_id: UUID
    user_id: int


@transaction.atomic
def invite(user_id: int, *, by: int | None, at: datetime) -> InvitationLink:
    """Let a user choose a password and a second factor; whatever they had before counts no longer, from now on.

    :raises UserUnknown: when there is no such user.
    """
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise UserUnknown
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()  # sessions end with the password that began them
    user.save(update_fields=["password"])
    link = InvitationLink(id=compat.uuid7(), secret=secrets.token_bytes(16))
    number = Invitation.objects.filter(user_id=user_id).count() + 1
    entry_id = record(kind="sign_in_invited", facts=facts_of_invitation(user_id, number, by=by), at=at)
    Invitation.objects.create(
        id=link.id,
        user_id=user_id,
        number=number,
        secret_hash=link.hash_secret(),
        expires_at=at + INVITED_FOR,
        by_user_id=by,
        entry_id=entry_id,
        issued_at=at,
    )
    return link


def read_invitation(link: InvitationLink, *, at: datetime) -> Invited:
    """Return whom an invitation is for.

    :raises InvitationUnusable: when it is none, too old, followed, or replaced by a newer one.
    """
    invitation = Invitation.objects.filter(id=link.id).first()
    if invitation is None or not link.opens(bytes(invitation.secret_hash)):
        raise InvitationUnusable
    return _check_counts(invitation, at=at)


def check_invited(invitation_id: UUID, *, user_id: int, at: datetime) -> Invited:
    """Return the invitation that a session was begun with.

    :raises InvitationUnusable: when it counts no longer, or is somebody else's.
    """
    invitation = Invitation.objects.filter(id=invitation_id, user_id=user_id).first()
    if invitation is None:
        raise InvitationUnusable
    return _check_counts(invitation, at=at)


@transaction.atomic
def choose_password(invited: Invited, password: str, *, at: datetime) -> User:
    """Give an invited user their password.

    :raises PasswordTooWeak: naming what is wrong with it.
    :raises InvitationUnusable: when the invitation has been followed or replaced meanwhile.
    """
    user = User.objects.select_for_update().get(id=invited.user_id)
    check_invited(invited.invitation_id, user_id=user.id, at=at)
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise PasswordTooWeak(problems="\n".join(error.messages)) from None
    user.set_password(password)
    user.save(update_fields=["password"])
    return user


@transaction.atomic
def follow(invited: Invited, *, at: datetime) -> None:
    """Note that an invitation did what it was for: its user has both factors, and the link opens nothing any more.

    :raises InvitationUnusable: when it has been followed or replaced meanwhile.
    """
    User.objects.select_for_update().get(id=invited.user_id)
    check_invited(invited.invitation_id, user_id=invited.user_id, at=at)
    entry_id = record(kind="sign_in_made", facts=facts_of_following(invited.invitation_id, invited.user_id), at=at)
    FollowedInvitation.objects.create(invitation_id=invited.invitation_id, entry_id=entry_id, followed_at=at)


def lock_sign_in(known: AbstractBaseUser | AnonymousUser) -> None:
    """Have nobody change what somebody signs in with until the caller's transaction ends.

    :raises InvitationUnusable: when that was changed since `known` was read: by another invitation.
    """
    if not isinstance(known, User) or User.objects.select_for_update().get(id=known.id).password != known.password:
        raise InvitationUnusable


@transaction.atomic
def use_code(user_id: int, code: str, *, at: datetime) -> None:
    """Take a code of an authenticator app once.

    :raises CodeUsed: when it was taken before.
    """
    code_hash = hmac.digest(settings.SECRET_KEY.encode(), f"mynapoint code v1\n{user_id}\n{code}".encode(), "sha256")
    UsedCode.objects.filter(used_at__lte=at - CODE_REMEMBERED).delete()
    try:
        with transaction.atomic():
            UsedCode.objects.create(user_id=user_id, code_hash=code_hash, used_at=at)
    except IntegrityError as error:
        if constraint_name(error) != "one_use_per_code":
            raise
        raise CodeUsed from None


def _check_counts(invitation: Invitation, *, at: datetime) -> Invited:
    newer = Invitation.objects.filter(user_id=invitation.user_id, number__gt=invitation.number)
    followed = FollowedInvitation.objects.filter(invitation_id=invitation.id)
    if at >= invitation.expires_at or newer.exists() or followed.exists():
        raise InvitationUnusable
    return Invited(invitation.id, invitation.user_id)
