"""Stories as data: steps of requests with what they are answered, one story a line.

A step is sent by ``as`` (Alice, if nobody is named) as ``do`` with ``body``; its answer has ``status`` (200), ``code``
(of a refusal), and ``has`` what is named there: null is absent, a list has these elements, a date is milliseconds.
``{bob}`` stands for a number, ``{now+5}`` for a moment, ``{s.id}`` for a field of what an earlier step saved as ``s``.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from tests.faces.filr.town import Client, Reply, Town

from commonhold.http.xml import iso, moment_of

FOLDER = Path(__file__).parent / "cases"
_PLACE = re.compile(r"\{([^{}\"]+)\}")
_DATES = ("expiration", "sharing_date")


def stories(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the stories of a file with their names."""
    for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        story = msgspec.json.decode(line)
        yield story["name"], story


class Teller:
    """Plays stories in a town, in one form."""

    def __init__(self, town: Town, form: str) -> None:
        """Begin with nothing saved."""
        self.town = town
        self.clients = {name: client.speaking(form) for name, client in town.clients.items()}
        self.saved: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        """Return what a place stands for."""
        for start in ("now", "iso"):
            if name == start or name.startswith((f"{start}+", f"{start}-")):
                at = self.town.clock.now + int(name.removeprefix(start) or 0)
                return at if start == "now" else iso(at)
        if name.startswith("text:"):
            return str(self.value(name[5:]))
        if name.startswith("uid:"):
            return self.town.items[name[4:]].uid
        head, _, rest = name.partition(".")
        if head in self.saved:
            found = self.saved[head]
            for part in rest.split("."):
                found = found[int(part) if part.isdigit() else part]
            return found
        return self.town.no(name)

    def filled(self, value: Any) -> Any:
        """Return a value with its places filled in."""
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if not isinstance(value, str):
            return value
        whole = _PLACE.fullmatch(value)
        return self.value(whole[1]) if whole else _PLACE.sub(lambda match: str(self.value(match[1])), value)

    async def play(self, story: dict[str, Any]) -> None:
        """Play a story, and look at every answer."""
        for step in story["steps"]:
            self.town.clock.advance(step.get("wait", 0))
            if "do" in step:
                reply = await self._send(self.clients[step.get("as", "alice")], step)
                self._look(reply, step)

    async def _send(self, client: Client, step: dict[str, Any]) -> Reply:
        method, path = self.filled(step["do"]).split(" ", 1)
        if "raw" in step:
            headers = {"content-type": step["type"]} if "type" in step else {}
            return await client(method, path, content=self.filled(step["raw"]).encode(), headers=headers)
        return await client(method, path, self.filled(step.get("body")))

    def _look(self, reply: Reply, step: dict[str, Any]) -> None:
        assert reply.status == step.get("status", 200), (step, reply)
        if "code" in step:
            assert reply.refusal[1] == step["code"], (step, reply)
        if "save" in step:
            self.saved[step["save"]] = reply.data
        if "has" in step:
            differs = different(reply.data, self.filled(step["has"]), "")
            assert not differs, (differs, step, reply)


def different(found: Any, expected: Any, where: str) -> str | None:
    """Say where an answer is not as expected."""
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            return f"{where} is no object"
        for key, one in expected.items():
            differs = different(found.get(key), one, f"{where}.{key}")
            if differs:
                return differs
        return None
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return f"{where} has other elements"
        places = enumerate(zip(found, expected, strict=True))
        return next(filter(None, (different(a, b, f"{where}.{at}") for at, (a, b) in places)), None)
    if where.rpartition(".")[2] in _DATES and isinstance(found, str):
        found = moment_of(found)
    return None if found == expected else f"{where} is {found!r}, not {expected!r}"
