"""From a proposal to a done act: every check with an input that fails it alone, and what a failure leaves behind."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import rfc8785
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from cast import AT, BORN, DAY, INQUIRY, ISSUED_AT, MINUTE, PERFORMERS, RESERVATION, SECOND, SITE, Cast, sign
from jpki.certificate import CertificateId, HolderCertificate
from jpki.registry import Lineage, RegistryUnavailable, UnknownLineage
from jpki.virtual.contents import FileMemory
from jpki.virtual.keys import KeyKind
from mynapoint.act.models import AnsweredAct, ProposedAct, UsedAct
from mynapoint.act.operations import forget, propose
from mynapoint.act.queries import get_statement, get_view, is_done, list_done
from mynapoint.act.rules import (
    DOMAIN_LINE,
    LIFETIME,
    SHOWN_FOR,
    ActAlreadyUsed,
    ActExpired,
    ActUnknown,
    AudienceMismatch,
    Authorities,
    CertificateIsExpired,
    CertificateIsRevoked,
    CertificateNotAccepted,
    Link,
    SignatureInvalid,
    SignedAct,
    Submission,
    TryLater,
)
from mynapoint.holder.models import Hold, Holder
from mynapoint.holder.rules import HeldForReview
from mynapoint.journal.models import Entry
from mynapoint.kernel.refusal import Refusal
from mynapoint.programme.rules import WithinRenewalWait
from mynapoint.reservation.models import Reservation
from mynapoint.reservation.rules import AlreadyReserved
from races import at_once, list_ends

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanako(cast: Cast) -> Path:
    return cast.card("hanako")


@pytest.fixture
def link(programme: str) -> Link:
    return propose(RESERVATION, audience=SITE, at=AT)


class TestPropose:
    def test_states_everything_in_canonical_json_under_the_domain_line(self, link: Link) -> None:
        statement = get_statement(link, at=AT)
        fields = json.loads(statement.removeprefix(DOMAIN_LINE))
        assert statement == DOMAIN_LINE + rfc8785.dumps(fields)
        assert fields["audience"] == SITE
        assert fields["act"] == str(link.id)
        assert fields["created_at"] == "2020-09-10T10:00:00+09:00"
        assert fields["expires_at"] == "2020-09-10T10:05:00+09:00"
        assert len(fields["nonce"]) == 43

    def test_never_proposes_the_same_nonce_twice(self, programme: str) -> None:
        nonces = {
            json.loads(get_statement(propose(INQUIRY, audience=SITE, at=AT), at=AT)[17:])["nonce"] for _ in range(20)
        }
        assert len(nonces) == 20

    def test_stores_of_the_link_only_a_hash(self, link: Link) -> None:
        row = ProposedAct.objects.get()
        assert link.secret not in b"".join(bytes(value) for value in (row.secret_hash, row.statement))


class TestLink:
    def test_is_found_by_its_token(self, link: Link) -> None:
        assert len(link.token) == 43
        assert Link.parse(link.token) == link

    def test_is_not_found_with_another_secret(self, link: Link) -> None:
        with pytest.raises(ActUnknown):
            get_statement(replace(link, secret=b"x" * 16), at=AT)

    @given(token=st.text(max_size=60) | st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True))
    def test_answers_any_text_with_a_link_or_one_error(self, token: str) -> None:
        with suppress(ActUnknown):
            assert Link.parse(token).token == token


class TestSubmit:
    def test_does_the_act_with_one_journal_entry_and_its_answer(self, cast: Cast, hanako: Path, link: Link) -> None:
        done = cast.submit(link, cast.sign(link, hanako))
        assert Reservation.objects.get().act_id == link.id
        entry = Entry.objects.get()
        assert entry.id == done.entry_id
        view = get_view(link, at=AT)
        assert view.answer is not None
        assert view.answer.is_done
        assert view.answer.entry_id == entry.id

    @pytest.mark.parametrize("kind", KeyKind)
    def test_takes_a_card_with_any_kind_of_key_and_its_successor_of_another(
        self, cast: Cast, programme: str, kind: KeyKind
    ) -> None:
        card = cast.authority.issue("jiro", birth_date=BORN, at=ISSUED_AT, kind=kind)
        done = cast.reserve(card)
        assert Entry.objects.get().id == done.entry_id
        other = next(other for other in KeyKind if other is not kind)
        cast.authority.renew(card, at=AT, kind=other)
        cast.act(INQUIRY, card, at=AT + DAY)
        assert Holder.objects.count() == 1

    # (1)
    def test_accepts_at_the_last_instant(self, cast: Cast, hanako: Path, link: Link) -> None:
        done = cast.submit(link, cast.sign(link, hanako), at=AT + LIFETIME - timedelta(microseconds=1))
        assert done.act_id == link.id

    def test_refuses_when_the_time_is_over_and_leaves_the_nonce(self, cast: Cast, hanako: Path, link: Link) -> None:
        with pytest.raises(ActExpired) as refusal:
            cast.submit(link, cast.sign(link, hanako), at=AT + LIFETIME)
        assert refusal.value.expired_at == AT + LIFETIME
        assert not UsedAct.objects.exists()

    def test_refuses_a_statement_for_another_site(self, cast: Cast, hanako: Path, link: Link) -> None:
        self.check_refused(AudienceMismatch, cast, link, cast.sign(link, hanako), audience="https://elsewhere.example")

    # (2)
    def test_refuses_the_signing_certificate(self, cast: Cast, hanako: Path, link: Link) -> None:
        signed = cast.sign(link, hanako)
        signing = FileMemory(hanako).read().credentials.signing.certificate
        self.check_refused(CertificateNotAccepted, cast, link, replace(signed, certificate=signing))

    def test_refuses_a_certificate_of_another_authority(
        self, cast: Cast, hanako: Path, link: Link, tmp_path: Path
    ) -> None:
        other = cast.authority.create(tmp_path / "other", at=ISSUED_AT - DAY)
        elsewhere = other.issue("hanako", birth_date=BORN, at=ISSUED_AT)
        self.check_refused(CertificateNotAccepted, cast, link, cast.sign(link, elsewhere))

    def test_refuses_an_expired_certificate(self, cast: Cast, programme: str) -> None:
        old = cast.card("old", at=datetime.fromisoformat("2018-06-01T09:00:00+09:00"))
        much_later = AT + 4 * 366 * DAY
        link = propose(INQUIRY, audience=SITE, at=much_later)
        self.check_refused(CertificateIsExpired, cast, link, cast.sign(link, old, at=much_later), at=much_later)

    @pytest.mark.parametrize("noise", [b"", b"\x30", b"\x30\x82\x04\x00" + b"\x00" * 1024, b"x" * 5000])
    def test_refuses_bytes_that_are_no_certificate(self, cast: Cast, hanako: Path, link: Link, noise: bytes) -> None:
        self.check_refused(CertificateNotAccepted, cast, link, replace(cast.sign(link, hanako), certificate=noise))

    # (3)
    def test_refuses_a_revoked_certificate(self, cast: Cast, hanako: Path, link: Link) -> None:
        cast.authority.revoke(hanako, at=AT - SECOND, reason=x509.ReasonFlags.key_compromise)
        self.check_refused(CertificateIsRevoked, cast, link, cast.sign(link, hanako))

    def test_puts_off_when_the_registry_does_not_answer_and_never_lets_through(
        self, cast: Cast, hanako: Path, link: Link
    ) -> None:
        authorities = Authorities(anchors=cast.authority.anchors(), registry=SilentRegistry())
        self.check_refused(TryLater, cast, link, cast.sign(link, hanako), authorities=authorities)

    # (4)
    def test_holds_a_certificate_whose_predecessor_is_unknown(self, cast: Cast, hanako: Path, link: Link) -> None:
        authorities = Authorities(anchors=cast.authority.anchors(), registry=ForgetfulRegistry())
        refusal = self.check_refused(HeldForReview, cast, link, cast.sign(link, hanako), authorities=authorities)
        assert Hold.objects.get().act_id == link.id
        assert Entry.objects.get().kind == "hold"
        assert refusal.data() == {"hold": str(Entry.objects.get().id)}
        assert not Holder.objects.exists()

    def test_does_not_hold_for_somebody_who_cannot_sign(self, cast: Cast, hanako: Path, link: Link) -> None:
        authorities = Authorities(anchors=cast.authority.anchors(), registry=ForgetfulRegistry())
        signed = cast.sign(link, hanako)
        self.check_refused(
            SignatureInvalid, cast, link, replace(signed, signature=b"\x01" * 256), authorities=authorities
        )
        assert not Hold.objects.exists()

    # (5)
    def test_refuses_within_a_day_of_a_renewal_and_says_from_when(self, cast: Cast, hanako: Path, link: Link) -> None:
        renewed_at = AT - timedelta(hours=24) + SECOND
        cast.authority.renew(hanako, at=renewed_at)
        refusal = self.check_refused(WithinRenewalWait, cast, link, cast.sign(link, hanako))
        assert refusal.data() == {"open_from": (AT + SECOND).astimezone(refusal.open_from.tzinfo).isoformat()}  # type: ignore[attr-defined]

    def test_accepts_at_the_very_second_after_which_a_renewed_card_can_be_used(
        self, cast: Cast, hanako: Path, link: Link
    ) -> None:
        cast.authority.renew(hanako, at=AT - timedelta(hours=24))
        assert cast.submit(link, cast.sign(link, hanako)).act_id == link.id

    # (6)
    def test_refuses_a_signature_over_another_statement(self, cast: Cast, hanako: Path, link: Link) -> None:
        other = propose(RESERVATION, audience=SITE, at=AT)
        self.check_refused(SignatureInvalid, cast, link, cast.sign(other, hanako))

    def test_refuses_a_signature_without_the_domain_line(self, cast: Cast, hanako: Path, link: Link) -> None:
        bare = get_statement(link, at=AT).removeprefix(DOMAIN_LINE)
        self.check_refused(SignatureInvalid, cast, link, sign(bare, hanako))

    def test_refuses_another_persons_signature_under_ones_own_certificate(
        self, cast: Cast, hanako: Path, link: Link
    ) -> None:
        taro = cast.sign(link, cast.card("taro"))
        self.check_refused(SignatureInvalid, cast, link, replace(taro, certificate=cast.sign(link, hanako).certificate))

    def test_never_says_that_nothing_came_to_whoever_repeats_a_done_act_late(
        self, cast: Cast, hanako: Path, link: Link
    ) -> None:
        signed = cast.sign(link, hanako)
        cast.submit(link, signed)
        for late in (LIFETIME - SECOND, LIFETIME, LIFETIME + SHOWN_FOR - SECOND, LIFETIME + SHOWN_FOR):
            with pytest.raises(ActAlreadyUsed):
                cast.submit(link, signed, at=AT + late)
            with pytest.raises(ActAlreadyUsed):
                get_statement(link, at=AT + late)
        forget(at=AT + LIFETIME + SHOWN_FOR + SECOND)
        with pytest.raises(ActUnknown):
            cast.submit(link, signed, at=AT + LIFETIME + SHOWN_FOR + SECOND)

    # the nonce
    def test_takes_one_signature_only(self, cast: Cast, hanako: Path, link: Link) -> None:
        signed = cast.sign(link, hanako)
        cast.submit(link, signed)
        with pytest.raises(ActAlreadyUsed):
            cast.submit(link, signed)
        assert Entry.objects.count() == 1

    def test_takes_no_second_try_after_a_failed_check(self, cast: Cast, hanako: Path, link: Link) -> None:
        signed = cast.sign(link, hanako)
        self.check_refused(SignatureInvalid, cast, link, replace(signed, signature=b"\x00" * 256))
        with pytest.raises(ActAlreadyUsed):
            cast.submit(link, signed)
        with pytest.raises(ActAlreadyUsed):
            get_statement(link, at=AT)

    def test_keeps_nothing_of_an_act_whose_operation_breaks(self, cast: Cast, hanako: Path, link: Link) -> None:
        def break_down(_act: SignedAct) -> dict[str, str]:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            cast.submit(link, cast.sign(link, hanako), performers={**PERFORMERS, "reservation": break_down})
        assert not Holder.objects.exists()
        assert not Entry.objects.exists()
        assert not AnsweredAct.objects.exists()

    def check_refused(
        self,
        error: type[Refusal],
        cast: Cast,
        link: Link,
        submission: Submission,
        *,
        at: datetime = AT,
        **changed: object,
    ) -> Refusal:
        """Hand a submission in; check that exactly this error comes, is kept as the answer, and nothing was done."""
        with pytest.raises(error) as refusal:
            cast.submit(link, submission, at=at, **changed)
        answer = AnsweredAct.objects.get(id=link.id)
        assert (answer.answer, answer.data) == (refusal.value.code, refusal.value.data())
        assert not Reservation.objects.exists()
        return refusal.value


class SilentRegistry:
    """A registry that does not answer."""

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        raise RegistryUnavailable

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        raise RegistryUnavailable


class ForgetfulRegistry:
    """A registry that does not know what came before."""

    def check_not_revoked(self, certificate: HolderCertificate, *, at: datetime) -> None:
        pass

    def get_lineage(self, certificate_id: CertificateId, *, at: datetime) -> Lineage:
        return UnknownLineage()


@pytest.mark.django_db(transaction=True)
class TestSubmitAtOnce:
    def test_does_an_act_once_however_many_hand_in_the_signature(self, cast: Cast, programme: str) -> None:
        link = propose(RESERVATION, audience=SITE, at=AT)
        signed = cast.sign(link, cast.card("hanako"))
        ended = at_once(*[lambda: cast.submit(link, signed)] * 8)
        assert list_ends(ended) == [ActAlreadyUsed.code] * 7 + ["done"]
        assert Entry.objects.count() == 1


class TestListDone:
    def test_names_what_a_person_signed_with_any_of_their_cards_the_newest_first(
        self, cast: Cast, hanako: Path, programme: str
    ) -> None:
        cast.reserve(cast.card("taro"))
        first = cast.reserve(hanako)
        cast.authority.renew(hanako, at=AT)
        second = cast.act(INQUIRY, hanako, at=AT + DAY)
        holder_id = AnsweredAct.objects.get(entry_id=first.entry_id).holder_id
        assert holder_id is not None
        assert list_done(holder_id) == [second.entry_id, first.entry_id]


class TestForget:
    def test_deletes_what_is_no_longer_shown(self, cast: Cast, hanako: Path, link: Link) -> None:
        cast.submit(link, cast.sign(link, hanako))
        assert forget(at=AT + LIFETIME + SHOWN_FOR) == 0
        assert get_view(link, at=AT + LIFETIME + SHOWN_FOR - SECOND).answer
        assert forget(at=AT + LIFETIME + SHOWN_FOR + SECOND) == 1
        with pytest.raises(ActUnknown):
            get_view(link, at=AT + MINUTE)
        assert not any(table.objects.exists() for table in (ProposedAct, UsedAct))
        assert is_done(link.id)

    def test_deletes_a_refusal_with_its_act(self, cast: Cast, hanako: Path, link: Link) -> None:
        cast.reserve(hanako)
        with pytest.raises(AlreadyReserved):
            cast.submit(link, cast.sign(link, hanako))
        forget(at=AT + LIFETIME + SHOWN_FOR + SECOND)
        assert [row.answer for row in AnsweredAct.objects.all()] == ["done"]
        assert Reservation.objects.exists()
