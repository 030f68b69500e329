"""Why no card can be talked to: the reader, its service or the card itself is not there, or not any more."""


class UnableToReachCard(Exception):
    """There is no card to talk to, or not any more."""


class ReaderSupportMissing(UnableToReachCard):
    """This installation cannot talk to readers: the optional extra `reader` is not installed."""


class ReaderServiceMissing(UnableToReachCard):
    """The system's smart card service (pcscd, SCardSvr) does not run."""


class NoReader(UnableToReachCard):
    """No reader is connected."""


class ReaderNotFound(UnableToReachCard):
    """None of the connected readers is the one that was named, or several are."""

    def __init__(self, *, name: str, readers: tuple[str, ...]) -> None:
        super().__init__(f"{name!r} is not one of {len(readers)} readers")
        self.name = name
        self.readers = readers


class SeveralCards(UnableToReachCard):
    """Cards lie in several readers, and nobody said which one is meant."""

    def __init__(self, *, readers: tuple[str, ...]) -> None:
        super().__init__(f"cards in {len(readers)} readers")
        self.readers = readers


class NoCard(UnableToReachCard):
    """No card was put into the reader in time."""


class CardMute(UnableToReachCard):
    """Something lies in the reader that does not answer as a card: upside down, or no chip."""


class CardRemoved(UnableToReachCard):
    """The card left the reader, or the contact to it was lost, before the exchange was over."""


class ReaderInUse(UnableToReachCard):
    """Another program keeps the card to itself."""


class ReaderFailed(UnableToReachCard):
    """The reader or its service answered an error that has no better name here."""

    def __init__(self, code: int) -> None:
        super().__init__(f"PC/SC error {code:#010x}")
        self.code = code
