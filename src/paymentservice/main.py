"""The command line of the reference service: ``paymentservice --config FILE …``."""

import os
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from granian import Granian
from granian.constants import Interfaces

from paymentservice.keys import public_key_text, read_private_key, write_private_key, write_secret
from paymentservice.terminal import config_of, open_desk, print_values, run, show_progress

BLOCKING_THREADS = 4

app = typer.Typer(no_args_is_help=True, add_completion=False, help="見本の決済サービスを動かします。")
account_app = typer.Typer(no_args_is_help=True, help="アカウント")
wallet_app = typer.Typer(no_args_is_help=True, help="お金とポイント")
statement_app = typer.Typer(no_args_is_help=True, help="月の明細")
keys_app = typer.Typer(no_args_is_help=True, help="鍵")
for name, group in {"account": account_app, "wallet": wallet_app, "statement": statement_app, "keys": keys_app}.items():
    app.add_typer(group, name=name)

Json = Annotated[bool, typer.Option("--json", help="JSON で出力する")]
AccountId = Annotated[str, typer.Argument(help="アカウントの ID")]
Amount = Annotated[int, typer.Argument(help="金額またはポイント")]
ShopId = Annotated[str, typer.Option("--shop", help="お店の ID")]
Order = Annotated[str | None, typer.Option("--order", help="同じ値なら二度実行しても一度だけ")]
Period = Annotated[str, typer.Option("--period", help="締めの期間")]
ProgrammeId = Annotated[str | None, typer.Option("--programme", help="施策（一つだけなら省略できる）")]


@app.callback()
def choose_config(
    context: typer.Context,
    config: Annotated[Path, typer.Option("--config", envvar="PAYMENTSERVICE_CONFIG", help="設定ファイル（TOML）")],
) -> None:
    """Remember which service the command is for."""
    context.obj = config


@app.command()
def serve(context: typer.Context, port: Annotated[int | None, typer.Option(help="待ち受けるポート")] = None) -> None:
    """サービスを動かす。"""
    with open_desk(context) as desk:
        desk.check_keys()
    config = config_of(context)
    Granian(
        "paymentservice.reference.wsgi:application",
        address="127.0.0.1",
        port=port or config.service.port,
        interface=Interfaces.WSGI,
        blocking_threads=BLOCKING_THREADS,
        log_access=False,
        websockets=False,
        respawn_failed_workers=True,
    ).serve()


@account_app.command("open")
def open_account(context: typer.Context, as_json: Json = False) -> None:
    """アカウントを開き、ID とコードを一度だけ表示する。"""
    run(context, lambda desk: desk.open_account(), as_json=as_json)


@account_app.command("show")
def show_account(context: typer.Context, account: AccountId, as_json: Json = False) -> None:
    """残高、ポイント、ウォレットのアドレスを表示する。"""
    run(context, lambda desk: desk.show(account), as_json=as_json)


@account_app.command("reissue")
def reissue_account(context: typer.Context, account: AccountId, as_json: Json = False) -> None:
    """ID を再発行する。残高、ポイント、連携は引き継がれる。"""
    run(context, lambda desk: desk.reissue(account), as_json=as_json)


@account_app.command("close")
def close_account(context: typer.Context, account: AccountId, as_json: Json = False) -> None:
    """アカウントを解約する。"""
    run(context, lambda desk: desk.close_account(account), as_json=as_json)


@wallet_app.command("charge")
def charge(
    context: typer.Context, account: AccountId, amount: Amount, order: Order = None, as_json: Json = False
) -> None:
    """チャージする。"""
    run(context, lambda desk: desk.charge(account, amount, order=order), as_json=as_json)


@wallet_app.command("buy")
def buy(
    context: typer.Context,
    account: AccountId,
    amount: Amount,
    *,
    shop: ShopId,
    order: Order = None,
    as_json: Json = False,
) -> None:
    """お店で買う。"""
    run(context, lambda desk: desk.buy(account, amount, shop=shop, order=order), as_json=as_json)


@wallet_app.command("spend")
def spend(
    context: typer.Context,
    account: AccountId,
    amount: Amount,
    *,
    shop: ShopId,
    order: Order = None,
    as_json: Json = False,
) -> None:
    """ポイントで支払う。"""
    run(context, lambda desk: desk.spend(account, amount, shop=shop, order=order), as_json=as_json)


@wallet_app.command("reverse")
def reverse(
    context: typer.Context,
    account: AccountId,
    order: Annotated[str, typer.Argument(help="取り消す取引")],
    as_json: Json = False,
) -> None:
    """チャージまたはお買い物を取り消す。"""
    run(context, lambda desk: desk.reverse(account, order), as_json=as_json)


@statement_app.command("run")
def run_statement(
    context: typer.Context,
    month: Annotated[str, typer.Option("--month", help="2020-09 の形")],
    programme: ProgrammeId = None,
    as_json: Json = False,
) -> None:
    """月のお買い物にポイントを付ける。"""
    with show_progress("明細", as_json=as_json) as advance:
        run(
            context,
            lambda desk: desk.run_statement(month, programme=programme, progress=advance),
            as_json=as_json,
        )


@app.command("close")
def close_period(
    context: typer.Context,
    period: Period,
    programme: ProgrammeId = None,
    *,
    again: Annotated[bool, typer.Option("--again", help="再開された締めを、直した内容で封緘し直す")] = False,
    as_json: Json = False,
) -> None:
    """期間を締める: 名簿を受け取り、行を埋め、封緘して送る。"""
    with show_progress("名簿", as_json=as_json) as advance:
        run(
            context,
            lambda desk: desk.close_period(period, programme=programme, again=again, progress=advance),
            as_json=as_json,
        )


@app.command("answer-audit")
def answer_audit(
    context: typer.Context,
    period: Period,
    programme: ProgrammeId = None,
    wait: Annotated[float, typer.Option(help="抽選を待つ秒数")] = 60.0,
    as_json: Json = False,
) -> None:
    """抽選された行を開いて送る。"""
    run(context, lambda desk: desk.answer_audit(period, programme=programme, wait=wait), as_json=as_json)


@app.command("receipt")
def write_receipt(
    context: typer.Context,
    *,
    account: Annotated[str, typer.Option("--account", help="アカウントの ID")],
    period: Period,
    out: Annotated[Path, typer.Option("--out", help="書き出すファイル")],
    programme: ProgrammeId = None,
    as_json: Json = False,
) -> None:
    """締めの受領書を書き出す。"""
    run(
        context,
        lambda desk: desk.write_receipt(account, period=period, programme=programme, out=out),
        as_json=as_json,
    )


@keys_app.command("generate")
def generate_keys(context: typer.Context, as_json: Json = False) -> None:
    """設定に書かれた鍵のうち、まだないものを作り、公開鍵を表示する。"""
    config = config_of(context)
    if not config.keys.private_key.exists():
        write_private_key(config.keys.private_key, Ed25519PrivateKey.generate())
    for secret in (config.keys.closing_key, config.keys.code_key):
        if not secret.exists():
            write_secret(secret)
    public = public_key_text(read_private_key(config.keys.private_key).public_key())
    print_values({"keyid": config.keys.keyid, "public_key": public}, as_json=as_json)


def main() -> None:
    """Run the command line; what it writes, the database's side files too, is its owner's alone."""
    os.umask(0o077)
    app()


if __name__ == "__main__":
    main()
