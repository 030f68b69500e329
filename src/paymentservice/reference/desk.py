"""What the commands can do with the reference service: one method each, returning plain values to print."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from uuid_utils.compat import uuid7

from paymentservice.client import PlatformClient, assemble_roll
from paymentservice.closing_book import RowUnknown, UnableToClose
from paymentservice.config import Config, Programme
from paymentservice.config_fields import normalise
from paymentservice.exchange import SignedClient, UnableToExchange
from paymentservice.reference import accounts, closings, ledger, statements
from paymentservice.reference.models import Account, Link
from paymentservice.reference.standings import list_standing_links
from paymentservice.wire import ClosingState

Printed = dict[str, object]
Progress = Callable[[int, int], None]
"""Called with (done, of how many)."""

POLL_SECONDS: Final = 0.5


class ProgrammeNotChosen(Exception):
    """The service takes part in several programmes, or not in this one."""


REFUSALS: Final = (
    accounts.AccountUnknown,
    accounts.InstrumentClosed,
    ledger.UnableToMove,
    statements.UnableToRun,
    UnableToClose,
    RowUnknown,
    UnableToExchange,
    ProgrammeNotChosen,
)


class Desk:
    """The service's own side of the counter."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def check_keys(self) -> None:
        """Check that every key can be read, before a first request needs one.

        :raises KeyUnreadable:
        """
        config = self._config
        _ = config.signing_key, config.platform_peer, config.closing_key, config.code_key

    def open_account(self) -> Printed:
        """Open an account; the only time that its codes are shown."""
        form, key = self._config.accounts, self._config.code_key
        return self._issued(accounts.open_account(form=form, code_key=key, at=self._config.clock()))

    def reissue(self, account: str) -> Printed:
        """Replace an instrument by a new one."""
        form, key, at = self._config.accounts, self._config.code_key, self._config.clock()
        return self._issued(accounts.reissue_instrument(normalise(account), form=form, code_key=key, at=at))

    def close_account(self, account: str) -> Printed:
        """Close an instrument for good."""
        accounts.close_instrument(normalise(account), at=self._config.clock())
        return {"account_id": normalise(account), "state": "closed"}

    def show(self, account: str) -> Printed:
        """Show balance, points and links of an account."""
        instrument = accounts.get_instrument(normalise(account))
        balance = ledger.get_balance(instrument.owner)
        links = list_standing_links(instrument.owner)
        return {
            "account_id": instrument.account_id,
            "state": "closed" if instrument.closed_at else "open",
            "money": balance.money,
            "points": balance.points,
            "linked_programmes": sorted(link.programme for link in links),
            "held_programmes": sorted(link.programme for link in links if link.standing == Link.Standing.HELD),
            "wallet": self._wallet_address(instrument.owner.wallet_key),
        }

    def charge(self, account: str, amount: int, *, order: str | None) -> Printed:
        """Charge a wallet."""
        owner, key, at = self._owner(account), order or str(uuid7()), self._config.clock()
        ledger.charge(owner, amount, config=self._config, order_key=key, at=at)
        return self._moved(owner, key)

    def buy(self, account: str, amount: int, *, shop: str, order: str | None) -> Printed:
        """Pay with money in a shop."""
        owner, key, at = self._owner(account), order or str(uuid7()), self._config.clock()
        ledger.buy(owner, amount, shop=shop, config=self._config, order_key=key, at=at)
        return self._moved(owner, key)

    def spend(self, account: str, points: int, *, shop: str, order: str | None) -> Printed:
        """Pay with points in a shop."""
        owner, key, at = self._owner(account), order or str(uuid7()), self._config.clock()
        ledger.spend(owner, points, shop=shop, config=self._config, order_key=key, at=at)
        return self._moved(owner, key)

    def reverse(self, account: str, order: str) -> Printed:
        """Take a charge or purchase back."""
        owner, at = self._owner(account), self._config.clock()
        ledger.reverse(owner, order_key=order, config=self._config, at=at)
        return self._moved(owner, order)

    def run_statement(self, month: str, *, programme: str | None, progress: Progress) -> Printed:
        """Grant the month's points."""
        terms, at = self._programme(programme), self._config.clock()
        count = Link.objects.filter(programme=terms.id).exclude(standing=Link.Standing.STOPPED).count()
        points = 0
        for done, line in enumerate(statements.run_statement(month, programme=terms, at=at), start=1):
            points += line.award.points
            progress(done, count)
        return {"programme": terms.id, "month": month, "links": count, "points": points}

    def close_period(self, period: str, *, programme: str | None, again: bool, progress: Progress) -> Printed:
        """Fetch the roll, fill it, seal it and hand the closing in; `again` is for one that was reopened."""
        terms, at = self._programme(programme), self._config.clock()
        closings.check_closable(terms, period=period, kind=self._config.service.kind, at=at)
        with self._platform() as platform:
            if again and platform.get_closing(programme=terms.id, period=period).state != "reopened":
                raise closings.NotReopened
            pages, fetched = [], 0
            for page in platform.iterate_roll(programme=terms.id, period=period):
                pages.append(page)
                fetched += len(page.tokens)
                progress(fetched, page.count)
            roll = assemble_roll(pages)
            book = closings.seal_period(roll, programme=terms, config=self._config, at=at, again=again)
            state = platform.put_closing(book.totals, programme=terms.id, period=period)
        return {"programme": terms.id, "period": period, **book.totals.model_dump(), **state.model_dump()}

    def answer_audit(self, period: str, *, programme: str | None, wait: float) -> Printed:
        """Wait for the draw, open the drawn rows, and tell the verdict."""
        terms = self._programme(programme)
        book = closings.get_book(terms, period=period, config=self._config)
        with self._platform() as platform:
            state = _await_draw(platform, programme=terms.id, period=period, wait=wait)
            if state.state != "drawn":
                return {"programme": terms.id, "period": period, **state.model_dump()}
            openings = book.open_rows(state.draw or [])
            verdict = platform.post_openings(openings, programme=terms.id, period=period)
        return {"programme": terms.id, "period": period, "opened": len(openings), **verdict.model_dump()}

    def write_receipt(self, account: str, *, period: str, programme: str | None, out: Path) -> Printed:
        """Write the receipt of an account's row of a closing."""
        owner = accounts.get_instrument(normalise(account)).owner
        terms = self._programme(programme)
        out.write_bytes(closings.get_receipt(owner, programme=terms, period=period, config=self._config))
        return {"file": str(out)}

    def _issued(self, issued: accounts.IssuedInstrument) -> Printed:
        return {
            "account_id": issued.account_id,
            "codes": issued.codes,
            "wallet": self._wallet_address(issued.wallet_key),
        }

    def _moved(self, owner: Account, order: str) -> Printed:
        balance = ledger.get_balance(owner)
        return {"order": order, "money": balance.money, "points": balance.points}

    def _owner(self, account: str) -> Account:
        return accounts.get_open_account(normalise(account))

    def _wallet_address(self, wallet_key: str) -> str:
        base = urlsplit(self._config.service.base_url)
        return f"{base.scheme}://{base.netloc}/wallet/{wallet_key}/"

    def _programme(self, programme: str | None) -> Programme:
        if programme is None and len(self._config.programmes) == 1:
            return self._config.programmes[0]
        found = self._config.get_programme(programme or "")
        if found is None:
            raise ProgrammeNotChosen
        return found

    @contextmanager
    def _platform(self) -> Iterator[PlatformClient]:
        config = self._config
        with SignedClient(peer=config.platform_peer, key=config.signing_key, clock=config.clock) as client:
            yield PlatformClient(client)


def _await_draw(platform: PlatformClient, *, programme: str, period: str, wait: float) -> ClosingState:
    gives_up_at = time.monotonic() + wait
    while True:
        state = platform.get_closing(programme=programme, period=period)
        if state.state != "sealed" or time.monotonic() >= gives_up_at:
            return state
        time.sleep(POLL_SECONDS)
