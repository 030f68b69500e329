"""The services' texts."""

from mynapoint.kernel.register import Revision


class ServiceRevision(Revision):
    """One text of one service."""
