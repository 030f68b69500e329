"""Which sites may ask for a signature, as this program's configuration says."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cardagent.link import ActLink, is_loopback
from cardagent.refusal import UnableToSign
from cardagent.statement import Shown

DEFAULT_PORT: Final = 39390


class MalformedConfiguration(Exception):
    """The file is missing or says something else than it must; `problem` says what, with nothing secret in it."""

    def __init__(self, path: Path, *, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class UntrustedSite(UnableToSign):
    """A site that is not on the list asks for a signature; it was not contacted."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin


def _check_origin(origin: str) -> str:
    # The one spelling that links are held to: https or this machine, no path, no user, no capitals.
    try:
        link = ActLink.parse(f"{origin}/act/{'A' * 43}")
    except UnableToSign:
        raise ValueError("must be https://host, or http on this machine, and nothing behind it") from None
    if link.origin != origin:
        raise ValueError("must be scheme and host alone")
    return origin


class TrustedSite(BaseModel):
    """A site that may ask, with the name under which the person knows it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Annotated[str, AfterValidator(_check_origin)]
    name: Shown

    @property
    def is_on_this_machine(self) -> bool:
        """This will tell whether no network lies between."""
        return is_loopback(urlsplit(self.origin).hostname or "")


class Counter(BaseModel):
    """What makes a machine a counter's terminal: the address to which it reports the cards in its reader."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    report_to: Annotated[str, Field(pattern=r"^https?://[^/?#]+/counter/card/[A-Za-z0-9_-]{43}$", repr=False)]

    @property
    def origin(self) -> str:
        """This will be the site that is reported to."""
        parts = urlsplit(self.report_to)
        return f"{parts.scheme}://{parts.netloc}"


class Configuration(BaseModel):
    """What the person or their administrator sets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: Annotated[int, Field(ge=1, le=65535)] = DEFAULT_PORT
    sites: Annotated[tuple[TrustedSite, ...], Field(min_length=1)]
    counter: Counter | None = None

    @model_validator(mode="after")
    def check_counter(self) -> Self:
        """Refuse to report to a site that is not trusted."""
        if self.counter is not None and self.counter.origin not in {site.origin for site in self.sites}:
            raise ValueError("counter.report_to must be an address of one of the sites")
        return self

    @classmethod
    def read(cls, path: Path) -> Self:
        """This will read the file.

        :raises MalformedConfiguration: with the first thing that is wrong.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError:
            raise MalformedConfiguration(path, problem="the file is missing or cannot be read") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"]))
            raise MalformedConfiguration(path, problem=f"{place}: {first['msg']}") from None
        except ValueError:
            raise MalformedConfiguration(path, problem="the file is not TOML") from None


def find_trusted(link: ActLink, *, sites: Sequence[TrustedSite]) -> TrustedSite:
    """This will find the site that a link belongs to.

    :raises UntrustedSite: when it is on no list.
    """
    for site in sites:
        if site.origin == link.origin:
            return site
    raise UntrustedSite(link.origin)
