"""The ``items`` form by its table: a result for each recipient and item, on each engine."""

from typing import Any

import pytest
from tests.faces.puter.cases_of import cases, filled
from tests.faces.puter.test_share import assert_rights, shares
from tests.faces.puter.town import Town

TABLE = dict(cases("items.jsonl"))
FIELDS = {
    "uid", "mode", "path", "name", "uid_entry", "is_dir", "issuer", "holder", "created_at", "issued_by_app",
    "inherited_from", "modified", "size", "recipient", "status",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
async def test_the_table(town: Town, name: str) -> None:
    """Each case is answered as its line says, does what it says, and nothing else."""
    case = filled(town, TABLE[name])
    before = await shares(town)
    reply = await town.clients[case.get("as", "alice")]("POST", "/share", case["body"])
    assert reply.status == case["status"], reply
    if "error" in case:
        assert reply.json["code"] == case["error"]
        beside = case["error"] in ("token_missing", "field_invalid")  # refused before the form is known
        assert beside or reply.json["message"] == reply.json["error"]
    else:
        assert_results(reply.json, case)
    after = await shares(town)
    if reply.status > 200 or case.get("dry"):
        assert after == before
    assert len(after) - len(before) == case.get("shares_made", len(after) - len(before))
    await assert_rights(town, case.get("then", {}))


def assert_results(body: Any, case: dict[str, Any]) -> None:
    """The word for all, and a result for each pair with the fields that clients read; no ``$`` anywhere."""
    assert body.keys() == {"status", "results", *(["dry_run"] if case.get("dry") else [])}
    assert body["status"] == case["word"]
    assert len(body["results"]) == len(case["results"]), body
    for result, expected in zip(body["results"], case["results"], strict=True):
        assert {key: result.get(key) for key in expected} == expected
        if expected["status"] == "error":
            assert result.keys() - {"path"} == {"recipient", "status", "message", "code"}
        else:
            assert result.keys() >= FIELDS
