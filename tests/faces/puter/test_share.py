"""``POST /share`` by the table of errors and edges: each case in each form on each engine."""

from typing import Any

import msgspec
import pytest
from tests.faces.puter.cases_of import cases, filled
from tests.faces.puter.town import Reply, Town

from commonhold.core.identity import Actor
from commonhold.core.model import Note, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.roles import role_for
from commonhold.core.sharing.finding import decide

TABLE = dict(cases("share.jsonl"))


@pytest.mark.parametrize("name", TABLE)
async def test_the_table(town: Town, name: str) -> None:
    """Each case is answered as its line says, does what it says, and nothing else."""
    case = filled(town, TABLE[name])
    before = await shares(town)
    reply = await send(town, case)
    assert reply.status == case["status"], reply
    if "exact" in case:
        assert reply.json == case["exact"]
    elif "error" in case:
        assert_error(reply.json, case["error"])
    else:
        assert_report(reply.json, case)
    after = await shares(town)
    if reply.status >= 218 or reply.json.get("dry_run"):
        assert after == before
    assert len(after) - len(before) == case.get("shares_made", len(after) - len(before))
    await assert_rights(town, case.get("then", {}))
    if "note" in case:
        notes: list[Note] = await town.core.store.rows(machine(), Rows(Note))
        assert [note.text for note in notes] == [case["note"]]


async def send(town: Town, case: dict[str, Any]) -> Reply:
    """Send the body of a case, as the one whom it names."""
    client = town.clients[case.get("as", "alice")]
    raw = case["raw"].encode() if "raw" in case else msgspec.json.encode(case["body"])
    headers = {"content-type": case.get("type", "application/json")}
    return await client("POST", "/share", None, content=raw, headers=headers)


async def shares(town: Town) -> list[Share]:
    """Return all shares that there are."""
    found: list[Share] = await town.core.store.rows(machine(), Rows(Share))
    return found


def assert_error(body: Any, expected: dict[str, Any]) -> None:
    """A refusal of the request has code, message and its own fields, and neither ``$`` nor ``status``."""
    assert {key: body.get(key) for key in expected} == expected
    assert body.keys() - {"key", "expected", "got", "action"} == {"code", "message"}


def assert_report(body: Any, case: dict[str, Any]) -> None:
    """A report has its type and version, the word for all, and an entry in each place."""
    key = "shares" if "shares" in case else "paths"
    fields = ["$", "$version", "status", "recipients", key, *(["dry_run"] if case.get("dry") else [])]
    assert list(body) == fields
    assert (body["$"], body["$version"], body["status"]) == ("api:share", "v0.0.0", case["word"])
    assert body.get("dry_run", True) is True
    for name in ("recipients", key):
        assert len(body[name]) == len(case[name]), body
        for entry, expected in zip(body[name], case[name], strict=True):
            assert_entry(entry, expected)


def assert_entry(entry: Any, expected: Any) -> None:
    """A success is told as the document shows it; an error with exactly the fields that are its own."""
    if expected == "ok":
        assert entry == {"$": "api:status-report", "status": "success"}
        return
    assert entry.keys() == {"$", "code", "message", "status", *expected}, entry
    assert entry["$"] == "heyputer:api/APIError"
    assert {name: entry[name] for name in expected} == expected


async def assert_rights(town: Town, then: dict[str, dict[str, str | None]]) -> None:
    """Everybody may do what the case says, by asking the core."""
    for who, files in then.items():
        for path, role in files.items():
            assert await role_on(town, who, path) == role, (who, path)


async def role_on(town: Town, who: str, path: str) -> str | None:
    """Return the role that somebody has on an item; None, if there is no such item for him."""
    try:
        return str(role_for((await decide(town.core, Actor(town.numbers[who]), town.uid(path))).actions))
    except Problem:
        return None


async def test_dry_and_real_agree(town: Town) -> None:
    """A dry run of any form says word for word what the real run says, but for ``dry_run`` itself."""
    for name, case in TABLE.items():
        body = filled(town, case).get("body")
        if not isinstance(body, dict) or "dry_run" in body or case["status"] == 429:
            continue
        client = town.clients[case.get("as", "alice")]
        dry = await client("POST", "/share", {**body, "dry_run": True})
        real = await client("POST", "/share", body)
        assert dry.status == real.status, name
        told = dry.json
        if dry.status in (200, 218):
            assert told.pop("dry_run") is True
        assert told == real.json, name
