"""Terms of a share: its window in time, and what is refused where a face clamps (native, web, CLI)."""

import enum
from typing import Final

import msgspec

from commonhold.core.model import Share
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

DAY: Final = 86_400_000  # milliseconds


class Window(enum.StrEnum):
    """Where a moment lies in a share's window."""

    OPEN = "open"
    NOT_YET = "not_yet"
    ENDED = "ended"
    EMPTY = "empty"  # its end is not after its start: it never opens


def window_of(share: Share, now: int) -> Window:
    """Place ``now`` in the window of a share: from ``starts`` inclusive to ``until`` exclusive."""
    if share.until is not None:
        if share.starts is not None and share.until <= share.starts:
            return Window.EMPTY
        if now >= share.until:
            return Window.ENDED
    if share.starts is not None and now < share.starts:
        return Window.NOT_YET
    return Window.OPEN


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """Terms as somebody asks for them: UNSET is left as it is, None takes the term away.

    ``password`` is the clear text here and is hashed before it is stored; ``life`` is a duration in milliseconds
    instead of ``until``.
    """

    starts: int | msgspec.UnsetType | None = msgspec.UNSET
    until: int | msgspec.UnsetType | None = msgspec.UNSET
    life: int | msgspec.UnsetType | None = msgspec.UNSET
    days: int | msgspec.UnsetType | None = msgspec.UNSET  # shown by some clients; not counted down
    max_uses: int | msgspec.UnsetType | None = msgspec.UNSET
    password: str | msgspec.UnsetType | None = msgspec.UNSET
    mask: Kind | msgspec.UnsetType = msgspec.UNSET
    note: str | msgspec.UnsetType | None = msgspec.UNSET


def refuse_odd(terms: Terms, now: int) -> None:
    """Raise what native, web and CLI refuse: the core itself would store any window and number.

    :raises Problem: both_duration_and_end, end_before_start, end_in_past, max_uses_too_low
    """
    if terms.life not in (None, msgspec.UNSET) and terms.until not in (None, msgspec.UNSET):
        raise Problem("both_duration_and_end", field="until")
    until = end_of(terms, now)
    if isinstance(until, int):
        if isinstance(terms.starts, int) and until <= terms.starts:
            raise Problem("end_before_start", field="until")
        if until <= now:
            raise Problem("end_in_past", field="until")
    if isinstance(terms.max_uses, int) and terms.max_uses < 1:
        raise Problem("max_uses_too_low", field="max_uses")


def end_of(terms: Terms, now: int) -> int | msgspec.UnsetType | None:
    """Return the end that terms name, a duration counted from ``now``."""
    if isinstance(terms.life, int):
        return now + terms.life
    return terms.until
