"""A payment service's configuration: one TOML file, read strictly, its errors naming the field."""

import re
import tomllib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from paymentservice.bodies import Name
from paymentservice.clock import Clock, get_clock
from paymentservice.config_fields import BaseUrl, FilePath, Pattern, Percent, Port, Yen
from paymentservice.exchange import Peer
from paymentservice.keys import read_private_key, read_public_keys, read_secret
from paymentservice.messages import SigningKey
from paymentservice.rewards import EarningTerms, Tariff


class ConfigUnusable(Exception):
    """A configuration that cannot be used. ``faults`` has one line for each wrong field, without its value."""

    def __init__(self, *, path: Path, faults: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(faults))
        self.path = path
        self.faults = faults


class Table(BaseModel):
    """A table of the file: unknown names are refused, and no error shows a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Service(Table):
    """Who the service is and where it answers."""

    id: Name
    name: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Literal["charge", "purchase"]
    base_url: BaseUrl
    port: Port
    database: FilePath


class Keys(Table):
    """The private files: signing key (PEM), closing key and code key (32 bytes each)."""

    keyid: Name
    private_key: FilePath
    closing_key: FilePath
    code_key: FilePath


class Platform(Table):
    """Where the platform is and how it signs."""

    base_url: BaseUrl
    public_keys: Annotated[Mapping[str, str], Field(min_length=1)]


class Code(Table):
    """One security code: its label for people, its form after normalising, and what new ones are drawn from."""

    label: str
    pattern: Pattern
    alphabet: Annotated[str, Field(min_length=2)]
    length: Annotated[int, Field(ge=3, le=32)]

    @model_validator(mode="after")
    def _check_drawn_codes_fit(self) -> Self:
        if not all(re.fullmatch(self.pattern, letter * self.length) for letter in self.alphabet):
            raise ValueError("codes drawn from the alphabet do not fit the pattern")
        return self


class Accounts(Table):
    """The form of account ids, always digits, and of the codes that go with one."""

    id_label: str
    id_length: Annotated[int, Field(ge=8, le=20)]
    id_prefix: Annotated[str, Field(pattern=r"^[0-9]{0,6}$")] = ""
    id_group: Annotated[int, Field(ge=0)] = 0
    codes: Annotated[list[Code], Field(min_length=1, max_length=3)]

    def format_id(self, account_id: str) -> str:
        """Write an account id as people see it."""
        if not self.id_group:
            return account_id
        groups = range(0, len(account_id), self.id_group)
        return " ".join(account_id[start : start + self.id_group] for start in groups)


class ClosingPeriod(Table):
    """A closing period, ended at ``ends_at``."""

    id: Name
    ends_at: AwareDatetime


class Programme(Table):
    """A programme's terms, as far as a service must know them."""

    id: Name
    rate_percent: Percent
    cap: Yen
    earning_from: AwareDatetime
    earning_until: AwareDatetime
    bonus_percent: Percent = 0
    bonus_cap: Yen = 0
    periods: list[ClosingPeriod]

    @model_validator(mode="after")
    def _check_dates(self) -> Self:
        if not self.earning_from < self.earning_until:
            raise ValueError("earning_until must be after earning_from")
        ends = [period.ends_at for period in self.periods]
        if ends != sorted(set(ends)):
            raise ValueError("periods must end one after another")
        return self

    @cached_property
    def terms(self) -> EarningTerms:
        """The terms as the reward rules take them."""
        return EarningTerms(
            tariff=Tariff.of_percent(self.rate_percent, cap=self.cap),
            earning_from=self.earning_from,
            earning_until=self.earning_until,
            bonus=Tariff.of_percent(self.bonus_percent, cap=self.bonus_cap),
        )

    def get_period(self, period: str) -> ClosingPeriod | None:
        """Return the closing period of this id."""
        return next((candidate for candidate in self.periods if candidate.id == period), None)


class Shop(Table):
    """A shop where money and points of the service are taken."""

    id: Name
    name: Annotated[str, Field(min_length=1, max_length=40)]


class Config(Table):
    """The whole file."""

    service: Service
    keys: Keys
    platform: Platform
    accounts: Accounts
    programmes: Annotated[list[Programme], Field(min_length=1)]
    shops: Annotated[list[Shop], Field(min_length=1)]
    demo_clock: FilePath | None = None

    @cached_property
    def clock(self) -> Clock:
        """Where this service reads the time."""
        return get_clock(self.demo_clock)

    @cached_property
    def signing_key(self) -> SigningKey:
        """The key that signs for this service."""
        return SigningKey(keyid=self.keys.keyid, private_key=read_private_key(self.keys.private_key))

    @cached_property
    def platform_peer(self) -> Peer:
        """The platform."""
        return Peer(base_url=self.platform.base_url, public_keys=read_public_keys(self.platform.public_keys))

    @cached_property
    def closing_key(self) -> bytes:
        """The secret from which the salts of closings are derived."""
        return read_secret(self.keys.closing_key)

    @cached_property
    def code_key(self) -> bytes:
        """The secret that security codes are hashed with."""
        return read_secret(self.keys.code_key)

    def get_programme(self, programme: str) -> Programme | None:
        """Return the programme of this id."""
        return next((candidate for candidate in self.programmes if candidate.id == programme), None)

    def get_shop(self, shop: str) -> Shop | None:
        """Return the shop of this id."""
        return next((candidate for candidate in self.shops if candidate.id == shop), None)


def read_config(path: Path) -> Config:
    """Read a configuration file; paths in it are relative to its folder.

    :raises ConfigUnusable: naming every wrong field.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigUnusable(path=path, faults=["the file cannot be read"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigUnusable(path=path, faults=[f"not TOML: {error}"]) from None
    try:
        return Config.model_validate(content, context={"folder": path.resolve().parent})
    except ValidationError as error:
        raise ConfigUnusable(path=path, faults=_faults_of(error)) from None


def _faults_of(error: ValidationError) -> list[str]:
    faults = error.errors(include_url=False, include_input=False)
    return [f"{'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in faults]
