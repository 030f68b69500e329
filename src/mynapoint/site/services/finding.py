"""Finding a service: what a visitor wishes, which services answer to it, and what would help when none does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, get_args
from urllib.parse import urlencode

from django.http import QueryDict

from mynapoint.directory.rules import Channel, Service, find_obstacle
from mynapoint.site.shell.folding import fold

Sort = Literal["open", "name", "soon", "until"]
State = Literal["open", "service_not_open", "service_closed", "service_starts_in_own_app"]
Flag = Literal["minors", "no_smartphone", "no_registration", "open_now"]

WAYS: Final[tuple[Channel, ...]] = get_args(Channel)
KINDS: Final = ("charge", "purchase")
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
FLAGS: Final[tuple[Flag, ...]] = get_args(Flag)
LONGEST_TEXT: Final = 60
PAGE_SIZE: Final = 24
_NEVER: Final = 10_000
# What one can apply for comes first, then what is still to come; what is over stands last.
_BY_STATE: Final[tuple[State, ...]] = ("open", "service_starts_in_own_app", "service_not_open", "service_closed")


@dataclass(frozen=True)
class Wish:
    """What a visitor looks for; everything empty means every service."""

    text: str = ""
    kind: str = ""
    way: str = ""
    flags: frozenset[Flag] = frozenset()
    sort: Sort = "open"

    @property
    def query(self) -> str:
        """The wish as it stands in an address; the usual order is left out."""
        sort = "" if self.sort == "open" else self.sort
        pairs = [("q", self.text), ("kind", self.kind), ("way", self.way), ("sort", sort)]
        flags = [(flag, "1") for flag in FLAGS if flag in self.flags]
        return urlencode([*((name, value) for name, value in pairs if value), *flags])

    def without(self, part: str) -> "Wish":
        """Return the wish without one of its parts."""
        match part:
            case "text":
                return replace(self, text="")
            case "kind":
                return replace(self, kind="")
            case "way":
                return replace(self, way="")
            case _:
                return replace(self, flags=frozenset(flag for flag in self.flags if flag != part))

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts that narrow the choice."""
        texts = [name for name in ("text", "kind", "way") if getattr(self, name)]
        return (*texts, *(flag for flag in FLAGS if flag in self.flags))


@dataclass(frozen=True)
class Found:
    """A service with whether one can apply for it here and now."""

    service: Service
    state: State


@dataclass(frozen=True)
class Loosened:
    """A part of a wish that stands in the way, and how many services there are without it."""

    part: str
    value: str
    count: int
    query: str


def read_wish(typed: QueryDict) -> Wish:
    """This will read a wish from an address; what it does not know, it leaves out."""
    sort = typed.get("sort", "")
    return Wish(
        text=typed.get("q", "").replace("\x00", "").strip()[:LONGEST_TEXT],
        kind=_one_of(KINDS, typed.get("kind", "")),
        way=_one_of(WAYS, typed.get("way", "")),
        flags=frozenset(flag for flag in FLAGS if typed.get(flag)),
        sort=next((known for known in SORTS if known == sort), "open"),
    )


def get_state(service: Service, *, at: datetime) -> State:
    """This will say whether one can apply for a service now in any way, or what stands against it."""
    obstacle = find_obstacle(service, ways=WAYS, at=at)
    known: Sequence[State] = get_args(State)
    return "open" if obstacle is None else next(state for state in known if state == obstacle.code)


def find(services: Sequence[Service], wish: Wish, *, at: datetime) -> list[Found]:
    """This will find the services that answer to a wish, in its order."""
    words = [fold(word) for word in wish.text.split()]
    found = [Found(service, get_state(service, at=at)) for service in services]
    return sorted((one for one in found if _answers(one, wish, words)), key=_ORDERS[wish.sort])


def loosen(services: Sequence[Service], wish: Wish, *, at: datetime) -> list[Loosened]:
    """This will name the parts of a wish without which there would be something to find."""
    loosened = []
    for part in wish.parts:
        wider = wish.without(part)
        if count := len(find(services, wider, at=at)):
            value = "" if part in FLAGS else str(getattr(wish, part))
            loosened.append(Loosened(part=part, value=value, count=count, query=wider.query))
    return loosened


def _answers(found: Found, wish: Wish, words: Sequence[str]) -> bool:
    service = found.service
    if wish.kind and service.kind != wish.kind:
        return False
    if wish.way and (wish.way not in service.channels or service.starts_in_own_app):
        return False
    return all(_FLAG_TESTS[flag](found) for flag in wish.flags) and _is_named(service, words)


def _is_named(service: Service, words: Sequence[str]) -> bool:
    if not words:
        return True
    name = service.name
    known = (name.ja, name.easy or "", name.en or "", service.reading, service.summary.ja, *service.search_words)
    text = "\n".join(map(fold, known))
    return all(word in text for word in words)


def _one_of(known: Sequence[str], value: str) -> str:
    return value if value in known else ""


def _by_name(found: Found) -> tuple[str, str]:
    return fold(found.service.reading or found.service.name.ja), found.service.id


def _by_soonest(found: Found) -> int:
    within = found.service.points_within_days
    return _NEVER if within is None else within


_FLAG_TESTS: Final[Mapping[Flag, Callable[[Found], bool]]] = {
    "minors": lambda found: found.service.minors,
    "no_smartphone": lambda found: not found.service.needs_smartphone,
    "no_registration": lambda found: not found.service.needs_registration,
    "open_now": lambda found: found.state == "open",
}
_ORDERS: Final[Mapping[Sort, Callable[[Found], tuple[object, ...]]]] = {
    "open": lambda found: (_BY_STATE.index(found.state), *_by_name(found)),
    "name": _by_name,
    "soon": lambda found: (_by_soonest(found), *_by_name(found)),
    "until": lambda found: (found.service.application_until, *_by_name(found)),
}
