"""The log: one line of JSON for each event, ours and our libraries', with no secret in it."""

import logging
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from checklist.redaction import Redactor

log = structlog.get_logger()


def write_logs(redactor: Redactor, to: TextIO = sys.stderr) -> None:
    """From now on every line of this process, whoever logs it, is JSON and is redacted."""
    handler = logging.StreamHandler(to)
    handler.setFormatter(_formatter(redactor))
    handler.addFilter(_repeats_nobody)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    _take_over_dbos()
    logging.getLogger("bot").setLevel(logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=_ours,
    )
    sys.excepthook = _uncaught


def _formatter(redactor: Redactor) -> ProcessorFormatter:
    """What every line goes through, the libraries' as well as ours. JSON escapes what could end a line or colour it."""
    return ProcessorFormatter(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _Redaction(redactor),
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, structlog.stdlib.add_logger_name],
    )


class _Redaction:
    """Nothing goes past it as an object: what is no JSON is written out here, where it can be redacted."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {key: self._plain(value) for key, value in event.items()}

    def _plain(self, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self._redactor.text(value)
        if isinstance(value, Mapping):
            return {self._redactor.text(str(key)): self._plain(one) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(one) for one in value]
        return self._redactor.text(repr(value))


def _repeats_nobody(record: logging.LogRecord) -> bool:
    """Bolt's warnings repeat what people sent. It gives each of its loggers a level, so they are stopped here."""
    return not record.name.startswith("slack_bolt") or record.levelno >= logging.ERROR


def _ours(*_: object) -> logging.Logger:
    return logging.getLogger("bot")


def _take_over_dbos() -> None:
    """It brings a handler of its own, unless it finds one."""
    theirs = logging.getLogger("dbos")
    theirs.handlers[:] = [logging.NullHandler()]
    theirs.propagate = True


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The end of the process is told like everything else."""
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("uncaught", exc_info=(kind, error, trace))
