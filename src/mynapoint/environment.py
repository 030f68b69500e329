"""Everything that an operator can set, typed, each by a variable's name."""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mynapoint.console.cluster import server_url
from mynapoint.setting_kinds import (
    AbsolutePath,
    DatabaseUrl,
    LoopbackOrigin,
    Origin,
    PhoneProgram,
    PublisherName,
    Registry,
    UnusableSetting,
    WebPage,
    check_apart,
    check_database_url,
    refuse,
)

PREFIX: Final = "MYNAPOINT_"
CHECKOUT: Final = Path(__file__).resolve().parents[2]
TRAINING: Final = "training"
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


class Environment(BaseSettings):
    """What an operator sets. Each name below is a variable with ``MYNAPOINT_`` before it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, hide_input_in_errors=True)

    state_dir: AbsolutePath = Field(
        default=CHECKOUT / ".mynapoint",
        description="Folder for what the platform keeps beside its database: secrets, the embedded server, anchors.",
        examples=["/var/lib/mynapoint/state"],
    )
    database_url: DatabaseUrl | None = Field(
        default=None,
        validation_alias=AliasChoices("MYNAPOINT_DATABASE_URL", "DATABASE_URL"),
        description="Address of a PostgreSQL database; without it the embedded server is used. Also DATABASE_URL.",
        examples=["postgresql://mynapoint:…@db.example:5432/mynapoint"],
    )
    database_url_file: AbsolutePath | None = Field(
        default=None,
        description="File that holds the database's address, so that its password is in no environment.",
        examples=["/run/secrets/database_url"],
    )
    database_pool_size: int = Field(
        default=16, ge=1, le=500, description="Most connections that one process keeps open.", examples=["16"]
    )
    pg_bin: AbsolutePath | None = Field(
        default=None,
        description="Folder of PostgreSQL's programs for the embedded server, instead of those that come with it.",
        examples=["/usr/lib/postgresql/15/bin"],
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=9,
        description="How many proxies of yours stand before the site, each adding to X-Forwarded-For who asks it.",
        examples=["1"],
    )
    demo: bool = Field(
        default=False, description="Whether this is a demonstration: test cards and a set clock.", examples=["1"]
    )
    training: bool = Field(
        default=False,
        description="Whether staff train here: virtual cards, programmes of its own (training-…), a coloured band. "
        "Needs DEMO, REGISTRY=authority:…, and a STATE_DIR and a database whose names end in training.",
        examples=["1"],
    )
    demo_clock: AbsolutePath | None = Field(
        default=None, description="File of the demonstration's clock. Needs DEMO.", examples=["/srv/demo/clock.json"]
    )
    site_origin: Origin = Field(
        default="http://127.0.0.1:8000",
        description="Where citizens reach the site. Every signed statement names it.",
        examples=["https://mynapoint.example"],
    )
    card_program: LoopbackOrigin = Field(
        default="http://127.0.0.1:39390",
        description="Where the card program waits on a citizen's own machine; the act's page links to it.",
        examples=["http://127.0.0.1:39390"],
    )
    card_program_page: WebPage | None = Field(
        default=None,
        description="Where citizens get the card program, as the page about it says; without it, from the office.",
        examples=["https://mynapoint.example/card-program/"],
    )
    card_program_publisher: PublisherName | None = Field(
        default=None,
        description="Whose name the card program's package is signed with; without it, the office that runs the site.",
        examples=["見本市 企画部"],
    )
    phone_program: PhoneProgram | None = Field(
        default=None,
        description="Where a phone's card program takes links: an https host of its own, other than the site's, or a "
        "scheme of its own (docs/protocol/act.md). Without it phones are offered no program.",
        examples=["https://card.mynapoint.example"],
    )
    registry: Registry | None = Field(
        default=None,
        description="Needed by `mynapoint serve`. Where revocations and renewals are asked: the address of a service "
        "(OCSP, lineage), files: and a folder of daily lists (`mynapoint registry import`), or authority: and a test "
        "authority's folder, with DEMO.",
        examples=["files:/var/lib/mynapoint/lists"],
    )
    registry_wait_seconds: int = Field(
        default=3, ge=1, le=60, description="How long one answer of the registry may take in all.", examples=["3"]
    )
    registry_ocsp_minutes: int = Field(
        default=10, ge=1, le=10_080, description="How old an OCSP answer may be.", examples=["10"]
    )
    registry_lineage_minutes: int = Field(
        default=10, ge=1, le=10_080, description="How old an answer about a lineage may be.", examples=["10"]
    )
    registry_crl_hours: int = Field(
        default=30, ge=1, le=720, description="How old an imported revocation list may be.", examples=["30"]
    )
    registry_lineage_list_hours: int = Field(
        default=30, ge=1, le=720, description="How old an imported list of lineages may be.", examples=["30"]
    )
    trust_anchors: AbsolutePath | None = Field(
        default=None,
        description="Needed by `mynapoint serve`. Folder with the trusted authority's certificates (.pem, .der); "
        "without it the folder anchors of the state folder.",
        examples=["/etc/mynapoint/anchors"],
    )
    waiting_opens_above: int = Field(
        default=6000,
        ge=0,
        description="Load opens the waiting room when more people than this begin in a minute; 0: only by hand.",
        examples=["6000"],
    )
    waiting_per_minute: int = Field(
        default=2400,
        ge=1,
        le=1_000_000,
        description="How many a minute begin while load keeps the waiting room open: what `make bench` says they bear.",
        examples=["2400"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least serious log line that is written.", examples=["info"]
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="Log lines for machines (json) or for people (console).", examples=["json"]
    )
    draft_hours: int = Field(
        default=336,
        ge=1,
        le=2160,
        description="How long a citizen may leave a half-filled reservation or application and come back to it.",
        examples=["336"],
    )
    secret_key_file: AbsolutePath | None = Field(
        default=None,
        description="File of 32 random bytes for staff sessions; without it one is made in the state folder.",
        examples=["/run/secrets/secret.key"],
    )
    holder_key_file: AbsolutePath | None = Field(
        default=None,
        description="File of 32 random bytes under which certificates become pseudonyms; else one is made.",
        examples=["/run/secrets/holder.key"],
    )
    account_key_file: AbsolutePath | None = Field(
        default=None,
        description="File of 32 random bytes under which account ids become keyed hashes; else one is made.",
        examples=["/run/secrets/account.key"],
    )
    journal_seal_key_file: AbsolutePath | None = Field(
        default=None,
        description="File of 32 random bytes that seal journal entries; else one is made.",
        examples=["/run/secrets/journal_seal.key"],
    )
    journal_signing_key_file: AbsolutePath | None = Field(
        default=None,
        description="Ed25519 key (PEM) that signs the journal's checkpoints; else one is made.",
        examples=["/run/secrets/journal_signing.pem"],
    )
    second_factor_key_file: AbsolutePath | None = Field(
        default=None,
        description="File of 32 random bytes that encrypt what staff's authenticator apps share with the platform; "
        "else one is made.",
        examples=["/run/secrets/second_factor.key"],
    )
    message_key_id: str = Field(
        default="platform-1",
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Name of the key that signs messages to payment services; another key has another name.",
        examples=["platform-2"],
    )
    message_signing_key_file: AbsolutePath | None = Field(
        default=None,
        description="Ed25519 key (PEM) that signs messages to payment services; else one is made.",
        examples=["/run/secrets/message_signing.pem"],
    )

    @model_validator(mode="after")
    def _check_what_only_a_demonstration_may(self) -> "Environment":
        for name, is_used in (
            ("DEMO_CLOCK", self.demo_clock is not None),
            ("REGISTRY", (self.registry or "").startswith("authority:")),
        ):
            if is_used and not self.demo:
                raise refuse(name, "is for demonstrations only: set MYNAPOINT_DEMO=1 too, or leave it out")
        if not self.demo and urlsplit(self.site_origin).scheme == "http" and self.host not in LOOPBACK:
            raise refuse("SITE_ORIGIN", "must be https, unless the site is for this machine alone")
        return self

    @model_validator(mode="after")
    def _check_training_is_apart(self) -> "Environment":
        """A training has nothing in common with anything real: not its folder, its keys, its database or its cards."""
        if self.database_url is not None:
            check_apart(self.database_url, is_training=self.training)
        if not self.training:
            if self.state_dir.name.endswith(TRAINING):
                raise refuse("STATE_DIR", "is a training's folder: set MYNAPOINT_TRAINING=1 too, or name another")
            return self
        if not self.demo or not (self.registry or "").startswith("authority:"):
            raise refuse("TRAINING", "needs MYNAPOINT_DEMO=1 and MYNAPOINT_REGISTRY=authority: and a folder")
        if self.trust_anchors is not None:
            raise refuse("TRUST_ANCHORS", "is not for a training, which trusts its own test authority alone")
        if not self.state_dir.name.endswith(TRAINING):
            raise refuse("STATE_DIR", "must be a folder whose name ends in training, apart from any real programme's")
        return self

    @model_validator(mode="after")
    def _check_phone_program_is_apart(self) -> "Environment":
        # A phone's browser keeps a tap that stays on the same host to itself.
        if self.phone_program and urlsplit(self.phone_program).hostname == urlsplit(self.site_origin).hostname:
            raise refuse("PHONE_PROGRAM", "must be another host than SITE_ORIGIN's: browsers keep a link to the same")
        return self

    @model_validator(mode="after")
    def _check_one_database(self) -> "Environment":
        if self.database_url and self.database_url_file:
            raise refuse("DATABASE_URL_FILE", "is given beside DATABASE_URL; keep one of the two")
        return self

    def get_trust_anchors(self) -> Path:
        """Return the folder of the trusted authorities' certificates; a training's is its test authority's own."""
        if self.training:
            return Path((self.registry or "").removeprefix("authority:")) / "anchors"
        return self.trust_anchors or self.state_dir / "anchors"

    @property
    def host(self) -> str:
        """Return the site's host as a browser names it, without the port."""
        netloc = urlsplit(self.site_origin).netloc
        return netloc if netloc.endswith("]") else netloc.rsplit(":", 1)[0] if ":" in netloc else netloc

    @property
    def is_embedded(self) -> bool:
        """Tell whether the database is the server that comes with the platform."""
        return self.database_url is None and self.database_url_file is None

    def get_database_url(self) -> str:
        """Return the database's address, with its password.

        :raises PydanticCustomError: when it is not one, or a training's where there is none, or the other way round.
        """
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if self.database_url_file is not None:
            address = check_database_url(SecretStr(self.database_url_file.read_text().strip()))
            return check_apart(address, is_training=self.training).get_secret_value()
        return server_url(self.state_dir)


def load_environment() -> Environment:
    """Read the environment.

    :raises UnusableSetting: naming the first variable that is wrong.
    """
    _check_for_slips(os.environ)
    try:
        return Environment()
    except ValidationError as error:
        raise _as_unusable(error) from None


def _check_for_slips(names: Iterable[str]) -> None:
    """Refuse a name that is no setting's: it was meant to be one, and would be passed over in silence."""
    known = {name.upper() for name in Environment.model_fields}
    for name in names:
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
            meant = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
            hint = f"did you mean {PREFIX}{meant[0]}?" if meant else "docs/settings.md lists them"
            raise UnusableSetting(name=name, problem=f"there is no such setting; {hint}")


def _as_unusable(error: ValidationError) -> UnusableSetting:
    first = error.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][0]) if first["loc"] else str(first["ctx"]["name"])
    name = place.upper().removeprefix(PREFIX)
    field = Environment.model_fields["database_url" if name == "DATABASE_URL" else name.lower()]
    problem = first["msg"].replace("Input should", "must")
    return UnusableSetting(name=PREFIX + name, problem=problem, example=str((field.examples or [""])[0]))
