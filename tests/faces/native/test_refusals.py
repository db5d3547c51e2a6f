"""What the native API refuses: each case of the data file, with its status, code and field; nothing is changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.faces.native.town import Client, Town, settle

from commonhold.core.problems import SENTENCES
from commonhold.http.statuses import STATUS
from commonhold.testing.core import make_core

CASES = [json.loads(line) for line in Path(__file__).with_name("refusals.jsonl").read_text().splitlines()]


async def scene(town: Town) -> dict[str, str]:
    """Set the scene of all cases: what their paths and bodies name."""
    file, shared = await town.file("alice", "file"), await town.file("alice", "shared")
    previewed, folder = await town.file("alice", "previewed"), await town.folder("alice", "folder")
    share = await town.share("alice", shared, "bob", terms={"pass_on_to": ["user"]})
    await town.share("alice", previewed, "mallory", role="previewer")
    home = await town.home("alice")
    names = {"home": home, "file": file, "folder": folder, "shared": shared, "previewed": previewed}
    return {**names, "share": share["share"]}


def filled(value: Any, names: dict[str, str]) -> Any:
    """Put the uids of the scene into a path or body."""
    if isinstance(value, str):
        for name, uid in names.items():
            value = value.replace(f"{{{name}}}", uid)
        return value
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return {key: filled(one, names) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["says"])
async def test_odd_requests_are_refused(case: dict[str, Any]) -> None:
    """An odd request gets its own status, code, field and a sentence, in one shape, and changes no item or share."""
    town = await settle(make_core())
    names = await scene(town)
    town.clients["stranger"] = Client(town.app, "guessed")
    before = await _facts(town)
    method, path = filled(case["ask"], names).split(" ", 1)
    more: dict[str, Any] = {"headers": case.get("headers", {})}
    if "raw" in case:
        raw = case["raw"].encode("utf-8", "surrogateescape")
        more["content"] = raw + raw[-1:] * case.get("repeat", 0)
        more["headers"]["content-type"] = case.get("type", "application/json")
    reply = await town.clients[case["as"]](method, path, filled(case.get("body"), names), **more)
    status, code, field = case["get"]
    assert reply.problem == (status, code, field), reply
    assert reply.headers["content-type"] == "application/problem+json"
    assert (reply.json["title"], reply.json["detail"]) == (code.replace("_", " ").capitalize(), SENTENCES[code])
    assert await _facts(town) == before


async def _facts(town: Town) -> Any:
    """What alice has, and whom it is shared with."""
    home = await town.home("alice")
    items = await town.alice.ok("GET", f"/items/{home}/children")
    return items, await town.alice.ok("GET", "/shares"), await town.root.ok("GET", "/users")


def test_every_problem_has_a_status() -> None:
    """Each code of the core has a status, and no status stands for a code that is not there."""
    assert set(STATUS) == set(SENTENCES)
