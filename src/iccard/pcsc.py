"""Real readers by PC/SC: which there are, whether a card lies there, and one undisturbed exchange with it.

Needs the optional extra `reader` (pyscard); without it this module can be imported, and says so when it is used.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

from iccard.connection import CardConnection
from iccard.unreachable import (
    CardMute,
    CardRemoved,
    NoCard,
    NoReader,
    ReaderFailed,
    ReaderInUse,
    ReaderNotFound,
    ReaderServiceMissing,
    ReaderSupportMissing,
    SeveralCards,
    UnableToReachCard,
)

try:
    from smartcard import scard
except ImportError:  # the extra `reader` is not installed, or the system has no PC/SC library
    scard = None

WAIT_SECONDS: Final = 60.0
"""For how long a card is waited for, unless told otherwise."""
PATIENCE_SECONDS: Final = 10.0
"""For how long another program's exchange is waited for."""

_LOOK_SECONDS: Final = 1.0
_NO_READERS: Final = 0x8010002E
_TIMEOUT: Final = 0x8010000A
_RESET_BY_ANOTHER: Final = 0x80100068
# PC/SC part 5, and pcsc-lite's names for them; on Windows the same numbers come as negative ones.
_ERRORS: Final[dict[int, type[UnableToReachCard]]] = {
    0x8010001D: ReaderServiceMissing,  # SCARD_E_NO_SERVICE
    0x8010001E: ReaderServiceMissing,  # SCARD_E_SERVICE_STOPPED
    _NO_READERS: NoReader,
    0x80100009: NoReader,  # SCARD_E_UNKNOWN_READER: it was unplugged since it was found
    0x8010000B: ReaderInUse,  # SCARD_E_SHARING_VIOLATION: another program has it for itself alone
    0x8010000C: CardRemoved,  # SCARD_E_NO_SMARTCARD
    0x80100010: CardRemoved,  # SCARD_E_NOT_READY
    0x80100013: CardRemoved,  # SCARD_F_COMM_ERROR
    0x80100016: CardRemoved,  # SCARD_E_NOT_TRANSACTED: what a card half lifted off an antenna gives
    0x80100017: CardRemoved,  # SCARD_E_READER_UNAVAILABLE: taken away with the reader
    0x80100069: CardRemoved,  # SCARD_W_REMOVED_CARD
    0x80100065: CardMute,  # SCARD_W_UNSUPPORTED_CARD
    0x80100066: CardMute,  # SCARD_W_UNRESPONSIVE_CARD
    0x80100067: CardMute,  # SCARD_W_UNPOWERED_CARD
    0x8010000F: CardMute,  # SCARD_E_PROTO_MISMATCH
    _RESET_BY_ANOTHER: CardRemoved,  # within an exchange: what was verified is lost as if it had been lifted off
}


def list_readers() -> tuple[str, ...]:
    """This will name the connected readers.

    :raises UnableToReachCard: when this machine cannot tell.
    """
    with _open_context() as context:
        return _list_readers(context)


def wait_for_card(
    *, reader: str | None = None, seconds: float = WAIT_SECONDS, tell_waiting: Callable[[], None] = lambda: None
) -> str:
    """This will give the name of the one reader that a card lies in, once there is one.

    A reader may be named by any part of its name that no other has. `tell_waiting` is called once, if there is a wait.

    :raises ReaderNotFound: when no reader, or more than one, is the named one.
    :raises SeveralCards: when none is named and several have a card.
    :raises NoReader: when no reader was connected until the end.
    :raises NoCard: when no card came.
    """
    deadline = monotonic() + seconds
    is_told = False
    with _open_context() as context:
        while True:
            states = _get_states(context, _choose(_list_readers(context), reader))
            occupied = tuple(name for name, state in states.items() if state & scard.SCARD_STATE_PRESENT)
            if len(occupied) > 1:
                raise SeveralCards(readers=occupied)
            if occupied:
                return occupied[0]
            if monotonic() >= deadline:
                raise NoCard if states else NoReader
            if not is_told:
                tell_waiting()
                is_told = True
            _wait_for_change(context, states, seconds=min(_LOOK_SECONDS, max(deadline - monotonic(), 0)))


@contextmanager
def open_card(reader: str, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[CardConnection]:
    """This will give the card in the reader for one whole exchange, into which no other program comes.

    At the end the card is reset, so that a verified PIN does not outlive its citizen.

    :raises ReaderInUse: when another program does not end its own exchange in time.
    :raises NoCard: when there is none.
    :raises UnableToReachCard: when it cannot be reached, or goes.
    """
    exchange = _wait_for_turn(reader, seconds=patience_seconds)
    with exchange.undo:
        yield exchange


@dataclass(frozen=True, slots=True)
class _Exchange:
    handle: Any
    protocol: int
    undo: ExitStack

    def transmit(self, apdu: bytes, /) -> bytes:
        """See `CardConnection`.

        :raises CardRemoved: when the card is gone: what became of the command is not known.
        """
        code, answer = scard.SCardTransmit(self.handle, _get_protocol_header(self.protocol), list(apdu))
        _check(code)
        if not answer:  # no card answers with nothing; some drivers do when they have lost it
            raise CardRemoved
        return bytes(answer)


def _wait_for_turn(reader: str, *, seconds: float) -> _Exchange:
    """This will begin an exchange in a thread: PC/SC waits for another program's without end, and deaf to Ctrl-C."""
    turn: Future[_Exchange] = Future()
    Thread(target=_take_turn, args=(reader, turn), daemon=True).start()
    try:
        return turn.result(timeout=seconds)
    except TimeoutError:
        if turn.cancel():
            raise ReaderInUse from None
        return turn.result()
    finally:
        turn.cancel()  # if it is still awaited, nobody awaits it any more


def _take_turn(reader: str, turn: Future[_Exchange]) -> None:
    with ExitStack() as until_begun:
        until_begun.push(partial(_pass_on, turn))
        exchange = _begin_exchange(reader)
        until_begun.pop_all()
        if turn.set_running_or_notify_cancel():
            turn.set_result(exchange)
        else:
            exchange.undo.close()


def _pass_on(turn: Future[_Exchange], _kind: object, error: BaseException | None, _traceback: object) -> bool:
    """This will raise whatever kept an exchange from beginning where it is waited for: a thread has nobody to tell."""
    if turn.set_running_or_notify_cancel():
        turn.set_exception(error)
    return True


def _begin_exchange(reader: str) -> _Exchange:
    with ExitStack() as undo:
        context = undo.enter_context(_open_context())
        handle, protocol = undo.enter_context(_connect(context, reader))
        _begin_transaction(handle)
        # Whatever this answers: a card that is gone has forgotten by itself, and the disconnection ends the rest.
        undo.callback(scard.SCardEndTransaction, handle, scard.SCARD_RESET_CARD)
        return _Exchange(handle=handle, protocol=protocol, undo=undo.pop_all())


def _begin_transaction(handle: Any) -> None:
    while (code := _unsigned(scard.SCardBeginTransaction(handle))) == _RESET_BY_ANOTHER:
        # That was the end of another's exchange; nothing of ours has begun.
        code, _ = scard.SCardReconnect(handle, scard.SCARD_SHARE_SHARED, _get_protocols(), scard.SCARD_LEAVE_CARD)
        _check(code)
    _check(code)


@contextmanager
def _open_context() -> Iterator[Any]:
    if scard is None:
        raise ReaderSupportMissing
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(code)
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


@contextmanager
def _connect(context: Any, reader: str) -> Iterator[tuple[Any, int]]:
    code, handle, protocol = scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, _get_protocols())
    try:
        _check(code)
    except CardRemoved:  # nothing had begun
        raise NoCard from None
    try:
        yield handle, protocol
    finally:
        scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)  # others may be using it


def _list_readers(context: Any) -> tuple[str, ...]:
    code, readers = scard.SCardListReaders(context, [])
    if _unsigned(code) == _NO_READERS:
        return ()
    _check(code)
    return tuple(readers)


def _choose(readers: tuple[str, ...], name: str | None) -> tuple[str, ...]:
    """This will leave the named reader, or all when none is named."""
    if name is None or not readers:
        return readers
    chosen = (name,) if name in readers else tuple(reader for reader in readers if name.lower() in reader.lower())
    if len(chosen) != 1:
        raise ReaderNotFound(name=name, readers=readers)
    return chosen


def _wait_for_change(context: Any, states: dict[str, int], *, seconds: float) -> None:
    """This will wait no longer than a moment: a reader may be plugged in meanwhile, or somebody press Ctrl-C."""
    if states:
        scard.SCardGetStatusChange(context, int(seconds * 1000), list(states.items()))
    else:
        sleep(seconds)


def _get_states(context: Any, readers: tuple[str, ...]) -> dict[str, int]:
    if not readers:
        return {}
    unaware = [(reader, scard.SCARD_STATE_UNAWARE) for reader in readers]
    code, states = scard.SCardGetStatusChange(context, 0, unaware)
    if _unsigned(code) != _TIMEOUT:
        _check(code)
    return {name: state for name, state, _ in states}


def _get_protocols() -> int:
    return int(scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1)


def _get_protocol_header(protocol: int) -> Any:
    return scard.SCARD_PCI_T0 if protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1


def _unsigned(code: int) -> int:
    return code & 0xFFFFFFFF


def _check(code: int) -> None:
    """This will raise what a return code stands for, unless it is success."""
    unsigned = _unsigned(code)
    if unsigned == 0:
        return
    error = _ERRORS.get(unsigned)
    raise error() if error is not None else ReaderFailed(unsigned)
