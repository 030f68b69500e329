"""The places' texts."""

from mynapoint.kernel.register import Revision


class PlaceRevision(Revision):
    """One text of one place."""
