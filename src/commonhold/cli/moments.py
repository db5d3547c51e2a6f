"""Moments and durations as people type them, and as they read them: in their own time zone."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from commonhold.cli.exits import Mistyped

_LIFE: Final = re.compile(r"\d{1,6}[smhdw]")


def read_end(text: str) -> dict[str, str]:
    """Read ``7d`` (also s, m, h, w), ``2026-12-31`` (that day included) or ``2026-12-31T18:00`` as terms.

    :raises Mistyped: it is none of these
    """
    if _LIFE.fullmatch(text):
        return {"life": text}
    day = _day(text)
    if day is not None:
        return {"until": _written(datetime.combine(day, time()), timedelta(days=1))}
    return {"until": _written(_moment(text))}


def read_start(text: str, now: datetime | None = None) -> str:
    """Read ``2026-12-01`` (its first moment), ``2026-12-01T08:00`` or ``2h`` (from now) as a moment.

    :raises Mistyped: it is none of these
    """
    if _LIFE.fullmatch(text):
        units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
        start = (now or datetime.now().astimezone()) + timedelta(seconds=int(text[:-1]) * units[text[-1]])
        return _written(start)
    day = _day(text)
    return _written(datetime.combine(day, time()) if day is not None else _moment(text))


def shown(text: Any) -> str:
    """Write a moment of the API for people, in local time to the minute; nothing for none."""
    if not isinstance(text, str):
        return ""
    local = datetime.fromisoformat(text).astimezone()
    return f"{local:%Y-%m-%d %H:%M}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Mistyped(f"{text!r} is no date. Write 7d, 2026-12-31 or 2026-12-31T18:00.") from None


def _written(moment: datetime, more: timedelta = timedelta()) -> str:
    try:
        return (moment + more).astimezone().isoformat()
    except (OverflowError, OSError, ValueError):
        raise Mistyped("This date lies too far away.") from None
