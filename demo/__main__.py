"""`make demo` and `make training`: found a town, tell the journey or get everything ready, leave the site running."""

import argparse
import fcntl
import shlex
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from demo.commands import Commands
from demo.journey import Journey
from demo.people import Person
from demo.processes import Process, start
from demo.story import Stopping, Story
from demo.town import ROOT, Town
from demo.training import Training, found_training
from mynapoint.console.cluster import open_cluster
from mynapoint.kernel.period import JST

FOLDER = ROOT / ".mynapoint" / "demo"
TRAINING_FOLDER = ROOT / ".mynapoint" / "training"
STARTS_AT = datetime(2020, 9, 8, 10, tzinfo=JST)


INTERRUPTED = 130
LOOK_SECONDS = 1.0


class RunsAlready(Exception):
    """Somebody else's demonstration runs in the same folder."""


def main() -> int:
    """Run the demonstration; return 0 only when every step did what it should."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--training", action="store_true", help="a town where staff train, instead of the journey")
    parser.add_argument("--once", action="store_true", help="end after the journey")
    parser.add_argument("--folder", type=Path, help="where the town is built; what was there is deleted")
    options = parser.parse_args()
    story = Story()
    story.console.print("mynapoint の見本です。公式のものではありません。人もお金もサービスもつくりものです。")
    for ending in (signal.SIGTERM, signal.SIGINT):  # SIGINT also when a shell started this in the background
        signal.signal(ending, signal.default_int_handler)
    folder = options.folder or (TRAINING_FOLDER if options.training else FOLDER)
    return perform(story, folder, is_staying=not options.once, is_training=options.training)


def perform(story: Story, folder: Path, *, is_staying: bool, is_training: bool) -> int:
    """Tell the journey, stay when asked to, and return the exit code: an end from outside is no failure after it."""
    is_told, stopping = False, Stopping(story, folder)
    try:
        with (
            alone(folder),
            stopping,
            running(folder, story, is_training=is_training) as (town, processes),
        ):
            told = Training(town, story, processes) if is_training else Journey(town, story)
            told.tell()
            is_told = True
            story.console.print(f"\n[bold green]{story.steps} 歩、すべてそのとおりになりました。[/bold green]")
            if is_staying:
                told.show_around() if isinstance(told, Training) else show_around(told)
                watch_over(processes, story)
    except RunsAlready:
        story.console.print("[red]ここでは見本がもう動いています。[/red]先にそちらを Ctrl-C で終えてください。")
        return 1
    except KeyboardInterrupt:
        story.console.print("\n終わります。" if is_told else "\n途中で終わります。")
        return 0 if is_told else INTERRUPTED
    return 1 if stopping.has_stopped else 0


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one demonstration run in a folder at a time.

    :raises RunsAlready: when another one does.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunsAlready from None
        yield


@contextmanager
def running(folder: Path, story: Story, *, is_training: bool = False) -> Iterator[tuple[Town, list[Process]]]:
    """Found a new town in a folder and start everything: the town and its programs; stop it all at the end."""
    tear_down(folder)
    with Commands() as run, ExitStack() as endings:
        with story.console.status("データベースとサービスを用意する …"):
            town = found_training(folder, run) if is_training else Town.found(folder, run=run, at=STARTS_AT)
            endings.callback(town.stop_database)
            town.start_database()
            town.load()
            town.announce()
            town.command("card", "issue", "はじめ")
        processes = [
            *([town.authority] if town.authority else []),
            town.web(),
            town.worker(),
            *([] if is_training else [town.card_program()]),
            *(service.process for service in town.services.values()),
        ]
        endings.callback(stop, processes, story)
        with story.console.status("、".join(process.name for process in processes) + " を始める …"):
            start(*processes)
        yield town, processes


def stop(processes: Sequence[Process], story: Story) -> None:
    """Stop every program, the last one first, and name those that had ended by themselves."""
    for process in processes:
        if process.has_died:
            story.console.print(f"[yellow]{process.name} が止まっていました。[/yellow]")
    for process in reversed(processes):
        process.stop()


def tear_down(folder: Path) -> None:
    """Clear away the town of an earlier run, with its database, which outlives a kill and may lie elsewhere."""
    for state in ("state", "training"):
        open_cluster(folder / state).discard()
    shutil.rmtree(folder, ignore_errors=True)


def show_around(journey: Journey) -> None:
    """Say where to click."""
    town, say = journey.town, journey.story.console.print
    hanako = journey.accounts["花子"]
    say("\n[bold]ひらいて見てください[/bold](終わるときは Ctrl-C)")
    say(f"  市民のサイト      {town.site}/")
    say(f"  事務局            {town.site}/office/   利用者 aoi、midori")
    say(f"  窓口              {town.site}/counter/  利用者 hana(担当)、sora(責任者)、riku(市の管理者)")
    say(f"    端末にする       {town.site}/signin/terminal/ に {journey.codes['2番窓口']}(1時間以内)")
    say("  職員のパスワードと、認証アプリに入れる文字(oathtool --totp -b 文字 でも番号が出ます):")
    for clerk in journey.clerks.values():
        say(f"    {clerk.name:<7} {clerk.password:<20} {clerk.app.secret}")
    say(f"  花子のウォレット  {hanako['wallet']}")
    say(f"  記録簿            {town.site}/journal/checkpoint")
    say("  カードのプログラム  手続のページの「このパソコンで署名する」から移ります。暗証番号は 1234")
    account = town.services["hanamaru"].ask("account", "open")
    card = Person.move_in(town, "春香").card
    say("  春香さんはまだ何もしていません。予約し、はなまるペイの新しい口座で申し込んでみてください:")
    say(f"    会員番号 {account['account_id']}、確認番号 {' '.join(account['codes'])}、ウォレット {account['wallet']}")
    say("  命令で署名する(手続のページの住所を LINK に):")
    here = f"--config {town.folder}/card.toml --demo-clock {town.folder}/clock.json --card {card}"
    say(f"    MYNAPOINT_DEMO=1 .venv/bin/mynapoint-card sign {here} LINK")
    settings = shlex.join(
        f"{name}={value}" for name, value in town.environment.items() if name.startswith("MYNAPOINT_")
    )
    say("  この見本の記録簿を確かめる:")
    say(f"    env {settings} .venv/bin/mynapoint journal verify")


def watch_over(processes: Sequence[Process], story: Story) -> None:
    """Stay until somebody ends this.

    :raises DidNotStart: when a program ended by itself and does not start any more.
    """
    while True:
        time.sleep(LOOK_SECONDS)
        for process in processes:
            revive(process, story)


def revive(process: Process, story: Story) -> None:
    """Start a program again that ended by itself, and say so.

    :raises DidNotStart: when it does not start any more.
    """
    if process.has_died:
        story.console.print(f"[yellow]{process.name} が止まっていました。もう一度始めます。[/yellow]")
        process.start()
        story.console.print(f"{process.name} がまた動いています。")


if __name__ == "__main__":
    sys.exit(main())
