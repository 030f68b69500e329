"""How the platform logs: one line an event on standard error, through :mod:`mynapoint.logging_redaction`.

The records of Django, procrastinate, granian and every other library take the same way as our own.
"""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Final

import structlog
from structlog.typing import Processor

from mynapoint.logging_redaction import EventDict, describe_exception, redact, scrub

# Libraries that would write what they carry (SQL with its values, full addresses), or that say too much.
QUIET: Final = {
    "django.db.backends": logging.WARNING,
    "httpx2": logging.WARNING,
    "httpcore2": logging.WARNING,
    "asyncio": logging.WARNING,
    "procrastinate.blueprints": logging.WARNING,
    "procrastinate.periodic": logging.WARNING,
    "psycopg.pool": logging.ERROR,
}
# A job is told of once, when it has ended.
TOLD_LATER: Final = {"procrastinate.jobs": "jobs_deferred", "procrastinate.worker.worker": "start_job"}
# Libraries that bring handlers of their own.
LED_BACK: Final = ("_granian", "granian.access", "django", "django.server", "procrastinate", "py.warnings")


class CurrentStandardError:
    """Whatever standard error is at the moment of writing, for it can be exchanged."""

    def write(self, text: str) -> int:
        """Write a piece of a line."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Hand over what was written."""
        sys.stderr.flush()


class DiscreetHandler(logging.StreamHandler[CurrentStandardError]):
    """A handler whose own failure says only that it failed: logging's way is to print the record with its values."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's own name)
        """Say that a line was lost, and where it was asked for."""
        error = sys.exc_info()[0]
        kind = error.__name__ if error else "unknown"
        self.stream.write(f"a log line of {record.name}:{record.lineno} could not be written ({kind})\n")


def configure(options: Mapping[str, str]) -> None:
    """Set up logging with a level and a format (json, console). Django calls this with its ``LOGGING`` setting."""
    handler = DiscreetHandler(CurrentStandardError())
    handler.setFormatter(_formatter(options["format"]))
    logging.basicConfig(handlers=[handler], level=options["level"].upper(), force=True)
    for name in LED_BACK:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(level)
    for name in TOLD_LATER:
        logging.getLogger(name).addFilter(is_told_now)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*_NAMES, redact, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def is_told_now(record: logging.LogRecord) -> bool:
    """Say whether a record is more than the announcement of a later one."""
    return getattr(record, "action", "") != TOLD_LATER.get(record.name)


def describe_foreign(_logger: object, _method: str, event_dict: EventDict) -> EventDict:
    """Say a library's record in our own words: its text may hold a path, a job's arguments, a person's input."""
    record: logging.LogRecord = event_dict["_record"]
    if record.name.startswith(("django.request", "django.security", "django.server")):
        event_dict.update(_describe_request(record))
    elif record.name.startswith("procrastinate"):
        event_dict.update(_describe_job(record, said=str(event_dict["event"])))
    else:
        event_dict["event"] = scrub(str(event_dict["event"]))
    return event_dict


def describe_failure(_logger: object, _method: str, event_dict: EventDict) -> EventDict:
    """Replace a traceback by the error's type and the places it passed."""
    given = event_dict.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event_dict["exception"] = "\n".join(describe_exception(error))
    event_dict.pop("stack_info", None)
    return event_dict


def _describe_request(record: logging.LogRecord) -> EventDict:
    """Name the route, never the path: an act's path is the key to it."""
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    return {
        "event": "request failed" if record.levelno >= logging.ERROR else "request refused",
        "status": getattr(record, "status_code", None),
        "method": getattr(request, "method", None),
        "route": getattr(match, "route", None),
    }


def _describe_job(record: logging.LogRecord, *, said: str) -> EventDict:
    """Name the task and the job's number, never its arguments."""
    job: Mapping[str, Any] = getattr(record, "job", None) or {}
    action = getattr(record, "action", None)
    event = action.replace("_", " ") if isinstance(action, str) else scrub(said.partition("(")[0])
    return {"event": event, "job": job.get("id"), "task": job.get("task_name"), "queue": job.get("queue")}


_NAMES: Final[list[Processor]] = [structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name]


def _formatter(name: str) -> logging.Formatter:
    renderer: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if name == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_NAMES, describe_foreign, redact],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            describe_failure,
            renderer,
        ],
    )
