"""`mynapoint-card serve`: what the window is given, and what keeps a demonstration's cards in a demonstration."""

import signal
import sys
from pathlib import Path
from typing import Final, NoReturn

import typer

from cardagent.cards import CardSource, Readers, VirtualCards
from cardagent.demonstration import DemonstrationOnly, check_demonstration
from cardagent.reporting import report_cards
from cardagent.trust import Configuration, MalformedConfiguration
from cardagent.window.desk import Desk
from cardagent.window.server import HOST, PortTaken, get_origin, listen, serve
from democlock import get_clock

APPLICATION: Final = "mynapoint-card"


def find_configuration() -> Path:
    """This will say where the configuration is looked for when nobody says otherwise."""
    return Path(typer.get_app_dir(APPLICATION)) / "config.toml"


def run_window(
    *, config: Path, port: int | None, demo_cards: Path | None, demo_clock: Path | None, is_demo: bool
) -> None:
    """This will serve the window until it is ended; why it cannot begin is said in one sentence."""
    try:
        configuration = Configuration.read(config)
        if demo_cards is not None or demo_clock is not None:
            check_demonstration(configuration.sites, is_demo=is_demo)
        desk = Desk(sites=configuration.sites, cards=_open_cards(demo_cards), clock=get_clock(demo_clock))
        listener = listen(configuration.port if port is None else port)
        _announce(configuration, origin=get_origin(listener))
        if configuration.counter is not None:
            report_cards(configuration.counter.report_to, desk)
        serve(desk, listener=listener)
    except MalformedConfiguration as error:
        refuse_configuration(error)
    except DemonstrationOnly:
        refuse_demonstration()
    except PortTaken as error:
        _give_up(f"{HOST}:{error.port} はほかのプログラムが使っています。もう動いていないか確かめてください。")


def refuse_configuration(error: MalformedConfiguration) -> NoReturn:
    """This will end the program with what is wrong with its configuration."""
    _give_up(f"設定ファイル {error.path} を使えません: {error.problem}")


def refuse_demonstration() -> NoReturn:
    """This will end the program because something of a demonstration was asked for outside of one."""
    _give_up("仮想カードと見本の時計は、MYNAPOINT_DEMO=1 で、この機械の中のサイトだけを相手にするときに使えます。")


def _open_cards(demo_cards: Path | None) -> CardSource:
    return Readers() if demo_cards is None else VirtualCards(demo_cards)


def _announce(configuration: Configuration, *, origin: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    names = "、".join(f"{site.name}（{site.origin}）" for site in configuration.sites)
    typer.echo(f"{origin} で待っています。署名できるサイト: {names}")


def _give_up(sentence: str) -> NoReturn:
    typer.echo(f"{APPLICATION}: {sentence}", err=True)
    raise typer.Exit(2)
