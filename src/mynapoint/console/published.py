"""What a site publishes, asked by commands that check it from outside: no database, no secrets."""

from http import HTTPStatus
from typing import Final

import httpx2
from django.core.management.base import CommandError

SECONDS: Final = 15.0


def bare(site: str) -> str:
    """Return a site's address without the stroke at its end that browsers write."""
    return site.rstrip("/")


def fetch(address: str) -> bytes | None:
    """Return what is published at an address; None when the site says that there is nothing (404).

    :raises CommandError: when that cannot be told: the address is none, or nobody answers there as a site does.
    """
    try:
        answer = httpx2.get(address, timeout=SECONDS, trust_env=False, follow_redirects=True)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        return answer.raise_for_status().content
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise CommandError(f"{address} はアドレスではありません。--site を確かめてください") from None
    except httpx2.HTTPError:
        raise SiteAway(address) from None


class SiteAway(CommandError):
    """Nobody answers at an address as a site does, so that nothing can be told of what is published there."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"いま、サイトから答えがありません({address})。確かめられていません。しばらくしてから、もう一度お試しください"
        )
