"""The protocol has no field that docs/protocol/fields.md does not name, and none for a purchase or a person."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol"
FIELD = re.compile(r"^\| `(\w+\.\w+)` \| (\w+) \|$", re.MULTILINE)
CLASS = re.compile(r"^\| (\w+) \| [^|]+ \| [^|]+ \|$", re.MULTILINE)

NEVER = {
    *("name", "kana", "address", "birth", "birthday", "age", "sex", "phone", "mail", "person", "holder", "citizen"),
    *("certificate", "serial", "mynumber", "pin", "shop", "store", "merchant", "place", "item", "goods", "receipt"),
    *("price", "purchase", "payment", "charge", "spent", "bought", "balance", "history", "transactions"),
    *("time", "date", "day", "hour", "at", "on", "when", "timestamp", "note", "memo", "comment", "extra", "metadata"),
}
ONLY_OVER_A_ROLL = {"amount", "total", "sum"}


def read_page(page: str) -> tuple[dict[str, str], set[str]]:
    """Return the class of every field, and the classes that there are."""
    return dict(FIELD.findall(page)), set(CLASS.findall(page)) - {"class"}


def fields_of(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield every field of an OpenAPI document: of its schemas, wherever they stand, and its parameters."""
    for name, schema in document["components"]["schemas"].items():
        yield from properties_of(schema, inside=name)
    for where, path in {**document["paths"], **document.get("webhooks", {})}.items():
        for operation in path.values():
            inside = operation.get("operationId", where)
            yield from (f"{inside}.{parameter['name']}" for parameter in operation.get("parameters", ()))
            yield from properties_of([operation.get("requestBody"), operation["responses"]], inside=inside)


def properties_of(schema: object, *, inside: str) -> Iterator[str]:
    """Yield the fields that a schema has itself or in any schema written inside it."""
    if isinstance(schema, list):
        for part in schema:
            yield from properties_of(part, inside=inside)
    elif isinstance(schema, dict):
        yield from (f"{inside}.{name}" for name in schema.get("properties", ()))
        if schema.get("additionalProperties"):
            yield f"{inside}.anything"
        for part in schema.values():
            yield from properties_of(part, inside=inside)


def complain(document: Mapping[str, Any], *, fields: Mapping[str, str], classes: set[str]) -> list[str]:
    """Say what is wrong with a document's fields."""
    found = set(fields_of(document))
    complaints = [f"{field}: is not on the page" for field in sorted(found - fields.keys())]
    complaints += [f"{field}: is on the page, not in the protocol" for field in sorted(fields.keys() - found)]
    for field, kind in fields.items():
        words = set(field.partition(".")[2].split("_"))
        if kind not in classes:
            complaints.append(f"{field}: {kind} is no class")
        if words & NEVER or (words & ONLY_OVER_A_ROLL and kind != "sum"):
            complaints.append(f"{field}: may not travel at all")
    return complaints


@pytest.fixture
def document() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((PROTOCOL / "openapi.json").read_text())
    return content


@pytest.fixture
def page() -> tuple[dict[str, str], set[str]]:
    return read_page((PROTOCOL / "fields.md").read_text())


class TestProtocol:
    def test_has_exactly_the_fields_of_the_page(
        self, document: dict[str, Any], page: tuple[dict[str, str], set[str]]
    ) -> None:
        fields, classes = page
        assert complain(document, fields=fields, classes=classes) == []

    def test_takes_no_field_beyond_its_own(self, document: dict[str, Any]) -> None:
        open_ended = {
            name
            for name, schema in document["components"]["schemas"].items()
            if schema.get("additionalProperties") is not False
        }
        assert open_ended == {"Problem"}


class TestComplain:
    """A bad field is found wherever it stands, and also when somebody puts it on the page."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda d: d["components"]["schemas"]["RowOpening"]["properties"].update(bonus={"type": "integer"}),
            lambda d: d["components"]["schemas"].update(Purchase={"properties": {"yen": {"type": "integer"}}}),
            lambda d: d["paths"]["/programmes/{programme}/periods/{period}/roll"]["get"]["parameters"].append(
                {"in": "query", "name": "since"}
            ),
            lambda d: d["webhooks"]["links"]["post"]["requestBody"].update(
                schema={"items": {"properties": {"city": {}}}}
            ),
            lambda d: d["components"]["schemas"]["ClaimState"].update(additionalProperties=True),
        ],
        ids=["field", "schema", "parameter", "inline", "anything"],
    )
    def test_finds_a_field_that_is_not_on_the_page(
        self, document: dict[str, Any], page: tuple[dict[str, str], set[str]], change: Any
    ) -> None:
        fields, classes = page
        changed = deepcopy(document)
        change(changed)
        assert len(complain(changed, fields=fields, classes=classes)) == 1

    @pytest.mark.parametrize(
        "field", ["shop", "bought_at", "purchase_date", "family_name", "birth_year", "amount", "row_total", "memo"]
    )
    def test_lets_no_purchase_and_no_person_onto_the_page(
        self, document: dict[str, Any], page: tuple[dict[str, str], set[str]], field: str
    ) -> None:
        fields, classes = page
        changed = deepcopy(document)
        changed["components"]["schemas"]["RowOpening"]["properties"][field] = {"type": "integer"}
        described = {**fields, f"RowOpening.{field}": "opened"}
        complaints = complain(changed, fields=described, classes=classes)
        assert complaints == [f"RowOpening.{field}: may not travel at all"]

    def test_finds_a_class_that_does_not_exist(
        self, document: dict[str, Any], page: tuple[dict[str, str], set[str]]
    ) -> None:
        fields, classes = page
        renamed = {**fields, "RollPage.count": "purchases"}
        assert complain(document, fields=renamed, classes=classes) == ["RollPage.count: purchases is no class"]
