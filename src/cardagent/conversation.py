"""What is said to and heard from the person before the screen."""

import sys
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cardagent.contents import CardFacts
from cardagent.languages import get_phrases
from cardagent.sentences import Declined, PinMissing, Sentence
from cardagent.site import Answer
from cardagent.trust import TrustedSite
from cardagent.typed_pin import read_pin
from cardagent.words import Wording
from jpki.pin import MalformedPin, Pin

_MAX_PIN_FILE_LENGTH: Final = 64


class Conversation:
    """The dialogue: everything shown is text, never markup, because part of it comes from elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show_demonstration(self) -> None:
        """This will say that nothing here is real."""
        self._console.print(Text(get_phrases().say("page.demo_counter"), style="reverse"))

    def show_site(self, site: TrustedSite) -> None:
        """This will show which site asks, by the name that this program knows it under."""
        self._console.print(Text(get_phrases().say("page.asked_by", name=site.name, origin=site.origin)))

    def show_statement(self, wording: Wording) -> None:
        """This will show what the signature will bind."""
        rows = Table.grid(padding=(0, 2))
        rows.add_column(no_wrap=True)
        rows.add_column(overflow="fold")
        for label, value in wording.rows:
            rows.add_row(Text(label, style="bold"), Text(value))
        self._console.print(Panel(rows, title=Text(wording.heading), title_align="left"))
        for warning in wording.warnings:
            self._console.print(Text(f"注意: {warning}", style="bold yellow"))

    def show_tries_left(self, tries_left: int) -> None:
        """This will say how often the PIN may still be typed, and warn before the last time."""
        self._console.print(Text(f"暗証番号を入力できる回数: あと{tries_left}回"))
        if tries_left == 1:
            phrases = get_phrases()
            warning = f"{phrases.say('page.last_try_title')}。{phrases.say('page.last_try')}"
            self._console.print(Text(f"注意: {warning}", style="bold yellow"))

    def ask_for_card(self) -> None:
        """This will say that a card is waited for."""
        self._console.print(Text("マイナンバーカードをリーダーに置いてください。やめるときは Ctrl-C を押します。"))

    def show_card(self, facts: CardFacts) -> None:
        """This will say what is on the card."""
        self._console.print(Text("マイナンバーカード（公的個人認証）", style="bold"))
        ended = "（有効期限が切れています）" if facts.is_expired else ""
        self._console.print(Text(f"利用者証明用電子証明書: あります（{facts.key_kind}）"))
        self._console.print(Text(f"有効期限: {facts.last_year}年の誕生日まで{ended}"))
        self._console.print(Text(f"利用者証明用の暗証番号（4けた）を入力できる回数: あと{facts.pin_tries_left}回"))
        self._console.print(Text(f"署名用の暗証番号（6〜16けた）を入力できる回数: あと{facts.password_tries_left}回"))
        if 0 in (facts.pin_tries_left, facts.password_tries_left):
            advice = get_phrases().say("stop.pin_locked.advice")
            self._console.print(Text(f"あと0回の暗証番号はロックされています。{advice}", style="bold yellow"))

    def say(self, words: str) -> None:
        """This will say something that needs no answer."""
        self._console.print(Text(words))

    def check_consent(self) -> None:
        """This will ask whether to sign.

        :raises Declined: unless the answer is yes.
        """
        try:
            is_agreed = typer.confirm("この内容で署名しますか")
        except typer.Abort:
            raise Declined from None
        if not is_agreed:
            raise Declined

    def ask_pin(self) -> Pin:
        """This will ask for the PIN without showing it.

        :raises PinMissing: when there is no keyboard.
        :raises SigningPasswordTyped: when it looks like the password of the card's other key.
        :raises MalformedPin: when it is anything else but four digits.
        :raises Declined: when the person gives up.
        """
        if not sys.stdin.isatty():
            raise PinMissing
        try:
            return read_pin(typer.prompt("利用者証明用の暗証番号（数字4けた。画面には出ません）", hide_input=True))
        except typer.Abort:
            raise Declined from None

    def show_answer(self, answer: Answer) -> None:
        """This will show the receipt."""
        done = get_phrases().say_done(answer.kind)
        self._console.print(Text(f"{done}。受付番号: {answer.receipt}", style="bold green"))
        self._console.print(Text(f"日時: {answer.done_at:%Y年%m月%d日 %H時%M分%S秒}"))
        for words in answer.words:
            self._console.print(Text(words))

    def show_way_to_trust(self, origin: str, *, path: Path) -> None:
        """This will say where a site is put on the list, by whoever made sure that it is the right one."""
        self._console.print(Text(f"公式のサイトだと自分で確かめたときだけ、{path} に次の3行を足すと署名できます。"))
        self._console.print(Text(f'[[sites]]\norigin = "{origin}"\nname = "サイトの名前"'))

    def show_stop(self, sentence: Sentence) -> None:
        """This will say why it ends here and what to do next."""
        self._console.print(Text(sentence.title, style="bold red"))
        self._console.print(Text(sentence.advice))


def read_pin_file(path: Path) -> Pin:
    """This will read the PIN from a file's first line, `-` being what is piped in.

    :raises PinMissing: when there is nothing to read.
    :raises SigningPasswordTyped: when it looks like the password of the card's other key.
    :raises MalformedPin: when it is anything else but four digits.
    """
    try:
        line = sys.stdin.readline(_MAX_PIN_FILE_LENGTH) if path == Path("-") else _read_first_line(path)
    except OSError:
        raise PinMissing from None
    except UnicodeDecodeError:
        raise MalformedPin from None
    return read_pin(line)


def _read_first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline(_MAX_PIN_FILE_LENGTH)
