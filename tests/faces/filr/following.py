"""Following links: every ``href`` of a reply, and of what it leads to, in JSON and in XML."""

from typing import Any
from xml.etree import ElementTree

import msgspec
from tests.faces.filr.town import Client, Reply

LEADS = ("href", "next", "permalink")
MOST = 3_000


def hrefs(reply: Reply) -> set[str]:
    """Return everywhere that a reply leads to."""
    kind = reply.headers.get("content-type", "")
    if kind.startswith("application/xml"):
        return {node.text or "" for node in ElementTree.fromstring(reply.body).iter() if node.tag in LEADS}
    if not kind.startswith("application/json"):
        return set()
    found: set[str] = set()
    _collect(msgspec.json.decode(reply.body), found)
    return found


def _collect(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        found.update(one for name, one in value.items() if name in LEADS and isinstance(one, str))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            _collect(one, found)


async def follow(client: Client, start: str = "") -> dict[str, Reply]:
    """Follow every link from a path on, and return what stood there; pages for people want the token by itself."""
    found: dict[str, Reply] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        page = path.startswith("http") and "/rest/" not in path
        how = {"headers": {"authorization": f"Bearer {client.password}"}} if page and client.name else {}
        found[path] = await client("GET", path, **how)
        waiting += sorted(hrefs(found[path]) - found.keys())
        assert len(found) < MOST, "this never ends"
    return found
