"""The kinds of values in a configuration file."""

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo

_SPACES_AND_HYPHENS: Final = re.compile(r"[\s\-‐‑‒–—―−ー]+")


def normalise(text: str) -> str:
    """Bring an id or code as people type it into the one form that is compared (NFKC, no gaps, upper case)."""
    return _SPACES_AND_HYPHENS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        raise ValueError("not a regular expression") from None
    return pattern


def _check_base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or url.endswith("/"):
        raise ValueError("must be an http(s) address without query and without a slash at its end")
    return url


def _beside_config(path: Path, info: ValidationInfo) -> Path:
    folder = info.context["folder"] if info.context else Path()
    return Path(folder) / path


Pattern = Annotated[str, AfterValidator(_check_pattern)]
BaseUrl = Annotated[str, AfterValidator(_check_base_url)]
FilePath = Annotated[Path, AfterValidator(_beside_config)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Percent = Annotated[int, Field(ge=0, le=100)]
Yen = Annotated[int, Field(ge=0, le=10_000_000)]
