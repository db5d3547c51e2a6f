"""Logs: events with facts, on standard error, as JSON or for people. What looks like a secret is hidden.

``log = logs.get("work")`` and ``log.info("mail.sent", outbox=7)``. Facts that hold for a while, such as the id of a
request, are set by ``with bound(request=...)`` and stand in every line written meanwhile, those of libraries included.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType, TracebackType
from typing import Any, Final, TextIO

HIDDEN: Final = "(hidden)"
QUIET: Final = ("uvicorn.access", "asyncio", "multipart")  # libraries that are heard from warnings on

_SECRET_KEY: Final = re.compile(
    r"pass(word|wd)?\b|secret|token|authori[sz]ation|cookie|credential|digest|api_?key", re.I
)
# Secrets that stand in addresses: the last part of a page, and values of query parameters.
_IN_PATH: Final = re.compile(r"(/s/|/app/(?:enter|verify|reset|setup)/)[^\s/?#\"']+")
_IN_QUERY: Final = re.compile(r"((?:token|secret|password|auth_token|access_token|key|code)=)[^&\s\"']+", re.I)
_IN_HEADER: Final = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+", re.I)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_bound: ContextVar[Mapping[str, Any]] = ContextVar("commonhold_log_facts", default=MappingProxyType({}))


class bound:
    """Add facts to every line that is written in this context, in this task and those it starts."""

    __slots__ = ("_facts", "_token")

    def __init__(self, **facts: Any) -> None:
        """Take the facts; they count inside of ``with``."""
        self._facts = facts

    def __enter__(self) -> None:
        """Begin."""
        self._token = _bound.set({**_bound.get(), **self._facts})

    def __exit__(self, *_: object) -> None:
        """End."""
        _bound.reset(self._token)


class Log:
    """Writes events of one part of the program; a thin hand on ``logging``."""

    def __init__(self, name: str) -> None:
        """``name`` is the part: work, http, store …"""
        self._log = logging.getLogger(f"commonhold.{name}")

    def debug(self, event: str, **facts: Any) -> None:
        """Tell what only somebody who looks for a mistake wants to know."""
        self._write(logging.DEBUG, event, facts)

    def info(self, event: str, **facts: Any) -> None:
        """Tell what happened as it should."""
        self._write(logging.INFO, event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        """Tell what went wrong and will be tried again, or was refused."""
        self._write(logging.WARNING, event, facts)

    def error(self, event: str, error: BaseException | None = None, **facts: Any) -> None:
        """Tell what should not have happened, with the exception if there is one."""
        self._write(logging.ERROR, event, facts, error)

    def exception(self, event: str, **facts: Any) -> None:
        """Tell a mistake of the program itself, with the exception that is being handled."""
        self._write(logging.ERROR, event, facts, sys.exc_info()[1])

    def _write(self, level: int, event: str, facts: dict[str, Any], error: BaseException | None = None) -> None:
        log = self._log
        if log.isEnabledFor(level):
            told = (type(error), error, error.__traceback__) if error is not None else None
            # Made here, as ``logging`` would look for file, line and process of each: no format of ours shows them.
            record = logging.LogRecord(log.name, level, "", 0, event, None, told)
            record.facts = facts
            log.handle(record)


def get(name: str) -> Log:
    """Return the log of a part of the program."""
    return Log(name)


def setup(level: str = "info", format: str = "console", stream: TextIO | None = None) -> None:
    """Send all logs of this process, libraries' too, to ``stream`` (standard error) in this format."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if format == "json" else Console())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # No format shows them, and they are looked up for each line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def hide(key: str, value: Any) -> Any:
    """Return a fact as it may be logged: secrets hidden by their key, and inside of texts by their form."""
    if _is_secret(key):
        return HIDDEN
    if isinstance(value, str):
        return hide_in(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): hide(str(name), part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [hide(key, part) for part in value]
    return hide_in(str(value))


@lru_cache(1_024)
def _is_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def hide_in(text: str) -> str:
    """Hide the secrets of addresses and headers in a text; most texts have no sign that one could follow."""
    if "/s/" in text or "/app/" in text:
        text = _IN_PATH.sub(rf"\1{HIDDEN}", text)
    if "=" in text:
        text = _IN_QUERY.sub(rf"\1{HIDDEN}", text)
    return _IN_HEADER.sub(rf"\1 {HIDDEN}", text) if len(text.split(None, 1)) > 1 else text


class _Lines(logging.Formatter):
    """What both formats have in common."""

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | Any) -> str:
        return hide_in(super().formatException(ei))

    def facts_of(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the facts of a line, secrets hidden."""
        facts = {**_bound.get(), **getattr(record, "facts", {})}
        return {key: hide(key, value) for key, value in facts.items()}


@lru_cache(2)
def _second(at: int) -> str:
    """Write a moment: most lines are of the same second as the one before."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at))


_json: Final = json.JSONEncoder(default=str).encode  # ASCII: no character can begin a line


class JsonLines(_Lines):
    """One object a line: at, level, part, event, and the facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line = {
            "at": f"{_second(int(record.created))}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "part": record.name.removeprefix("commonhold."),
            "event": hide_in(record.getMessage()),
            **self.facts_of(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _json(line)


class Console(_Lines):
    """One line for people; an exception follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line; what a value holds cannot begin another one."""
        facts = " ".join(f"{key}={_plain(value)}" for key, value in self.facts_of(record).items())
        part = record.name.removeprefix("commonhold.")
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        event = _UNPRINTABLE.sub(" ", hide_in(record.getMessage()))
        line = f"{clock} {record.levelname.lower():7} {part}: {event} {facts}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _plain(value: Any) -> str:
    text = str(value)
    return json.dumps(text) if " " in text or not text or _UNPRINTABLE.search(text) else text
