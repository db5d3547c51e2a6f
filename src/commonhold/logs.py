"""Logs: events with facts, on standard error, as JSON or for people. What looks like a secret is hidden.

``log = logs.get("work")`` and ``log.info("mail.sent", outbox=7)``. Facts that hold for a while, such as the id of a
request, are set by ``with bound(request=...)`` and stand in every line written meanwhile, those of libraries included.
"""

import contextlib
import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TextIO, TypeAlias

HIDDEN: Final = "(hidden)"
QUIET: Final = ("uvicorn.access", "asyncio", "multipart")  # libraries that are heard from warnings on

LEVELS: Final = {number: name.lower() for name, number in logging.getLevelNamesMapping().items()}

Raised: TypeAlias = Any
"""An exception as ``logging`` hands it around: its type, itself, its traceback."""

_ROOT: Final = logging.getLogger()
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
        if not log.isEnabledFor(level):
            return
        told = (type(error), error, error.__traceback__) if error is not None else None
        handlers = _ROOT.handlers
        if len(handlers) == 1 and isinstance(handlers[0], Output):
            handlers[0].tell(level, log.name, event, facts, told)
        else:  # somebody else listens, too
            record = logging.LogRecord(log.name, level, "", 0, event, None, told)
            record.facts = facts
            log.handle(record)


def get(name: str) -> Log:
    """Return the log of a part of the program."""
    return Log(name)


def setup(level: str = "info", format: str = "console", stream: TextIO | None = None) -> None:
    """Send all logs of this process, libraries' too, to ``stream`` (standard error) in this format."""
    _ROOT.handlers[:] = [Output(stream or sys.stderr, JsonLines() if format == "json" else Console())]
    _ROOT.setLevel(level.upper())
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


class Lines(logging.Formatter):
    """What both formats have in common."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record of a library, or one of ours where others listen, too."""
        facts: Mapping[str, Any] = getattr(record, "facts", {})
        return self.line(record.created, record.levelno, record.name, record.getMessage(), facts, record.exc_info)

    def line(self, at: float, level: int, name: str, event: str, facts: Mapping[str, Any], error: Raised | None) -> str:
        """Write one line, secrets hidden; ``at`` in seconds."""
        shown = {key: hide(key, value) for key, value in {**_bound.get(), **facts}.items()}
        told = hide_in(self.formatException(error)) if error else None
        return self.write(at, LEVELS.get(level, "info"), name.removeprefix("commonhold."), hide_in(event), shown, told)

    def write(self, at: float, level: str, part: str, event: str, facts: dict[str, Any], error: str | None) -> str:
        """Put a line together."""
        raise NotImplementedError


class Output(logging.StreamHandler[TextIO]):
    """Where lines go. Ours go there at once: a server writes one for each request, and ``logging`` has a long way."""

    def __init__(self, stream: TextIO, lines: Lines) -> None:
        """Write ``lines`` to ``stream``."""
        super().__init__(stream)
        self.setFormatter(lines)
        self._line = lines.line

    def tell(self, level: int, name: str, event: str, facts: Mapping[str, Any], error: Raised | None) -> None:
        """Write a line of ours; where nobody can read it, it is lost."""
        with contextlib.suppress(OSError, ValueError):
            self.stream.write(self._line(time.time(), level, name, event, facts, error) + "\n")
            self.stream.flush()


@lru_cache(4)
def _second(form: str, at: int, utc: bool) -> str:
    """Write a moment: most lines are of the same second as the one before."""
    return time.strftime(form, time.gmtime(at) if utc else time.localtime(at))


class JsonLines(Lines):
    """One object a line: at, level, part, event, and the facts."""

    def write(self, at: float, level: str, part: str, event: str, facts: dict[str, Any], error: str | None) -> str:
        """Write one line, in ASCII: no character can begin another one."""
        when = f"{_second('%Y-%m-%dT%H:%M:%S', int(at), True)}.{int(at % 1 * 1000):03}Z"
        line = {"at": when, "level": level, "part": part, "event": event, **facts}
        if error is not None:
            line["error"] = error
        return _json(line)


_json: Final = json.JSONEncoder(default=str).encode


class Console(Lines):
    """One line for people; an exception follows on lines of its own."""

    def write(self, at: float, level: str, part: str, event: str, facts: dict[str, Any], error: str | None) -> str:
        """Write one line; what a value holds cannot begin another one."""
        shown = " ".join([f"{key}={_plain(value)}" for key, value in facts.items()])
        clock = _second("%H:%M:%S", int(at), False)
        line = f"{clock} {level:7} {part}: {_UNPRINTABLE.sub(' ', event)} {shown}".rstrip()
        return line if error is None else f"{line}\n{error}"


def _plain(value: Any) -> str:
    text = str(value)
    return json.dumps(text) if " " in text or not text or _UNPRINTABLE.search(text) else text
