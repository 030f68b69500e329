"""A virtual card in the system's virtual reader, so that every program meets it as a real one."""

from collections.abc import Callable
from pathlib import Path
from time import sleep
from typing import Final, NoReturn

from jpki.virtual.card import VirtualCard
from jpki.virtual.vpcd import NoVirtualReader, answer_reader, reach_reader

_RETRY_SECONDS: Final = 0.5


def serve_card(file: Path, *, host: str, port: int, say: Callable[[str], None]) -> NoReturn:
    """This will be the card in the virtual reader until the program is ended, over restarts of the reader's service.

    :raises MalformedCardFile: when the file holds no card.
    """
    VirtualCard.open(file)
    is_waiting = False
    while True:
        try:
            with reach_reader(host=host, port=port) as reader:
                is_waiting = False
                say(f"仮想カードを置きました（{host}:{port}）。Ctrl-C で取り出します。")
                answer_reader(reader, lambda: VirtualCard.open(file))
        except NoVirtualReader:
            if not is_waiting:
                say(f"仮想カードリーダー（{host}:{port}）を待っています。pcscd と vpcd が動くと、カードを置きます。")
            is_waiting = True
        sleep(_RETRY_SECONDS)
