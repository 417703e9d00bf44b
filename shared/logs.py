"""Sets up logging: each line is a named event with fields, as JSON or as text, without secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from shared.redaction import without_secrets
from shared.untrusted.text import printable


def _redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact secrets in a line, in nested values too."""
    return {str(key): _without_secrets(value) for key, value in line.items()}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, dict):
        return {without_secrets(str(key)): _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(inner) for inner in value]
    # Exceptions, paths and other objects are logged as their text.
    return without_secrets(str(value))


def _for_terminal(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove control codes for terminals from a line; only tracebacks keep their line breaks."""
    return {key: printable(value, lines=key == "exception") for key, value in line.items()}


def configure(service: str, log_format: str, level: str) -> None:
    """Set up logging for this process: everything goes to stderr, including the lines of libraries."""
    number = logging.getLevelName(level.upper())
    last: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
        *([] if log_format == "json" else [_for_terminal]),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    # These libraries log every step of a reconnect, or addresses with secrets in them; our own lines report it once.
    for noisy in ("aio_pika", "aiormq", "azure", "pymongo", "urllib3", "uvicorn.error", "apprise"):
        logging.getLogger(noisy).setLevel(max(number, logging.ERROR))
    # It logs an error, and then raises it: of a server that is still starting, our own warning is enough.
    logging.getLogger("aiormq.connection").addFilter(_is_not_raised_too)
    structlog.contextvars.bind_contextvars(service=service)


def _is_not_raised_too(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("error when creating transport")


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return a logger. Call it as `log.info("playlist.expanded", playlist_id=…)`: the event name, then its fields."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound
