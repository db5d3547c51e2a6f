"""The search grammar of this dialect: a text becomes a filter of ``core.query``, whoever evaluates it.

    type:"Web Map" AND (owner:jane OR tags:(roads rivers)) -access:public created:[0 TO 1700000000000]

The leaves are ``Compare`` over the name of a field in lower case (``TEXT`` where none is named): ``ICONTAINS`` for
words, ``ISTARTS_WITH`` where the last word is cut by ``*``, ``NNULL`` for ``*`` alone, comparisons for ranges.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from commonhold.core.keys import in_a_row, person_key, words_of
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, And, Compare, Filter, Not, Op, Or, all_of, any_of

TEXT: Final = "text"
"""The field of words that name none: whatever describes a thing."""

KEYWORDS: Final = frozenset((
    "id", "owner", "access", "group", "orgid", "accountid", "ownerfolder", "isinvitationonly", "isviewonly",
    "capabilities", "username",
))  # fmt: skip
"""Fields whose values are compared as a whole; all others by their words."""

LONGEST: Final = 32_768  # characters
LEAVES: Final = 1_024
DEEPEST: Final = 48

_TOKEN: Final = re.compile(
    r"""\s*(?:
      "(?P<phrase>(?:[^"\\]|\\.)*)"
    | (?P<range>[\[{]\s*(?P<low>[^\s\]}]+)\s+TO\s+(?P<high>[^\s\]}]+)\s*[\]}])
    | (?P<sign>&&|\|\||[()!+-])
    | (?P<boost>[\^~][0-9.]*)
    | (?P<field>[A-Za-z_][\w.]*):(?!//)
    | (?P<word>(?:[^\s()"\[\]{}:\\^~]|\\.|:(?=\S))+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SIGNS: Final = {"&&": "AND", "||": "OR", "!": "NOT", "-": "NOT"}
_WORDS: Final = frozenset(("AND", "OR", "NOT"))
_IDLE: Final = frozenset(("and", "or"))  # as words they are in everything: the operators are written in capitals

Token = tuple[str, Any]


def refused() -> Problem:
    """Return the refusal of a text that is no query."""
    return Problem("bad_query", field="q")


def parse(text: str) -> Filter:
    """Read a query; an empty one holds for everything.

    :raises Problem: bad_query
    """
    if len(text) > LONGEST:
        raise refused()
    parser = _Parser(list(_tokens(text)))
    return parser.whole()


def _tokens(text: str) -> Iterable[Token]:
    """Cut a text into phrases, ranges, fields, words, brackets and operators.

    :raises Problem: bad_query
    """
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise refused()
        at = found.end()
        kind, value = found.lastgroup, found[0].strip()
        if found["range"] is not None:
            yield "range", (value[0], found["low"].strip('"'), found["high"].strip('"'), value[-1])
        elif kind == "phrase":
            yield "phrase", _plain(found["phrase"])
        elif kind == "sign":
            yield from _sign(value, found.end() - len(value), text)
        elif kind == "field":
            yield "field", value[:-1].lower()
        elif kind == "word" and value not in _IDLE:
            yield ("operator", value) if value in _WORDS else ("word", value)


def _sign(value: str, at: int, text: str) -> Iterable[Token]:
    """Tell what a sign means: a dash or plus before a blank is nothing."""
    if value in "()":
        yield value, value
    elif value == "+" or (value in "-!" and text[at + 1 : at + 2].strip() == ""):
        return
    else:
        yield "operator", _SIGNS[value]


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


class _Parser:
    """Reads ``or`` of ``and`` of ``not`` of leaves and brackets; what stands side by side must all hold."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._leaves = 0

    def whole(self) -> Filter:
        """Read everything."""
        if not self._tokens:
            return ALWAYS
        found = self._any(TEXT, 0)
        if self._peek()[0]:
            raise refused()
        return found

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", None)

    def _next(self) -> Token:
        found = self._peek()
        self._at += 1
        return found

    def _any(self, field: str, depth: int) -> Filter:
        parts = [self._all(field, depth)]
        while self._peek() == ("operator", "OR"):
            self._next()
            parts.append(self._all(field, depth))
        return any_of(*parts)

    def _all(self, field: str, depth: int) -> Filter:
        parts = [self._one(field, depth)]
        while self._peek()[0] not in ("", ")") and self._peek() != ("operator", "OR"):
            if self._peek() == ("operator", "AND"):
                self._next()
            parts.append(self._one(field, depth))
        return all_of(*parts)

    def _one(self, field: str, depth: int) -> Filter:
        """Read one leaf, bracket, or the opposite of one.

        :raises Problem: bad_query
        """
        kind, value = self._next()
        if depth > DEEPEST:
            raise refused()
        if (kind, value) == ("operator", "NOT"):
            return Not(self._one(field, depth + 1))
        if kind == "field":
            return self._one(value, depth + 1)
        if kind == "(":
            found = self._any(field, depth + 1)
            if self._next()[0] != ")":
                raise refused()
            return found
        self._leaves += 1
        if self._leaves > LEAVES:
            raise refused()
        return _leaf(kind, value, field)


def _leaf(kind: str, value: Any, field: str) -> Filter:
    if kind == "phrase":
        return Compare(field, Op.ICONTAINS, value)
    if kind == "range":
        return _range(field, *value)
    if kind != "word":
        raise refused()
    if value == "*":
        return Compare(field, Op.NNULL)
    text = _plain(value.rstrip("*"))
    if "*" in value.rstrip("*") or "?" in value.replace("\\?", "") or not text:
        raise refused()  # words are found by their beginnings
    return Compare(field, Op.ISTARTS_WITH if value.endswith("*") else Op.ICONTAINS, text)


def _range(field: str, opened: str, low: str, high: str, closed: str) -> Filter:
    parts = []
    if low != "*":
        parts.append(Compare(field, Op.GTE if opened == "[" else Op.GT, low))
    if high != "*":
        parts.append(Compare(field, Op.LTE if closed == "]" else Op.LT, high))
    return all_of(*parts)


def matches(asked: Filter, fields: Mapping[str, Any]) -> bool:
    """Tell whether a filter of ``parse`` holds for something: texts, flags, numbers and lists by lower-case names.

    ``TEXT`` is looked for in all texts that are no keywords, unless there is such a field. What is not there holds for
    nothing.
    """
    match asked:
        case And(parts):
            return all(matches(part, fields) for part in parts)
        case Or(parts):
            return any(matches(part, fields) for part in parts)
        case Not(part):
            return not matches(part, fields)
        case Compare(str() as field, op, value):
            return any(_holds(field, op, str(value), one) for one in _values(field, fields))
    raise TypeError(asked)


def _values(field: str, fields: Mapping[str, Any]) -> list[Any]:
    if field == TEXT and TEXT not in fields:
        found = [one for name, value in fields.items() if name not in KEYWORDS for one in _list(value)]
        return [one for one in found if isinstance(one, str)]
    return _list(fields.get(field))


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


def _holds(field: str, op: Op, wanted: str, value: Any) -> bool:
    if op is Op.NNULL:
        return True
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if op in _ORDER:
        return _ordered(op, text, wanted)
    if field in KEYWORDS:
        key, one = person_key(wanted), person_key(text)
        return one.startswith(key) if op is Op.ISTARTS_WITH else one == key
    return in_a_row(words_of(text), words_of(wanted), cut=op is Op.ISTARTS_WITH)


_ORDER: Final = {Op.GTE, Op.GT, Op.LTE, Op.LT}


def _ordered(op: Op, value: str, bound: str) -> bool:
    """Compare as numbers where both are, else as texts."""
    a: Any = value
    b: Any = bound
    if value.isdecimal() and bound.isdecimal():
        a, b = int(value), int(bound)
    if a == b:
        return op in (Op.GTE, Op.LTE)
    return bool(a > b) is (op in (Op.GTE, Op.GT))
