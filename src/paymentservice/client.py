"""What a payment service asks the platform: the roll, its closing, the draw, the verdict."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from paymentservice.bodies import write_body
from paymentservice.encoding import from_base64url
from paymentservice.exchange import AnswerUntrusted, SignedClient
from paymentservice.openings import write_openings
from paymentservice.wire import ROLL_PAGE, AuditVerdict, ClosingState, RollPage, SealedTotals
from sealedclaim.opening import Opening


@dataclass(frozen=True, kw_only=True)
class Roll:
    """The link tokens of a programme's period, sorted, and their digest as the platform fixed it."""

    programme: str
    period: str
    digest: bytes
    tokens: tuple[bytes, ...]


class PlatformClient:
    """The platform's service API, as one payment service sees it."""

    def __init__(self, client: SignedClient) -> None:
        self._client = client

    def iterate_roll(self, *, programme: str, period: str) -> Iterator[RollPage]:
        """Yield the pages of the roll; a progress display may count their tokens.

        :raises UnableToExchange: also while iterating.
        """
        query = f"?limit={ROLL_PAGE}"
        seen = 0
        while True:
            page = self._client.ask(RollPage, "GET", f"{_period(programme, period)}/roll{query}")
            seen += len(page.tokens)
            # Every page must bring something and none may bring too much, or a faulty peer keeps us here for ever.
            if seen > page.count or (page.next is not None and not page.tokens):
                raise AnswerUntrusted("the roll does not add up")
            yield page
            if page.next is None:
                return
            query = f"?limit={ROLL_PAGE}&after={page.next}"

    def get_roll(self, *, programme: str, period: str) -> Roll:
        """Fetch the whole roll.

        :raises UnableToExchange: e.g. with problem ``period_not_ended``.
        """
        return assemble_roll(list(self.iterate_roll(programme=programme, period=period)))

    def put_closing(self, sealed: SealedTotals, *, programme: str, period: str) -> ClosingState:
        """Hand in the sealed closing; handing in the same one again changes nothing."""
        return self._client.ask(
            ClosingState, "PUT", f"{_period(programme, period)}/closing", content=write_body(sealed)
        )

    def get_closing(self, *, programme: str, period: str) -> ClosingState:
        """Ask where the closing stands and which rows were drawn."""
        return self._client.ask(ClosingState, "GET", f"{_period(programme, period)}/closing")

    def post_openings(self, openings: Iterable[Opening], *, programme: str, period: str) -> AuditVerdict:
        """Open the drawn rows and hear the verdict."""
        path = f"{_period(programme, period)}/closing/openings"
        return self._client.ask(AuditVerdict, "POST", path, content=write_openings(openings))


def assemble_roll(pages: list[RollPage]) -> Roll:
    """Join the pages of one roll.

    :raises AnswerUntrusted: when they are not pages of one sorted roll.
    """
    first = pages[0]
    tokens = tuple(from_base64url(token) for page in pages for token in page.tokens)
    same = all((page.digest, page.count) == (first.digest, first.count) for page in pages)
    if not same or len(tokens) != first.count or list(tokens) != sorted(set(tokens)):
        raise AnswerUntrusted("the pages are not one sorted roll")
    return Roll(programme=first.programme, period=first.period, digest=from_base64url(first.digest), tokens=tokens)


def _period(programme: str, period: str) -> str:
    return f"/programmes/{programme}/periods/{period}"
