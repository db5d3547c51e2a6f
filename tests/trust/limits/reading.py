"""The table of limits × faces: what is read of it, and requests made of its lines.

A section begins with a limit, by its name on docs/reference/limits.md, and with the value that it has in the cases::

    [limits.recipients = 2]

Below stand lines, each about one face or several::

    FACES | METHOD PATH | SENT | ANSWER
    FACES | - | why the limit cannot be met there

``SENT`` is JSON of what is sent, as the HTTP client takes it (``json``, ``data``, ``params``, ``content``, ``files``,
``headers``); ``ANSWER`` the status and a text that the body or the ``location`` has. The request is made as large as
the limit, which has to be answered otherwise, and then one larger. What grows: a list ``["*", ONE]`` is so long, a text
``*x`` so many ``x``, ``*«some#»`` so often what stands there, ``*-`` once less, ``*--`` twice, ``*/`` half as
often; ``<n>`` is the number itself. Where nothing grows, the request is sent once
more than the limit says. ``<i>`` counts, ``<who>`` is the i-th of some people, ``<thing>`` and
``<thingid>`` name the i-th file, ``<userno>`` is the number of the i-th;
``<uid /alice/docs>``, ``<no …>``, ``<id …>`` and ``<group …>`` name what the town has.

Beside them ``as`` says who asks (Alice), ``before`` which requests come first (of whose answers ``keep`` names
parts), ``within`` which status is right below the limit, ``least`` that less is too little, ``count`` another number
of times, ``wait`` that so many milliseconds after as many as the limit says it is asked again, ``shrink`` that the
second request is the same under a limit that is one less, ``requires`` other limits.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

FACES: Final = ("native", "web", "directus", "graphql", "puter", "filr", "xml", "arcgis")
"""The faces; of two of them a second way in is looked at for itself: GraphQL, and the XML of Filr."""
TABLE: Final = Path(__file__).with_name("table.txt")
WHO: Final = ("bob", "carol", "dave", "mallory")
THINGS: Final = ("/alice/a.txt", "/alice/b.txt", "/alice/docs/deep.txt", "/alice/docs/inner/low.txt")

_COLUMN: Final = re.compile(r"\s+\|(?=\s|$)")
_SECTION: Final = re.compile(r"\[(?P<name>[^=\]]+?)(?: = (?P<value>\d+))?\]")
_OF_ITH: Final = {"thing": "uid", "thingid": "id", "userno": "user"}
_MANY: Final = re.compile(r"\*(-{0,2}|/)(x|«[^»]*»)")
_FACT: Final = re.compile(r"<(\w+)(?: ([^<>]+)|\+(\d+))?>")


class Case(msgspec.Struct, frozen=True):
    """One line for one face."""

    limit: str
    value: int
    face: str
    method: str
    path: str
    sent: dict[str, Any]
    status: int
    said: str

    def __str__(self) -> str:
        """Name the case in reports."""
        return f"{self.limit}-{self.face}"

    @property
    def grows(self) -> bool:
        """Whether the request itself is as large as the limit, not their number."""
        kept = {name: one for name, one in self.sent.items() if name not in ("before", "as")}
        text = f"{self.path} {msgspec.json.encode(kept).decode()}"
        return any(sign in text for sign in ('"*"', '"*-"', "<n>", "<n+", "*x", "*«", "*-", "*/"))


class Unmet(msgspec.Struct, frozen=True):
    """Why a face cannot meet a limit."""

    limit: str
    face: str
    why: str


def sections() -> Iterator[tuple[str, int, list[str]]]:
    """Yield each limit with its value in the cases, and its lines.

    :raises ValueError: for a line that stands below no limit
    """
    name, value, lines = "", 0, list[str]()
    for line in (*TABLE.read_text().splitlines(), "[end]"):
        if found := _SECTION.fullmatch(line.strip()):
            if name:
                yield name, value, lines
            elif lines:
                raise ValueError(lines[0])
            name, value, lines = found["name"].strip(), int(found["value"] or 0), []
        elif line.strip() and not line.startswith("#"):
            lines.append(line)


@cache
def table() -> tuple[Case | Unmet, ...]:
    """Return every line of the table, once for each of its faces."""
    return tuple(one for name, value, lines in sections() for line in lines for one in _read(name, value, line))


def _read(limit: str, value: int, line: str) -> Iterator[Case | Unmet]:
    faces, request, *rest = (part.strip() for part in _COLUMN.split(line))
    for face in faces.split():
        if face not in FACES:
            raise ValueError(f"{limit}: {face} is none of {FACES}")
        if request == "-":
            yield Unmet(limit, face, rest[0])
            continue
        method, _, path = request.partition(" ")
        sent, answer = (rest[0] or "{}", rest[1])
        status, _, said = answer.partition(" ")
        yield Case(limit, value, face, method, path, msgspec.json.decode(sent), int(status), said)


def facts(text: str, n: int, i: int, names: dict[str, Any]) -> Any:
    """Put facts in the places of ``<…>``; a text that is nothing else becomes the fact itself."""

    def one(found: re.Match[str]) -> Any:
        word, rest, more = found.groups()
        if word == "n":
            return n + int(more or 0)
        if word == "i":
            return i + int(more or 0)
        if word == "who":
            return WHO[i % len(WHO)]
        if word in _OF_ITH:
            return names[f"{_OF_ITH[word]} {(WHO if word == 'userno' else THINGS)[i % len(THINGS)]}"]
        return names[f"{word} {rest}" if rest else word]

    while _FACT.search(text):
        if whole := _FACT.fullmatch(text):
            return one(whole)
        text = _FACT.sub(lambda found: str(one(found)), text)
    return text


def filled(value: Any, n: int, i: int, names: dict[str, Any]) -> Any:
    """Return what is sent where the limit is ``n``, for the ``i``-th time."""
    if isinstance(value, dict):
        return {name: filled(one, n, i, names) for name, one in value.items()}
    if isinstance(value, list):
        if value and value[0] in ("*", "*-"):
            return [filled(value[1], n, at, names) for at in range(_FEWER[value[0][1:]](n))]
        return [filled(one, n, i, names) for one in value]
    if not isinstance(value, str):
        return value
    found = facts(value, n, i, names)
    return _MANY.sub(lambda many: _many(many[2], _FEWER[many[1]](n)), found) if isinstance(found, str) else found


_FEWER: Final[dict[str, Callable[[int], int]]] = {
    "": int, "-": lambda n: n - 1, "--": lambda n: n - 2, "/": lambda n: (n + 1) // 2,
}  # fmt: skip


def _many(text: str, n: int) -> str:
    """Repeat a sign, or what stands in guillemets; ``#`` in it counts."""
    if text == "x":
        return "x" * n
    return "".join(text[1:-1].replace("#", str(at)) for at in range(n))
