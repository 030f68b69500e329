"""Roles, who has them from when until when, and a counter's terminals; pure."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from mynapoint.kernel.refusal import Refusal
from mynapoint.kernel.secret_link import SecretLink
from paymentservice.encoding import NotBase64Url

OFFICE: Final = ""
"""The programme's office stands where others name their city."""
WHOLE_CITY: Final = ""
"""A post at every counter of its city."""
CODE_LIFETIME: Final = timedelta(hours=1)
LONGEST_NAME: Final = 40

# Without 0 O, 1 I L, 2 Z, 5 S, 8 B: pairs that are misread when they are typed from another screen.
_ALPHABET: Final = "34679ACDEFGHJKMNPQRTUVWXY"
_CODE_LENGTH: Final = 16
_USER_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_GROUP: Final = 4


class Role(StrEnum):
    """What somebody may do."""

    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    CITY_ADMIN = "city_admin"
    AUDITOR = "auditor"
    OFFICE = "office"


AT_COUNTERS: Final = frozenset({Role.CLERK, Role.SUPERVISOR})
"""The roles that can be given for one counter; the others are a whole city's or the office's."""
IN_CITIES: Final = frozenset({Role.CLERK, Role.SUPERVISOR, Role.CITY_ADMIN, Role.AUDITOR})
IN_OFFICE: Final = frozenset({Role.OFFICE, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Post:
    """A role, at one counter or, with :data:`WHOLE_CITY`, wherever the city has one."""

    role: Role
    counter: str = WHOLE_CITY


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works for one city, or for the office, with what they may do at one instant."""

    user_id: int
    city: str
    posts: frozenset[Post]

    @property
    def roles(self) -> frozenset[Role]:
        """Every role, at whichever counter."""
        return frozenset(post.role for post in self.posts)

    @property
    def counters(self) -> frozenset[str]:
        """The counters that posts name; one that is not among them may still be a whole city's."""
        return frozenset(post.counter for post in self.posts) - {WHOLE_CITY}

    def roles_at(self, counter: str) -> frozenset[Role]:
        """Return the roles that count at a counter of the member's own city."""
        return frozenset(post.role for post in self.posts if post.counter in {WHOLE_CITY, counter})


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """One post of one person, from an instant until another, or without end; `number` names it for its person."""

    user_id: int
    number: int
    city: str
    post: Post
    from_at: datetime
    until_at: datetime | None

    def is_on(self, *, at: datetime) -> bool:
        """Say whether it counts at an instant."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A registered terminal: one of a counter's seats."""

    id: str
    name: str
    counter: str
    counter_name: str
    city: str


class Device(SecretLink):
    """What a browser keeps to be known as a terminal's: its id and a secret, of which the hash is stored."""

    @classmethod
    def parse(cls, token: str) -> "Device | None":
        """Read a cookie's 43 characters; None when they are something else."""
        try:
            return cls.read(token)
        except NotBase64Url:
            return None

    @classmethod
    def draw(cls, terminal_id: UUID) -> "Device":
        """Make a new one."""
        return cls(id=terminal_id, secret=secrets.token_bytes(16))


@dataclass(frozen=True, slots=True)
class RegistrationCode:
    """What is typed once at a terminal so that it becomes a counter's: 16 letters and digits, about 74 bits."""

    text: str

    @classmethod
    def draw(cls) -> "RegistrationCode":
        """Make a new one."""
        return cls("".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH)))

    @classmethod
    def read(cls, typed: str) -> "RegistrationCode":
        """Read what was typed, however it was grouped.

        :raises CodeUnusable: when it cannot be one.
        """
        text = "".join(typed[:100].upper().replace("-", " ").split())
        if len(text) != _CODE_LENGTH or not set(text) <= set(_ALPHABET):
            raise CodeUnusable
        return cls(text)

    @property
    def shown(self) -> str:
        """The code in groups of four."""
        return "-".join(self.text[n : n + _GROUP] for n in range(0, _CODE_LENGTH, _GROUP))

    def hash(self) -> bytes:
        """Return what is stored of it (SHA-256)."""
        return hashlib.sha256(self.text.encode()).digest()


class UnableToStaff(Refusal):
    """Why somebody is not given a post, or a terminal not registered."""


class PostUnusable(UnableToStaff):
    """This role is none of a city's, or none of the office's, or cannot be given for one counter."""

    code = "post_unusable"


class CounterNotOfCity(UnableToStaff):
    """The city has no such counter."""

    code = "counter_not_of_city"


class CityUnknown(UnableToStaff):
    """No place is in a city of this code."""

    code = "city_unknown"


class UserNameUnusable(UnableToStaff):
    """A user name is 1 to 40 small letters, digits and signs, so that it is told apart when it is read aloud."""

    code = "user_name_unusable"


class UserNameTaken(UnableToStaff):
    """Somebody has this user name."""

    code = "user_name_taken"


class UserUnknown(UnableToStaff):
    """There is no such user."""

    code = "user_unknown"


class WorksElsewhere(UnableToStaff):
    """The user works for another city, or for the office: whoever changes gets a new user."""

    code = "works_elsewhere"


@dataclass(eq=False)
class PostHeld(UnableToStaff):
    """The user has this post in that time already."""

    code = "post_held"
    from_at: datetime


class TimesUnusable(UnableToStaff):
    """An end that does not come after the beginning, or lies in the past."""

    code = "times_unusable"


class MembershipUnknown(UnableToStaff):
    """There is no such membership."""

    code = "membership_unknown"


class MembershipEnded(UnableToStaff):
    """The membership is over, or ends then or earlier anyway."""

    code = "membership_ended"


class OwnAdministration(UnableToStaff):
    """Nobody takes their own administration of a city away: another administrator does it."""

    code = "own_administration"


class LastAdministrator(UnableToStaff):
    """Without this post the city would have no administrator, now or later."""

    code = "last_administrator"


class TerminalNameUnusable(UnableToStaff):
    """A terminal's name is one short line."""

    code = "terminal_name_unusable"


class TerminalNameTaken(UnableToStaff):
    """The counter has a terminal of this name."""

    code = "terminal_name_taken"


class TerminalUnknown(UnableToStaff):
    """There is no such terminal, or no longer."""

    code = "terminal_unknown"


class CodeUnusable(UnableToStaff):
    """The registration code is no such code, too old, used, or replaced by a newer one."""

    code = "code_unusable"


def check_user_name(name: str) -> None:
    """Check that a name can be a user's.

    :raises UserNameUnusable: when it cannot.
    """
    if not _USER_NAME.fullmatch(name):
        raise UserNameUnusable


def check_post(post: Post, *, city: str) -> None:
    """Check that a role can be given there.

    :raises PostUnusable: when it cannot.
    """
    if post.role not in (IN_CITIES if city else IN_OFFICE) or (post.counter and post.role not in AT_COUNTERS):
        raise PostUnusable


def check_times(from_at: datetime, until_at: datetime | None, *, at: datetime) -> None:
    """Check that a membership that is given now begins now or later, and ends after it begins.

    :raises TimesUnusable: when it does not.
    """
    if from_at < at or (until_at is not None and until_at <= from_at):
        raise TimesUnusable


def check_is_new(wanted: Membership, held: list[Membership]) -> None:
    """Check that nobody has the same post twice at the same time, for then ending one would change nothing.

    :raises PostHeld: with the beginning of the one that is held.
    """
    for other in held:
        begins_before_end = wanted.until_at is None or other.from_at < wanted.until_at
        ends_after_begin = other.until_at is None or wanted.from_at < other.until_at
        if other.post == wanted.post and begins_before_end and ends_after_begin:
            raise PostHeld(from_at=other.from_at)


def check_administration(ending: list[Membership], everybody: list[Membership], *, ends_at: datetime, by: int) -> None:
    """Check that a city's administration goes on when somebody of the city ends memberships before their time.

    :raises OwnAdministration: when they would end their own.
    :raises LastAdministrator: when nobody else would have it for as long as it was to last.
    """
    administering = [one for one in everybody if one.post.role is Role.CITY_ADMIN and one not in ending]
    for one in ending:
        if one.post.role is not Role.CITY_ADMIN:
            continue
        start = max(ends_at, one.from_at)
        if one.user_id == by and not _lasts([other for other in administering if other.user_id == by], start, one):
            raise OwnAdministration
        if not _lasts(administering, start, one):
            raise LastAdministrator


def _lasts(others: list[Membership], start: datetime, ending: Membership) -> bool:
    """Say whether others follow each other without a gap until a membership would have ended."""
    for other in sorted(others, key=lambda one: one.from_at):
        if other.from_at > start:
            return False
        if other.until_at is None:
            return True
        start = max(start, other.until_at)
        if ending.until_at is not None and start >= ending.until_at:
            return True
    return False


def check_terminal_name(name: str) -> str:
    """Return a terminal's name as it will stand on screens and in statements.

    :raises TerminalNameUnusable: when it is empty, too long or not one line.
    """
    trimmed = name.strip()
    if not 0 < len(trimmed) <= LONGEST_NAME or not trimmed.isprintable():
        raise TerminalNameUnusable
    return trimmed


def facts_of_membership(membership: Membership, *, by: int | None) -> dict[str, str | int]:
    """Return what the journal says of a post that was given."""
    post, until = membership.post, membership.until_at
    return {
        "user": membership.user_id,
        "number": membership.number,
        "city": membership.city or "office",
        "role": post.role.value,
        "counter": post.counter or "every",
        "from": _write(membership.from_at),
        "until": _write(until) if until else "open",
        "by": _name(by),
    }


def facts_of_end(user_id: int, number: int, *, ends_at: datetime, by: int | None) -> dict[str, str | int]:
    """Return what the journal says of a membership that ends before its time."""
    return {"user": user_id, "number": number, "ends": _write(ends_at), "by": _name(by)}


def facts_of_terminal(terminal_id: UUID, *, counter: str, name: str, by: int | None) -> dict[str, str | int]:
    """Return what the journal says of a terminal: its name, in a person's own words, as a hash."""
    name_hash = hashlib.sha256(name.encode()).hexdigest()
    return {"terminal": str(terminal_id), "counter": counter, "name_hash": name_hash, "by": _name(by)}


def facts_of_code(terminal_id: UUID, number: int, *, by: int | None) -> dict[str, str | int]:
    """Return what the journal says of a registration code."""
    return {"terminal": str(terminal_id), "number": number, "by": _name(by)}


def facts_of_revocation(terminal_id: UUID, *, by: int | None) -> dict[str, str | int]:
    """Return what the journal says of a terminal that is one no longer."""
    return {"terminal": str(terminal_id), "by": _name(by)}


def _name(by: int | None) -> str | int:
    """Write who did something: a user, or somebody at the console."""
    return "console" if by is None else by


def _write(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
