"""What random requests are made of: words of each face, as its source has them, names of things there, and oddities."""

import json
import random
import re
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, quote_plus

from msgspec import Struct
from tests.trust.town import FACES

TEXTS = (
    "", ".", "..", "/", "//", "/alice/a.txt", "/alice/docs", "/alice/../root", "%2e%2e%2f", "%", "%zz", "a\0b", "\0",
    "\u202e", "é" * 300, "\ud800", "😀", "'", '"', "';--", "<script>", "{{7*7}}", "${x}", "null", "true", "NaN", "-0",
    "1e999", "0x10", "*", "a" * 5000, "2024-02-30", "9999-12-31T23:59:59.999Z", "-271821-04-20T00:00:00Z", "P1D", "7d",
    "alice", "bob", "bob@example.org", "a@b", "@", "team", "notes", "viewer", "editor", "self", "me", "\r\nX: y",
    "CON", "a/b", "a\\b", " a ", "a.", "\ufeff", "\u2028", "ﬁ", "İ", "ß" * 200, "𝒶", "\x7f", "~", "-", "_",
    "=", "&", ";",
)  # fmt: skip
NUMBERS = (
    0,
    1,
    -1,
    2,
    3,
    200,
    201,
    2**31 - 1,
    2**31,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    -(2**63),
    10**30,
    0.5,
    -1.5,
    1e308,
)


JSON = ("content-type", "application/json")
FORM = ("content-type", "application/x-www-form-urlencoded")
PEOPLE = ("alice", "alice", "alice", "bob", "root", "mallory", "nobody")


class Case(Struct):
    """One request. ``path`` is as it stands in the request line, quoted; chunks are what the body comes in."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    who: str = "alice"


@cache
def words(face: str) -> tuple[str, ...]:
    """Return the words that a face knows: short texts of its source, in a fixed order."""
    found: set[str] = set()
    folders = [files("commonhold.faces").joinpath(face)]
    for folder in folders:
        for one in folder.iterdir():
            if one.is_dir():
                folders.append(one)
            elif one.name.endswith(".py"):
                text = one.read_text(encoding="utf-8")
                found |= set(re.findall(r'"([A-Za-z_$@][\w.$:-]{1,28})"', text))
                found |= set(re.findall(r"^    (\w{2,24}): ", text, re.MULTILINE))
    return tuple(sorted(found))


class Draw:
    """Draws from a seed. ``known``: names and ids of what is there."""

    def __init__(self, seed: int, known: dict[str, list[Any]]) -> None:
        """Begin at a seed."""
        self.rng = random.Random(seed)
        self.known = known
        self._all = [one for some in known.values() for one in some]

    def one(self, *of: Any) -> Any:
        """Return one of these."""
        return of[self.rng.randrange(len(of))]

    def chance(self, of: float) -> bool:
        """Return True so often."""
        return self.rng.random() < of

    def some(self, of: tuple[Any, ...], most: int) -> list[Any]:
        """Return a few of these."""
        return [self.one(*of) for _ in range(self.rng.randrange(most + 1))]

    def text(self) -> str:
        """Return a text: something known, something odd, something random."""
        match self.rng.randrange(4):
            case 0:
                return str(self.one(*self._all))
            case 1:
                return "".join(chr(self.rng.choice((32, 48, 65, 97, 0x80, 0x400, 0x1F600)) + self.rng.randrange(26))
                               for _ in range(self.rng.randrange(12)))  # fmt: skip
            case _:
                return str(self.one(*TEXTS))

    def number(self) -> Any:
        """Return a number."""
        return self.one(*NUMBERS) if self.chance(0.5) else self.rng.randrange(-3, 300)

    def value(self, face: str, depth: int = 3) -> Any:
        """Return a value as JSON has them."""
        match self.rng.randrange(9 if depth else 6):
            case 0:
                return self.one(None, True, False)
            case 1:
                return self.number()
            case 2 | 3:
                return self.text()
            case 4 | 5:
                return self.one(*self._all) if self.chance(0.6) else self.one(*words(face))
            case 6:
                return [self.value(face, depth - 1) for _ in range(self.rng.randrange(4))]
            case _:
                return self.fields(face, depth - 1)

    def fields(self, face: str, depth: int = 3, most: int = 5) -> dict[str, Any]:
        """Return an object with fields that the face knows."""
        names = [
            self.one(*words(face)) if self.chance(0.95) else self.text() for _ in range(self.rng.randrange(most + 1))
        ]
        return {name: self.value(face, depth) for name in names}

    def json(self, value: Any) -> bytes:
        """Write JSON; now and then what is none."""
        text = json.dumps(value)
        if self.chance(0.03):
            cut = self.rng.randrange(len(text) + 1)
            text = text[:cut] + self.one("", "}", "]", ",", '"', "\\", "\0", "[" * 20_000, '{"a":' * 20_000)
        data = text.encode("utf-8", "surrogatepass")
        if self.chance(0.02):
            data = self.one(
                b"\xff\xfe" + data, data.decode("utf-8", "replace").encode("utf-16"), b"\xef\xbb\xbf" + data
            )
        return bytes(data)

    def form(self, face: str, most: int = 6, **fixed: Any) -> str:
        """Return a query, or the body of a form."""
        pairs = [(self.one(*words(face)), self.plain(face)) for _ in range(self.rng.randrange(most + 1))]
        pairs += [(name, self.plain(face) if value is None else str(value)) for name, value in fixed.items()]
        return "&".join(f"{plussed(name)}={plussed(value)}" for name, value in pairs)

    def plain(self, face: str) -> str:
        """Return a value of a form: a text, a number, JSON, a list."""
        match self.rng.randrange(6):
            case 0:
                return str(self.number())
            case 1:
                return self.json(self.value(face)).decode("utf-8", "replace")
            case 2:
                return ",".join(str(self.value(face, 0)) for _ in range(self.rng.randrange(4)))
            case 3:
                return str(self.one(*words(face)))
            case _:
                return self.text()


def quoted(text: str) -> str:
    """Quote a part of a path."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def plussed(text: str) -> str:
    """Quote a part of a form."""
    return quote_plus(text.encode("utf-8", "surrogatepass"))


def filled(d: Draw, template: str) -> str:
    """Fill the variables of a path with what is there, mostly."""
    parts = []
    for part in template.split("/"):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            part = quoted(str(d.one(*d.known[name])) if name in d.known and d.chance(0.8) else d.text())
        parts.append(part)
    return "/".join(parts)


def routed(d: Draw, face: str) -> tuple[str, str]:
    """Return method and path of any route of a face."""
    route = d.one(*FACES[face].routes)
    return route.method, filled(d, route.path)
