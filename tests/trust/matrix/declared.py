"""What each route is about: tables of lines, one for each face, that a person writes and a test reads.

    METHODS PATH | DECISION | KINDS | SENT

``PATH`` may hold alternatives, ``{a,b}`` at one place with a comma: ``/{folders,workspaces}/{id}``; ``METHODS`` are
joined by ``,``. ``KINDS``: the kinds of items the route is for (all if empty); ``SENT``: JSON of what is sent along,
as the HTTP client takes it (``json``, ``data``, ``params``, ``content``, ``files``), where ``<name>`` stands for a fact
of the scene, with two more: ``at`` says which fact fills a part of the path, ``each`` what a kind is told instead.

``DECISION`` is one of the words

    public          whoever asks is answered, and is told nothing of an item that he may not read
    self            about the caller himself: nobody is refused
    directory       names of people: nobody is refused
    administration  whoever administers nothing is refused

or conditions joined by ``,``: ``[own] ACTION[+ACTION] ITEM`` (or ``any ITEM``) with an item of the scene: ``item``,
``parent``, ``aside``, ``mine``; ``link``: the item, for whoever has the secret that is sent. Or ``see share``, ``change
share``, ``end share``, ``made share`` (by the caller himself); ``person``: he has a name; ``account``: and is no guest;
``somebody``: he has a name, or has opened a link. Without any of them the caller is
refused, with all he is answered; ``at most`` before them: he may be refused still, as the face asks for more.
"""

import itertools
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from commonhold.core.roles import ALL, Action, ItemKind
from commonhold.faces.arcgis.face import FACE as ARCGIS
from commonhold.faces.directus.face import FACE as DIRECTUS
from commonhold.faces.filr.face import FACE as FILR
from commonhold.faces.native.face import FACE as NATIVE
from commonhold.faces.puter.face import FACE as PUTER
from commonhold.faces.web.face import FACE as WEB
from commonhold.http.face import Face, Route

FACES: Final[dict[str, Face]] = {face.name: face for face in (NATIVE, WEB, PUTER, FILR, ARCGIS, DIRECTUS)}
TABLES: Final = Path(__file__).parent / "tables"
WORDS: Final = ("public", "self", "directory", "administration")
SHARE: Final = ("see share", "change share", "end share", "made share")
ITEMS: Final = ("item", "parent", "aside", "mine", "link")
KINDS: Final = ("folder", "file", "deep", "app", "entry", "record", "closed", "trashed")
"""Kinds of things that are asked about: ``deep`` lies below the shared folder, ``closed`` in a folder that takes
nothing from above, ``trashed`` is a file in the trash."""

_COLUMN: Final = re.compile(r"\s+\|(?=\s|$)")
_PART: Final = r"(?:[^{},]|\{[^{},]*\})*"
_OR: Final = re.compile(rf"\{{({_PART}(?:,{_PART})+)\}}")


class Wrong(Exception):
    """A line of a table that cannot be read, or says what is not so."""


class Condition(msgspec.Struct, frozen=True):
    """Actions on an item of the scene; or, without actions, a word about the share or the caller."""

    about: str
    actions: Action = Action.NONE
    own: bool = False
    any: bool = False


class Declared(msgspec.Struct, frozen=True):
    """A route, and what was decided about it."""

    face: str
    route: Route
    word: str | None
    conditions: tuple[Condition, ...]
    at_most: bool
    kinds: tuple[str, ...]
    sent: dict[str, Any]

    @property
    def name(self) -> str:
        """The route as reports name it."""
        return f"{self.face}: {self.route.method} {self.route.path}"

    @property
    def judged(self) -> bool:
        """Whether the right on an item decides."""
        return self.word is None


def _condition(text: str) -> Condition:
    if text in (*SHARE, "person", "account", "somebody"):
        return Condition(text)
    rest = text.removeprefix("own ")
    actions, _, about = rest.partition(" ")
    if about not in ITEMS:
        raise Wrong(f"{text!r}: the item is none of {ITEMS}")
    if actions == "any":
        return Condition(about, ALL, any=True)
    found = Action.NONE
    for word in actions.split("+"):
        found |= Action[word.upper()]
    return Condition(about, found, text.startswith("own "))


def spelled(path: str) -> Iterator[str]:
    """Yield the paths that alternatives stand for."""
    parts = _OR.split(path)
    choices = [[part] if at % 2 == 0 else part.split(",") for at, part in enumerate(parts)]
    for chosen in itertools.product(*choices):
        yield "".join(chosen)


def lines_of(face: str) -> Iterator[tuple[str, list[str]]]:
    """Yield method and path with the columns of each line of a face's table."""
    for line in (TABLES / f"{face}.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            columns = [part.strip() for part in _COLUMN.split(line)]
            methods, _, path = columns[0].partition(" ")
            for method, one in itertools.product(methods.split(","), spelled(path.strip())):
                yield f"{method} {one}", columns[1:]


def read(face: str, route: Route, columns: list[str]) -> Declared:
    """Read the columns of a line for its route.

    :raises Wrong: for what is not one of the words
    """
    decision, kinds, sent = (*columns, "", "")[:3]
    word = decision if decision in WORDS else None
    at_most = decision.startswith("at most ")
    conditions = decision.removeprefix("at most ").split(", ") if word is None else ()
    named = tuple(kinds.replace(",", " ").split()) or KINDS
    if odd := set(named) - set(KINDS):
        raise Wrong(f"{route.path}: {odd} are none of {KINDS}")
    found = tuple(_condition(one) for one in conditions)
    return Declared(face, route, word, found, at_most, named, msgspec.json.decode(sent or "{}"))


@cache
def declared(face: str) -> tuple[Declared, ...]:
    """Return the routes of a face that have a decision, in the order of the route table."""
    lines = dict(lines_of(face))
    routes = {f"{route.method} {route.path}": route for route in FACES[face].routes}
    return tuple(read(face, route, lines[name]) for name, route in routes.items() if name in lines)


def undecided(face: str) -> list[str]:
    """Return the routes of a face that have no decision."""
    lines = dict(lines_of(face))
    return [name for route in FACES[face].routes if (name := f"{route.method} {route.path}") not in lines]


def unknown(face: str) -> list[str]:
    """Return the lines of a face's table that are about no route, or about one that an earlier line is about."""
    routes = [f"{route.method} {route.path}" for route in FACES[face].routes]
    names = [name for name, _ in lines_of(face)]
    return [name for at, name in enumerate(names) if name not in routes or name in names[:at]]


def item_kind(kind: str) -> ItemKind:
    """Return what a kind of thing is as an item."""
    return ItemKind.FILE if kind in ("deep", "closed", "trashed") else ItemKind(kind)
