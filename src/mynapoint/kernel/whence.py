"""Whose network address a request came from, as far as it can be believed."""


def find_address(connected: str, *, forwarded: str, proxies: int) -> str:
    """Return whose address a request came from: the one that the outermost proxy of our own saw.

    Each proxy adds at the right who asked it, so only as many addresses as there are proxies can be believed; what is
    left of them a visitor can write as they like. Where too few are given, somebody came past a proxy: then it is who
    is connected.

    :param connected: the address of whoever is connected to the server.
    :param forwarded: X-Forwarded-For as it came, several of them joined by commas.
    """
    seen = [part.strip() for part in forwarded.split(",") if part.strip()]
    return seen[-proxies] if 0 < proxies <= len(seen) else connected
