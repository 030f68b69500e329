"""The address of a PostgreSQL database, in the words of those who need it."""

from typing import Any, Final

from psycopg.conninfo import conninfo_to_dict

WAIT_SECONDS: Final = 5
"""How long a request waits for a connection: there are enough for all, so it waits for a server that is away."""

KEEP_ALIVE: Final = {"keepalives_idle": "60", "keepalives_interval": "10", "keepalives_count": "3"}
"""seconds, and how often: an idle connection to a host that has vanished ends after a minute and a half"""


def describe_database(url: str, *, pool_size: int) -> dict[str, Any]:
    """Describe a PostgreSQL address in Django's words; what Django has no word for is handed to the driver."""
    parameters = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    words = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    named = {word: parameters.pop(name, "") for word, name in words.items()}
    pool = {"min_size": min(2, pool_size), "max_size": pool_size, "timeout": WAIT_SECONDS}
    # The server prepares what comes a second time: an act is the same few statements over and over. Not what comes a
    # first time (0): a migration may be several statements in one string, and those cannot be prepared.
    options = {**KEEP_ALIVE, **parameters, "pool": pool, "prepare_threshold": 1, "server_side_binding": True}
    return {"ENGINE": "mynapoint.kernel.postgresql", **named, "OPTIONS": options}
