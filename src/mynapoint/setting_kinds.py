"""What a setting may be: the kinds that an operator's settings are made of, each refused by its variable's name."""

from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

LONGEST_NAME: Final = 100


class UnusableSetting(ImproperlyConfigured):
    """A variable that stops the start. The message names it and says what to do; it never repeats a value."""

    def __init__(self, *, name: str, problem: str, example: str = "") -> None:
        super().__init__(f"{name}: {problem}" + (f" (for example {name}={example})" if example else ""))
        self.name = name


def refuse(name: str, problem: str) -> PydanticCustomError:
    """Return the error that names the variable to blame."""
    return PydanticCustomError("setting", "{problem}", {"name": name, "problem": problem})


def check_origin(value: str) -> str:
    """Let pass scheme and host alone."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or value != f"{parts.scheme}://{parts.netloc}":
        raise refuse("SITE_ORIGIN", "must be scheme and host alone, without a path or a slash at the end")
    if "@" in parts.netloc or value != value.lower():
        raise refuse("SITE_ORIGIN", "must be in small letters and carry no user")
    return value


def check_loopback_origin(value: str) -> str:
    """Let pass an address of this machine."""
    parts = urlsplit(value)
    if parts.scheme != "http" or parts.hostname != "127.0.0.1" or value != f"http://{parts.netloc}":
        raise refuse("CARD_PROGRAM", "must be http://127.0.0.1 and a port: the program runs on the citizen's machine")
    return value


def check_web_page(value: str) -> str:
    """Let pass a page that nobody can have changed on its way."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or any(map(str.isspace, value)):
        raise refuse("CARD_PROGRAM_PAGE", "must be https:// and the address of a page")
    return value


def check_publisher(value: str) -> str:
    """Let pass a name of one line."""
    if not value.isprintable() or not value.strip() or len(value) > LONGEST_NAME:
        raise refuse("CARD_PROGRAM_PUBLISHER", f"must be a name of one line, of at most {LONGEST_NAME} characters")
    return value


def check_phone_program(value: str) -> str:
    """Let pass a scheme of its own, or a host of its own, which no page of the site is on."""
    parts = urlsplit(value)
    is_scheme = bool(parts.scheme) and parts.scheme not in {"http", "https"} and value == f"{parts.scheme}:"
    is_host = parts.scheme == "https" and bool(parts.hostname) and value == f"https://{parts.netloc}"
    if not (is_scheme or is_host) or "@" in value or value != value.lower():
        raise refuse("PHONE_PROGRAM", "must be https:// and a host, or a scheme and its colon, in small letters")
    return value


def check_database_url(value: SecretStr) -> SecretStr:
    """Let pass a PostgreSQL database's address."""
    try:
        conninfo_to_dict(value.get_secret_value())
    except ProgrammingError:
        raise refuse("DATABASE_URL", "is not the address of a PostgreSQL database") from None
    if not value.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise refuse("DATABASE_URL", "must begin with postgresql://")
    return value


def check_apart(value: SecretStr, *, is_training: bool) -> SecretStr:
    """Let pass a training's database for a training, and any other one for anything else: by its name's end."""
    name = conninfo_to_dict(value.get_secret_value()).get("dbname") or ""
    if str(name).endswith("training") is not is_training:
        problem = "must name a database that ends in training" if is_training else "names a training's database"
        raise refuse("DATABASE_URL", problem)
    return value


def check_registry(value: str) -> str:
    """Let pass an address, or a kind of folder and a folder."""
    parts = urlsplit(value)
    is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    is_folder = parts.scheme in {"files", "authority"} and value != f"{parts.scheme}:"
    if not (is_address or is_folder):
        raise refuse("REGISTRY", "must be http:// or https:// and an address, or files: or authority: and a folder")
    return value


AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
Origin = Annotated[str, AfterValidator(check_origin)]
LoopbackOrigin = Annotated[str, AfterValidator(check_loopback_origin)]
WebPage = Annotated[str, AfterValidator(check_web_page)]
PublisherName = Annotated[str, AfterValidator(check_publisher)]
PhoneProgram = Annotated[str, AfterValidator(check_phone_program)]
Registry = Annotated[str, AfterValidator(check_registry)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(check_database_url)]
