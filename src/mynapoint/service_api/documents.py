"""The protocol's documents that are made from the code: the OpenAPI file and the table of problem codes."""

import json
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from mynapoint.service_api.api import api
from mynapoint.service_api.bodies import Openings
from paymentservice.wire import SealedTotals

REFERENCE: Final = "#/components/schemas/{model}"


def openapi_text() -> str:
    """Write the OpenAPI document of the service API."""
    document: dict[str, Any] = api.get_openapi_schema(path_prefix="")
    _, bodies_read = models_json_schema(
        [(SealedTotals, "validation"), (Openings, "validation")], ref_template=REFERENCE
    )
    document["components"]["schemas"] |= bodies_read["$defs"]
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
