"""The one door to a card, whatever lies behind it: a reader, a phone, a card in memory."""

from typing import Protocol

from iccard.frames import Command, Response


class CardConnection(Protocol):
    """A powered card that answers one frame with one frame, in order."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """This will send one command frame and give the response frame."""


def send(connection: CardConnection, command: Command) -> Response:
    """This will have the card carry out one command.

    :raises MalformedApdu: when the card's answer is no frame.
    """
    return Response.decode(connection.transmit(command.encode()))
