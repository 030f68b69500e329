"""Invitations as the journal has them."""

from collections.abc import Iterator
from typing import Final

from mynapoint.journal.queries import Counterparts, Row
from mynapoint.signin.models import FollowedInvitation, Invitation
from mynapoint.signin.rules import facts_of_following, facts_of_invitation


def _list_invitations() -> Iterator[Row]:
    for row in Invitation.objects.order_by("entry_id").iterator():
        facts = facts_of_invitation(row.user_id, row.number, by=row.by_user_id)
        yield Row(str(row.entry_id), facts, row.issued_at)


def _list_followed() -> Iterator[Row]:
    users = dict(Invitation.objects.values_list("id", "user_id"))
    for row in FollowedInvitation.objects.order_by("entry_id").iterator():
        facts = facts_of_following(row.invitation_id, users.get(row.invitation_id, 0))
        yield Row(str(row.entry_id), facts, row.followed_at)


COUNTERPARTS: Final = (
    Counterparts(table=Invitation._meta.db_table, kinds=("sign_in_invited",), list_rows=_list_invitations),
    Counterparts(table=FollowedInvitation._meta.db_table, kinds=("sign_in_made",), list_rows=_list_followed),
)
