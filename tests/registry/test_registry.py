"""The authority's daily lists: taken in whole, once; what is missing or late lets nobody through."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command
from registry_world import ask_service

from cast import AT, BORN, DAY, INQUIRY, ISSUED_AT, SECOND, SITE, Cast, sign
from jpki.certificate import CertificateId, HolderCertificate, parse_certificate
from jpki.crl import CrlFault, RevocationListRefused, read_revocation_list
from jpki.freshness import Update
from jpki.lineage_list import BadRow, MalformedLineageList, RowFault, write_lineage_list
from jpki.registry import CertificateRevoked, Fault, FirstIssue, Renewed, UnknownLineage, UnusableAnswer
from jpki.virtual.authority import Authority
from jpki.virtual.contents import FileMemory, Purpose
from jpki.virtual.keys import KeyKind
from jpki.virtual.service import AuthorityService
from mynapoint.act.operations import propose
from mynapoint.act.rules import Authorities, TryLater
from mynapoint.registry.models import ImportedList, KnownLineage, RevokedCertificate
from mynapoint.registry.operations import import_lineages, import_revocations
from mynapoint.registry.queries import ImportedRegistry
from mynapoint.registry.rules import Imported, ListIsCutOff, ListIsFromTheFuture, ListIsOlder
from published import publishing

KEY = b"K" * 32
HOURS = timedelta(hours=20)
REGISTRY = ImportedRegistry(key=KEY, crl_max_age=HOURS, lineage_max_age=HOURS)

pytestmark = pytest.mark.django_db


def certificate_on(card: Path) -> HolderCertificate:
    return HolderCertificate(parse_certificate(FileMemory(card).read().credentials.authentication.certificate))


def name_on(card: Path) -> CertificateId:
    return CertificateId.of(certificate_on(card))


def take_in_revocations(authority: Authority, *, at: datetime = AT) -> list[Imported]:
    lists = authority.make_revocation_lists(Purpose.AUTHENTICATION, at=at)
    ders = [crl.public_bytes(Encoding.DER) for crl in lists]
    anchors = authority.anchors()
    return [import_revocations(read_revocation_list(der, anchors=anchors), key=KEY, at=at) for der in ders]


def issuers_of(authority: Authority) -> frozenset[bytes]:
    return frozenset(ca.key_id for ca in authority._cas)


def take_in_lineages(authority: Authority, *, at: datetime = AT, content: str = "") -> Imported:
    text = content or "".join(authority.make_lineage_list(at=at))
    return import_lineages(text.encode(), issuers=issuers_of(authority), key=KEY, at=at)


class TestImportRevocations:
    def test_revokes_what_is_listed_and_nothing_else(self, cast: Cast) -> None:
        hanako, taro = cast.card("花子"), cast.card("太郎")
        cast.authority.revoke(hanako, at=AT - DAY, reason=x509.ReasonFlags.key_compromise)
        take_in_revocations(cast.authority)
        with pytest.raises(CertificateRevoked) as revoked:
            REGISTRY.check_not_revoked(certificate_on(hanako), at=AT)
        assert (revoked.value.revoked_at, revoked.value.reason) == (AT - DAY, x509.ReasonFlags.key_compromise)
        REGISTRY.check_not_revoked(certificate_on(taro), at=AT)

    def test_changes_nothing_the_second_time(self, cast: Cast) -> None:
        cast.authority.revoke(cast.card("花子"), at=AT - DAY, reason=x509.ReasonFlags.superseded)
        first = take_in_revocations(cast.authority)
        assert [imported.is_new for imported in first] == [True] * len(first)
        rows = list(RevokedCertificate.objects.values_list())
        der = cast.authority.make_revocation_lists(Purpose.AUTHENTICATION, at=AT)[1].public_bytes(Encoding.DER)
        revocations = read_revocation_list(der, anchors=cast.authority.anchors())
        import_revocations(revocations, key=KEY, at=AT)
        again = import_revocations(revocations, key=KEY, at=AT + SECOND)
        assert not again.is_new
        assert list(RevokedCertificate.objects.values_list()) == rows

    def test_lets_go_what_a_newer_list_no_longer_names(self, cast: Cast) -> None:
        hanako = cast.card("花子")
        cast.authority.revoke(hanako, at=AT - DAY, reason=x509.ReasonFlags.certificate_hold)
        take_in_revocations(cast.authority)
        bare = remake(cast.authority, name_on(hanako).issuer_key_id, at=AT + SECOND)
        import_revocations(read_revocation_list(bare, anchors=cast.authority.anchors()), key=KEY, at=AT + SECOND)
        REGISTRY.check_not_revoked(certificate_on(hanako), at=AT + SECOND)

    def test_refuses_an_older_list(self, cast: Cast) -> None:
        take_in_revocations(cast.authority, at=AT)
        with pytest.raises(ListIsOlder) as refused:
            take_in_revocations(cast.authority, at=AT - SECOND)
        assert refused.value.newest == AT

    def test_refuses_a_list_of_tomorrow(self, cast: Cast) -> None:
        crl = cast.authority.make_revocation_lists(Purpose.AUTHENTICATION, at=AT + timedelta(seconds=61))[0]
        revocations = read_revocation_list(crl.public_bytes(Encoding.DER), anchors=cast.authority.anchors())
        with pytest.raises(ListIsFromTheFuture):
            import_revocations(revocations, key=KEY, at=AT)

    def test_keeps_no_serial_in_clear(self, cast: Cast) -> None:
        hanako = cast.card("花子")
        serial = name_on(hanako).serial
        cast.authority.renew(hanako, at=AT - DAY)
        take_in_revocations(cast.authority)
        take_in_lineages(cast.authority)
        kept = repr([list(model.objects.values()) for model in (RevokedCertificate, KnownLineage, ImportedList)])
        octets = b"".join(
            bytes(value)
            for model in (RevokedCertificate, KnownLineage)
            for row in model.objects.values_list()
            for value in row
            if isinstance(value, bytes | memoryview)
        )
        assert str(serial) not in kept
        assert serial.to_bytes(4, "big") not in octets


def remake(authority: Authority, key_id: bytes, *, at: datetime, change: Callable = lambda builder: builder) -> bytes:
    """A generation's list without an entry, changed, and signed again."""
    ca = next(ca for ca in authority._cas if ca.key_id == key_id)
    builder = x509.CertificateRevocationListBuilder(
        issuer_name=ca.certificate.subject, last_update=at, next_update=at + DAY
    ).add_extension(x509.AuthorityKeyIdentifier(ca.key_id, None, None), critical=False)
    hash_algorithm = authority.make_revocation_list_of(key_id, at=at).signature_hash_algorithm
    return change(builder).sign(ca.key, hash_algorithm).public_bytes(Encoding.DER)


class TestReadRevocationList:
    @pytest.mark.parametrize("noise", [b"", b"0", b"\x30\x82" * 40], ids=range(3))
    def test_refuses_noise(self, cast: Cast, noise: bytes) -> None:
        self.check_refused(cast, noise, CrlFault.UNREADABLE)

    def test_refuses_another_authority_s(self, cast: Cast, tmp_path: Path) -> None:
        other = Authority.create(tmp_path / "other", at=ISSUED_AT)
        crl = other.make_revocation_lists(Purpose.AUTHENTICATION, at=AT)[0]
        self.check_refused(cast, crl.public_bytes(Encoding.DER), CrlFault.UNKNOWN_ISSUER)

    def test_refuses_the_signing_certificates_list(self, cast: Cast) -> None:
        crl = cast.authority.make_revocation_lists(Purpose.SIGNING, at=AT)[0]
        self.check_refused(cast, crl.public_bytes(Encoding.DER), CrlFault.UNKNOWN_ISSUER)

    def test_refuses_one_generation_s_signature_under_another_s_name(self, cast: Cast) -> None:
        der = cast.authority.make_revocation_lists(Purpose.AUTHENTICATION, at=AT)[0].public_bytes(Encoding.DER)
        first, second = (ca.key_id for ca in cast.authority._cas[:2])
        self.check_refused(cast, der.replace(first, second), CrlFault.BROKEN_SIGNATURE)

    def test_refuses_a_part_of_a_list_and_a_delta(self, cast: Cast) -> None:
        for extension in (
            x509.DeltaCRLIndicator(1),
            x509.IssuingDistributionPoint(None, None, True, False, None, False, False),
        ):
            der = remake(
                cast.authority,
                cast.authority._cas[0].key_id,
                at=AT,
                change=lambda builder, extension=extension: builder.add_extension(extension, critical=True),
            )
            self.check_refused(cast, der, CrlFault.NOT_UNDERSTOOD)

    def test_refuses_an_entry_that_must_be_understood(self, cast: Cast) -> None:
        entry = x509.RevokedCertificateBuilder(5, AT).add_extension(
            x509.CertificateIssuer([x509.DNSName("elsewhere.example")]), critical=True
        )
        der = remake(
            cast.authority,
            cast.authority._cas[0].key_id,
            at=AT,
            change=lambda builder: builder.add_revoked_certificate(entry.build()),
        )
        with pytest.raises(RevocationListRefused) as refused:
            list(read_revocation_list(der, anchors=cast.authority.anchors()))
        assert refused.value.fault is CrlFault.NOT_UNDERSTOOD

    def check_refused(self, cast: Cast, der: bytes, fault: CrlFault) -> None:
        with pytest.raises(RevocationListRefused) as refused:
            read_revocation_list(der, anchors=cast.authority.anchors())
        assert refused.value.fault is fault


class TestImportLineages:
    def test_knows_every_chain_afterwards(self, cast: Cast) -> None:
        hanako, taro = cast.card("花子"), cast.card("太郎")
        names = [name_on(hanako)]
        for days, kind in ((3, None), (2, KeyKind.ECDSA_P384)):
            cast.authority.renew(hanako, at=AT - days * DAY, kind=kind)
            names.append(name_on(hanako))
        take_in_lineages(cast.authority)
        assert REGISTRY.get_lineage(names[2], at=AT) == Renewed((names[1], names[0]))
        assert REGISTRY.get_lineage(name_on(taro), at=AT) == FirstIssue()

    def test_does_not_know_what_is_not_listed_yet(self, cast: Cast) -> None:
        hanako = cast.card("花子")
        take_in_lineages(cast.authority)
        cast.authority.renew(hanako, at=AT)
        assert REGISTRY.get_lineage(name_on(hanako), at=AT) == UnknownLineage()
        take_in_lineages(cast.authority, at=AT + SECOND)
        assert isinstance(REGISTRY.get_lineage(name_on(hanako), at=AT + SECOND), Renewed)

    def test_reports_a_bad_row_by_its_line_and_takes_in_the_others(self, cast: Cast) -> None:
        hanako = cast.card("花子")
        own = name_on(hanako)
        issuer = own.issuer_key_id.hex()
        good = f"{issuer},{own.serial},,"
        bad = [
            (f"{issuer},12,,,", RowFault.NOT_FOUR_FIELDS),
            ("", RowFault.NOT_FOUR_FIELDS),
            (f"{issuer},０１,,", RowFault.UNREADABLE_NAME),
            (f"{issuer},-1,,", RowFault.UNREADABLE_NAME),
            (f"{issuer},012,,", RowFault.UNREADABLE_NAME),
            ("zz,12,,", RowFault.UNREADABLE_NAME),
            ("abcd,12,,", RowFault.UNKNOWN_ISSUER),
            (f"{issuer},12,abcd,11", RowFault.UNKNOWN_ISSUER),
            (f"{issuer},12,{issuer},", RowFault.UNREADABLE_NAME),
            (f"{issuer},12,{issuer},12", RowFault.FOLLOWS_ITSELF),
        ]
        rows = [row for row, _ in bad] + [good]
        imported = take_in_lineages(cast.authority, content=write_list(rows))
        expected = [BadRow(line=line, fault=fault) for line, (_, fault) in enumerate(bad, start=3)]
        assert list(imported.bad_rows) == expected
        assert REGISTRY.get_lineage(own, at=AT) == FirstIssue()

    def test_takes_a_contradiction_for_no_knowledge(self, cast: Cast) -> None:
        own = name_on(cast.card("花子"))
        issuer = own.issuer_key_id.hex()
        take_in_lineages(cast.authority)
        rows = [f"{issuer},{own.serial},{issuer},7", f"{issuer},7,,"]
        imported = take_in_lineages(cast.authority, content=write_list(rows, at=AT + SECOND), at=AT + SECOND)
        assert imported.bad_rows == (BadRow(line=3, fault=RowFault.CONTRADICTION),)
        assert REGISTRY.get_lineage(own, at=AT + SECOND) == UnknownLineage()

    def test_takes_a_loop_for_no_knowledge(self, cast: Cast) -> None:
        own = name_on(cast.card("花子"))
        issuer = own.issuer_key_id.hex()
        rows = [f"{issuer},{own.serial},{issuer},7", f"{issuer},7,{issuer},{own.serial}"]
        take_in_lineages(cast.authority, content=write_list(rows))
        assert REGISTRY.get_lineage(own, at=AT) == UnknownLineage()

    def test_takes_a_gap_for_no_knowledge(self, cast: Cast) -> None:
        own = name_on(cast.card("花子"))
        issuer = own.issuer_key_id.hex()
        take_in_lineages(cast.authority, content=write_list([f"{issuer},{own.serial},{issuer},7"]))
        assert REGISTRY.get_lineage(own, at=AT) == UnknownLineage()

    def test_changes_nothing_the_second_time(self, cast: Cast) -> None:
        cast.card("花子")
        assert take_in_lineages(cast.authority).is_new
        known = list(KnownLineage.objects.values_list())
        assert not take_in_lineages(cast.authority, at=AT).is_new
        assert list(KnownLineage.objects.values_list()) == known

    def test_refuses_a_list_that_was_cut_off(self, cast: Cast) -> None:
        cast.card("花子")
        cast.card("太郎")
        whole = "".join(cast.authority.make_lineage_list(at=AT))
        with pytest.raises(ListIsCutOff):
            take_in_lineages(cast.authority, content=whole[: whole.rindex("\n", 0, -1) + 1])
        assert not ImportedList.objects.exists()
        assert not KnownLineage.objects.exists()

    @pytest.mark.parametrize(
        "content", ["", "x", "a,b,c,d\n", 'mynapoint lineage v1,2020-09-10,2020-09-11,0\n"', "\0\n\0\n"], ids=range(5)
    )
    def test_refuses_what_is_no_list(self, cast: Cast, content: str) -> None:
        with pytest.raises(MalformedLineageList):
            import_lineages(content.encode(), issuers=issuers_of(cast.authority), key=KEY, at=AT)

    def test_refuses_an_older_list(self, cast: Cast) -> None:
        take_in_lineages(cast.authority, at=AT)
        cast.card("花子")
        with pytest.raises(ListIsOlder):
            take_in_lineages(cast.authority, at=AT - SECOND)


def write_list(rows: list[str], *, at: datetime = AT) -> str:
    head = "".join(write_lineage_list({}, update=Update(this_update=at, next_update=at + DAY)))
    first, columns = head.splitlines()
    return "\n".join([first.removesuffix("0") + str(len(rows)), columns, *rows]) + "\n"


class TestImportedRegistry:
    def test_says_nothing_before_the_first_list(self, cast: Cast) -> None:
        self.check_silent(cast, cast.card("花子"), Fault.NO_ANSWER, at=AT)

    def test_says_nothing_when_the_lists_are_too_old_to_the_second(self, cast: Cast) -> None:
        hanako = cast.card("花子")
        take_in_revocations(cast.authority)
        take_in_lineages(cast.authority)
        REGISTRY.check_not_revoked(certificate_on(hanako), at=AT + HOURS - SECOND)
        REGISTRY.get_lineage(name_on(hanako), at=AT + HOURS - SECOND)
        self.check_silent(cast, hanako, Fault.STALE, at=AT + HOURS)

    def test_says_nothing_when_the_next_list_is_overdue(self, cast: Cast) -> None:
        hanako = cast.card("花子")
        take_in_revocations(cast.authority)
        take_in_lineages(cast.authority)
        patient = ImportedRegistry(key=KEY, crl_max_age=9 * DAY, lineage_max_age=9 * DAY)
        patient.check_not_revoked(certificate_on(hanako), at=AT + DAY - SECOND)
        self.check_silent(cast, hanako, Fault.STALE, at=AT + DAY, registry=patient)

    def test_says_nothing_of_one_generation_by_another_s_list(self, cast: Cast) -> None:
        hanako = cast.authority.issue("花子", birth_date=BORN, at=ISSUED_AT, kind=KeyKind.ECDSA_P384)
        others = [ca.key_id for ca in cast.authority._cas if ca.key_id != name_on(hanako).issuer_key_id][:2]
        for key_id in others:
            der = cast.authority.make_revocation_list_of(key_id, at=AT).public_bytes(Encoding.DER)
            import_revocations(read_revocation_list(der, anchors=cast.authority.anchors()), key=KEY, at=AT)
        with pytest.raises(UnusableAnswer):
            REGISTRY.check_not_revoked(certificate_on(hanako), at=AT)

    def test_puts_an_act_off_and_lets_it_through_when_the_list_is_there(self, cast: Cast, programme: str) -> None:
        hanako = cast.card("花子")
        authorities = Authorities(anchors=cast.authority.anchors(), registry=REGISTRY)
        link = propose(INQUIRY, audience=SITE, at=AT)
        with pytest.raises(TryLater):
            cast.submit(link, cast.sign(link, hanako), authorities=authorities)
        take_in_revocations(cast.authority)
        take_in_lineages(cast.authority)
        link = propose(INQUIRY, audience=SITE, at=AT)
        assert cast.submit(link, cast.sign(link, hanako), authorities=authorities)

    def check_silent(
        self, cast: Cast, card: Path, fault: Fault, *, at: datetime, registry: ImportedRegistry = REGISTRY
    ) -> None:
        for question in (
            lambda: registry.check_not_revoked(certificate_on(card), at=at),
            lambda: registry.get_lineage(name_on(card), at=at),
        ):
            with pytest.raises(UnusableAnswer) as unusable:
                question()
            assert unusable.value.fault is fault


def publish(authority: Authority) -> dict[str, tuple[int, bytes]]:
    """Lay out what the authority's service publishes for all."""
    service = AuthorityService(authority, clock=lambda: AT)
    anchors = authority.anchors().certificates
    key_ids = [one.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest for one in anchors]
    paths = [*(f"/crl/{key_id.hex()}.crl" for key_id in key_ids), "/lineage.csv"]
    answers = {path: ask_service(service, httpx2.Request("GET", f"http://authority.invalid{path}")) for path in paths}
    return {path: (answer.status_code, answer.content) for path, answer in answers.items()}


class TestRegistryCommand:
    @pytest.fixture
    def folder(self, cast: Cast, tmp_path: Path, settings: Any) -> Path:
        """Give the command an authority's lists, in a folder that the settings name."""
        settings.TRUST_ANCHORS = cast.authority._folder / "anchors"
        settings.CLOCK = lambda: AT
        settings.DEMO = True
        folder = tmp_path / "lists"
        settings.REGISTRY = f"files:{folder}"
        cast.card("花子")
        call_command("authority", "export", str(folder), "--folder", str(cast.authority._folder))
        return folder

    def test_takes_in_what_the_authority_exports_and_says_how_much(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("registry", "import")
        call_command("registry", "import")
        call_command("registry", "status")
        said = capsys.readouterr().out
        assert "lineage.csv: 1 rows\n" in said
        assert "lineage.csv: 1 rows, already taken in" in said
        assert "lineage: 1 rows, made 2020-09-10 01:00 UTC, the next due 2020-09-11 01:00 UTC" in said
        assert ImportedList.objects.count() == 4

    def test_names_file_and_line_of_what_is_wrong_and_fails(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "0.crl").write_bytes(b"noise")
        (folder / "lineage.csv").write_text(write_list(["x,1,,"] * 25))
        with pytest.raises(CommandError):
            call_command("registry", "import")
        said = capsys.readouterr().err
        assert "0.crl: no revocation list" in said
        assert "lineage.csv:3: no certificate's name" in said
        assert "lineage.csv: 25 rows were left out in all" in said
        assert ImportedList.objects.count() == 4

    def test_fetches_what_the_authority_publishes_and_takes_it_in(
        self, folder: Path, cast: Cast, capsys: pytest.CaptureFixture[str]
    ) -> None:
        pages = publish(cast.authority)
        fetched = folder.parent / "fetched"
        with publishing(pages) as url:
            call_command("registry", "fetch", f"{url}/", "--folder", str(fetched))
        assert {path.name: path.read_bytes() for path in fetched.iterdir()} == {
            Path(name).name: content for name, (_, content) in pages.items()
        }
        call_command("registry", "import", "--folder", str(fetched))
        said = capsys.readouterr().out.splitlines()
        assert sorted(said[: len(pages)]) == sorted(path.name for path in fetched.iterdir())
        assert "lineage.csv: 1 rows" in said
        assert ImportedList.objects.count() == len(pages)

    @pytest.mark.parametrize("status", [404, 500, 302])
    def test_leaves_the_folder_as_it_is_when_one_list_cannot_be_fetched(
        self, folder: Path, cast: Cast, status: int
    ) -> None:
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        with (
            publishing(publish(cast.authority) | {"/lineage.csv": (status, b"")}) as url,
            pytest.raises(CommandError, match="stay as they are"),
        ):
            call_command("registry", "fetch", url)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before

    def test_says_when_nobody_answers(self, folder: Path) -> None:
        with socket() as unused:
            unused.bind(("127.0.0.1", 0))
            with pytest.raises(CommandError, match="cannot be fetched"):
                call_command("registry", "fetch", f"http://127.0.0.1:{unused.getsockname()[1]}")

    def test_needs_a_folder_with_lists(self, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(CommandError):
            call_command("registry", "import", "--folder", str(tmp_path / "empty"))


def test_a_card_of_the_next_generation_signs_like_any_other(cast: Cast) -> None:
    card = cast.authority.issue("花子", birth_date=BORN, at=ISSUED_AT, kind=KeyKind.ECDSA_P384)
    assert sign(b"statement", card).signature[0] == 0x30
