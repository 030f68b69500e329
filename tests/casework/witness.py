"""Who watches people's hands: what each typed, whose card signed what. Of the platform it hears only what it bound."""

from collections import Counter
from datetime import datetime

from casework.book import keep_newest
from casework.cards import Card, Person
from casework.platform import SERVICE, Bound
from mynapoint.act.rules import Submission
from mynapoint.application.rules import hash_account
from mynapoint.case.rules import CaseName


class Witness:
    """An independent checker of every binding."""

    def __init__(self, *, account_key: bytes) -> None:
        self._account_key = account_key
        self._typed: dict[Person, str] = {}
        self._signed: dict[Submission, Person] = {}
        self._opened_at: dict[CaseName, datetime] = {}
        self.seen = 0
        self.wrong: list[str] = []
        self.outcomes: Counter[str] = Counter()

    def see_typing(self, person: Person, account: str) -> None:
        """Somebody types an account; the last one is the one that they mean."""
        self._typed[person] = account

    def see_signing(self, card: Card, submission: Submission) -> None:
        """A card signs, and its holder has typed the PIN.

        Two people whose cards share a key make one signature over one statement: their certificates tell them apart.
        """
        self._signed[submission] = card.person

    def see_opening(self, case: CaseName, at: datetime) -> None:
        """A case begins; asked for again it is the same."""
        self._opened_at.setdefault(case, at)

    def judge_card(self, case: CaseName, put_down_at: datetime) -> None:
        """Compare when a case's card was put down with when the case began: before that it was somebody else's."""
        if put_down_at < self._opened_at[case]:
            self.wrong.append("a case took a card that lay there before it")

    def judge(self, submission: Submission, bound: Bound) -> None:
        """Compare what was bound with what was done."""
        self.seen += 1
        signer = self._signed.get(submission)
        if signer != bound.person:
            self.wrong.append(f"{bound.kind} bound to person {bound.person}, signed by the card of {signer}")
        if bound.account_hash is not None and bound.account_hash != self._hash_typed(signer):
            self.wrong.append(f"person {bound.person} bound to an account that {signer} had not typed")

    def forget_old(self) -> None:
        """Drop what happened long ago."""
        keep_newest(self._typed)
        keep_newest(self._signed)
        keep_newest(self._opened_at)

    def _hash_typed(self, signer: Person | None) -> bytes | None:
        typed = self._typed.get(signer) if signer is not None else None
        return hash_account(SERVICE, typed, key=self._account_key) if typed else None
