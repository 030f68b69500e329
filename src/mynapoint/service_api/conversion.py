"""Between the bodies on the wire and the values of the rooms."""

from mynapoint.closing.queries import ClosingView
from mynapoint.closing.queries import RollPage as Page
from mynapoint.closing.rules import SealedTotal
from mynapoint.settlement.queries import ClaimView
from paymentservice.encoding import from_base64url, to_base64url
from paymentservice.wire import ClaimState, ClosingState, RollPage, SealedTotals


def show_roll(page: Page, *, programme: str, period: str) -> RollPage:
    """Return a run of a roll as it travels."""
    return RollPage(
        programme=programme,
        period=period,
        count=page.count,
        digest=to_base64url(page.digest),
        tokens=[to_base64url(token) for token in page.tokens],
        next=to_base64url(page.next) if page.next else None,
    )


def show_closing(view: ClosingView, *, claim: ClaimView | None) -> ClosingState:
    """Return where a closing stands as it travels; the drawn rows are named only while they are asked for."""
    draw = list(view.draw or ()) if view.state == "drawn" else None
    due = ClaimState(amount=claim.amount, state=claim.state) if claim else None
    return ClosingState(state="reopened" if view.reopened else view.state, draw=draw, reason=view.reason, claim=due)


def read_sealed(totals: SealedTotals) -> SealedTotal:
    """Return what a service sealed."""
    return SealedTotal(
        roll_digest=from_base64url(totals.roll_digest),
        count=totals.count,
        total=totals.total,
        root=from_base64url(totals.root),
    )
