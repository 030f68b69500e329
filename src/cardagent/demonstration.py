"""見本: virtual cards and a set clock are kept to a demonstration, whatever asks for them."""

from collections.abc import Iterable

from cardagent.trust import TrustedSite


class DemonstrationOnly(Exception):
    """Virtual cards or a set clock were asked for outside a demonstration."""


def check_demonstration(sites: Iterable[TrustedSite], *, is_demo: bool) -> None:
    """This will let virtual cards and a set clock pass only where nothing real can be reached.

    :raises DemonstrationOnly: unless this is said to be one, and every trusted site is on this very machine.
    """
    if not is_demo or not all(site.is_on_this_machine for site in sites):
        raise DemonstrationOnly
