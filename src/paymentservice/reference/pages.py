"""The sample wallet pages: whoever has the wallet's address has the wallet, as only a sample may work."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from uuid_utils.compat import uuid7

from paymentservice.closing_book import RowUnknown, UnableToClose
from paymentservice.config import Shop
from paymentservice.reference import accounts, ledger
from paymentservice.reference.closings import get_receipt, get_sealed_periods
from paymentservice.reference.configured import get_config
from paymentservice.reference.history import get_history
from paymentservice.reference.ledger import UnableToMove
from paymentservice.reference.models import Account

_SENTENCES: Final[Mapping[type[UnableToMove], str]] = {
    ledger.NotOffered: "このサービスではチャージは行いません。お店でのお買い物がポイントになります。",
    ledger.AmountUnusable: "1 から 1,000,000 までの数を入力してください。小数は使えません。",
    ledger.ShopUnknown: "お店を一覧から選んでください。",
    ledger.MoneyShort: "残高が足りません。チャージしてから、もう一度お試しください。",
    ledger.PointsShort: "ポイントが足りません。お持ちのポイントの範囲で入力してください。",
}

_LENGTH_IN_LABEL: Final = re.compile(r"（[^）]*）$")

Page = Callable[[HttpRequest, Account], HttpResponse]
WalletView = Callable[..., HttpResponse]


class SeeOther(HttpResponse):
    """Sends the browser to a page with GET, so that reloading it repeats nothing (RFC 9110, section 15.4.4)."""

    status_code = 303

    def __init__(self, location: str) -> None:
        super().__init__(headers={"Location": location})


def of_wallet(view: Callable[..., HttpResponse]) -> WalletView:
    """Hand a view the account whose wallet the address opens."""

    @wraps(view)
    def find_and_show(request: HttpRequest, wallet_key: str, **names: str) -> HttpResponse:
        owner = accounts.find_account(wallet_key)
        if owner is None:
            raise Http404
        return view(request, owner, **names)

    return never_cache(find_and_show)


@require_GET
@of_wallet
def show_wallet(request: HttpRequest, owner: Account) -> HttpResponse:
    """Show balance, points, forms and history."""
    return _page(request, owner)


@require_POST
@of_wallet
def charge_wallet(request: HttpRequest, owner: Account) -> HttpResponse:
    """Charge money."""
    return _move(request, owner, ledger.charge)


@require_POST
@of_wallet
def buy_in_shop(request: HttpRequest, owner: Account) -> HttpResponse:
    """Pay with money in a shop."""
    return _move(request, owner, ledger.buy, shop=request.POST.get("shop", ""))


@require_POST
@of_wallet
def spend_points(request: HttpRequest, owner: Account) -> HttpResponse:
    """Pay with points in a shop."""
    return _move(request, owner, ledger.spend, shop=request.POST.get("shop", ""))


@require_POST
@of_wallet
def renew_codes(request: HttpRequest, owner: Account) -> HttpResponse:
    """Draw new security codes and show them this once."""
    config = get_config()
    instrument = accounts.get_open_instrument(owner)
    if instrument is None:
        raise Http404
    issued = accounts.renew_codes(instrument.account_id, form=config.accounts, code_key=config.code_key)
    labels = (code.label for code in config.accounts.codes)
    return _page(request, owner, codes=list(zip(labels, issued.codes, strict=True)))


@require_GET
@of_wallet
def download_receipt(request: HttpRequest, owner: Account, *, programme: str, period: str) -> HttpResponse:
    """Hand out the receipt of the account's row of a closing."""
    config = get_config()
    terms = config.get_programme(programme)
    if terms is None:
        raise Http404
    try:
        receipt = get_receipt(owner, programme=terms, period=period, config=config)
    except (UnableToClose, RowUnknown):
        raise Http404 from None
    name = f"{config.service.id}-{programme}-{period}.json"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(receipt, content_type="application/json", headers=disposition)


def show_unknown(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing under an address."""
    del exception
    return render(request, "reference/unknown.html", {"service": get_config().service}, status=404)


def _move(request: HttpRequest, owner: Account, movement: Callable[..., None], **where: str) -> HttpResponse:
    config = get_config()
    try:
        movement(owner, _amount(request), **where, config=config, order_key=_order(request), at=config.clock())
    except UnableToMove as error:
        return _page(request, owner, fault=_SENTENCES[type(error)], status=422)
    return SeeOther(reverse("wallet", args=[owner.wallet_key]))


def _amount(request: HttpRequest) -> int:
    text = unicodedata.normalize("NFKC", request.POST.get("amount", "")).strip().replace(",", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ledger.AmountUnusable
    return int(text)


def _order(request: HttpRequest) -> str:
    # Drawn when the page was shown: sending the same form twice is one order.
    return request.POST.get("order", "")[:64] or str(uuid7())


def _page(
    request: HttpRequest,
    owner: Account,
    *,
    fault: str = "",
    codes: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    config = get_config()
    instrument = accounts.get_open_instrument(owner)
    shops: list[Shop] = config.shops
    balance = ledger.get_balance(owner)
    content = {
        "service": config.service,
        "id_label": config.accounts.id_label,
        "account_id": config.accounts.format_id(instrument.account_id) if instrument else "",
        "owner": owner,
        "code_words": "と".join(_LENGTH_IN_LABEL.sub("", code.label) for code in config.accounts.codes),
        "balance": balance,
        "used": -balance.money,
        "history": get_history(owner, config=config),
        "closings": get_sealed_periods(owner),
        "shops": shops,
        "order": str(uuid7()),
        "fault": fault,
        "codes": codes,
    }
    return render(request, "reference/wallet.html", content, status=status)
