"""Tables of cases: one JSON object a line, with ids of items and groups by what they are called."""

import re
from pathlib import Path
from typing import Any

import msgspec
from tests.faces.arcgis.town import Reply, Town

FOLDER = Path(__file__).parent / "cases"
UNKNOWN = "0123456789abcdef0123456789abcdef"
ITEMS = {
    "map": "/owner/map.json",
    "b": "/owner/b.txt",
    "docs": "/owner/docs",
    "deep": "/owner/docs/deep.txt",
    "own": "/stranger/own.txt",
    "far": "/external/far.txt",
    "looked": "/viewer/looked.txt",
}
_PLACE = re.compile(r"\{(\w+)\}")
ANYTHING = "..."


def cases(name: str) -> list[dict[str, Any]]:
    """Return the cases of a file."""
    return [msgspec.json.decode(line) for line in (FOLDER / name).read_text(encoding="ascii").splitlines()]


def filled(town: Town, value: Any) -> Any:
    """Return a value in which names in braces are ids."""
    names = {name: town.id(path) for name, path in ITEMS.items() if path in town.items}
    names |= {**town.groups, "unknown": UNKNOWN}

    def put(text: str) -> str:
        return _PLACE.sub(lambda found: names[found[1]], text)

    return msgspec.json.decode(put(msgspec.json.encode(value).decode()))


async def send(town: Town, by: str, method: str, path: str, asked: dict[str, str]) -> Reply:
    """Send a request as somebody."""
    where: dict[str, Any] = {"params" if method == "GET" else "data": {"f": "json", **asked}}
    return await town.clients[by](method, path, **where)


def like(found: Any, expected: Any) -> Any:
    """Return what was found, with ``ANYTHING`` wherever that is expected, so that both can be compared."""
    if expected == ANYTHING:
        return ANYTHING if found else found
    if isinstance(expected, dict) and isinstance(found, dict):
        return {name: like(one, expected.get(name)) for name, one in found.items()}
    if isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        return [like(one, other) for one, other in zip(found, expected, strict=True)]
    return found
