"""How the platform logs: one line an event, and nothing in it that could name a person."""

import logging.config
from collections.abc import Mapping


def configure(options: Mapping[str, str]) -> None:
    """Set up logging. Django calls this with its ``LOGGING`` setting."""
    logging.basicConfig(level=options["level"].upper())
