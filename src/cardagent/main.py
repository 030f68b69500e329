"""`mynapoint-card`: the command beside the card reader."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cardagent.contents import read_card_facts
from cardagent.conversation import Conversation, read_pin_file
from cardagent.demonstration import DemonstrationOnly, check_demonstration
from cardagent.link import ActLink
from cardagent.places import CardPlace, find_card
from cardagent.sentences import STOPS, find_sentence
from cardagent.serving import find_configuration, refuse_configuration, refuse_demonstration, run_window
from cardagent.signing import look_at_card, open_act, sign_at
from cardagent.site import hand_in_signature, open_http_client
from cardagent.trust import Configuration, MalformedConfiguration, TrustedSite, UntrustedSite, find_trusted
from cardagent.virtual_reader import serve_card
from cardagent.words import put_into_words
from democlock import get_clock
from iccard.pcsc import WAIT_SECONDS, list_readers
from iccard.unreachable import NoReader
from jpki.pin import Pin
from jpki.virtual.vpcd import DEFAULT_HOST, DEFAULT_PORT

# A traceback with the values of variables would show the PIN.
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Link = Annotated[str, typer.Argument(help="サイトに表示された手続のリンク", show_default=False)]
CardFile = Annotated[Path, typer.Option("--card", help="仮想カードのファイル", show_default=False)]
CardFileInstead = Annotated[
    Path | None,
    typer.Option(
        "--card", help="リーダーの代わりに使う、仮想カードのファイル（MYNAPOINT_DEMO=1 のときだけ）", show_default=False
    ),
]
Reader = Annotated[
    str | None,
    typer.Option("--reader", help="カードリーダーの名前（一部でもよい）。なければ、カードのあるリーダー"),
]
Wait = Annotated[float, typer.Option("--wait", min=0, max=600, help="カードが置かれるのを待つ秒数")]
PinFile = Annotated[Path | None, typer.Option("--pin-file", help="暗証番号のファイル。- は標準入力")]
Yes = Annotated[bool, typer.Option("--yes", help="確認せずに署名する（自動実行用）")]
DemoClock = Annotated[
    Path | None, typer.Option(envvar="MYNAPOINT_DEMO_CLOCK", help="見本の時計のファイル（MYNAPOINT_DEMO=1 のときだけ）")
]
Host = Annotated[str, typer.Option(help="vpcd のあるところ")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="vpcd のポート")]

ConfigFile = Annotated[Path | None, typer.Option("--config", help="署名できるサイトを書いた設定ファイル（TOML）")]
WindowPort = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="待つポート（設定ファイルより優先、0 は空いているもの）")
]
DemoCards = Annotated[Path | None, typer.Option(help="見本の仮想カードのフォルダー（MYNAPOINT_DEMO=1 のときだけ）")]
Demo = Annotated[bool, typer.Option(envvar="MYNAPOINT_DEMO", hidden=True)]


@app.callback()
def program() -> None:
    """マイナンバーカードで手続に署名します。"""


@app.command()
def sign(
    link: Link,
    *,
    config: ConfigFile = None,
    card: CardFileInstead = None,
    reader: Reader = None,
    wait: Wait = WAIT_SECONDS,
    pin_file: PinFile = None,
    yes: Yes = False,
    demo_clock: DemoClock = None,
    demo: Demo = False,
) -> None:
    """手続の内容を表示し、暗証番号を確かめて、カードで署名します。"""
    with _converse() as conversation:
        sites = _read_sites(config)
        _mark_demonstration(card, demo_clock, sites=sites, is_demo=demo, conversation=conversation)
        act_link = ActLink.parse(link.removesuffix("/"))  # the page's address, as it is copied, has one
        conversation.show_site(find_trusted(act_link, sites=sites))
        place = find_card(file=card, reader=reader, seconds=wait, tell_waiting=conversation.ask_for_card)
        _sign(act_link, place=place, pin_file=pin_file, is_agreed=yes, demo_clock=demo_clock, conversation=conversation)


@app.command()
def info(
    *,
    card: CardFileInstead = None,
    reader: Reader = None,
    wait: Wait = WAIT_SECONDS,
    demo_clock: DemoClock = None,
    demo: Demo = False,
) -> None:
    """カードに何があるか、いつまで使えるか、暗証番号をあと何回入力できるかを表示します。個人の情報は表示しません。"""
    with _converse() as conversation:
        _mark_demonstration(card, demo_clock, sites=(), is_demo=demo, conversation=conversation)
        place = find_card(file=card, reader=reader, seconds=wait, tell_waiting=conversation.ask_for_card)
        conversation.show_card(read_card_facts(place, at=get_clock(demo_clock)()))


@app.command()
def readers() -> None:
    """つながっているカードリーダーの名前を表示します。"""
    with _converse() as conversation:
        names = list_readers()
        if not names:
            raise NoReader
        for name in names:
            conversation.say(name)


@app.command()
def serve_vpcd(*, card: CardFile, host: Host = DEFAULT_HOST, port: Port = DEFAULT_PORT) -> None:
    """仮想カードを仮想カードリーダー（vsmartcard の vpcd）に置きます。Ctrl-C で取り出します。"""
    with _converse() as conversation:
        serve_card(card, host=host, port=port, say=conversation.say)


@app.command()
def serve(
    *,
    config: ConfigFile = None,
    port: WindowPort = None,
    demo_cards: DemoCards = None,
    demo_clock: DemoClock = None,
    demo: Demo = False,
) -> None:
    """サイトからの手続を待ち、この機械のブラウザーで内容を示し、カードで署名します。"""
    run_window(
        config=config or find_configuration(), port=port, demo_cards=demo_cards, demo_clock=demo_clock, is_demo=demo
    )


@contextmanager
def _converse() -> Iterator[Conversation]:
    """This will say why it ends, if it ends before it should, and leave with the stop's own exit code."""
    conversation = Conversation(Console(highlight=False))
    try:
        yield conversation
    except STOPS as stop:
        sentence = find_sentence(stop)
        conversation.show_stop(sentence)
        if isinstance(stop, UntrustedSite):
            conversation.show_way_to_trust(stop.origin, path=find_configuration())
        raise typer.Exit(sentence.code) from None
    except MalformedConfiguration as error:
        refuse_configuration(error)
    except DemonstrationOnly:
        refuse_demonstration()


def _mark_demonstration(
    card: Path | None,
    demo_clock: Path | None,
    *,
    sites: Sequence[TrustedSite],
    is_demo: bool,
    conversation: Conversation,
) -> None:
    """This will say that it is one where a virtual card or a set clock is used.

    :raises DemonstrationOnly: when that is not allowed here.
    """
    if card is not None or demo_clock is not None:
        check_demonstration(sites, is_demo=is_demo)
        conversation.show_demonstration()


def _read_sites(config: Path | None) -> Sequence[TrustedSite]:
    """This will read which sites may ask; a person who never wrote it down trusts none.

    :raises MalformedConfiguration: when the file says something else, or the one that was named is missing.
    """
    path = config or find_configuration()
    return Configuration.read(path).sites if config or path.exists() else ()


def _sign(
    link: ActLink,
    *,
    place: CardPlace,
    pin_file: Path | None,
    is_agreed: bool,
    demo_clock: Path | None,
    conversation: Conversation,
) -> None:
    with open_http_client(link) as http_client:
        # (1) What is to be signed, from the statement itself.
        act = open_act(link, http_client=http_client, at=get_clock(demo_clock)())
        conversation.show_statement(put_into_words(act.statement))
        # (2) Which card lies there, and how often its PIN may still be typed.
        seen = look_at_card(place, at=get_clock(demo_clock)())
        conversation.show_tries_left(seen.pin_tries_left)
        # (3) Whether to sign at all.
        if not is_agreed:
            conversation.check_consent()
        # (4) The PIN, once.
        pin = _get_pin(pin_file, conversation)
        # (5) The signature of the same card.
        signed = sign_at(place, act, seen=seen, pin=pin, at=get_clock(demo_clock)())
        # (6) What became of it.
        conversation.show_answer(hand_in_signature(act.link, signed, http_client=http_client))


def _get_pin(pin_file: Path | None, conversation: Conversation) -> Pin:
    return conversation.ask_pin() if pin_file is None else read_pin_file(pin_file)


def main() -> None:
    """This will run the command."""
    app()


if __name__ == "__main__":
    main()
