"""Log lines: an event name apart from the prose, JSON for machines, secrets taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

#: What must never reach a log: passwords in URLs, signatures, tokens.
_SECRETS = (
    (re.compile(r"(\w+://[^:/\s@]*):[^@/\s]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(sig|X-Amz-Signature|X-Amz-Credential|signature)=[^&\s\"']+"), r"\1=***"),
    (re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:bearer\s+)?)[^\s'\",}]+"), r"\1***"),
)


def without_secrets(text: str) -> str:
    """`text` with passwords, signatures and tokens replaced by ***."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _redact(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: without_secrets(value) if isinstance(value, str) else value for key, value in line.items()}


def configure(service: str, log_format: str, level: str) -> None:
    """Set up logging of this process: everything to stderr, libraries' own lines included."""
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
    # These tell at length about reconnecting; our own lines say it once.
    for noisy in ("aio_pika", "aiormq", "azure", "pymongo", "urllib3", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(max(number, logging.ERROR))
    structlog.contextvars.bind_contextvars(service=service)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger. Call as `log.info("playlist.expanded", playlist_id=…)`: the event's name first, then facts."""
    bound: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return bound
