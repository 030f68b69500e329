"""The protocol's documents say what the code does."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from worked_example import AT, PLATFORM, SERVICE, answer_base_text, answer_text, base_text, example, request_text

from mynapoint.closing.rules import UnableToClose
from mynapoint.draft.rules import ACCOUNT_GOOD_FOR
from mynapoint.programme.queries import REGISTER as PROGRAMMES
from mynapoint.programme.rules import PeriodUnknown, ProgrammeUnknown
from mynapoint.service_api.api import api
from mynapoint.service_api.documents import FROM_SERVICES, all_refusals, errors_text, openapi_text
from mynapoint.service_api.door import FINAL_LINK_REFUSALS
from mynapoint.service_api.problems import REFUSALS
from mynapoint.service_api.tasks import LONGEST_PAUSE
from mynapoint.service_api.transport import ANSWER_SECONDS, CONNECT_SECONDS, READ_SECONDS
from paymentservice.encoding import to_base64url
from paymentservice.messages import verify_request, verify_response
from paymentservice.wire import REFERENCE_DAYS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGE = DOCS / "protocol" / "service-api.md"
OFFICE_ONLY = {"closing_not_rejected", "closing_already_reopened", "reason_unknown"}


class TestOpenapi:
    def test_is_up_to_date(self) -> None:
        written = (DOCS / "protocol" / "openapi.json").read_text(encoding="utf-8")
        assert written == openapi_text(), "run: mynapoint write_protocol"

    def test_says_that_every_request_is_signed(self) -> None:
        operations = [operation for path in json.loads(openapi_text())["paths"].values() for operation in path.values()]
        assert all(operation["security"] == [{"MessageSignature": []}] for operation in operations)


class TestErrors:
    def test_are_up_to_date(self) -> None:
        assert (DOCS / "errors.md").read_text(encoding="utf-8") == errors_text(), "run: mynapoint write_protocol"

    def test_have_sentences_for_whatever_a_service_can_be_refused(self) -> None:
        closing = {kind.code for kind in UnableToClose.__subclasses__()} - OFFICE_ONLY
        ours = {kind.code for kind in all_refusals() if kind.__module__.startswith("mynapoint.service_api")}
        assert closing | ours | {ProgrammeUnknown.code, PeriodUnknown.code} <= REFUSALS.keys()

    def test_name_every_refusal_that_ends_a_link(self) -> None:
        assert {code for code, _, meaning in FROM_SERVICES if "Final" in meaning} == FINAL_LINK_REFUSALS

    @pytest.mark.parametrize("code", sorted(REFUSALS))
    def test_say_what_to_do_in_japanese(self, code: str) -> None:
        sentences = REFUSALS[code]
        assert sentences.detail.endswith("。")
        assert 400 <= sentences.status < 600


class TestPage:
    def test_names_every_address(self) -> None:
        page = PAGE.read_text(encoding="utf-8")
        document = json.loads(openapi_text())
        for path, methods in document["paths"].items():
            assert all(f"{method.upper()} {path}" in page for method in methods)
        assert all(f"POST /{name}" in page for name in document["webhooks"])

    def test_names_the_limits_as_they_are(self) -> None:
        page = PAGE.read_text(encoding="utf-8")
        assert f"{CONNECT_SECONDS:.0f} s to connect, {READ_SECONDS:.0f} s between two" in page
        assert f"{ANSWER_SECONDS:.0f} s for the whole answer" in page
        assert f"at most {LONGEST_PAUSE} s" in page
        assert f"keep it good for {REFERENCE_DAYS} days" in page
        assert timedelta(days=REFERENCE_DAYS) > ACCOUNT_GOOD_FOR

    def test_names_the_days_for_which_a_roll_leaves_links_out(self) -> None:
        programme = PROGRAMMES.read(ROOT / "programmes" / "mynapoint-2020.toml")
        assert f"`objection.days` ({programme.objection.days} in {programme.id})" in PAGE.read_text(encoding="utf-8")

    def test_shows_messages_as_they_are_signed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        request, answer = example(monkeypatch)
        page = PAGE.read_text(encoding="utf-8")
        shown = (
            request_text(request),
            base_text(request),
            answer_text(answer),
            answer_base_text(answer, request),
            to_base64url(SERVICE.private_key.private_bytes_raw()),
            to_base64url(SERVICE.private_key.public_key().public_bytes_raw()),
            to_base64url(PLATFORM.private_key.public_key().public_bytes_raw()),
        )
        assert [text for text in shown if text not in page] == []

    def test_shows_signatures_that_hold(self, monkeypatch: pytest.MonkeyPatch) -> None:
        request, answer = example(monkeypatch)
        verify_request(request, keys={SERVICE.keyid: SERVICE.private_key.public_key()}, at=AT)
        verify_response(answer, request=request, keys={PLATFORM.keyid: PLATFORM.private_key.public_key()}, at=AT)

    def test_shows_signature_bases_that_were_signed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        request, answer = example(monkeypatch)
        SERVICE.private_key.public_key().verify(signature_of(request.headers), base_text(request).encode())
        PLATFORM.private_key.public_key().verify(
            signature_of(answer.headers), answer_base_text(answer, request).encode()
        )

    def test_is_about_the_addresses_that_there_are(self) -> None:
        assert api.get_openapi_schema(path_prefix="")["paths"]


def signature_of(headers: object) -> bytes:
    value = dict(headers)["Signature"]  # type: ignore[call-overload]
    return base64.b64decode(value.removeprefix("mynapoint=:").removesuffix(":"))
