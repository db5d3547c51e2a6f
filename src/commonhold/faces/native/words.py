"""How values look in the native API: moments, durations, roles, kinds, references, cursors and tags."""

import base64
import binascii
import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from commonhold.core.content.names import parse_path
from commonhold.core.identity import ItemRef, Named, RecipientRef
from commonhold.core.model import EVERYONE, LINK
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, Role
from commonhold.http.face import Call

T = TypeVar("T")

Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A moment as replies write it: RFC 3339, UTC, with milliseconds."""
When = Annotated[datetime, Meta(tz=True)]
"""A moment as requests may write it: RFC 3339 with any offset."""
Life = Annotated[str, Meta(pattern=r"\A[0-9]{1,6}[smhdw]\Z", description="A duration: 90s, 15m, 12h, 7d, 2w")]
Count = Annotated[int, Meta(ge=-(2**31), le=2**31)]
Label = Annotated[str, Meta(max_length=255)]
Text = Annotated[str, Meta(max_length=16_384)]
Ref = Annotated[str, Meta(min_length=1, max_length=16_384)]
Limit = Annotated[int, Meta(ge=1, le=200)]
KindWord = Literal["user", "group", "org", "everyone", "link", "mail"]
ActionWord = Literal["read", "download", "comment", "write", "create", "rename", "delete", "share", "manage"]

LATEST: Final = 253_402_300_799_999  # the last millisecond of the year 9999, which is as far as RFC 3339 goes
_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_LARGEST: Final = 2**62
_TAG: Final = re.compile(r'"(\d{1,18})"', re.ASCII)


class Listing(Struct, Generic[T], frozen=True):
    """A page; it may be short and still have a ``next``, which is given back as the parameter of that name."""

    data: list[T]
    next: str | None = None


class Paging(Struct, forbid_unknown_fields=True, frozen=True):
    """Which page of a listing, and how long it may be."""

    next: Text | None = None
    limit: Limit = 50


@functools.lru_cache(4_096)
def moment(at: int) -> Moment:
    """Write milliseconds as RFC 3339; what lies beyond the year 9999 is its end."""
    shown = datetime.fromtimestamp(min(max(at, 0), LATEST) / 1000, UTC)
    return shown.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def moment_or_none(at: int | None) -> Moment | None:
    """Write a moment that may be missing."""
    return None if at is None else moment(at)


def millis(when: datetime) -> int:
    """Return a moment as milliseconds since the epoch."""
    return int(when.timestamp() * 1000)


def duration(life: Life) -> int:
    """Return a duration in milliseconds."""
    return int(life[:-1]) * _UNITS[life[-1]]


def role_of(word: str | None) -> Role | None:
    """Return a role by its name.

    :raises Problem: unknown_role
    """
    if word is None:
        return None
    try:
        return Role(word)
    except ValueError:
        raise Problem("unknown_role", field="role") from None


@functools.cache
def actions_of(actions: Action) -> tuple[ActionWord, ...]:
    """Name actions."""
    return tuple(one.name.lower() for one in Action if one and one & actions and one.name)  # type: ignore[misc]


def action_mask(words: Iterable[ActionWord]) -> Action:
    """Return actions by their names."""
    return _mask(Action.NONE, (Action[word.upper()] for word in words))


def kind_word(kind: Kind) -> KindWord:
    """Name a kind of recipient."""
    return (kind.name or "user").lower()  # type: ignore[return-value]


@functools.cache
def kinds_of(mask: Kind) -> tuple[KindWord, ...]:
    """Name the kinds in a mask."""
    return tuple(kind_word(one) for one in Kind if one and one & mask)


def kind_mask(words: Iterable[KindWord]) -> Kind:
    """Return kinds by their names."""
    return _mask(Kind.NONE, (Kind[word.upper()] for word in words))


F = TypeVar("F", Action, Kind)


def _mask(none: F, flags: Iterator[F]) -> F:
    for flag in flags:
        none |= flag
    return none


def item_ref(text: str, field: str = "item") -> ItemRef:
    """Read an item: its uid, or a path that begins with a slash.

    :raises Problem: bad_path
    """
    return parse_path(text, field=field) if text.startswith("/") else text


class RecipientIn(Struct, forbid_unknown_fields=True, frozen=True):
    """A recipient of a kind: ``name`` is a name, title, uid or address; everyone and link have none."""

    kind: KindWord
    name: Label | None = None


def recipient_ref(given: str | RecipientIn) -> RecipientRef:
    """Read a recipient: a plain text is a user's name, then a group's, then a mail address.

    :raises Problem: missing_field
    """
    if isinstance(given, str):
        return Named(given)
    if given.kind in ("everyone", "link"):
        return EVERYONE if given.kind == "everyone" else LINK
    if not given.name:
        raise Problem("missing_field", field="recipients.name")
    return Named(given.name, Kind[given.kind.upper()])


def user_ref(text: str) -> Named:
    """Read a user: name, uid, or his own mail address."""
    return Named(text, Kind.USER)


def group_ref(text: str) -> Named:
    """Read a group: title or uid."""
    return Named(text, Kind.GROUP)


def org_ref(text: str) -> Named:
    """Read an organisation: title or uid."""
    return Named(text, Kind.ORG)


def cursor(place: Sequence[Any] | int | None) -> str | None:
    """Write the place where a listing goes on as an opaque text."""
    if place is None:
        return None
    text = msgspec.json.encode([place] if isinstance(place, int) else place)
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def place_of(text: str | None) -> tuple[Any, ...] | None:
    """Read a cursor.

    :raises Problem: bad_cursor
    """
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(raw, type=tuple[int | str | None, ...])
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise Problem("bad_cursor", field="next") from None
    if len(found) > 8 or any(isinstance(part, int) and abs(part) > _LARGEST for part in found):
        raise Problem("bad_cursor", field="next")
    return found


def number_of(text: str | None) -> int | None:
    """Read a cursor that is one number.

    :raises Problem: bad_cursor
    """
    match place_of(text):
        case None:
            return None
        case (int(number),):
            return number
    raise Problem("bad_cursor", field="next")


def tagged(call: Call, state: int) -> None:
    """Name the state of what is returned in ``ETag``."""
    call.headers["etag"] = f'"{state}"'


def if_match(call: Call) -> int | None:
    """Return the state that ``If-Match`` asks for; None if any will do.

    :raises Problem: precondition_failed for a tag that was never ours
    """
    value = call.request.headers.get("if-match", "*").strip()
    if value == "*":
        return None
    match = _TAG.fullmatch(value)
    if match is None:
        raise Problem("precondition_failed", field="If-Match")
    return int(match[1])
