"""Every sample service and place, as the site's pages show them."""

from datetime import datetime

from cast import LOADED_AT, PROGRAMME_FILE, ROOT, SERVICE_KEY
from mynapoint.directory.operations import register_service
from mynapoint.directory.rules import ServiceKey
from mynapoint.place.operations import load_place
from mynapoint.programme.operations import load_programme

SERVICES = sorted((ROOT / "services").glob("*.toml"))
PLACES = sorted((ROOT / "places").glob("*.toml"))


def load_catalogue(*, at: datetime = LOADED_AT) -> None:
    """Load the programme, every sample service and every sample place."""
    load_programme(PROGRAMME_FILE, at=at)
    for path in SERVICES:
        key = ServiceKey.model_validate({"id": f"{path.stem}-1", "public_key": SERVICE_KEY, "from": at})
        register_service(path, address="http://127.0.0.1:9/x", keys=[key], at=at)
    for path in PLACES:
        load_place(path, at=at)
