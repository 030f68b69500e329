"""Which keys a service has, and how they follow one another: an exchange is a new key, then an end for the old one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from mynapoint.directory.rules import Service, ServiceKey
from mynapoint.kernel.refusal import Refusal

Reason = Literal["later_text", "name_taken", "no_such_key", "none_left"]

_WORDS: Final[Mapping[Reason, str]] = {
    "later_text": "a text of the service that counts later is registered already, with keys of its own: wait for it",
    "name_taken": "the service has another key of this name; give the new one a name of its own",
    "no_such_key": "the service has no key of the name whose end is given",
    "none_left": "no key would count now, and the service could not be spoken with",
}


@dataclass(eq=False)
class KeysRefused(Refusal):
    """A service's keys cannot be changed like this, for the reason given."""

    code = "keys_refused"
    reason: Reason

    def __str__(self) -> str:
        return _WORDS[self.reason]


def keep_known(keys: Sequence[ServiceKey], known: Sequence[ServiceKey]) -> list[ServiceKey]:
    """Return the keys, each as it stands already if it does: it counts since it was first registered."""
    standing = {(key.id, key.public_key): key for key in known}
    return [standing.get((key.id, key.public_key), key) for key in keys]


def end_keys(keys: Sequence[ServiceKey], ends: Mapping[str, datetime]) -> list[ServiceKey]:
    """Return the keys, those that are named with the end that is given: the first instant at which they do not count.

    :raises KeysRefused: when there is no key of a name.
    """
    if ends.keys() - {key.id for key in keys}:
        raise KeysRefused("no_such_key")
    return [key.model_copy(update={"until": ends.get(key.id, key.until)}) for key in keys]


def with_keys(service: Service, *, new: Sequence[ServiceKey], ends: Mapping[str, datetime], at: datetime) -> Service:
    """Return a service as it counts from now on: with new keys, ends for others, and without those that are over.

    :raises KeysRefused: when it cannot be so.
    """
    if any(key.id == other.id and key.public_key != other.public_key for key in new for other in service.keys):
        raise KeysRefused("name_taken")
    standing = [key for key in service.keys if key.until is None or at < key.until]
    known = {key.id for key in standing}
    keys = end_keys([*standing, *(key for key in new if key.id not in known)], ends)
    if not any(key.counts(at=at) for key in keys):
        raise KeysRefused("none_left")
    return service.model_copy(update={"keys": tuple(keys), "effective_from": at})
