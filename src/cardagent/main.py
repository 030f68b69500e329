"""`mynapoint-card`: the command beside the card reader."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cardagent.conversation import Conversation, read_pin_file
from cardagent.link import ActLink
from cardagent.sentences import STOPS, find_sentence
from cardagent.serving import find_configuration, run_window
from cardagent.signing import check_card, open_act, sign_pending_act
from cardagent.site import open_http_client
from cardagent.words import put_into_words
from democlock import get_clock
from jpki.pin import Pin
from jpki.virtual.card import VirtualCard

# A traceback with the values of variables would show the PIN.
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Link = Annotated[str, typer.Argument(help="サイトに表示された手続のリンク", show_default=False)]
CardFile = Annotated[Path, typer.Option("--card", help="仮想カードのファイル", show_default=False)]
PinFile = Annotated[Path | None, typer.Option("--pin-file", help="暗証番号のファイル。- は標準入力")]
Yes = Annotated[bool, typer.Option("--yes", help="確認せずに署名する（自動実行用）")]
DemoClock = Annotated[Path | None, typer.Option(envvar="MYNAPOINT_DEMO_CLOCK", help="デモ用の時計のファイル")]

ConfigFile = Annotated[Path | None, typer.Option("--config", help="署名できるサイトを書いた設定ファイル（TOML）")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="待つポート（設定ファイルより優先）")]
DemoCards = Annotated[Path | None, typer.Option(help="見本の仮想カードのフォルダー（MYNAPOINT_DEMO=1 のときだけ）")]
Demo = Annotated[bool, typer.Option(envvar="MYNAPOINT_DEMO", hidden=True)]


@app.callback()
def program() -> None:
    """マイナンバーカードで手続に署名します。"""


@app.command()
def sign(link: Link, card: CardFile, pin_file: PinFile = None, yes: Yes = False, demo_clock: DemoClock = None) -> None:
    """手続の内容を表示し、暗証番号を確かめて、カードで署名します。"""
    conversation = Conversation(Console(highlight=False))
    try:
        _sign(link, card=card, pin_file=pin_file, is_agreed=yes, demo_clock=demo_clock, conversation=conversation)
    except STOPS as stop:
        sentence = find_sentence(stop)
        conversation.show_stop(sentence)
        raise typer.Exit(sentence.code) from None


def _sign(
    link: str,
    *,
    card: Path,
    pin_file: Path | None,
    is_agreed: bool,
    demo_clock: Path | None,
    conversation: Conversation,
) -> None:
    act_link = ActLink.parse(link)
    connection = VirtualCard.open(card)
    clock = get_clock(demo_clock)
    with open_http_client(act_link) as http_client:
        # (1) What is to be signed, from the statement itself.
        act = open_act(act_link, http_client=http_client, at=clock())
        conversation.show_statement(put_into_words(act.statement))
        # (2) How often the PIN may still be typed.
        conversation.show_tries_left(check_card(connection, at=clock()))
        # (3) Whether to sign at all.
        if not is_agreed:
            conversation.check_consent()
        # (4) The PIN, once.
        pin = _get_pin(pin_file, conversation)
        # (5) The signature, and what became of it.
        conversation.show_answer(sign_pending_act(act, connection=connection, pin=pin, http_client=http_client))


def _get_pin(pin_file: Path | None, conversation: Conversation) -> Pin:
    return conversation.ask_pin() if pin_file is None else read_pin_file(pin_file)


@app.command()
def serve(
    config: ConfigFile = None,
    port: Port = None,
    demo_cards: DemoCards = None,
    demo_clock: DemoClock = None,
    demo: Demo = False,
) -> None:
    """サイトからの手続を待ち、この機械のブラウザーで内容を示し、カードで署名します。"""
    run_window(
        config=config or find_configuration(), port=port, demo_cards=demo_cards, demo_clock=demo_clock, is_demo=demo
    )


def main() -> None:
    """This will run the command."""
    app()


if __name__ == "__main__":
    main()
