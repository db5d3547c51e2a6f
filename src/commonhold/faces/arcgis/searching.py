"""Searching for items: the grammar of this dialect in the words of the core, current with the very next request."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from commonhold.core.policy.width import Width
from commonhold.core.query import ALWAYS, NEVER, And, Compare, Filter, Not, Op, Or, all_of, any_of
from commonhold.core.roles import WIDE, Kind
from commonhold.faces.arcgis.content import page
from commonhold.faces.arcgis.grammar import TEXT, parse
from commonhold.faces.arcgis.groups import group_at
from commonhold.faces.arcgis.ids import uid_of
from commonhold.faces.arcgis.item_types import typed
from commonhold.faces.arcgis.items_shape import ACCESS
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.routes import Table
from commonhold.http.face import Call

TABLE = Table()

ANY: Final = int(WIDE | Kind.USER | Kind.LINK | Kind.MAIL)
_WORDS: Final = {
    TEXT: "words",
    "title": "title",
    "name": "name",
    "tags": "tags",
    "snippet": "summary",
    "description": "description",
    "typekeywords": "keywords",
}
_TIMES: Final = {"created": "made_at", "uploaded": "made_at", "modified": "changed_at"}
_IDS: Final = {"id": "uid", "group": "recipient", "orgid": "org", "accountid": "org", "ownerfolder": "folder"}


def in_our_words(asked: Filter) -> Filter:
    """Return a filter of the grammar as one over what the core keeps; a field that nothing has holds for nothing."""
    match asked:
        case And(parts):
            return all_of(*map(in_our_words, parts))
        case Or(parts):
            return any_of(*map(in_our_words, parts))
        case Not(part):
            return Not(in_our_words(part))
        case Compare(str() as field, op, value):
            return _leaf(field, op, str(value or ""))
    return NEVER


def _leaf(field: str, op: Op, value: str) -> Filter:
    if field in _TIMES or field == "size":
        return _number(_TIMES.get(field, field), op, value)
    if field == "type":
        return ALWAYS if op is Op.NNULL else typed(op, value) if op in _TEXTUAL else NEVER
    if field in _WORDS:
        return Compare(_WORDS[field], op, value) if op in (*_TEXTUAL, Op.NNULL) else NEVER
    if field == "access":
        return _access(op, value)
    if field in ("id", "owner") and op is Op.NNULL:
        return ALWAYS
    if op is Op.NNULL:
        return Compare("reaches", Op.EQ, int(Kind.GROUP)) if field == "group" else NEVER
    if op is not Op.ICONTAINS:
        return NEVER
    if field == "owner":
        return Compare("owner", Op.EQ, value)
    uid = uid_of(value.lower()) if field in _IDS else None
    return Compare(_IDS[field], Op.EQ, uid) if uid is not None else NEVER


_TEXTUAL: Final = (Op.ICONTAINS, Op.ISTARTS_WITH)
_ORDER: Final = (Op.GT, Op.GTE, Op.LT, Op.LTE)


def _number(field: str, op: Op, value: str) -> Filter:
    number = _moment(value)
    if number is None:
        return NEVER
    return Compare(field, op if op in _ORDER else Op.EQ, number)


def _moment(text: str) -> int | None:
    """Return a number, or a day or moment as its milliseconds."""
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        return int(text) if len(digits.lstrip("0")) < 19 else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _reaches(kinds: Kind | int) -> Filter:
    return Compare("reaches", Op.EQ, int(kinds))


_ACCESS: Final[dict[str, Callable[[], Filter]]] = {
    ACCESS[Width.EVERYONE]: lambda: _reaches(Kind.EVERYONE),
    ACCESS[Width.ORG]: lambda: all_of(_reaches(Kind.ORG), Not(_reaches(Kind.EVERYONE))),
    ACCESS[Width.SOME]: lambda: all_of(_reaches(ANY), Not(_reaches(Kind.ORG | Kind.EVERYONE))),
    ACCESS[Width.NOBODY]: lambda: Not(_reaches(ANY)),
}


def _access(op: Op, value: str) -> Filter:
    if op is Op.NNULL:
        return ALWAYS
    found = _ACCESS.get(value.lower()) if op is Op.ICONTAINS else None
    return found() if found is not None else NEVER


def query_of(asked: Parameters) -> Filter:
    """Return what a search asks for, by ``q`` and ``filter``.

    :raises Problem: bad_query
    """
    return all_of(*(in_our_words(parse(asked.text(name) or "")) for name in ("q", "filter")))


@TABLE.resource("/search", needs="right")
async def search(call: Call, asked: Parameters) -> Any:
    """Find items that the caller may see."""
    return {"query": asked.text("q") or "", **await page(call, asked, query_of(asked), "results")}


@TABLE.resource("/content/groups/{group}/search", needs="right")
async def search_group(call: Call, asked: Parameters) -> Any:
    """Find items in a group."""
    group, _ = await group_at(call)
    where = all_of(Compare("recipient", Op.EQ, group.no), query_of(asked))
    return {"query": asked.text("q") or "", **await page(call, asked, where, "results")}
